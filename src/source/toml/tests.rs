use proptest::prelude::*;

use crate::source::tests::{Reading, reading};
use crate::source::{Node, ScalarKind, Syntax};

fn read(text: &str) -> Reading {
    reading(text, Syntax::Toml)
}

fn clean(text: &str) -> Reading {
    let reading = read(text);
    reading.assert_problems(&[]);
    reading
}

fn kind(node: &Node) -> ScalarKind {
    node.as_scalar().unwrap().kind
}

#[test]
fn an_empty_text_is_an_empty_mapping() {
    for text in ["", "# nothing\n", "\u{feff}"] {
        assert!(clean(text).root().as_mapping().unwrap().is_empty());
    }
}

#[test]
fn every_kind_of_value_is_typed_and_keeps_its_text() {
    let reading = clean(
        "s = \"a\\tb\"\nl = 'c\\d'\ni = 0x_f\n"
            .replace("0x_f", "0xff")
            .as_str(),
    );
    let root = reading.root();
    assert_eq!(root.get("s").unwrap().as_str(), Some("a\tb"));
    assert_eq!(root.get("l").unwrap().as_str(), Some("c\\d"));
    assert_eq!(&*root.get("i").unwrap().as_scalar().unwrap().text, "0xff");

    let reading = clean("f = 1_0.5e3\nn = nan\nb = true\nd = 1979-05-27T07:32:00Z\nt = 07:32:00\n");
    let root = reading.root();
    assert_eq!(kind(root.get("f").unwrap()), ScalarKind::Float);
    assert_eq!(reading.at("/f"), "1_0.5e3");
    assert_eq!(kind(root.get("n").unwrap()), ScalarKind::Float);
    assert_eq!(kind(root.get("b").unwrap()), ScalarKind::Bool(true));
    assert_eq!(kind(root.get("d").unwrap()), ScalarKind::DateTime);
    assert_eq!(reading.at("/d"), "1979-05-27T07:32:00Z");
    assert_eq!(kind(root.get("t").unwrap()), ScalarKind::DateTime);
}

#[test]
fn spans_are_the_tokens_and_tables_reach_over_what_is_in_them() {
    let text = "title = \"é\"\n\n[a.\"b c\"]\nx.y = 1\nx.z = { k = [1,\n 2] }\n\n[[list]]\nn = 1\n[[list]]\nn = 2 # last\n";
    let reading = clean(text);
    assert_eq!(reading.at("/title"), "\"é\"");
    assert_eq!(reading.at("/a/b c/x/y"), "1");
    assert_eq!(reading.at("/a/b c/x/z"), "{ k = [1,\n 2] }");
    assert_eq!(reading.at("/a/b c/x/z/k"), "[1,\n 2]");
    assert_eq!(reading.at("/a/b c/x"), "x.y = 1\nx.z = { k = [1,\n 2] }");
    assert_eq!(
        reading.at("/a/b c"),
        "[a.\"b c\"]\nx.y = 1\nx.z = { k = [1,\n 2] }"
    );
    assert_eq!(reading.at("/list"), "[[list]]\nn = 1\n[[list]]\nn = 2");
    assert_eq!(reading.at("/list/1"), "[[list]]\nn = 2");
    let a = reading.root().get("a").unwrap().as_mapping().unwrap();
    assert_eq!(reading.text(a.entries()[0].key.span), "\"b c\"");
}

#[test]
fn entries_are_in_the_order_of_the_text() {
    let reading = clean("z = 1\na = 2\n[m]\n[b]\n");
    let names: Vec<&str> = reading
        .root()
        .as_mapping()
        .unwrap()
        .entries()
        .iter()
        .map(|entry| &*entry.key.text)
        .collect();
    assert_eq!(names, ["z", "a", "m", "b"]);
}

#[test]
fn a_duplicate_key_is_a_problem_and_its_last_value_wins() {
    let reading = read("[t]\na = 1\n'b' = 2\n\"a\" = 3\nc = 4\nb = 5\n[u]\na = 6\n");
    reading.assert_problems(&[
        "4:1 duplicate key `a` (first here 2:1)",
        "6:1 duplicate key `b` (first here 3:1)",
    ]);
    assert_eq!(reading.at("/t/a"), "3");
    assert_eq!(reading.at("/t/b"), "5");
    assert_eq!(reading.at("/t/c"), "4");
    assert_eq!(reading.at("/u/a"), "6");
    assert_eq!(reading.at("/u"), "[u]\na = 6");
}

