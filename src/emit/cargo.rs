//! Texts as directives of a build script, each line with its own prefix.
//!
//! Cargo keeps one line of a directive, so a text of several lines is several directives.

use super::printable;
use crate::deploy::Failure;
use crate::source::{Sources, Span};

/// How many characters of a line are shown.
const MAX_LINE: usize = 400;

/// A text as directives of one kind (`error`, `warning`), a line each.
pub fn directives(kind: &str, text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("cargo::{kind}={}", one_line(line)))
        .collect()
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
        Some(span) => format!(
            "{message}\n{}",
            one_line(&format!("  --> {}", at(span, sources)))
        ),
    }
}

/// A place as `file:line:column`.
pub(super) fn at(span: Span, sources: &Sources) -> String {
    let place = sources.location(span);
    format!("{}:{}:{}", place.file, place.line, place.column)
}

/// A text as one line of bounded length, without characters that steer a terminal: the line is read by another program.
pub(super) fn one_line(text: &str) -> String {
    let mut characters = text.chars();
    let line: String = characters.by_ref().take(MAX_LINE).collect();
    let mut line = printable(&line).into_owned();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{directives, failure};
    use crate::deploy::Failure;
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
    fn what_could_not_be_checked_says_who_asks_for_it() {
        let (sources, span) = sources();
        let told = Failure::new("`x` does not exist", Some(span));
        assert_eq!(
            failure(&told, &sources),
            "could not check: `x` does not exist\n  --> deploy/rbac.json:2:3"
        );
    }
}
