use super::{clean, read};
use crate::source::ScalarKind::{self, Bool, Float, Integer, Null, String};

#[track_caller]
fn assert_kind(written: &str, kind: ScalarKind) {
    let reading = clean(&format!("k: {written}\n"));
    let scalar = reading.root().get("k").unwrap().as_scalar().unwrap();
    assert_eq!(scalar.kind, kind, "{written}");
}

#[test]
fn plain_scalars_are_typed_as_yaml_1_1_has_them() {
    for (kind, texts) in [
        (Null, "~ null Null NULL"),
        (Bool(true), "true True TRUE yes Yes YES on On ON y Y"),
        (Bool(false), "false False FALSE no No NO off Off OFF n N"),
        (
            Integer,
            "0 1 -1 +1 42 1_000 0755 0o755 0xfF 0x_f 0b101 -0x1f -0b1 007",
        ),
        (
            Float,
            "1.5 -1.5 .5 1. 1e3 1E-3 1.5e+10 1_0.5 .inf -.inf +.Inf .INF .nan .NaN 0899",
        ),
        (
            String,
            "tRUE yEs nUll 1:30 190:20:30 1e 0x 0b 0o 0b2 0xg 1.2.3 1.2.3.4 . - + -. _1 1-2 2001-12-14 12h 1a 0x1.8 e3 .e3 +.nan inf",
        ),
    ] {
        for text in texts.split(' ').filter(|text| *text != "-") {
            assert_kind(text, kind);
        }
    }
    assert_kind("", Null);
}

#[test]
fn quoted_and_block_scalars_are_strings() {
    for written in ["'1'", "\"true\"", "''", "\"\"", "|\n  1", ">-\n  null"] {
        assert_kind(written, String);
    }
}

#[test]
fn what_is_no_string_keeps_the_text_as_written() {
    let reading = clean("a: 0755\nb: Yes\nc: ~\nd:\ne: 1_0\n");
    let text = |name| &*reading.root().get(name).unwrap().as_scalar().unwrap().text;
    assert_eq!(
        ["a", "b", "c", "d", "e"].map(text),
        ["0755", "Yes", "~", "", "1_0"]
    );
}

#[test]
fn tags_of_yaml_itself_say_the_kind() {
    assert_kind("!!str 5", String);
    assert_kind("!!str", String);
    assert_kind("! 5", String);
    assert_kind("!!int '5'", Integer);
    assert_kind("!!float 5", Float);
    assert_kind("!!bool \"yes\"", Bool(true));
    assert_kind("!!null ''", Null);
    assert_kind("!<tag:yaml.org,2002:str> 5", String);
    let reading = clean("a: !!str 5\nb: !!map {}\nc: !!seq []\n");
    for name in ["a", "b", "c"] {
        assert_eq!(reading.root().get(name).unwrap().tag, None);
    }
}

#[test]
fn a_tag_of_yaml_that_does_not_fit_is_a_problem() {
    read("a: !!int secret\n").assert_problems(&["1:10 the tag `!!int` on a value that is none"]);
    read("a: !!map 1\n").assert_problems(&["1:10 the tag `!!map` on a single value"]);
    read("a: !!str [1]\n").assert_problems(&["1:10 the tag `!!str` on a list"]);
}

#[test]
fn other_tags_are_kept_as_written() {
    let text = "a: !reset null\nb: !override\n  - 1\nc: !reference [x, y]\nd: !!timestamp 2001-12-14\ne: !reset\n";
    let reading = clean(text);
    let tag = |name| reading.root().get(name).unwrap().tag.as_deref();
    assert_eq!(
        ["a", "b", "c", "d", "e"].map(tag),
        [
            Some("!reset"),
            Some("!override"),
            Some("!reference"),
            Some("!!timestamp"),
            Some("!reset")
        ]
    );
    assert!(reading.root().get("a").unwrap().is_null());
    assert!(reading.root().get("e").unwrap().is_null());
    assert_eq!(reading.at("/a"), "null");
    assert_eq!(reading.at("/b"), "- 1");
}