#[test]
fn a_duplicate_table_is_a_problem() {
    let reading = read("[t]\na = 1\n[u]\n[t]\nb = 2\n");
    reading.assert_problems(&["4:2 duplicate key `t` (first here 1:2)"]);
    let reading = read("i = {a = 1, a = 2}\n");
    reading.assert_problems(&["1:13 duplicate key `a` (first here 1:6)"]);
}

#[test]
fn a_duplicate_that_cannot_be_given_another_name_is_still_a_problem() {
    let reading = read("[a.b]\nx = 1\n[a]\nb.c = 2\n");
    assert_eq!(
        reading.documents.problems.len(),
        1,
        "{:?}",
        reading.messages()
    );
    let reading = read("a = 1\n[a.b]\nc = 2\n");
    assert!(!reading.documents.problems.is_empty());
}

#[test]
fn what_does_not_parse_is_left_out_and_the_rest_kept() {
    let reading = read("a = 1\nb = secret\nc = \"open\nd = 4\ne = [1, x]\n[t]\nf = 6\n");
    assert_eq!(
        reading
            .messages()
            .iter()
            .map(|message| message.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        ["2:5", "3:10", "5:9"]
    );
    assert!(
        reading
            .messages()
            .iter()
            .all(|message| !message.contains("secret"))
    );
    assert_eq!(reading.at("/a"), "1");
    assert_eq!(reading.at("/d"), "4");
    assert_eq!(reading.at("/t/f"), "6");
}

#[test]
fn crlf_and_a_byte_order_mark_are_accepted() {
    let reading = clean("\u{feff}a = 1\r\n[b]\r\nc = '''\r\nx\r\n'''\r\n");
    assert_eq!(reading.at("/a"), "1");
    assert_eq!(reading.at("/b"), "[b]\r\nc = '''\r\nx\r\n'''");
}

#[test]
fn nesting_is_bounded() {
    let path = |levels: usize| vec!["x"; levels].join(".");
    clean(&format!("[{0}]\n{1} = 1.5\n", path(60), path(60)));
    let message = "nested more than 128 levels deep";
    for text in [
        format!("[{0}]\n{0} = 1\n", path(79)),
        format!("a = {}1{}", "[".repeat(500_000), "]".repeat(500_000)),
        format!("a = {}1{}", "{a = ".repeat(500_000), "}".repeat(500_000)),
        (0..79)
            .fold("1".to_owned(), |inner, _| {
                format!("{{{} = {inner}}}", path(79))
            })
            .replacen('{', "a = {", 1),
        format!("a = 1\na = {}", "[{x.x.x.x.x = ".repeat(5_000)),
        format!("{} = 1\n", path(500_000)),
    ] {
        let reading = read(&text);
        let messages = reading.messages();
        assert!(
            messages.len() == 1 && messages[0].ends_with(message),
            "{messages:?}"
        );
    }
}

#[test]
fn many_numbers_and_an_unclosed_bracket_are_not_taken_for_nesting() {
    let numbers = "1.5, ".repeat(1000);
    clean(&format!(
        "a = [{numbers}]\nb = [{}]\n",
        "1.5,\n".repeat(1000)
    ));
    let reading = read(&format!("a = [1\n{}", "b.c = 1.5\n".repeat(200)));
    assert!(
        reading
            .messages()
            .iter()
            .all(|message| !message.contains("nested"))
    );
}

/// Texts of TOML's tokens, with few names so that many keys are there twice.
fn near_toml() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(vec![
        "a = 1\n",
        "b = 1\n",
        "a.b = 1\n",
        "a.b.c = 1\n",
        "'b' = 1\n",
        "b.a = 1\n",
        "[a]\n",
        "[b]\n",
        "[a.b]\n",
        "[[a]]\n",
        "[[a.b]]\n",
        "a = {b = 1, ",
        "b = 2, ",
        "b.c = 2",
        "}\n",
        "a = [",
        "1, ",
        "]\n",
        "x\n",
        "\n",
        "\"",
        "'''",
    ]);
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn a_text_has_problems_just_if_the_parser_refuses_it(text in near_toml()) {
        let refused = toml::de::DeTable::parse(&text).is_err();
        prop_assert_eq!(refused, !read(&text).documents.problems.is_empty());
    }
}
