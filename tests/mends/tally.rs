//! Counts findings and patches, and keeps what is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kvguard::finding::Finding;

#[derive(Debug, Default)]
struct Counts {
    findings: usize,
    patches: usize,
    applied: usize,
    /// How many are mended by the command without a person.
    certain: usize,
}

/// What was found and judged of some fleets.
#[derive(Debug, Default)]
pub struct Tally {
    rules: BTreeMap<&'static str, Counts>,
    /// For each rule, why a finding has no patch: in the words of its first help.
    without: BTreeMap<(&'static str, String), usize>,
    /// Which rule's mends uncover findings of which other ones.
    uncovered: BTreeMap<(String, &'static str), usize>,
    together: usize,
    wrong: Vec<String>,
}

impl Tally {
    pub fn found(&mut self, finding: &Finding, patches: usize) {
        let rule = finding.rule.rule();
        let counts = self.rules.entry(rule.name).or_default();
        counts.findings += 1;
        counts.patches += usize::from(patches > 0);
        counts.certain += usize::from(finding.mend().is_ok());
        let is_about_access = rule.code.starts_with("KV1");
        if patches == 0 && is_about_access {
            let help = finding.help.first().map(|help| help.message.as_str());
            let why = without_names(help.unwrap_or("no help"));
            *self.without.entry((rule.name, why)).or_default() += 1;
        }
    }

    pub fn judged(&mut self, fleet: &str, finding: &Finding, fails: Vec<String>) {
        let name = finding.rule.rule().name;
        if fails.is_empty() {
            self.rules.entry(name).or_default().applied += 1;
        }
        let fails = fails.into_iter();
        self.wrong.extend(fails.map(|fail| {
            format!(
                "{fleet}\n  the patch of {name}: {}\n  {fail}",
                finding.message
            )
        }));
    }

    pub fn judged_together(&mut self, fleet: &str, deployment: &str, fails: Vec<String>) {
        self.together += 1;
        let fails = fails.into_iter();
        self.wrong.extend(
            fails.map(|fail| format!("{fleet}\n  all patches of `{deployment}`\n  {fail}")),
        );
    }

    pub fn uncovered(&mut self, mended: &[&Finding], finding: &Finding) {
        let by = match mended {
            [one] => one.rule.rule().name.to_owned(),
            _ => "several together".to_owned(),
        };
        *self
            .uncovered
            .entry((by, finding.rule.rule().name))
            .or_default() += 1;
    }

    /// Fails with what is wrong.
    pub fn hold(&self) {
        assert!(
            self.wrong.is_empty(),
            "{} patches are not right:\n\n{}\n\n{}",
            self.wrong.len(),
            self.wrong.join("\n\n"),
            self.text()
        );
    }

    /// Fails with what is wrong, and holds the counts against the snapshot.
    pub fn check(&self, name: &str) {
        self.hold();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, self.text());
        });
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for (rule, counts) in &self.rules {
            let Counts {
                findings,
                patches,
                applied,
                certain,
            } = counts;
            line(
                &mut text,
                &format!(
                    "{rule}: {findings} findings, {patches} with a patch, {applied} mended by it, {certain} without a person"
                ),
            );
        }
        line(
            &mut text,
            &format!(
                "{} times all patches of a deployment together",
                self.together
            ),
        );
        line(&mut text, "without a patch:");
        for ((rule, why), count) in &self.without {
            line(&mut text, &format!("  {rule}: {count}: {why}"));
        }
        line(&mut text, "uncovered by a mend, elsewhere:");
        for ((by, rule), count) in &self.uncovered {
            line(&mut text, &format!("  {by}: {count} {rule}"));
        }
        text
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a text takes all");
}

/// A help without the names in it, so that equal reasons are counted together.
fn without_names(help: &str) -> String {
    let parts = help.split('`').enumerate();
    let parts = parts.map(|(position, part)| if position % 2 == 0 { part } else { "…" });
    parts.collect::<Vec<_>>().join("`")
}
