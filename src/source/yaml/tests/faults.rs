use super::{names, read};

#[test]
fn a_duplicate_key_is_a_problem_and_its_last_value_wins() {
    let reading = read("a:\n  b: 1\n  c: 2\n  'b': 3\n");
    reading.assert_problems(&["4:3 duplicate key `b` (first here 2:3)"]);
    assert_eq!(reading.at("/a/b"), "3");
}

#[test]
fn a_forgotten_document_marker_is_said_once_and_read_as_if_it_were_there() {
    let reading = read(
        "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n\n# next\napiVersion: v1\nkind: B\nmetadata:\n  name: b\n---\napiVersion: v1\nkind: C\n",
    );
    reading.assert_problems(&[
        "7:1 duplicate key `apiVersion`: a `---` may be missing before this line (first here 1:1)",
    ]);
    let kinds: Vec<&str> = reading
        .documents
        .roots
        .iter()
        .map(|root| root.get("kind").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["A", "B", "C"]);
    assert_eq!(
        reading.at(""),
        "apiVersion: v1\nkind: A\nmetadata:\n  name: a"
    );
}

#[test]
fn a_forgotten_document_marker_after_a_list_is_said_too() {
    let reading = read("- a\napiVersion: v1\n");
    assert!(reading.messages()[0].starts_with("2:1 "));
    assert!(reading.messages()[0].ends_with(": a `---` may be missing before this line"));
}

#[test]
fn a_syntax_error_keeps_what_came_before_it_and_the_other_documents() {
    let reading = read("a: 1\nb:\n  c: [1, 2\n---\nd: 4\n---\ne: 'x\n---\nf: 6\n");
    assert_eq!(
        reading.messages(),
        [
            "3:6 `[` is never closed",
            "7:4 a quote that is not closed before a `---` or `...`"
        ]
    );
    let roots = &reading.documents.roots;
    assert!(roots[0].pointer("/b/c").is_some());
    assert!(roots.iter().any(|root| root.get("d").is_some()));
    assert!(roots.iter().any(|root| root.get("f").is_some()));
}

#[test]
fn faults_are_told_at_their_place() {
    for (text, problem) in [
        (
            "a: 1\n\tb: 2\n",
            "2:1 a tab as indentation: YAML allows only spaces",
        ),
        (
            "a:\n\tb: 2\n",
            "2:1 a tab as indentation: YAML allows only spaces",
        ),
        (
            "a:\n  b: 1\n\tc: 2\n",
            "3:1 a tab as indentation: YAML allows only spaces",
        ),
        ("a: \"open\nb: 1\n", "1:4 a quote that is never closed"),
        ("a: 'open\nb: 1\n", "1:4 a quote that is never closed"),
        (
            "a: 1\nfoo\nb: 2\n",
            "2:1 neither `key: value` nor a list item: a `:` may be missing",
        ),
        (
            "a:\n - 1\n- 2\n",
            "3:1 `key: value` is expected here, or the line is indented wrongly: the keys of one mapping are indented alike; this line is indented by 0, the one above by 1: indent it by 1",
        ),
        (
            "a:\n  b:\n    c: 1\n\n    # d\n   e: 2\n",
            "6:4 `key: value` is expected here, or the line is indented wrongly: the keys of one mapping are indented alike; this line is indented by 3, the one above by 4: indent it by 4 if it belongs beside that one, or by 2 if that block ends before it",
        ),
        (
            "a: b\n  c: d\n",
            "2:4 a `:` that cannot stand here: the line may be indented wrongly, or the value need quotes",
        ),
        ("a: [1, 2}\n", "1:4 `[` is closed by `}`"),
        (
            "a: `x`\n",
            "1:4 a value cannot begin with ```: put quotes around it",
        ),
        (
            "a: 'b' c\n",
            "1:8 text after a closing quote: quote all of the value",
        ),
        (
            "? [a]\n: 1\nb: 2\n",
            "1:3 a mapping or a list as a key: only a single value can be one",
        ),
    ] {
        read(text).assert_problems(&[problem]);
    }
}

#[test]
fn a_key_that_cannot_be_one_takes_nothing_else_along() {
    let reading = read("a: 1\n? {b: c}\n: {d: e}\nf: 2\n");
    assert_eq!(names(reading.root()), ["a", "f"]);
    assert_eq!(reading.documents.problems.len(), 1);
}

#[test]
fn a_template_is_said_to_be_one() {
    for text in [
        "{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "a: {{ .Values.x }}\n",
    ] {
        let messages = read(text).messages();
        assert_eq!(messages.len(), 1);
        assert!(
            messages[0].contains("`{{` begins a template expression"),
            "{messages:?}"
        );
    }
}

#[test]
fn no_message_tells_a_value() {
    for text in [
        "a: [hunter2\n",
        "a: 'hunter2\n",
        "a: \"\\hunter2\"\n",
        "a: hunter2\nhunter2\n",
        "a: !!int hunter2\n",
    ] {
        let reading = read(text);
        assert!(!reading.documents.problems.is_empty(), "{text}");
        assert!(
            reading
                .messages()
                .iter()
                .all(|message| !message.contains("hunter2"))
        );
    }
}
