//! What is read line by line is what the parser reads.

use proptest::prelude::*;

use super::super::{lines, parse};
use crate::source::{Documents, Fragment, Sources};

fn by_lines(text: &str) -> Option<Documents> {
    let mut sources = Sources::new();
    let id = sources.add("file.yaml", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = lines::read(&fragment)?;
    let parsed = parse(&fragment);
    assert_eq!(documents.roots, parsed.roots, "{text}");
    assert_eq!(documents.problems, parsed.problems, "{text}");
    Some(documents)
}

#[test]
fn what_is_usual_takes_no_parser() {
    for text in [
        "a: 1\n",
        "# comment\na: b # comment\n\nc:\n  d: 'e'\n  f: \"g h\"\n",
        "a:\n- 1\n- b: c\n  d:\n    - - e\n      - f\n    -\n      g: h\ni:\n",
        "---\nkind: ConfigMap\ndata:\n  a.json: |\n    {\n      \"b\": 1\n\n    }\n  c: |-\n    d\n\n\n---\na: b\n",
        "a: |\n\n\n  b\n\n  c\nd: |-\n\n  e\n",
        "a: |\n  b\n# c\n\n# d\ne:\n  f: |\n    g\n\n  # h\n  i: j\n",
        "command: [\"sh\", '-c', run]\nargs: []\nemptyDir: {}\n",
        "image: registry.example/a:1.0\nurl: http://localhost:80/#a\n\"quoted\": yes\n'b': ~\n",
        "a: 1\na: 2\n",
        "apiVersion: v1\nkind: A\napiVersion: v1\nkind: B\n",
    ] {
        assert!(by_lines(text).is_some(), "{text}");
    }
}

#[test]
fn what_needs_the_parser_is_left_to_it() {
    for text in [
        "",
        "# comment\n",
        "text\n",
        "a: b\n  c\n",
        "a: b: c\n",
        "a\t: b\n",
        "a: &b c\nd: *b\n",
        "a: !b c\n",
        "a: >\n  b\n",
        "a: |+\n  b\n",
        "a: |2\n   b\n",
        "a: |\n  b",
        "a: |\n   b\n  c\n",
        "a: \"b\\n\"\n",
        "a: 'b''c'\n",
        "a: {b: c}\n",
        "a: [b, [c]]\n",
        "a: [b,\n  c]\n",
        "? a\n: b\n",
        "-\n- a\n",
        "a: b\n- c\n",
        "a:\n    b: c\n  d: e\n",
        "---\n---\na: b\n",
        "a: b\n---\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "\u{feff}a: b\n",
        "a: \u{2028}b\n",
        "a: b\r\n",
    ] {
        assert!(by_lines(text).is_none(), "{text}");
    }
}

fn line() -> impl Strategy<Value = String> {
    let indent = prop_oneof![4 => Just(0_usize), 4 => Just(2), 2 => Just(4), 1 => 0..8_usize];
    let dash = prop_oneof![
        6 => Just(""), 3 => Just("- "), 1 => Just("-   "), 1 => Just("- - "), 1 => Just("-"),
    ];
    let content = prop_oneof![
        "[a-e]: [a-e]{1,3}",
        "[a-e]:",
        "[a-e]: \\|-?",
        "[a-e]: [|>][+-]?2? ?",
        "[a-e]: (\"[a-c ]*\"|'[a-c# ]*')",
        "[a-e]: \\[(a|\"b\"|'c d'|1\\.5|-2|e:f|\\{\\}|)(, ?(a|b c|\"d\"))?\\]",
        "[a-e]: \\{\\}",
        "[a-e]: [a-e] #.",
        "[a-e] ?: ?[#:a-c]{0,3} {0,2}",
        "['\"][a-c]['\"] ?: [a-c]",
        "[a-e]: [&*!%@`~][a-c]",
        "(#|)[a-e]{0,2}",
        "---( |#| #|a|)",
        "(\\.\\.\\.|%YAML 1\\.2|\\? a|: b|<<: \\{\\}|apiVersion: v1)",
        "[-?:,\\[\\]{}#&*!|>'\"%@`a-c éü\\\\]{0,8}",
    ];
    (indent, dash, content, "[ ]{0,1}")
        .prop_map(|(indent, dash, content, end)| format!("{:indent$}{dash}{content}{end}", ""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_text_is_read_as_the_parser_reads_it(
        lines in prop::collection::vec(line(), 0..10),
        is_ended in prop::bool::weighted(0.9),
    ) {
        let mut text = lines.join("\n");
        if is_ended {
            text.push('\n');
        }
        by_lines(&text);
    }
}
