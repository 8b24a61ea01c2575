#![expect(
    clippy::format_collect,
    reason = "what it costs to write the cases does not matter"
)]

use crate::registry::{Registry, read_go};
use crate::source::{SourceId, Sources, TokenKind};

pub(super) fn read(text: &str, variable: Option<&str>) -> (Sources, SourceId, Registry) {
    let mut sources = Sources::new();
    let id = sources.add("registry.go", text);
    let registry = read_go(&mut sources, id, variable);
    (sources, id, registry)
}

/// The text at fault and the message of each problem.
fn problems(text: &str, variable: Option<&str>) -> Vec<(String, String)> {
    let (sources, _, registry) = read(text, variable);
    registry
        .problems
        .iter()
        .map(|problem| {
            (
                sources.text(problem.span).to_owned(),
                problem.message.clone(),
            )
        })
        .collect()
}

fn only_problem(text: &str, variable: Option<&str>) -> (String, String) {
    let mut problems = problems(text, variable);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

/// A registry of one descriptor of which `fields` are part, after some declarations.
pub(super) fn registry_with(declarations: &str, fields: &str) -> String {
    format!(
        "package p\n{declarations}\nvar services = map[string]D{{\"a\": {{KVKey: \"a.json\", {fields}}}}}\n"
    )
}

#[test]
fn a_variable_is_found_by_its_name() {
    let text = include_str!("../../../tests/fixtures/go/two_registries.go");
    let (_, _, registry) = read(text, Some("edge"));
    assert_eq!(registry.problems, vec![]);
    assert_eq!(registry.descriptors[0].name.value, "gauge");
}

#[test]
fn a_second_registry_is_a_problem_when_none_is_named() {
    let text = include_str!("../../../tests/fixtures/go/two_registries.go");
    let (place, message) = only_problem(text, None);
    assert_eq!(place, "edge");
    assert!(
        message.starts_with("`edge` holds descriptors, too, as `services` does"),
        "{message}"
    );
}

#[test]
fn a_variable_that_is_not_there_is_a_problem() {
    let text = include_str!("../../../tests/fixtures/go/plain.go");
    assert_eq!(
        only_problem(text, Some("serviceDescriptor")),
        (
            "package config".to_owned(),
            "no package-level variable `serviceDescriptor` in this file; did you mean `serviceDescriptors`?".to_owned()
        )
    );
}

#[test]
fn a_file_without_a_registry_is_a_problem() {
    for text in [
        "",
        "package p",
        "package p\nvar x = map[string]int{\"a\": 1}",
        "{}",
    ] {
        assert_eq!(problems(text, None).len(), 1, "{text}");
    }
}

#[test]
fn a_registry_without_descriptors_is_a_problem() {
    let (place, message) = only_problem("package p\nvar services = map[string]D{}", None);
    assert_eq!(place, "{}");
    assert_eq!(message, "no descriptors here; declare at least one service");
}

#[test]
fn every_change_outside_the_declaration_is_a_problem() {
    let text = include_str!("../../../tests/fixtures/go/changed_in_init.go");
    assert_eq!(problems(text, None).len(), 2);
    for change in [
        "services[\"b\"] = D{}",
        "services[key()].KVKey = \"x\"",
        "services = nil",
        "services, err = load()",
        "services[\"a\"], found = load()",
        "maps.Copy(services, others)",
        "clear(services)",
    ] {
        let text = registry_with(&format!("func init() {{\n{change}\n}}"), "");
        let (place, message) = only_problem(&text, None);
        assert_eq!(place, "services", "{change}");
        assert!(
            message.starts_with("`services` is changed here"),
            "{message}"
        );
    }
    for use_ in [
        "x := services[\"b\"]",
        "if services[\"a\"] == x {}",
        "other.services[\"b\"] = D{}",
        "found, ok = services[\"a\"]",
        "for name := range services {}",
        "f(services, x)",
    ] {
        let text = registry_with(&format!("func use() {{\n{use_}\n}}"), "");
        assert_eq!(problems(&text, None), vec![], "{use_}");
    }
}

#[test]
fn a_change_of_a_list_that_descriptors_use_is_a_problem() {
    let text = registry_with(
        "var common = []string{\"x\"}\nfunc init() { common = append(common, \"y\") }",
        "CriticalFields: common",
    );
    assert_eq!(only_problem(&text, None).0, "common");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn what_cannot_be_evaluated_is_said_at_its_token() {
    for (declarations, fields, place, message) in [
        (
            "",
            "Scope: f(1)",
            "f",
            "`f` is a function call, or a conversion to a type of another file; ",
        ),
        (
            "func f() {}",
            "Scope: f(1)",
            "f",
            "`f` is a function call, which is not evaluated; ",
        ),
        (
            "",
            "Scope: pkg.Global",
            "pkg.Global",
            "`pkg.Global` is not of this file; ",
        ),
        ("", "Scope: 5", "5", "a number where a string is needed; "),
        ("", "Scope: 'x'", "'x'", "a rune where a string is needed; "),
        ("", "Scope: \"a\" - \"b\"", "-", "`-` is not evaluated here"),
        ("", "Scope: -1", "-", "`-` where a string is needed; "),
        ("", "Scope: nil", "nil", "`nil` where a string is needed; "),
        (
            "",
            "Scope: []string{}",
            "[",
            "a list or array where a string is needed; ",
        ),
        (
            "",
            "Scope: T{}",
            "T",
            "a composite literal where a string is needed; ",
        ),
        ("", "Scope: x[1]", "x", "`x[…]` is not evaluated; "),
        (
            "",
            "Scope: func() string { return \"\" }()",
            "func",
            "`func` is not evaluated; ",
        ),
        ("", "Scope: \"a\" +", "+", "a value is missing here; "),
        ("", "Scope: \"a\" \"b\"", "\"b\"", "not a Go expression; "),
        (
            "const global = \"g\"",
            "Scope: globl",
            "globl",
            "`globl` is not declared in this file; did you mean `global`?",
        ),
        (
            "const a = b\nconst b = a",
            "Scope: a",
            "a",
            "`a` is declared by itself; ",
        ),
        (
            "const a = iota",
            "Scope: a",
            "iota",
            "a number where a string is needed; ",
        ),
        (
            "",
            "Scope: \"\\q\"",
            "\\q",
            "an escape that Go does not know; ",
        ),
        (
            "",
            "Scope: \"\\xff\"",
            "\"\\xff\"",
            "its escapes make bytes that are no UTF-8 text; ",
        ),
        (
            "",
            "Scope: \"\\400\"",
            "\\4",
            "an escape that Go does not know; ",
        ),
        (
            "",
            "Scope: \"\\ud800\"",
            "\\u",
            "an escape that Go does not know; ",
        ),
        (
            "",
            "Scpoe: \"x\"",
            "Scpoe",
            "unknown field `Scpoe`; did you mean `Scope`?",
        ),
        (
            "",
            "CriticalFields: \"x\"",
            "\"x\"",
            "another value, not a list of strings; ",
        ),
        (
            "",
            "Format: \"ini\"",
            "\"ini\"",
            "an unknown `Format`; write `json`, `toml` or `yaml`",
        ),
        (
            "",
            "Name: \"b\"",
            "\"b\"",
            "the descriptor under the key `a` has another `Name`; ",
        ),
        (
            "",
            "KVKeyTemplate: \"b.json\"",
            "\"b.json\"",
            "both `KVKey` and `KVKeyTemplate`; ",
        ),
        (
            "",
            "KVKey: \"b.json\"",
            "KVKey",
            "`KVKey` is given twice; keep one",
        ),
    ] {
        let (at, said) = only_problem(&registry_with(declarations, fields), None);
        assert_eq!(at, place, "{fields}: {said}");
        assert!(said.starts_with(message), "{fields}: {said}");
    }
}

#[test]
fn a_text_that_is_not_go_is_a_problem_where_it_stops_being_go() {
    for (text, place) in [
        ("package p\nvar x = \"open\nvar y = 1", "\"open"),
        ("package p\nvar x = `open", "`open"),
        ("package p\n/* open", "/*"),
        ("package p\nfunc f() {", "{"),
        ("package p\nfunc f() )", ")"),
        ("package p\nfunc f() { ]", "]"),
        ("package p\nvar x = 'a\n", "'a"),
        ("package p\n#include", "#"),
    ] {
        assert_eq!(only_problem(text, None).0, place, "{text}");
    }
}

#[test]
fn constants_that_double_without_end_are_refused() {
    use std::fmt::Write;
    let mut declarations = "const c0 = \"0123456789\"\n".to_owned();
    for n in 1..60 {
        writeln!(declarations, "const c{n} = c{} + c{}", n - 1, n - 1).expect("a string grows");
    }
    let (_, message) = only_problem(&registry_with(&declarations, "Scope: c59"), None);
    assert!(message.contains("too much text"), "{message}");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("Scope: {}\"x\"{}", "(".repeat(100_000), ")".repeat(100_000));
    let (_, message) = only_problem(&registry_with("", &deep), None);
    assert!(message.starts_with("nested too deeply"), "{message}");
    let chain: String = (1..10_000)
        .map(|n| format!("const c{n} = c{}\n", n - 1))
        .collect();
    assert_eq!(
        problems(&registry_with(&chain, "Scope: c9999"), None).len(),
        1
    );
    let types = "type a b\ntype b a\n";
    let text = format!("package p\n{types}var services = a{{\"x\": {{KVKey: \"x.json\"}}}}");
    assert_eq!(problems(&text, None).len(), 1);
    let braces = format!(
        "package p\nfunc f() {}{}",
        "{".repeat(100_000),
        "}".repeat(100_000)
    );
    assert_eq!(problems(&braces, None).len(), 1);
}

#[test]
fn reading_takes_time_in_proportion_to_the_text() {
    let fields: String = (0..2000).map(|n| format!("\"f{n}\", ")).collect();
    let elements: String = (0..20_000)
        .map(|n| format!("\"s{n}\": {{KVKey: k{n}, CriticalFields: all, Scope: unknown{n}}},\n"))
        .collect();
    let constants: String = (0..20_000)
        .map(|n| format!("const k{n} = \"k{n}.json\"\n"))
        .collect();
    let text = format!(
        "package p\nvar all = []string{{{fields}}}\n{constants}var services = map[string]D{{\n{elements}}}\n"
    );
    let (_, _, registry) = read(&text, None);
    assert!(
        registry
            .problems
            .iter()
            .any(|problem| problem.message.contains("too much text"))
    );
}

#[test]
fn names_are_noted_as_keys_and_every_other_literal_as_a_value() {
    let text = "package p\nconst secret = `s`\nvar services = map[string]D{\"a\": {KVKey: \"k.json\", Weight: 'w'}}\n";
    let (sources, id, _) = read(text, None);
    let noted: Vec<_> = sources
        .get(id)
        .tokens()
        .map(|token| (sources.text(token.span), token.kind))
        .collect();
    assert_eq!(
        noted,
        [
            ("`s`", TokenKind::Scalar),
            ("\"a\"", TokenKind::Key),
            ("KVKey", TokenKind::Key),
            ("\"k.json\"", TokenKind::Scalar),
            ("Weight", TokenKind::Key),
            ("'w'", TokenKind::Scalar),
        ]
    );
}

#[test]
fn what_is_not_read_is_noted_as_a_value() {
    let text = "package p\nvar a = \"open\nvar b = \"secret\"";
    let (sources, id, _) = read(text, None);
    let token = sources.get(id).tokens().next().unwrap();
    assert_eq!(sources.text(token.span), "\"open\nvar b = \"secret\"");
    assert_eq!(token.kind, TokenKind::Scalar);
}
