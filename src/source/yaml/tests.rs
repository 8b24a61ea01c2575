mod anchors;
mod faults;
mod lines;
mod scalars;

use crate::source::tests::{Reading, reading};
use crate::source::{Node, Syntax};

fn read(text: &str) -> Reading {
    reading(text, Syntax::Yaml)
}

#[track_caller]
fn clean(text: &str) -> Reading {
    let reading = read(text);
    reading.assert_problems(&[]);
    reading
}

fn names(node: &Node) -> Vec<&str> {
    let mapping = node.as_mapping().unwrap();
    mapping
        .entries()
        .iter()
        .map(|entry| &*entry.key.text)
        .collect()
}

#[test]
fn a_text_without_documents_has_no_roots() {
    for text in ["", "\n", "# only a comment\n", "\u{feff}"] {
        assert!(clean(text).documents.roots.is_empty(), "{text:?}");
    }
}

#[test]
fn an_empty_document_is_null() {
    let reading = clean("---\n---\na: 1\n---\n# nothing\n");
    let roots = &reading.documents.roots;
    assert_eq!(roots.len(), 3);
    assert!(roots[0].is_null());
    assert!(roots[1].get("a").is_some());
    assert!(roots[2].is_null());
}

#[test]
fn spans_are_the_tokens() {
    let text = "a: plain # comment\n'b c': \"dq\\n\"\nl:\n- 1\n- x: y\n  z: [1, {k: v}]\n\n# end\nm:\n  n: é\n";
    let reading = clean(text);
    assert_eq!(reading.at(""), text.trim_end());
    assert_eq!(reading.at("/a"), "plain");
    assert_eq!(reading.at("/b c"), "\"dq\\n\"");
    assert_eq!(reading.at("/l"), "- 1\n- x: y\n  z: [1, {k: v}]");
    assert_eq!(reading.at("/l/1"), "x: y\n  z: [1, {k: v}]");
    assert_eq!(reading.at("/l/1/z"), "[1, {k: v}]");
    assert_eq!(reading.at("/l/1/z/1"), "{k: v}");
    assert_eq!(reading.at("/m"), "n: é");
    let key = &reading.root().as_mapping().unwrap().entries()[1].key;
    assert_eq!(reading.text(key.span), "'b c'");
}

#[test]
fn a_block_scalar_is_its_lines_without_header_and_last_line_break() {
    let reading =
        clean("a: |\n  x\n\n  y\n\n\nb: >-\n  x\n  y\nc: |2\n    z\nd: |+ # keep\n  k\n\ne: 1\n");
    assert_eq!(reading.at("/a"), "x\n\n  y");
    assert_eq!(reading.root().get("a").unwrap().as_str(), Some("x\n\ny\n"));
    assert_eq!(reading.at("/b"), "x\n  y");
    assert_eq!(reading.root().get("b").unwrap().as_str(), Some("x y"));
    assert_eq!(reading.at("/c").trim_start(), "z");
    assert_eq!(reading.root().get("c").unwrap().as_str(), Some("  z\n"));
    assert_eq!(reading.at("/d"), "k");
    assert_eq!(reading.root().get("d").unwrap().as_str(), Some("k\n\n"));
}

#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    let reading = clean("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\nc:\r\n- 2\r\n");
    assert_eq!(names(reading.root()), ["a", "b", "c"]);
    assert_eq!(reading.at("/a"), "1");
    assert_eq!(reading.at("/b"), "x\r\n  y");
    assert_eq!(reading.root().get("b").unwrap().as_str(), Some("x\ny\n"));
    assert_eq!(reading.at("/c"), "- 2");
}

#[test]
fn keys_that_are_no_strings_keep_their_text() {
    let reading = clean("8080: a\ntrue: b\n~: c\n1.50: d\n");
    assert_eq!(names(reading.root()), ["8080", "true", "~", "1.50"]);
}

#[test]
fn nesting_is_bounded() {
    let block = |levels: usize| {
        use std::fmt::Write as _;
        let mut text = String::new();
        for level in 0..levels {
            let _ = writeln!(text, "{}k:", " ".repeat(level));
        }
        text
    };
    let flow = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    clean(&block(128));
    clean(&flow(128));
    let message = "nested more than 128 levels deep";
    for text in [
        block(129),
        flow(129),
        "[".repeat(1_000_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "{a: ".repeat(200_000),
        block(100) + &" ".repeat(100) + &flow(100),
    ] {
        let reading = read(&(text + "\n---\nok: 1\n"));
        let messages = reading.messages();
        assert!(
            messages.len() == 1 && messages[0].contains(message),
            "{messages:?}"
        );
    }
    let reading = read(&(flow(129) + "\n---\nok: 1\n"));
    assert!(reading.documents.roots.last().unwrap().get("ok").is_some());
}
