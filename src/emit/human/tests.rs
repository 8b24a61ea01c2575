//! Where the lines of a finding are too long to be shown.

use super::{MAX_LINE, finding, renderer};
use crate::finding::{Edit, Finding, Label};
use crate::rules::RuleId;
use crate::source::{Sources, Span, offset_u32};

const KEY: &str = "\"here\"";

/// What is told of a finding about a key at the end of a line of so many bytes, with a change of that key.
fn told(length: usize) -> String {
    let end = ": 1}";
    let before = length - "{".len() - KEY.len() - end.len();
    let text = format!("{{{}{KEY}{end}\n", " ".repeat(before));
    assert_eq!(text.lines().next().map(str::len), Some(length));
    let start = text.find(KEY).unwrap();
    let mut sources = Sources::new();
    let span = Span {
        source: sources.add("store.json", text),
        start: offset_u32(start),
        end: offset_u32(start + KEY.len()),
    };
    let edit = Edit {
        span,
        replacement: "\"there\"".to_owned(),
    };
    let about = Finding::new(
        RuleId::DuplicateKey,
        "it is twice",
        Label::new(span, "again"),
    );
    let about = about.help_edit("rename it", edit);
    finding(&about, &sources, &renderer(false))
}

#[test]
fn the_longest_line_is_shown_with_the_finding_and_with_the_change() {
    let told = told(MAX_LINE);
    let place = format!(
        "--> store.json:1:{}",
        MAX_LINE - ": 1}".len() - KEY.len() + 1
    );
    assert!(told.contains(&place), "{told}");
    assert!(told.contains(" again\n"), "{told}");
    assert!(told.contains("help: rename it\n"), "{told}");
}

#[test]
fn of_a_longer_line_only_the_places_and_the_new_text_are_told() {
    let told = told(MAX_LINE + 1);
    let column = MAX_LINE + 1 - ": 1}".len() - KEY.len() + 1;
    let place = format!("--> store.json:1:{column}");
    assert_eq!(told.matches(&place).count(), 2, "{told}");
    assert!(told.contains("help: rename it: \"there\"\n"), "{told}");
    assert!(!told.contains("again") && !told.contains("1 |"), "{told}");
}
