use super::*;
use crate::source::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Value};

/// Builds trees that lie in a text: each key and value is a word of it, found in order.
struct Builder {
    sources: Sources,
    id: SourceId,
    at: usize,
}

impl Builder {
    fn new(text: &str) -> Self {
        let mut sources = Sources::new();
        let id = sources.add("registry.json", text);
        Self { sources, id, at: 0 }
    }

    fn span(&mut self, word: &str) -> Span {
        let text = self.sources.get(self.id).text().clone();
        let start = self.at + text[self.at..].find(word).expect("the word is in the text");
        self.at = start + word.len();
        Span {
            source: self.id,
            start: u32::try_from(start).expect("small"),
            end: u32::try_from(self.at).expect("small"),
        }
    }

    fn text(&mut self, word: &str) -> Node {
        let span = self.span(word);
        Node::string(span, word)
    }

    fn scalar(&mut self, word: &str, kind: ScalarKind) -> Node {
        let span = self.span(word);
        let text = word.into();
        Node::new(span, Value::Scalar(Scalar { kind, text }))
    }

    fn list(&mut self, build: impl FnOnce(&mut Self) -> Vec<Node>) -> Node {
        let open = self.span("[");
        let items = build(self);
        let close = self.span("]");
        Node::new(open.to(close), Value::Sequence(items))
    }

    fn mapping(&mut self, build: impl FnOnce(&mut Self) -> Vec<(Key, Node)>) -> Node {
        let open = self.span("{");
        let entries = build(self);
        let close = self.span("}");
        let mut mapping = Mapping::new();
        for (key, value) in entries {
            assert!(mapping.insert(Entry { key, value }).is_none());
        }
        Node::new(open.to(close), Value::Mapping(mapping))
    }

    fn key(&mut self, word: &str) -> Key {
        Key {
            span: self.span(word),
            text: word.into(),
        }
    }
}

/// Reads a small notation, `{name: a, list: [b, c], number: 1}`, in which every word is plain, so that
/// the tests need no reader of a real format.
fn build(text: &str) -> (Sources, Node) {
    fn value(builder: &mut Builder) -> Node {
        let text = builder.sources.get(builder.id).text().clone();
        let rest = text[builder.at..].trim_start_matches([' ', '\n', ':', ',']);
        if rest.starts_with('[') {
            return builder.list(|builder| items(builder, ']', value));
        }
        if rest.starts_with('{') {
            return builder.mapping(|builder| {
                items(builder, '}', |builder| {
                    let word = word(builder);
                    (builder.key(&word), value(builder))
                })
            });
        }
        let word = word(builder);
        if word == "null" {
            return builder.scalar(&word, ScalarKind::Null);
        }
        if word.parse::<u32>().is_ok() {
            return builder.scalar(&word, ScalarKind::Integer);
        }
        if word == "''" {
            let span = builder.span("''");
            return Node::string(span, "");
        }
        builder.text(&word)
    }
    fn word(builder: &Builder) -> String {
        let text = builder.sources.get(builder.id).text();
        let rest = text[builder.at..].trim_start_matches([' ', '\n', ':', ',']);
        let end = rest.find([' ', '\n', ':', ',', ']', '}', '[']);
        rest[..end.unwrap_or(rest.len())].to_owned()
    }
    fn items<T>(
        builder: &mut Builder,
        close: char,
        mut item: impl FnMut(&mut Builder) -> T,
    ) -> Vec<T> {
        let mut all = Vec::new();
        loop {
            let text = builder.sources.get(builder.id).text().clone();
            if text[builder.at..]
                .trim_start_matches([' ', '\n', ','])
                .starts_with(close)
            {
                return all;
            }
            all.push(item(builder));
        }
    }
    let mut builder = Builder::new(text);
    let root = value(&mut builder);
    (builder.sources, root)
}

type Pairs = Vec<(String, String)>;

