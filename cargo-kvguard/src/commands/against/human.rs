//! What a change does to the findings, for people.

use std::fmt::Write;

use kvguard::emit::human::{self, Style};
use kvguard::emit::printable;
use kvguard::finding::{Finding, Level};
use kvguard::source::Sources;

use super::exit_code;
use super::sides::{Base, Compared, Side};
use crate::exit_code::{CLEAN, COULD_NOT_CHECK};

/// How many files are named that differ from those of HEAD; more are counted.
const MAX_FILES: usize = 5;

/// The whole report: what could not be checked, the added findings in full, the removed ones in a line each, and what was compared.
/// `reference` is what HEAD is compared with, as it was named.
pub fn text(compared: &Compared, reference: &str, style: Style) -> String {
    let mut text = base_failures(compared, style);
    text.push_str(&failures(&compared.head, "HEAD", style));
    text.push_str(&human::findings(&compared.head.report, style));
    if style.quiet && exit_code(compared) == CLEAN {
        return text;
    }
    if !style.quiet {
        text.push_str(&gone(compared, style));
    }
    text.push_str(&summary(compared));
    text.push_str(&notes(compared, reference));
    text
}

/// What there is to say beside a report of HEAD that holds the added findings.
pub fn beside_added(compared: &Compared, reference: &str, style: Style) -> String {
    let mut text = base_failures(compared, style);
    text.push_str(&gone(compared, style));
    text.push_str(&summary(compared));
    text.push_str(&notes(compared, reference));
    text
}

fn base_failures(compared: &Compared, style: Style) -> String {
    match &compared.base {
        Base::Checked(base) => failures(base, "the base", style),
        Base::WithoutPolicy(_) => String::new(),
    }
}

fn failures(side: &Side, name: &str, style: Style) -> String {
    if side.report.failures.is_empty() {
        return String::new();
    }
    let commit = side.commit.to_string();
    let commit = printable(&commit);
    let failures = human::failures(&side.report, style.colour);
    format!("{name} could not be checked, {commit}:\n\n{failures}")
}

/// The base's findings that HEAD has no longer.
fn gone(compared: &Compared, style: Style) -> String {
    let Base::Checked(base) = &compared.base else {
        return String::new();
    };
    let sources = base.report.sources();
    let removed = base.report.findings.iter().map(|one| ("removed", one));
    let allowed = compared.rest.allowed_since.iter();
    let all = removed.chain(allowed.map(|one| ("allowed since", one)));
    let count = all.clone().count();
    let shown = style.max_findings.unwrap_or(count);
    let mut text: String = all
        .take(shown)
        .map(|(what, finding)| line(what, finding, sources))
        .collect();
    if shown < count {
        let more = counted(count - shown, "more finding of the base");
        let _ = writeln!(text, "{more} not shown (--max-findings all shows them)");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn line(what: &str, finding: &Finding, sources: &Sources) -> String {
    let place = sources.shown_location(finding.primary.span);
    format!(
        "{what}: {}[{}]: {} (it was at {}:{}:{})\n",
        word(finding.level),
        finding.rule.rule().code,
        printable(&finding.message),
        printable(&place.file),
        place.line,
        place.column
    )
}

fn word(level: Level) -> &'static str {
    if level == Level::Deny {
        "error"
    } else {
        "warning"
    }
}

fn summary(compared: &Compared) -> String {
    let added = by_level(&compared.head.report.findings);
    let removed = match &compared.base {
        Base::Checked(base) => by_level(&base.report.findings),
        Base::WithoutPolicy(_) => by_level(&[]),
    };
    let allowed = match compared.rest.allowed_since.as_slice() {
        [] => String::new(),
        allowed => format!("; allowed since: {}", by_level(allowed)),
    };
    let common = counted(compared.rest.common, "finding");
    let verdict = match exit_code(compared) {
        CLEAN => "ok, ",
        _ => "",
    };
    let base = compared.base.commit().to_string();
    let head = compared.head.commit.to_string();
    format!(
        "kvguard: {verdict}added: {added}; removed: {removed}{allowed}; in both: {common}\n  base: {}\n  head: {}\n",
        printable(&base),
        printable(&head)
    )
}

fn notes(compared: &Compared, reference: &str) -> String {
    let mut text = String::new();
    let base = compared.base.commit();
    match &compared.base {
        Base::WithoutPolicy(_) => text
            .push_str("note: the base has no policy, so every finding of HEAD counts as added\n"),
        Base::Checked(_) => {}
    }
    if exit_code(compared) == COULD_NOT_CHECK {
        text.push_str(
            "note: not all of both commits could be checked, so some of what counts as added or removed may not be\n",
        );
    }
    if base.id() == compared.head.commit.id() {
        let _ = writeln!(
            text,
            "note: `{}` has all commits of HEAD, so there is nothing to compare",
            printable(reference)
        );
    }
    for one in &compared.rest.no_longer_judged {
        let note = format!(
            "note: since the base, `{}` no longer judges {} of `{}`: {}; to have it judged: {}",
            one.rule.rule().name,
            one.workloads.join(", "),
            one.deployment,
            one.why.message,
            one.why.help
        );
        let _ = writeln!(text, "{}", printable(&note));
    }
    let files = &compared.uncommitted;
    if !files.is_empty() {
        let named = files[..files.len().min(MAX_FILES)].join(", ");
        let more = match files.len().saturating_sub(MAX_FILES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            text,
            "note: changes that are not committed were not looked at: {}{more}",
            printable(&named)
        );
    }
    text
}

fn by_level(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|one| one.level == Level::Deny);
    let errors = errors.count();
    let warnings = findings.len() - errors;
    match (errors, warnings) {
        (0, 0) => "nothing".to_owned(),
        (_, 0) => counted(errors, "error"),
        (0, _) => counted(warnings, "warning"),
        (_, _) => format!(
            "{}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
