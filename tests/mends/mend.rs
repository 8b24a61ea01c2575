//! Applies patches and judges what a check then says.

use std::collections::{BTreeMap, BTreeSet};

use kvguard::check::Report;
use kvguard::finding::{Edit, Finding, Label};
use kvguard::source::Sources;

use crate::tally::Tally;
use crate::tree::Tree;

/// A file's text with patches applied.
struct Patched {
    file: String,
    text: String,
    /// The lines that were pasted, from 1.
    lines: BTreeSet<u32>,
}

/// Applies each finding's patch to a fleet by itself, and then all patches of each deployment together.
pub fn judge(tree: &Tree, fleet: &str, tally: &mut Tally) {
    let report = tree.check();
    for finding in &report.findings {
        let edits = edits(finding);
        tally.found(finding, edits.len());
        if edits.is_empty() {
            continue;
        }
        let fails = apply(tree, &report, &edits, &[finding], tally);
        tally.judged(fleet, finding, fails);
    }
    let deployments: BTreeSet<&String> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.deployments)
        .collect();
    for deployment in deployments {
        let of = report.findings.iter();
        let of = of.filter(|finding| {
            finding.deployments.contains(deployment) && !edits(finding).is_empty()
        });
        let of: Vec<&Finding> = of.collect();
        if of.len() > 1 {
            let all: Vec<&Edit> = of.iter().flat_map(|finding| edits(finding)).collect();
            let fails = apply(tree, &report, &all, &of, tally);
            tally.judged_together(fleet, deployment, fails);
        }
    }
}

fn edits(finding: &Finding) -> Vec<&Edit> {
    let helps = finding.help.iter();
    helps.filter_map(|help| help.edit.as_ref()).collect()
}

/// Applies patches, checks, puts the files back, and says what is wrong.
fn apply(
    tree: &Tree,
    before: &Report,
    edits: &[&Edit],
    mended: &[&Finding],
    tally: &mut Tally,
) -> Vec<String> {
    let patched = match patched(before.sources(), edits) {
        Ok(patched) => patched,
        Err(collision) => return vec![collision],
    };
    for file in &patched {
        tree.write(&file.file, Some(&file.text));
    }
    let after = tree.check();
    for file in &patched {
        let source = before.sources().iter();
        let mut source = source.filter(|(_, source)| source.path() == file.file);
        let (_, source) = source.next().expect("the file was read");
        tree.write(&file.file, Some(source.text()));
    }
    let mut fails = Vec::new();
    for failure in &after.failures {
        if !before
            .failures
            .iter()
            .any(|known| known.message == failure.message)
        {
            fails.push(format!("then it could not be checked: {}", failure.message));
        }
    }
    for finding in mended {
        let left = after.findings.iter().filter(|left| is_still(finding, left));
        fails.extend(left.map(|left| format!("it is still there: {}", left.message)));
    }
    for finding in &after.findings {
        if before.findings.iter().any(|known| is_known(finding, known)) {
            continue;
        }
        if is_at(finding, &patched, after.sources()) {
            fails.push(format!(
                "it is new at the pasted lines: {}",
                finding.message
            ));
        } else if let [one] = mended
            && one.mend().is_ok()
        {
            fails.push(format!(
                "it is new elsewhere, and the mend needs no person: {}",
                finding.message
            ));
        } else {
            tally.uncovered(mended, finding);
        }
    }
    fails
}

/// The texts with the patches applied. What is pasted at one place stands there in the order of the findings.
fn patched(sources: &Sources, edits: &[&Edit]) -> Result<Vec<Patched>, String> {
    let mut by_source = BTreeMap::new();
    for edit in edits {
        let of_source: &mut Vec<&Edit> = by_source.entry(edit.span.source).or_default();
        // Two findings may ask for the very same line.
        if !of_source.contains(edit) {
            of_source.push(edit);
        }
    }
    let mut all = Vec::new();
    for (source, mut edits) in by_source {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let old = sources.get(source).text();
        let (mut text, mut lines, mut from) = (String::new(), BTreeSet::new(), 0);
        for edit in edits {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            if start < from {
                return Err(format!(
                    "two patches change one place of {}",
                    sources.get(source).path()
                ));
            }
            text.push_str(&old[from..start]);
            let first = line(&text);
            text.push_str(&edit.replacement);
            // The separator behind an entry does not belong to it.
            let pasted = edit.replacement.trim_end().len();
            let skipped = edit.replacement.len() - pasted;
            lines.extend(first..=line(&text[..text.len() - skipped]));
            from = end;
        }
        text.push_str(&old[from..]);
        all.push(Patched {
            file: sources.get(source).path().to_owned(),
            text,
            lines,
        });
    }
    Ok(all)
}

/// The line that a text ends in.
fn line(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count() + 1).expect("few lines")
}

/// Who a finding is about, in every deployment.
fn about(finding: &Finding) -> BTreeSet<(&str, &str)> {
    let workloads = finding.workloads.iter();
    let who: Vec<&String> = if finding.workloads.is_empty() {
        finding.services.iter().collect()
    } else {
        workloads.collect()
    };
    let deployments = finding.deployments.iter();
    deployments
        .flat_map(|deployment| {
            let nobody = who.is_empty().then_some((deployment.as_str(), ""));
            let who = who.iter().map(|who| (deployment.as_str(), who.as_str()));
            who.chain(nobody).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a finding is one that was to be mended, or what is left of it.
fn is_still(mended: &Finding, left: &Finding) -> bool {
    let is_told_of_several = mended.workloads.len() + mended.services.len() > 2;
    mended.rule == left.rule
        && !about(mended).is_disjoint(&about(left))
        && (mended.message == left.message || is_told_of_several)
}

/// Whether a finding was there before, for it or for more workloads.
fn is_known(finding: &Finding, known: &Finding) -> bool {
    let is_joined = known.cause.is_some() && about(known).len() > 1;
    finding.rule == known.rule
        && about(finding).is_subset(&about(known))
        && (finding.message == known.message || is_joined)
}

/// Whether a finding shows a line that was pasted.
fn is_at(finding: &Finding, patched: &[Patched], sources: &Sources) -> bool {
    let labels = std::iter::once(&finding.primary).chain(&finding.related);
    let mut places = labels.map(|label: &Label| sources.location(label.span));
    places.any(|place| {
        let mut of_file = patched.iter().filter(|file| file.file == place.file);
        of_file.any(|file| file.lines.contains(&place.line))
    })
}
