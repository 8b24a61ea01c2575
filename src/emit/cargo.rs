//! Findings as directives of a build script, each line with its own prefix.
//!
//! Cargo keeps one line of a directive, so a text of several lines is several directives.

use crate::deploy::Failure;
use crate::finding::{Finding, Help};
use crate::source::{Sources, Span};

/// How many places of one finding are named; more are counted.
const MAX_PLACES: usize = 6;

/// How many characters of a text to paste, or of another line, are shown.
const MAX_LINE: usize = 400;

/// A text as directives of one kind (`error`, `warning`), a line each.
pub fn directives(kind: &str, text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("cargo::{kind}={}", one_line(line)))
        .collect()
}

/// A finding in a few lines: what is wrong, where, and what to do.
pub fn finding(finding: &Finding, sources: &Sources) -> String {
    let rule = finding.rule.rule();
    let mut lines = vec![one_line(&format!(
        "{} {}: {}",
        rule.code, rule.name, finding.message
    ))];
    let labels: Vec<_> = std::iter::once(&finding.primary)
        .chain(&finding.related)
        .collect();
    for label in labels.iter().take(MAX_PLACES) {
        lines.push(place(label.span, &label.text, sources));
    }
    let hidden = labels.len().saturating_sub(MAX_PLACES);
    if hidden > 0 {
        lines.push(format!("  … and {hidden} more"));
    }
    for help in &finding.help {
        self::help(help, sources, &mut lines);
    }
    lines.join("\n")
}

/// What could not be checked, and where that is asked for.
pub fn failure(failure: &Failure, sources: &Sources) -> String {
    let message = format!("could not check: {}", failure.message);
    problem(&message, failure.span, sources)
}

/// What is wrong, and where.
pub fn problem(message: &str, span: Option<Span>, sources: &Sources) -> String {
    let message = one_line(message);
    match span {
        None => message,
        Some(span) => format!("{message}\n{}", place(span, "", sources)),
    }
}

fn place(span: Span, label: &str, sources: &Sources) -> String {
    let place = sources.location(span);
    let line = format!(
        "  --> {}:{}:{} {label}",
        place.file, place.line, place.column
    );
    one_line(line.trim_end())
}

fn help(help: &Help, sources: &Sources, lines: &mut Vec<String>) {
    let Some(edit) = &help.edit else {
        lines.push(one_line(&format!("  help: {}", help.message)));
        return;
    };
    let place = sources.location(edit.span);
    lines.push(one_line(&format!(
        "  help: {} at {}:{}:{}",
        help.message, place.file, place.line, place.column
    )));
    let pasted = edit
        .replacement
        .lines()
        .filter(|line| !line.trim().is_empty());
    lines.extend(pasted.map(|line| one_line(&format!("  | {line}"))));
}

/// A text as one line of bounded length, without control characters: the line is read by another program.
fn one_line(text: &str) -> String {
    let mut characters = text.chars();
    let mut line: String = characters
        .by_ref()
        .take(MAX_LINE)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{directives, failure, finding};
    use crate::deploy::Failure;
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

    #[test]
    fn every_line_has_its_own_prefix_and_two_colons() {
        assert_eq!(
            directives("error", "one\n\n  two\r\nthree"),
            [
                "cargo::error=one",
                "cargo::error=  two",
                "cargo::error=three"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_out_of_its_directives(text in "(?s).{0,200}") {
            for line in directives("error", &text) {
                proptest::prop_assert!(line.starts_with("cargo::error="));
                proptest::prop_assert!(!line.contains(char::is_control));
            }
        }
    }

    #[test]
    fn a_finding_names_rule_places_and_the_text_to_paste() {
        let (sources, span) = sources();
        let told = Finding::new(
            RuleId::MissingGrant,
            "no grant",
            Label::new(span, "the table"),
        )
        .label(Label::masked(span, "the workload"))
        .help("declare it")
        .help_edit(
            "add the grant",
            Edit {
                span,
                replacement: ",\n  { \"identity\": \"x\" }".to_owned(),
            },
        );
        assert_eq!(
            finding(&told, &sources),
            "KV101 missing-grant: no grant\n  \
             --> deploy/rbac.json:2:3 the table\n  \
             --> deploy/rbac.json:2:3 the workload\n  \
             help: declare it\n  \
             help: add the grant at deploy/rbac.json:2:3\n  \
             | ,\n  \
             |   { \"identity\": \"x\" }"
        );
    }

    #[test]
    fn many_places_are_counted_and_long_lines_cut() {
        let (sources, span) = sources();
        let mut told = Finding::new(
            RuleId::MissingGrant,
            "long ".repeat(1_000),
            Label::new(span, "line\nbreak"),
        );
        for _ in 0..20 {
            told = told.label(Label::new(span, "another"));
        }
        let text = finding(&told, &sources);
        assert!(text.ends_with("\n  … and 15 more"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 401));
        assert!(text.contains("line break"));
    }

    #[test]
    fn what_could_not_be_checked_says_who_asks_for_it() {
        let (sources, span) = sources();
        let told = Failure {
            message: "`x` does not exist".to_owned(),
            span: Some(span),
        };
        assert_eq!(
            failure(&told, &sources),
            "could not check: `x` does not exist\n  --> deploy/rbac.json:2:3"
        );
    }
}
