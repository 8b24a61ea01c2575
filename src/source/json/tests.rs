use proptest::prelude::*;

use crate::source::tests::{Reading, reading};
use crate::source::{MAX_DEPTH, Node, ScalarKind, Syntax, Value};

fn read(text: &str) -> Reading {
    reading(text, Syntax::Json)
}

/// The value as `serde_json` would have it; numbers are compared as text.
fn same(node: &Node, other: &serde_json::Value) -> bool {
    use serde_json::Value as Other;
    match (&node.value, other) {
        (Value::Sequence(items), Other::Array(others)) => {
            items.len() == others.len()
                && items
                    .iter()
                    .zip(others)
                    .all(|(item, other)| same(item, other))
        }
        (Value::Mapping(mapping), Other::Object(others)) => {
            mapping.len() == others.len()
                && mapping.entries().iter().all(|entry| {
                    others
                        .get(&*entry.key.text)
                        .is_some_and(|other| same(&entry.value, other))
                })
        }
        (Value::Scalar(scalar), other) => match (scalar.kind, other) {
            (ScalarKind::Null, Other::Null) => true,
            (ScalarKind::Bool(value), Other::Bool(other)) => value == *other,
            (ScalarKind::String, Other::String(other)) => *scalar.text == **other,
            (ScalarKind::Integer | ScalarKind::Float, Other::Number(other)) => {
                nearly_equal(scalar.text.parse().ok(), other.as_f64())
            }
            _ => false,
        },
        _ => false,
    }
}

/// `serde_json` may miss the last bits of a number.
fn nearly_equal(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-12 + f64::MIN_POSITIVE,
        _ => false,
    }
}

fn check_against_serde(text: &str) -> Result<(), TestCaseError> {
    let ours = read(text);
    let only_duplicates = ours
        .documents
        .problems
        .iter()
        .all(|problem| problem.message.starts_with("duplicate key"));
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(theirs) => {
            prop_assert!(only_duplicates, "{text:?}: {:?}", ours.messages());
            let root = ours.documents.single();
            prop_assert!(root.is_some_and(|root| same(root, &theirs)), "{text:?}");
        }
        // RFC 8259 sets no range for numbers.
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(error) => prop_assert!(!only_duplicates, "{text:?}: accepted, but {error}"),
    }
    Ok(())
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            proptest::collection::vec((any::<String>(), inner), 0..20)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts of JSON's own tokens and of some that are nearly so.
fn near_json() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\"",
        "1",
        "-0",
        "01",
        "-",
        "1.5",
        "1.",
        ".5",
        "1e5",
        "1E+",
        "1e-9",
        "true",
        "false",
        "null",
        "nul",
        "True",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{feff}",
        "\u{a0}",
        "//",
        "\"\\u0041\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\x\"",
        "\"\t\"",
        "\"",
        "\\",
        "é",
        "\"é\"",
        "\"\\u00e\"",
        "\u{0}",
        "+1",
        "1.5e3",
        "[1]",
        "{\"a\":1}",
    ]);
    proptest::collection::vec(token, 0..10).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_the_same_value(value in any_json()) {
        check_against_serde(&value.to_string())?;
        check_against_serde(&format!("{value:#}"))?;
    }

    #[test]
    fn nearly_json_is_accepted_and_refused_as_serde_json_does(text in near_json()) {
        check_against_serde(&text)?;
    }

    #[test]
    fn a_changed_byte_is_accepted_and_refused_as_serde_json_does(
        value in any_json(), at in any::<prop::sample::Index>(), character in any::<char>(),
    ) {
        let mut characters: Vec<char> = value.to_string().chars().collect();
        let at = at.index(characters.len());
        characters[at] = character;
        check_against_serde(&characters.into_iter().collect::<String>())?;
    }
}

