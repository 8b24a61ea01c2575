//! Shows what changes in a file.

use std::fmt::Write as _;

use kvguard::emit::edited::Edited;
use kvguard::emit::printable;
use similar::{ChangeTag, TextDiff};

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

/// The longest line, in characters, that is shown whole.
const MAX_LINE: usize = 4_096;

/// The changed lines of a file in the unified form, without lines around them: these hold values that nobody needs to see.
pub fn unified(path: &str, edited: &Edited, colour: bool) -> String {
    let mut out = String::new();
    let mut line = |sign: &str, text: &str, style: &str| {
        let text = text.trim_end_matches(['\n', '\r']);
        let mut shown: String = text.chars().take(MAX_LINE).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        let shown = shown.replace('\t', "    ");
        let shown = printable(&shown);
        let _ = if colour {
            writeln!(out, "{style}{sign}{shown}{RESET}")
        } else {
            writeln!(out, "{sign}{shown}")
        };
    };
    line("--- ", path, BOLD);
    line("+++ ", path, BOLD);
    let diff = TextDiff::from_lines(&edited.before, &edited.after);
    for group in diff.grouped_ops(0) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let old = first.old_range().start..last.old_range().end;
        let new = first.new_range().start..last.new_range().end;
        let place = |range: &std::ops::Range<usize>| {
            // Of no lines, the form names the line before.
            let begin = edited.first_line + range.start - usize::from(range.is_empty());
            format!("{begin},{}", range.len())
        };
        line(
            "@@ ",
            &format!("-{} +{} @@", place(&old), place(&new)),
            CYAN,
        );
        for change in group.iter().flat_map(|part| diff.iter_changes(part)) {
            match change.tag() {
                ChangeTag::Delete => line("-", change.value(), RED),
                ChangeTag::Insert => line("+", change.value(), GREEN),
                ChangeTag::Equal => line(" ", change.value(), ""),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use kvguard::emit::edited::Edited;

    use super::unified;

    fn edited(before: &str, after: &str) -> Edited {
        Edited {
            first_line: 10,
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn only_lines_that_change_are_shown_with_their_numbers() {
        let edited = edited("a\nb\nc\n\n\nd\n", "a\nB\nc\n\n\nnew\nd\n");
        assert_eq!(
            unified("file", &edited, false),
            "--- file\n+++ file\n@@ -11,1 +11,1 @@\n-b\n+B\n@@ -14,0 +15,1 @@\n+new\n"
        );
    }

    #[test]
    fn lines_do_not_steer_the_terminal_and_are_not_endless() {
        let long = "x".repeat(10_000);
        let edited = edited("a\r\n", &format!("\u{1b}[2J{long}\r\n"));
        let shown = unified("fi\nle", &edited, false);
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\r'),
            "{shown}"
        );
        assert!(shown.starts_with("--- fi\u{fffd}le\n"), "{shown}");
        assert!(shown.len() < 5_000 && shown.ends_with("…\n"), "{shown}");
        let colourful = unified("file", &edited, true);
        assert!(colourful.contains("\u{1b}[31m-a\u{1b}[0m\n"), "{colourful}");
    }
}
