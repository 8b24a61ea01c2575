//! A finding in at most six lines, for the output of a build or of a compiler.
//!
//! The first line alone says which rule, service and deployment it is about, and where to look.

use super::cargo::{at, one_line};
use crate::finding::{Edit, Finding, Help, Label};
use crate::source::Sources;

/// How many lines a finding has.
const MAX_LINES: usize = 6;

/// How many lines of a text to paste are shown; more are not worth reading without the lines around them.
const MAX_PASTED: usize = 2;

/// How many names of a kind are listed; more are counted.
const MAX_NAMES: usize = 3;

/// The longest line of a text to paste, in characters: one that is cut off cannot be pasted.
const MAX_PASTED_LINE: usize = 300;

/// Where the rest of a finding is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// In the report that the build script writes.
    Report,
    /// In the output of the command.
    Command,
}

impl Rest {
    fn see(self) -> &'static str {
        match self {
            Self::Report => "see the report",
            Self::Command => "see `cargo kvguard check`",
        }
    }
}

/// A finding: what is wrong, where, and what to do.
pub fn finding(finding: &Finding, sources: &Sources, rest: Rest) -> String {
    let (main, others) = helps(finding);
    let pasted = main.and_then(pasted).unwrap_or_default();
    let mut room = MAX_LINES - 2 - usize::from(main.is_some()) - pasted.len();
    // The helps matter more than all related places but the first.
    let others_shown = others
        .len()
        .min(room - usize::from(!finding.related.is_empty()));
    room -= others_shown;
    let mut lines = vec![
        first_line(finding, sources),
        one_line(&format!("  {}", finding.message)),
    ];
    lines.extend(places(&finding.related, room, sources, rest));
    if let Some(main) = main {
        let hidden = others.len() - others_shown;
        lines.push(help_line(main, !pasted.is_empty(), hidden, sources, rest));
        lines.extend(pasted.iter().map(|line| one_line(&format!("  | {line}"))));
        let others = others.iter().take(others_shown);
        lines.extend(others.map(|help| help_line(help, false, 0, sources, rest)));
    }
    lines.join("\n")
}

/// The first help with a text to paste, or else the first; and the others.
fn helps(finding: &Finding) -> (Option<&Help>, Vec<&Help>) {
    let with_edit = finding.help.iter().position(|help| help.edit.is_some());
    let position = with_edit.unwrap_or(0);
    let others = finding.help.iter().enumerate();
    let others = others.filter(|(other, _)| *other != position);
    (
        finding.help.get(position),
        others.map(|(_, help)| help).collect(),
    )
}

fn first_line(finding: &Finding, sources: &Sources) -> String {
    let rule = finding.rule.rule();
    let subject = if finding.services.is_empty() {
        names("workload", &finding.workloads)
    } else {
        names("service", &finding.services)
    };
    let deployments = names("deployment", &finding.deployments);
    let about: Vec<String> = [subject, deployments].into_iter().flatten().collect();
    let about = match about.join(", ") {
        about if about.is_empty() => about,
        about => format!("{about}: "),
    };
    let place = at(finding.primary.span, sources);
    let line = format!(
        "{} {}: {about}{place} {}",
        rule.code, rule.name, finding.primary.text
    );
    one_line(line.trim_end())
}

/// Names of one kind; `None` if there are none.
fn names(what: &str, names: &[String]) -> Option<String> {
    let shown: Vec<String> = names
        .iter()
        .take(MAX_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = shown.join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("{what} {shown}")),
        count if count <= MAX_NAMES => Some(format!("{what}s {shown}")),
        count => Some(format!("{what}s {shown} and {} more", count - MAX_NAMES)),
    }
}

/// The first of the related places.
fn places(related: &[Label], room: usize, sources: &Sources, rest: Rest) -> Vec<String> {
    let hidden = related.len().saturating_sub(room);
    let mut lines: Vec<String> = related
        .iter()
        .take(room)
        .map(|label| {
            let line = format!("  --> {} {}", at(label.span, sources), label.text);
            one_line(line.trim_end())
        })
        .collect();
    if let (Some(last), true) = (lines.last_mut(), hidden > 0) {
        let what = if hidden == 1 { "place" } else { "places" };
        last.push_str(&format!(" ({hidden} more {what}: {})", rest.see()));
    }
    lines
}

/// What to do, and what of it is not shown here.
fn help_line(help: &Help, is_pasted: bool, hidden: usize, sources: &Sources, rest: Rest) -> String {
    let mut more = Vec::new();
    let inserts = |edit: &Edit| !edit.replacement.trim().is_empty();
    if help.edit.as_ref().is_some_and(inserts) && !is_pasted {
        more.push("the text to paste".to_owned());
    }
    match hidden {
        0 => {}
        1 => more.push("1 more hint".to_owned()),
        others => more.push(format!("{others} more hints")),
    }
    let place = help.edit.as_ref().map_or_else(String::new, |edit| {
        format!(" at {}", at(edit.span, sources))
    });
    let mut line = one_line(&format!("  help: {}{place}", help.message));
    if !more.is_empty() {
        line.push_str(&format!(" ({}: {})", more.join(", "), rest.see()));
    }
    line
}

