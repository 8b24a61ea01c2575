//! Templates by themselves: no text makes them panic, and what is said to stand in a file stands there.

use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::functions::is_function;
use super::super::provenance::{Place, Text};
use super::value::{Data, Map, MapType, Value};
use super::{Bodies, Engine, parse, run};
use crate::source::{Sources, Span};

/// Runs a template on a few values; gives what it prints, if it does not fail.
fn printed(sources: &mut Sources, template: &str) -> Option<Text> {
    let id = sources.add("values.yaml", "name: gauge\nlist: [a, b]\nnothing: \n");
    let name = Span {
        source: id,
        start: 6,
        end: 11,
    };
    let values = Map::new(MapType::Values);
    let text = Text::of_value("gauge", Place::verbatim(name));
    values.insert("name", Value::text(text));
    let nothing = Span {
        start: 34,
        end: 34,
        ..name
    };
    let text = Text::of_value("", Place::verbatim(nothing));
    values.insert("nothing", Value::text(text));
    values.insert("list", Value::list(vec!["a".into(), "b".into()]));
    let id = sources.add("template", template);
    let text = Text::of_template(template, Place::verbatim(sources.whole(id)));
    let mut bodies = Bodies::new();
    let parsed = parse(&text, is_function).ok()?;
    parsed.add_to(&mut bodies, Arc::from("template"));
    let bodies = Rc::new(bodies);
    let body = bodies.get("template")?;
    let mut engine = Engine::default();
    let dot = Value::from(Data::Map(values));
    run(&mut engine, &bodies, body, &dot).ok()
}

/// Every byte that has a place of its own stands there.
fn assert_traced(sources: &Sources, text: &Text) {
    let marks = text.marks();
    for (position, mark) in marks.iter().enumerate() {
        let end = marks
            .get(position + 1)
            .map_or(text.len(), |next| next.at as usize);
        let run = &text[mark.at as usize..end];
        for place in [mark.template, mark.value].into_iter().flatten() {
            let source = sources.get(place.span.source).text();
            let written = &source[place.span.start as usize..place.span.end as usize];
            assert!(
                !place.verbatim || written.starts_with(run),
                "{run:?} is not {written:?}"
            );
        }
    }
}

#[test]
fn a_value_is_traced_through_what_changes_its_surroundings_only() {
    let mut sources = Sources::new();
    let template = "a: {{ .name | quote | indent 2 }}\n{{- .name | nindent 4 }}\n";
    let text = printed(&mut sources, template).unwrap();
    assert_eq!(&*text, "a:   \"gauge\"\n    gauge\n");
    assert_traced(&sources, &text);
    for (at, _) in text.match_indices("gauge") {
        let traced = text.trace(at..at + "gauge".len()).unwrap();
        assert_eq!(sources.text(traced.primary), "gauge", "at {at}");
        assert_eq!(sources.get(traced.primary.source).path(), "values.yaml");
    }
}

#[test]
fn an_empty_value_is_where_it_was_printed() {
    let mut sources = Sources::new();
    let template = "a: {{ .nothing }}\nb:\n{{ .nothing | nindent 2 }}c: {{ .name }}";
    let text = printed(&mut sources, template).unwrap();
    assert_eq!(&*text, "a: \nb:\n\n  c: gauge");
    assert_traced(&sources, &text);
    let place = text.empty_value(2..3).unwrap();
    assert_eq!(sources.location(place.primary).line, 3);
    assert_eq!(sources.text(place.other.unwrap()).trim_end(), ".nothing");
    assert_eq!(text.empty_value(0..2), None);
    // What only puts it elsewhere keeps it.
    let place = text.empty_value(4..text.len()).unwrap();
    assert!(sources.text(place.other.unwrap()).contains("nindent"));
    assert_eq!(text.empty_value(11..text.len()), None);
}

/// Pieces that templates are made of.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "{{",
        "}}",
        "{{-",
        "-}}",
        "{{/*",
        "*/}}",
        " ",
        "\n",
        ".",
        "$",
        "$x",
        ":=",
        "=",
        "|",
        "(",
        ")",
        ",",
        "\"a\"",
        "`b`",
        "'c'",
        "1",
        "-2.5",
        "0x1F",
        "nil",
        "true",
        ".name",
        ".list",
        ".none.a",
        "if",
        "else",
        "else if",
        "end",
        "range",
        "with",
        "define \"d\"",
        "block \"d\" .",
        "template \"d\" .",
        "include \"d\" .",
        "break",
        "continue",
        "quote",
        "printf \"%v %d\"",
        "toYaml",
        "toJson",
        "dict \"a\"",
        "list",
        "default",
        "index",
        "indent 2",
        "nindent 4",
        "trim",
        "replace \"a\" \"b\"",
        "splitList \"g\"",
        "until 3",
        "tpl",
        "required \"m\"",
        "eq",
        "and",
        "or",
        "not",
        "len",
        "text: ",
        "- item",
        "{{ .name }}",
        "{{ range .list }}{{ . }}{{ end }}",
        "{{ if .name }}y{{ else }}n{{ end }}",
        "ä",
        "\u{feff}",
        "\r\n",
        "\0",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_template_makes_it_panic_and_what_is_traced_stands_there(
        pieces in prop::collection::vec(piece(), 0..24)
    ) {
        let mut sources = Sources::new();
        if let Some(text) = printed(&mut sources, &pieces.join(" ")) {
            assert_traced(&sources, &text);
        }
        let mut sources = Sources::new();
        if let Some(text) = printed(&mut sources, &pieces.concat()) {
            assert_traced(&sources, &text);
        }
    }

    #[test]
    fn actions_in_any_order_are_traced(
        actions in prop::collection::vec(prop::sample::select(vec![
            "{{ .name }}", "{{ .name | quote }}", "{{ .name | upper }}", "{{ .list | toJson }}",
            "{{ range .list }}- {{ . }}\n{{ end }}", "{{ .name | nindent 2 }}", "{{ toYaml .list | indent 2 }}",
            "{{ dict \"k\" .name | toYaml }}", "{{ dict \"k\" .name | toJson }}", "{{ printf \"<%s>\" .name }}",
            "{{ .name | trunc 2 }}", "{{ trimPrefix \"g\" .name }}", "{{ tpl \"{{ .name }}!\" . }}",
            "{{- .name -}}", "text\n", "  more text: ", "{{ with .name }}{{ . }}{{ end }}",
            "{{ .name | trunc 0 }}", "{{ cat .name .name }}", "{{ .name | b64enc }}",
        ]), 1..12)
    ) {
        let mut sources = Sources::new();
        let text = printed(&mut sources, &actions.concat()).expect("these do not fail");
        assert_traced(&sources, &text);
    }
}