#[test]
fn spans_are_the_tokens() {
    let reading = read("{\n  \"name\": \"kv\", \"n\": [1, true]\n}\n");
    let root = reading.root();
    assert_eq!(
        reading.text(root.span),
        "{\n  \"name\": \"kv\", \"n\": [1, true]\n}"
    );
    let entry = &root.as_mapping().unwrap().entries()[0];
    assert_eq!(reading.text(entry.key.span), "\"name\"");
    assert_eq!(reading.text(entry.value.span), "\"kv\"");
    assert_eq!(reading.text(root.get("n").unwrap().span), "[1, true]");
    assert_eq!(reading.text(root.pointer("/n/1").unwrap().span), "true");
}

#[test]
fn a_duplicate_key_is_a_problem_and_its_last_value_wins() {
    let reading = read("{\"a\": 1, \"b\": 2,\n \"a\": 3}");
    reading.assert_problems(&["2:2 duplicate key `a` (first here 1:2)"]);
    assert_eq!(
        &*reading.root().get("a").unwrap().as_scalar().unwrap().text,
        "3"
    );
}

#[test]
fn an_empty_text_is_a_problem() {
    for text in ["", " \n"] {
        let reading = read(text);
        reading.assert_problems(&["1:1 the file is empty: expected a JSON value"]);
        assert!(reading.documents.roots.is_empty());
    }
}

#[test]
fn a_byte_order_mark_is_a_problem_and_the_rest_is_read() {
    let reading = read("\u{feff}{\"a\": 1}");
    reading.assert_problems(&["1:1 a byte-order mark: JSON allows none"]);
    assert!(reading.root().get("a").is_some());
}

#[test]
fn what_comes_before_a_fault_is_kept() {
    for (text, problem) in [
        (
            "{\"a\": {\"b\": 1}, \"c\": {\"d\" 2}}",
            "1:27 expected `:` after the key, found a number",
        ),
        (
            "{\"a\": {\"b\": 1,}}",
            "1:14 a trailing comma: JSON allows none before `}`",
        ),
        (
            "{\"a\": {\"b\": 1}\n \"c\": 2}",
            "2:2 expected `,` or `}`, found a string",
        ),
        (
            "{\"a\": {\"b\": 1}, // no\n \"c\": 2}",
            "1:17 expected a key in double quotes, found a comment: JSON has none",
        ),
        (
            "{\"a\": {\"b\": 1}",
            "1:15 expected `,` or `}`, found the end of the text (the last sign of the text closes this one: close it before what is not in it, or close at the end what is around it 1:7)",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": 2",
            "1:23 expected `,` or `}`, found the end of the text (this is not closed 1:1)",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": \"open}\n",
            "1:22 a string that is not closed on its line: write `\"` at its end, and `\\n` for a line break",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": NaN}",
            "1:22 expected a value, found a number that JSON does not have",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": secret}",
            "1:22 expected a value, found a word without quotes",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": 007}",
            "1:22 a number with leading zeros: JSON allows none",
        ),
        (
            "{\"a\": {\"b\": 1}, \"c\": 'x'}",
            "1:22 expected a value, found a single quote: JSON has strings in double quotes only",
        ),
        (
            "{\"a\": {\"b\": 1}} }",
            "1:17 expected the end of the text after the value, found `}`",
        ),
    ] {
        let reading = read(text);
        reading.assert_problems(&[problem]);
        assert!(reading.root().pointer("/a/b").is_some(), "{text}");
    }
}

#[test]
fn reading_goes_on_after_a_fault_inside_a_string() {
    let reading =
        read("{\"path\": \"C:\\Keys\\Q\", \"half\": \"\\ud800\", \"tab\": \"\t\", \"a\": 1}");
    reading.assert_problems(&[
        "1:13 an escape that JSON does not have: write `\\\\` for a backslash",
        "1:32 half of a surrogate pair: a `\\u` escape from `d800` to `dbff` must be followed by one from `dc00` to `dfff`",
        "1:49 a control character in a string: write it as `\\u0009`",
    ]);
    assert!(reading.root().get("a").is_some());
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(read(&deep(MAX_DEPTH)).documents.problems.is_empty());
    read(&deep(MAX_DEPTH + 1)).assert_problems(&["1:129 nested more than 128 levels deep"]);
    read(&"{\"a\":".repeat(500_000)).assert_problems(&["1:641 nested more than 128 levels deep"]);
}
