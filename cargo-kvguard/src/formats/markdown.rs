//! A summary in GitHub's Markdown, for a comment on a pull request or a job's summary.
//!
//! Names come from files, and may hold what Markdown, HTML or GitHub act on (a link, a person's name that sends them a mail). So every
//! such sign is written as its number, and names stand in `<code>`, in which GitHub looks for nothing.

mod escape;

use kvguard::emit::summary::summary;
use kvguard::finding::{Finding, Level};

use self::escape::{code, prose};
use super::Checked;
use super::text::{counted, counted_by_rule, errors_first, helps, line, rule};

/// How many characters the text may have: GitHub takes 65,536 in a comment, and the comment may hold more than this text.
const MAX_CHARACTERS: usize = 60_000;

/// How many characters are kept for the note on what is left out.
const ROOM_FOR_NOTE: usize = 4_000;

/// The report as a heading, what could not be checked, and a table of findings.
pub fn write(checked: &Checked) -> String {
    let report = checked.report;
    let mut text = Text::default();
    text.always("## kvguard\n\n");
    text.always(&format!("{}\n", prose(&line(&summary(report)))));
    let left_out_failures = failures(&mut text, checked);
    let left_out = findings(&mut text, checked);
    if left_out_failures > 0 {
        let more = counted(left_out_failures, "more thing");
        text.always(&format!("\n{more} could not be checked.\n"));
    }
    if !left_out.is_empty() {
        let more = counted(left_out.len(), "more finding");
        let rules = line(&counted_by_rule(left_out));
        text.always(&format!(
            "\n{more}: {}. <code>cargo kvguard check --max-findings all</code> shows all.\n",
            prose(&rules)
        ));
    }
    text.out
}

/// A list of what could not be checked; how many there is no room for.
fn failures(text: &mut Text, checked: &Checked) -> usize {
    let failures = &checked.report.failures;
    if failures.is_empty() {
        return 0;
    }
    text.always("\n### Could not be checked\n\n");
    let mut left_out = 0;
    for failure in failures {
        let place = failure.span.map_or_else(String::new, |span| {
            format!("{}: ", code(&line(&checked.places.at(span))))
        });
        if !text.fits(&format!("- {place}{}\n", prose(&line(&failure.message)))) {
            left_out += 1;
        }
    }
    left_out
}

/// A table of the findings, errors first; those that there is no room for.
fn findings<'r>(text: &mut Text, checked: &Checked<'r>) -> Vec<&'r Finding> {
    let findings = errors_first(checked);
    if findings.is_empty() {
        return findings;
    }
    text.always("\n| | rule | where | what |\n|---|---|---|---|\n");
    findings
        .into_iter()
        .filter(|finding| !text.fits(&row(finding, checked)))
        .collect()
}

fn row(finding: &Finding, checked: &Checked) -> String {
    let level = match finding.level {
        Level::Deny => "error",
        Level::Warn | Level::Allow => "warning",
    };
    let mut what = prose(&line(&finding.message));
    for help in helps(finding, checked) {
        what += &format!("<br>help: {}", prose(&help).replace('\n', "<br>"));
    }
    format!(
        "| {level} | {} | {} | {what} |\n",
        prose(&rule(finding)),
        code(&line(&checked.places.at(finding.primary.span)))
    )
}

/// A text that does not grow too long.
#[derive(Default)]
struct Text {
    out: String,
    characters: usize,
}

impl Text {
    /// Adds what must be there.
    fn always(&mut self, text: &str) {
        self.characters += text.chars().count();
        self.out.push_str(text);
    }

    /// Adds a text if there is room for it.
    fn fits(&mut self, text: &str) -> bool {
        let fits = self.characters + text.chars().count() <= MAX_CHARACTERS - ROOM_FOR_NOTE;
        if fits {
            self.always(text);
        }
        fits
    }
}