/// The lines of a text to paste that say something, if they are few and none is too long.
fn pasted(help: &Help) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    let mut separator = "";
    for line in help.edit.as_ref()?.replacement.lines() {
        match line.trim() {
            "" => {}
            // Between the items of a list in brackets line breaks mean nothing.
            "," => separator = ", ",
            item if !separator.is_empty() => {
                lines.push(format!("{separator}{item}"));
                separator = "";
            }
            _ => lines.push(line.to_owned()),
        }
    }
    let fits = |line: &String| line.chars().count() <= MAX_PASTED_LINE;
    (lines.len() <= MAX_PASTED && lines.iter().all(fits) && separator.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::{Rest, finding};
    use crate::finding::{Edit, Finding, Label};
    use crate::rules::RuleId;
    use crate::source::{Sources, Span};

    fn sources() -> (Sources, Span) {
        let mut sources = Sources::new();
        let id = sources.add("deploy/rbac.json", "[\n  \"granted\"\n]\n");
        let span = Span {
            source: id,
            start: 4,
            end: 13,
        };
        (sources, span)
    }

    fn missing_grant(span: Span) -> Finding {
        Finding::new(
            RuleId::MissingGrant,
            "no grant",
            Label::new(span, "the table"),
        )
        .service("sync")
        .deployment("compose")
    }

    fn edit(span: Span, replacement: &str) -> Edit {
        Edit {
            span,
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn the_first_line_names_rule_service_deployment_and_place() {
        let (sources, span) = sources();
        let told = missing_grant(span)
            .label(Label::masked(span, "the workload"))
            .help_edit("add the grant", edit(span, ",\n  { \"identity\": \"x\" }"));
        assert_eq!(
            finding(&told, &sources, Rest::Report),
            "KV101 missing-grant: service `sync`, deployment `compose`: deploy/rbac.json:2:3 the table\n  \
             no grant\n  \
             --> deploy/rbac.json:2:3 the workload\n  \
             help: add the grant at deploy/rbac.json:2:3\n  \
             | , { \"identity\": \"x\" }"
        );
    }

    #[test]
    fn a_finding_about_no_service_names_the_workload_or_nothing() {
        let (sources, span) = sources();
        let told = Finding::new(RuleId::UndeclaredService, "unknown", Label::new(span, ""))
            .workload("clock")
            .deployment("compose");
        let text = finding(&told, &sources, Rest::Report);
        let place = "deploy/rbac.json:2:3\n";
        assert!(
            text.contains(&format!(
                ": workload `clock`, deployment `compose`: {place}"
            )),
            "{text}"
        );
        let told = Finding::new(RuleId::UnusedExcuse, "unused", Label::new(span, ""));
        let text = finding(&told, &sources, Rest::Report);
        assert!(text.contains(&format!("unused-excuse: {place}")), "{text}");
    }

    #[test]
    fn many_places_names_and_helps_are_counted_and_a_finding_keeps_within_six_lines() {
        let (sources, span) = sources();
        let mut told = missing_grant(span);
        told.message = "long ".repeat(1_000);
        for number in 0..20 {
            told = told
                .label(Label::new(span, "line\nbreak"))
                .service(format!("sync-{number}"))
                .help("say why not");
        }
        let told = told.help_edit("add the grant", edit(span, "one\n\ntwo\n"));
        let text = finding(&told, &sources, Rest::Command);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert!(lines[0].contains("services `sync`, `sync-0`, `sync-1` and 18 more, deployment"));
        assert!(lines.iter().all(|line| line.chars().count() <= 450));
        assert_eq!(
            lines[2..],
            [
                "  --> deploy/rbac.json:2:3 line\u{fffd}break (19 more places: see `cargo kvguard check`)",
                "  help: add the grant at deploy/rbac.json:2:3 (20 more hints: see `cargo kvguard check`)",
                "  | one",
                "  | two",
            ]
        );
    }

    #[test]
    fn places_and_helps_share_six_lines() {
        let (sources, span) = sources();
        for (places, helps) in (0..7).flat_map(|places| (0..5).map(move |helps| (places, helps))) {
            let mut told = missing_grant(span);
            for number in 0..places {
                told = told.label(Label::new(span, format!("place {number}")));
            }
            for number in 0..helps {
                told = told.help(format!("help {number}"));
            }
            let text = finding(&told, &sources, Rest::Report);
            let all = 2 + places + helps;
            assert_eq!(text.lines().count(), all.min(6), "{text}");
            for (count, what, hidden) in [
                (places, "place ", "more place"),
                (helps, "help ", "more hint"),
            ] {
                let shown = (0..count).filter(|number| text.contains(&format!("{what}{number}")));
                let rest = count - shown.count();
                assert!(rest < count || count == 0, "{text}");
                let told = text.contains(&format!("({rest} {hidden}"));
                assert_eq!(told, rest > 0, "{text}");
            }
        }
    }

    #[test]
    fn a_text_to_paste_keeps_the_indents_of_its_lines() {
        let (sources, span) = sources();
        let told = missing_grant(span).help_edit("add it", edit(span, "- a: b\n  c: d\n"));
        let text = finding(&told, &sources, Rest::Report);
        assert!(text.ends_with("\n  | - a: b\n  |   c: d"), "{text}");
    }

    #[test]
    fn a_text_to_paste_that_does_not_fit_is_named() {
        let (sources, span) = sources();
        let long = "x".repeat(301);
        for replacement in ["one\ntwo\nthree", &long, "  one\n  ,"] {
            let told = missing_grant(span).help_edit("add the grant", edit(span, replacement));
            let text = finding(&told, &sources, Rest::Report);
            let expected =
                "  help: add the grant at deploy/rbac.json:2:3 (the text to paste: see the report)";
            assert_eq!(text.lines().last(), Some(expected));
        }
    }
}
