//! What is written is JSON that holds the same texts.

use proptest::prelude::*;
use serde_json::Value;

use super::Writer;

fn written(text: &str) -> String {
    let mut json = Writer::default();
    json.object(|json| {
        json.key(text).string(text);
    });
    json.finish()
}

fn assert_is_read_back(text: &str) {
    let written = written(text);
    let read: Value = serde_json::from_str(&written).unwrap_or_else(|error| {
        panic!("{error} in {written}");
    });
    assert_eq!(read[text], text, "{written}");
}

#[test]
fn signs_that_json_escapes_are_read_back() {
    for text in [
        "",
        "\"",
        "\\",
        "a\"b\\c",
        "\n\r\t",
        "\u{0}\u{1b}[31m\u{7f}",
        "\u{202e}\u{2066}",
        "é𝄞",
    ] {
        assert_is_read_back(text);
    }
}

#[test]
fn what_steers_a_terminal_is_escaped() {
    for text in ["\u{1b}[31m", "\u{202e}", "\u{0}", "\u{7f}"] {
        let written = written(text);
        let plain = written
            .chars()
            .all(|character| matches!(character, '\n' | ' '..='~'));
        assert!(plain, "{written:?}");
    }
}

#[test]
fn each_member_and_item_is_on_a_line_of_its_own() {
    let mut json = Writer::default();
    json.object(|json| {
        json.key("number").raw("1");
        json.key("list").strings(&["a", "b"]);
        json.key("nothing").strings::<&str>(&[]);
        json.key("inner").object(|json| {
            json.key("text").string("c");
        });
    });
    let expected = r#"{
  "number": 1,
  "list": [
    "a",
    "b"
  ],
  "nothing": [],
  "inner": {
    "text": "c"
  }
}
"#;
    assert_eq!(json.finish(), expected);
}

proptest! {
    #[test]
    fn any_text_is_read_back(text in any::<String>()) {
        assert_is_read_back(&text);
    }
}