/// The names and keys that a document is read as, and its problems: the text at fault and the message.
fn read(text: &str, pointer: &str) -> (Pairs, Pairs) {
    let (sources, root) = build(text);
    let registry = documents::read(&root, pointer);
    let descriptors = registry
        .descriptors
        .iter()
        .map(|descriptor| {
            (
                descriptor.name.value.clone(),
                descriptor.key.text().value.clone(),
            )
        })
        .collect();
    let problems = registry
        .problems
        .iter()
        .map(|problem| {
            (
                sources.text(problem.span).to_owned(),
                problem.message.clone(),
            )
        })
        .collect();
    (descriptors, problems)
}

fn only_problem(text: &str, pointer: &str) -> (String, String) {
    let (_, mut problems) = read(text, pointer);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn every_form_of_a_document_is_read_the_same() {
    let expected = vec![("a".to_owned(), "c/a.json".to_owned())];
    for (text, pointer) in [
        ("[{name: a, kv_key: c/a.json}]", ""),
        ("{services: [{name: a, kv_key: c/a.json}]}", ""),
        ("{version: 1, descriptors: {a: {kv_key: c/a.json}}}", ""),
        ("{a: {kvKey: c/a.json}}", ""),
        ("{a: {Name: a, KVKey: c/a.json}}", ""),
        ("{name: a, kv_key: c/a.json, kv_key_template: null}", ""),
        (
            "{x: [{y: {a: {KVKey: c/a.json, KVKeyTemplate: ''}}}]}",
            "/x/0/y",
        ),
        ("{x: {name: a, kv_key: c/a.json}}", "/x"),
        ("{services: {a: {kv_key: c/a.json, owner: 1}}}", "/services"),
    ] {
        assert_eq!(read(text, pointer), (expected.clone(), vec![]), "{text}");
    }
}

#[test]
fn a_service_may_be_named_services() {
    let (descriptors, problems) = read("{services: {kv_key: s.json}, a: {kv_key: a.json}}", "");
    assert_eq!(descriptors.len(), 2);
    assert_eq!(problems, vec![]);
}

#[test]
fn every_field_is_read_with_its_place() {
    let text = "{a: {display_name: A, serviceType: t, scope: agent, kv_key_template: k/x, format: YAML, critical_fields: [f, g], secretFields: [h]}}";
    let (sources, root) = build(text);
    let registry = documents::read(&root, "");
    assert_eq!(registry.problems, vec![]);
    let [a] = registry.descriptors.as_slice() else {
        panic!("one descriptor is read");
    };
    let told = |text: &Option<Spanned<String>>| {
        let text = text.clone().expect("the field is there");
        assert_eq!(sources.text(text.span), text.value);
        text.value
    };
    assert_eq!(told(&a.display_name), "A");
    assert_eq!(told(&a.service_type), "t");
    assert_eq!(told(&a.scope), "agent");
    assert!(matches!(&a.key, KeyDeclaration::Template(key) if key.value == "k/x"));
    assert_eq!(a.format.value, Format::Yaml);
    assert_eq!(sources.text(a.format.span), "YAML");
    let fields: Vec<_> = a
        .critical_fields
        .iter()
        .map(|field| sources.text(field.span))
        .collect();
    assert_eq!(fields, ["f", "g"]);
    assert_eq!(a.secret_fields.len(), 1);
    assert_eq!(sources.text(a.span), &text[1..text.len() - 1]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn what_is_wrong_is_said_where_it_is_written() {
    for (text, pointer, place, message) in [
        (
            "{a: {kv_key: 5}}",
            "",
            "5",
            "`kv_key` is a number; write a string",
        ),
        (
            "{a: {kv_kye: x, kv_key: a.json}}",
            "",
            "kv_kye",
            "unknown field `kv_kye`; did you mean `kv_key`?",
        ),
        (
            "{a: {kv_key: a.json, format: ini}}",
            "",
            "ini",
            "an unknown `format`; write `json`, `toml` or `yaml`",
        ),
        (
            "{a: {kv_key: a.d/x}}",
            "",
            "a.d/x",
            "no `format`, and the key's extension names none; give it a `format` of `json`, `toml` or `yaml`",
        ),
        (
            "{a: {kv_key: ''}}",
            "",
            "a",
            "a descriptor with neither `kv_key` nor `kv_key_template`; give it one of them",
        ),
        (
            "{a: {name: b, kv_key: a.json}}",
            "",
            "b",
            "the descriptor under the key `a` has another `name`; make them equal",
        ),
        (
            "{a: {kv_key: a.json, kvKey: b.json}}",
            "",
            "kvKey",
            "`kvKey` is given twice; keep one",
        ),
        (
            "{a: {kv_key: a.json, critical_fields: x}}",
            "",
            "x",
            "`critical_fields` is a string; write a list of strings",
        ),
        (
            "{a: {kv_key: a.json, secret_fields: [x, 1]}}",
            "",
            "1",
            "a number in `secret_fields`; write a string",
        ),
        (
            "{a: {kv_key: a.json, secret_fields: ['']}}",
            "",
            "''",
            "an empty path in `secret_fields`; remove it",
        ),
        (
            "[{kv_key: a.json}]",
            "",
            "{kv_key: a.json}",
            "a descriptor without a name; give it a `name`",
        ),
        (
            "[x]",
            "",
            "x",
            "a string where a descriptor, a mapping, is needed",
        ),
        (
            "{servces: [x]}",
            "",
            "servces",
            "`servces` is a list, not a descriptor; did you mean `services`?",
        ),
        (
            "{services: []}",
            "",
            "[]",
            "no descriptors here; declare at least one service",
        ),
        (
            "{x: {}}",
            "/x",
            "{}",
            "no descriptors here; declare at least one service",
        ),
        (
            "{x: {}}",
            "/y",
            "{x: {}}",
            "nothing at the pointer `/y`: no `y` here; did you mean `x`?",
        ),
        (
            "{x: y}",
            "x",
            "{x: y}",
            "nothing at the pointer `x`: a pointer begins with `/`",
        ),
        (
            "{services: [], descriptors: []}",
            "",
            "descriptors",
            "both `services` and `descriptors`; say in the policy by a pointer which holds the descriptors",
        ),
    ] {
        let text = text.replace("['']", "[ '' ]");
        assert_eq!(
            only_problem(&text, pointer),
            (place.to_owned(), message.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn a_problem_that_leaves_a_descriptor_usable_leaves_it_there() {
    let (descriptors, problems) = read(
        "[{name: a, kv_key: a.json, kv_key_template: b.json}, {name: b, kv_key: b.json, format: ini}, {name: c, kv_key: 1}]",
        "",
    );
    assert_eq!(problems.len(), 3, "{problems:?}");
    let names: Vec<_> = descriptors.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn two_descriptors_of_one_name_are_a_problem_within_and_across_files() {
    let (sources, root) = build("[{name: a, kv_key: a.json}, {name: a, kv_key: b.json}]");
    let registry = documents::read(&root, "");
    let [problem] = registry.problems.as_slice() else {
        panic!("one problem: {:?}", registry.problems);
    };
    let (first, _) = problem.related.clone().expect("the first is shown");
    assert_eq!(
        (sources.text(problem.span), sources.text(first)),
        ("a", "a")
    );
    assert!(first.start < problem.span.start);

    let one = documents::read(&build("[{name: a, kv_key: a.json}]").1, "");
    let other = documents::read(
        &build("[{name: a, kv_key: b.json}, {name: c, kv_key: c.json}]").1,
        "",
    );
    let both = Registry::merge([one, other]);
    assert_eq!(both.descriptors.len(), 2);
    assert_eq!(both.problems.len(), 1);
}

#[test]
fn bytes_that_are_no_text_are_a_problem() {
    let mut sources = Sources::new();
    let id = sources.add_bytes("registry.go", &[0xff, b'a']);
    assert_eq!(read_go(&mut sources, id, None).problems.len(), 1);
    assert_eq!(
        read_document(&mut sources, id, Syntax::Json, "")
            .problems
            .len(),
        1
    );
}
