//! Which findings, and which parts of their lines, are shown.

use super::{MAX_LINE, Style, chosen, counted_by_rule, finding, renderer};
use crate::finding::{Edit, Finding, Label, Level};
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

#[test]
fn a_change_shows_of_the_old_text_only_what_the_finding_shows() {
    let text = "name: worker\ntoken: canary\n";
    let mut sources = Sources::new();
    let source = sources.add("values.yaml", text);
    let span = |part: &str| {
        let start = text.find(part).unwrap();
        Span {
            source,
            start: offset_u32(start),
            end: offset_u32(start + part.len()),
        }
    };
    let told = |label: Label| {
        let edit = Edit {
            span: span("canary"),
            replacement: "changed".to_owned(),
        };
        let about = Finding::new(RuleId::SecretInTemplate, "a secret", label);
        let about = about.help_edit("change it", edit);
        finding(&about, &sources, &renderer(false))
    };
    // The label shows another place, or hides its own.
    for label in [
        Label::new(span("worker"), "here"),
        Label::masked(span("canary"), "here"),
    ] {
        let told = told(label);
        assert!(!told.contains("canary"), "{told}");
        assert!(told.contains("changed"), "{told}");
    }
    let told = told(Label::new(span("canary"), "here"));
    assert!(told.contains("canary"), "{told}");
}

#[test]
fn where_there_is_no_room_for_all_errors_are_shown_before_warnings_and_the_rest_is_counted() {
    let mut sources = Sources::new();
    let source = sources.add("registry.json", "[]");
    let place = sources.whole(source);
    let findings: Vec<Finding> = [
        ("first", Level::Warn, RuleId::DuplicateKey),
        ("second", Level::Deny, RuleId::InvalidKey),
        ("third", Level::Warn, RuleId::DuplicateKey),
        ("fourth", Level::Deny, RuleId::InvalidKey),
        ("fifth", Level::Warn, RuleId::MissingTemplate),
    ]
    .into_iter()
    .map(|(message, level, rule)| Finding {
        level,
        ..Finding::new(rule, message, Label::new(place, ""))
    })
    .collect();
    let messages = |findings: &[&Finding]| {
        let messages = findings.iter().map(|finding| finding.message.clone());
        messages.collect::<Vec<_>>().join(" ")
    };
    for (max_findings, quiet, shown, hidden) in [
        (None, false, "first second third fourth fifth", ""),
        (Some(5), false, "first second third fourth fifth", ""),
        (Some(3), false, "first second fourth", "third fifth"),
        (Some(2), false, "second fourth", "first third fifth"),
        (Some(1), false, "second", "first third fourth fifth"),
        (Some(0), false, "", "first second third fourth fifth"),
        (None, true, "second fourth", ""),
        (Some(1), true, "second", "fourth"),
    ] {
        let style = Style {
            quiet,
            max_findings,
            ..Style::default()
        };
        let (own, others) = chosen(&findings, style);
        assert_eq!(messages(&own), shown, "{style:?}");
        assert_eq!(messages(&others), hidden, "{style:?}");
    }
    let style = Style {
        max_findings: Some(1),
        ..Style::default()
    };
    assert_eq!(
        counted_by_rule(&chosen(&findings, style).1),
        "4 more findings not shown (--max-findings all shows them): 1 of KV301 `invalid-key`, 2 of KV302 `duplicate-key`, 1 of KV303 `missing-template`\n\n"
    );
}
