use std::fmt::Write as _;

use super::{clean, names, read};

#[test]
fn an_alias_is_what_its_anchor_is_with_its_span() {
    let text = "a: &x {k: v}\nb: *x\nc: [*x]\n";
    let reading = clean(text);
    assert_eq!(reading.at("/b/k"), "v");
    let span = reading.root().pointer("/c/0").unwrap().span;
    assert_eq!(span, reading.root().get("a").unwrap().span);
    assert_eq!(reading.at("/c"), "[*x]");
    assert_eq!(reading.at(""), text.trim_end());
}

#[test]
fn an_alias_can_be_a_key() {
    let reading = clean("a: &x name\n*x : 1\n");
    assert_eq!(reading.at("/name"), "1");
    let key = &reading.root().as_mapping().unwrap().entries()[1].key;
    assert_eq!(reading.text(key.span), "*x");
}

#[test]
fn an_anchor_can_be_set_anew() {
    let reading = clean("a: &x 1\nb: *x\nc: &x 2\nd: *x\n");
    assert_eq!(reading.at("/b"), "1");
    assert_eq!(reading.at("/d"), "2");
}

#[test]
fn an_alias_without_an_anchor_is_a_problem_and_the_rest_is_read() {
    let reading = read("a: &x 1\n---\nb: *x\nc: 2\n");
    reading.assert_problems(&["3:4 no anchor before this alias in this document; if it is a text, which begins with `*`, put it in quotes"]);
    assert!(reading.documents.roots[1].get("b").unwrap().is_null());
    assert!(reading.documents.roots[1].get("c").is_some());
}

#[test]
fn an_alias_inside_its_anchor_is_a_problem() {
    let reading = read("a: &x\n  b: *x\nc: *x\n");
    reading.assert_problems(&["2:6 an alias inside what it stands for"]);
    assert!(reading.root().pointer("/c/b").unwrap().is_null());
}

#[test]
fn a_merge_key_gives_what_the_mapping_does_not_have() {
    let text = "d: &d {a: 1, b: 2}\ne: &e {b: 3, c: 4}\none:\n  <<: *d\n  b: own\nlist:\n  <<: [*e, *d]\ninline:\n  <<: {z: 1}\n  y: 2\n";
    let reading = clean(text);
    assert_eq!(reading.at("/one/a"), "1");
    assert_eq!(reading.at("/one/b"), "own");
    assert_eq!(reading.at("/list/b"), "3");
    assert_eq!(reading.at("/list/a"), "1");
    assert_eq!(names(reading.root().get("inline").unwrap()), ["y", "z"]);
    let origin = reading.root().pointer("/d/a").unwrap().span;
    assert_eq!(reading.root().pointer("/list/a").unwrap().span, origin);
}

#[test]
fn merged_mappings_can_be_merged_again() {
    let reading = clean("a: &a {k: 1}\nb: &b\n  <<: *a\n  l: 2\nc:\n  <<: *b\n");
    assert_eq!(names(reading.root().get("c").unwrap()), ["l", "k"]);
}

#[test]
fn only_a_plain_merge_key_merges() {
    let reading = clean("a: {'<<': 1}\nb: {!!str <<: 2}\n");
    assert_eq!(names(reading.root().get("a").unwrap()), ["<<"]);
    assert_eq!(names(reading.root().get("b").unwrap()), ["<<"]);
}

#[test]
fn a_merge_key_of_anything_but_mappings_is_a_problem() {
    let message = "the value of the merge key `<<` must be a mapping or a list of mappings";
    for value in ["1", "", "[1]", "[{}, x]", "[[]]"] {
        let reading = read(&format!("a:\n  <<: {value}\n  b: 1\n"));
        reading.assert_problems(&[&format!("2:3 {message}")]);
        assert_eq!(reading.at("/a/b"), "1");
    }
    read("a: &a {}\nb:\n  <<: *a\n  <<: *a\n")
        .assert_problems(&["4:3 duplicate key `<<` (first here 3:3)"]);
}

#[test]
fn aliases_that_expand_to_too_much_are_one_problem() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    let reading = read(&(text + "last: 1\n"));
    let messages = reading.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].ends_with("expand to too much: write out less through anchors"));
    assert!(reading.root().get("last").is_some());
}

#[test]
fn a_long_text_behind_many_aliases_is_a_problem() {
    let mut text = format!("a: &a {}\nb:\n", "x".repeat(1_000_000));
    text.push_str(&"- *a\n".repeat(1000));
    assert_eq!(read(&text).documents.problems.len(), 1);
}

#[test]
fn merging_too_much_is_one_problem() {
    let mut text = "base: &base\n".to_owned();
    for number in 0..1000 {
        let _ = writeln!(text, "  k{number}: v");
    }
    for number in 0..3000 {
        let _ = writeln!(text, "m{number}: {{<<: *base}}");
    }
    let reading = read(&text);
    // Once the bound is passed, what is merged is not there, which is no further problem.
    assert_eq!(
        reading.documents.problems.len(),
        1,
        "{:?}",
        &reading.messages()[..2]
    );
}

#[test]
fn nesting_through_aliases_is_bounded() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..2000 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
    }
    let reading = read(&text);
    let messages = reading.messages();
    assert!(!messages.is_empty());
    assert!(messages.iter().all(|message| {
        message.ends_with("nested more than 128 levels deep once aliases are expanded")
    }));
}
