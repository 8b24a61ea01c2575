//! Compares the reader of Go registries with Go's own parser and type checker.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use kvguard::inputs::Inputs;
use kvguard::registry::{Descriptor, Format, Spanned, read_go};
use kvguard::source::{Sources, Span};
use serde_json::Value;

/// A value and where it is written: its first byte, the byte behind it, its line.
type Written = (String, u64, u64, u64);

/// A descriptor as both sides can tell it: each field's values.
type Told = BTreeMap<String, Vec<Written>>;

fn evaluated_by_go(files: &[String]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("go")
        .current_dir(root.join("tests/oracles/go-registry"))
        .args(["run", "."])
        .args(files.iter().map(|file| root.join(file)))
        .output()
        .expect("install Go: https://go.dev/doc/install, or `apt-get install golang-go`");
    assert!(
        output.status.success(),
        "the oracle failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the oracle prints JSON")
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().expect("the oracle prints places")
}

fn written_by_go(value: &Value) -> Written {
    let text = value["value"].as_str().expect("the oracle prints texts");
    (
        text.to_owned(),
        number(value, "start"),
        number(value, "end"),
        number(value, "line"),
    )
}

/// What an element of the oracle should be read as; `None` if it has no name or no key.
fn told_by_go(element: &Value) -> Option<Told> {
    let mut told = Told::new();
    for (name, value) in element["texts"].as_object()? {
        if value["value"] != "" {
            told.insert(name.clone(), vec![written_by_go(value)]);
        }
    }
    for (name, values) in element["lists"].as_object()? {
        let values: Vec<Written> = values.as_array()?.iter().map(written_by_go).collect();
        if !values.is_empty() {
            told.insert(name.clone(), values);
        }
    }
    if !told.contains_key("Name") {
        let key = element["key"].as_object()?;
        told.insert(
            "Name".to_owned(),
            vec![written_by_go(&Value::Object(key.clone()))],
        );
    }
    let key = told.get("KVKey").or(told.get("KVKeyTemplate"))?[0].clone();
    let format = told.remove("Format").map(|mut format| format.remove(0));
    let (format, start, end, line) = format.unwrap_or_else(|| {
        let extension = key
            .0
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension);
        (extension.to_owned(), key.1, key.2, key.3)
    });
    let format = Format::parse(&format)?.name().to_owned();
    let format = vec![(format, start, end, line)];
    told.insert("Format".to_owned(), format);
    Some(told)
}

fn written(sources: &Sources, text: &str, span: Span) -> Written {
    let line = u64::from(sources.location(span).line);
    (text.to_owned(), span.start.into(), span.end.into(), line)
}

fn told_by_us(sources: &Sources, descriptor: &Descriptor) -> Told {
    let one = |text: &Spanned<String>| vec![written(sources, &text.value, text.span)];
    let all = |texts: &[Spanned<String>]| -> Vec<Written> {
        texts
            .iter()
            .map(|text| written(sources, &text.value, text.span))
            .collect()
    };
    let key = match descriptor.key {
        kvguard::registry::KeyDeclaration::Key(_) => "KVKey",
        kvguard::registry::KeyDeclaration::Template(_) => "KVKeyTemplate",
    };
    let mut told: Told = [
        ("Name", one(&descriptor.name)),
        (key, one(descriptor.key.text())),
        (
            "Format",
            vec![written(
                sources,
                descriptor.format.value.name(),
                descriptor.format.span,
            )],
        ),
        ("CriticalFields", all(&descriptor.critical_fields)),
        ("SecretFields", all(&descriptor.secret_fields)),
    ]
    .into_iter()
    .map(|(name, values)| (name.to_owned(), values))
    .collect();
    let optional = [
        ("DisplayName", &descriptor.display_name),
        ("ServiceType", &descriptor.service_type),
        ("Scope", &descriptor.scope),
    ];
    for (name, text) in optional {
        if let Some(text) = text {
            told.insert(name.to_owned(), one(text));
        }
    }
    told.retain(|_, values| !values.is_empty());
    told
}

#[test]
fn every_fixture_is_read_as_go_evaluates_it() {
    let mut inputs = Inputs::new(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the root is there");
    let files = inputs
        .glob("tests/fixtures/go/*.go")
        .expect("the fixtures are there");
    assert!(files.len() >= 12, "fixtures are missing: {files:?}");
    let mut evaluated = 0;
    for (file, by_go) in files.iter().zip(evaluated_by_go(&files)) {
        let id = inputs.read(file).expect("the fixture is readable");
        let registry = read_go(inputs.sources_mut(), id, None);
        let sources = inputs.sources();
        let ours: Vec<Told> = registry
            .descriptors
            .iter()
            .map(|descriptor| told_by_us(sources, descriptor))
            .collect();
        let elements = by_go["elements"].as_array().expect("a list");
        let theirs: Vec<Told> = elements.iter().filter_map(told_by_go).collect();
        assert_eq!(ours, theirs, "{file}: {:?}", registry.problems);
        evaluated += ours.len();
        for descriptor in &registry.descriptors {
            let place = (descriptor.span.start.into(), descriptor.span.end.into());
            let known =
                |element: &&Value| (number(element, "start"), number(element, "end")) == place;
            assert!(
                elements.iter().any(|element| known(&element)),
                "{file}: {place:?}"
            );
        }
        for place in by_go["unevaluated"].as_array().expect("a list") {
            let lies_there = |span: Span| {
                number(place, "start") <= span.start.into()
                    && u64::from(span.end) <= number(place, "end")
            };
            let said = registry.problems.iter().any(|problem| {
                let related = problem.related.as_ref().map(|(span, _)| *span);
                // What a constant's declaration gets wrong is said once, however many use it.
                lies_there(problem.span)
                    || related.is_some_and(lies_there)
                    || related.is_some_and(|related| {
                        sources.text(related) == text_of(sources, related, place)
                    })
            });
            assert!(
                said,
                "{file}: nothing is said of {place}: {:?}",
                registry.problems
            );
        }
        let dropped = theirs.len() < elements.len();
        let clean = by_go["unevaluated"].as_array().is_some_and(Vec::is_empty) && !dropped;
        let refused = file.contains("changed_in_init")
            || file.contains("no_literal")
            || file.contains("two_registries");
        assert_eq!(
            registry.problems.is_empty(),
            clean && !refused,
            "{file}: {:?}",
            registry.problems
        );
    }
    assert!(
        evaluated >= 25,
        "only {evaluated} descriptors were compared"
    );
}

/// The text that the oracle names, in the source of a span.
fn text_of<'a>(sources: &'a Sources, span: Span, place: &Value) -> &'a str {
    let start = usize::try_from(number(place, "start")).unwrap_or_default();
    let end = usize::try_from(number(place, "end")).unwrap_or_default();
    &sources.get(span.source).text()[start..end]
}
