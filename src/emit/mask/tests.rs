//! What of a line is shown beside the places that a finding is about.

use super::{lines_of, mask};
use crate::source::{Fragment, Sources, Span, Syntax, TokenKind, offset_u32, read};

/// A text as it is shown for a finding about one of its parts.
fn shown(syntax: Syntax, text: &str, about: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("file", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, syntax);
    for root in &documents.roots {
        sources.note_tokens(root);
    }
    let start = text.find(about).unwrap();
    let masked = mask(sources.get(id), &[(start..start + about.len(), true)]);
    assert_eq!(&masked.text[masked.ranges[0].clone()], about);
    masked.text
}

#[test]
fn names_and_the_signs_between_them_are_shown_and_values_are_not() {
    for (syntax, text, about, expected) in [
        (
            Syntax::Toml,
            "here = { a.b\t=\t\"two\twords\", c = [true] }",
            "here",
            "here = { a.b\t=\t…, c = […] }\n",
        ),
        (
            Syntax::Json,
            "{\"a\":\t\"canary\",\t\"here\": [\"canary\", 1]}",
            "here",
            "{\"a\":\t********,\t\"here\": […, …]}\n",
        ),
        (
            Syntax::Yaml,
            "{a: canary, here: 1} # canary",
            "here",
            "{a: ******, here: …} … …\n",
        ),
        (
            Syntax::Yaml,
            "{a: canary, here: 1} # -- ==",
            "here",
            "{a: ******, here: …} … … …\n",
        ),
    ] {
        assert_eq!(shown(syntax, text, about), expected, "{text}");
    }
}

/// A text of which only some names are known, as it is shown for a finding about one of them.
fn shown_with_names(text: &str, names: &[&str], about: &str) -> String {
    let mut sources = Sources::new();
    let source = sources.add("file", text);
    for name in names {
        let start = text.find(name).unwrap();
        let span = Span {
            source,
            start: offset_u32(start),
            end: offset_u32(start + name.len()),
        };
        sources.note_token(span, TokenKind::Key);
    }
    let start = text.find(about).unwrap();
    mask(sources.get(source), &[(start..start + about.len(), true)]).text
}

#[test]
fn a_sign_beside_a_name_is_shown_only_if_it_is_known_or_a_dot_between_two_names() {
    for (text, names, about, expected) in [
        ("one.two = 1", &["one", "two"][..], "one", "one.two = …\n"),
        ("one. two = 1", &["one", "two"], "one", "one… two = …\n"),
        ("one .two = 1", &["one", "two"], "one", "one …two = …\n"),
        (". one = 1", &["one"], "one", "* one = …\n"),
        (".one = 1", &["one"], "one", "*one = …\n"),
        ("@one = 1", &["one"], "one", "*one = …\n"),
        ("one@two = 1", &["one", "two"], "one", "one…two = …\n"),
    ] {
        assert_eq!(shown_with_names(text, names, about), expected, "{text}");
    }
}

#[test]
fn of_a_line_that_no_reader_could_read_only_brackets_are_shown_and_no_more_than_two() {
    for (line, expected) in [
        ("}", "}"),
        ("  ],", "  ],"),
        (")},", "…"),
        ("{}{}[]", "…"),
        ("x", "…"),
        ("4}", "…"),
    ] {
        let text = format!("here\n{line}\nlast");
        let around = ["here", "last"].map(|word| {
            let start = text.find(word).unwrap();
            (start..start + word.len(), true)
        });
        let mut sources = Sources::new();
        let source = sources.add("file", text);
        let masked = mask(sources.get(source), &around);
        let shown: Vec<&str> = masked.text.lines().collect();
        assert_eq!(shown[1], expected, "{line}");
    }
}

#[test]
fn of_lines_between_two_places_only_those_near_one_are_shown() {
    let text: String = (0..10)
        .map(|line| format!("name{line} = {line}\n"))
        .collect();
    let mut sources = Sources::new();
    let id = sources.add("file.toml", &*text);
    let fragment = Fragment::of_source(&sources, id);
    read(&mut sources, &fragment, Syntax::Toml);
    let place = |name: &str| {
        let start = text.find(name).unwrap();
        (start..start + name.len(), true)
    };
    let masked = mask(sources.get(id), &[place("name1"), place("name8")]);
    assert_eq!(masked.first_line, 2);
    let is_shown: Vec<bool> = masked.text.lines().map(|line| !line.is_empty()).collect();
    assert_eq!(is_shown, [true, true, true, false, false, true, true, true]);
}

#[test]
fn a_range_that_ends_with_its_line_is_of_that_line_alone() {
    let mut sources = Sources::new();
    let id = sources.add("file", "one\ntwo\nthree\n");
    let source = sources.get(id);
    for (range, lines) in [
        (0..3, 0..0),
        (0..4, 0..0),
        (0..5, 0..1),
        (4..8, 1..1),
        (4..14, 1..2),
        (4..4, 1..1),
    ] {
        assert_eq!(lines_of(source, &range), lines, "{range:?}");
    }
}
