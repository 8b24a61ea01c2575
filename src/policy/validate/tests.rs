use std::collections::BTreeMap;
use std::path::Path;

use super::validate;
use crate::inputs::Inputs;
use crate::policy::schema::{DEPLOYMENT_KINDS, Field, Kind, POLICY, Table};
use crate::source::{Fragment, Syntax, read};

/// The keys that only some kinds of deployment have; those of tables in a deployment behind a dot.
const OF_SOME_KINDS: &[(&str, &[&str])] = &[
    ("access_table.config_map", CLUSTERS),
    ("access_table.key", CLUSTERS),
    ("api_versions", &["helm"]),
    ("cluster_name", CLUSTERS),
    ("environment", &["compose"]),
    ("ignore_namespaces", CLUSTERS),
    ("interpolation_files", &["compose"]),
    ("kube_version", &["helm"]),
    (
        "outside_object",
        &["compose", "helm", "kubernetes", "kustomize"],
    ),
    ("outside_object.namespace", CLUSTERS),
    ("profiles", &["compose"]),
    ("release", &["helm"]),
    ("secret", CLUSTERS),
    ("set", &["helm"]),
    ("spire_class", CLUSTERS),
    ("store.one_host", &["systemd"]),
    ("templates.config_map", CLUSTERS),
    ("templates.key", CLUSTERS),
    ("values_files", &["helm"]),
    ("watch_classless", CLUSTERS),
];

const CLUSTERS: &[&str] = &["helm", "kubernetes", "kustomize"];

/// The messages about a deployment of a kind with the given keys, each with its line.
fn told(kind: &str, keys: &str) -> Vec<(u32, String)> {
    told_of(&format!("[[deployment]]\nkind = \"{kind}\"\n{keys}\n"))
}

/// The messages about a policy, each with its line.
fn told_of(text: &str) -> Vec<(u32, String)> {
    let mut inputs = Inputs::new(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let id = inputs.sources_mut().add("kvguard.toml", text);
    let fragment = Fragment::of_source(inputs.sources(), id);
    let documents = read(inputs.sources_mut(), &fragment, Syntax::Toml);
    assert!(documents.problems.is_empty(), "{text}");
    let problems = validate(documents.single().unwrap());
    problems
        .into_iter()
        .map(|problem| {
            (
                inputs.sources().location(problem.span).line,
                problem.message,
            )
        })
        .collect()
}

/// A value that a key may have, as TOML.
fn sample(field: &Field) -> String {
    match &field.kind {
        Kind::Text => "\"text\"".to_owned(),
        Kind::Pointer => "\"/text\"".to_owned(),
        Kind::Word(words) | Kind::WordOrTables(words, _) => format!("\"{}\"", words[0]),
        Kind::Bool => "true".to_owned(),
        Kind::Count => "1".to_owned(),
        Kind::Date => "2026-01-31".to_owned(),
        Kind::Texts | Kind::TextOrTexts => "[\"text\"]".to_owned(),
        Kind::TextMap => "{ name = \"text\" }".to_owned(),
        Kind::Levels => "{ KV101 = \"warn\" }".to_owned(),
        Kind::TableMap(inner) => format!("{{ name = {} }}", table(inner, None)),
        Kind::Table(inner) => table(inner, None),
        Kind::Tables(inner) | Kind::TextsOrTables(inner) => format!("[{}]", table(inner, None)),
    }
}

/// A table with what it must have, and one more key.
fn table(schema: &Table, extra: Option<&Field>) -> String {
    let required = schema.fields.iter().filter(|field| field.required);
    let others = required.filter(|field| extra.is_none_or(|extra| extra.name != field.name));
    let keys: Vec<String> = others
        .chain(extra)
        .map(|field| format!("{} = {}", field.name, sample(field)))
        .collect();
    format!("{{ {} }}", keys.join(", "))
}

/// Every key of a deployment and of the tables in it: its name, and a line that sets it.
fn keys() -> BTreeMap<String, String> {
    let deployment = POLICY
        .fields
        .iter()
        .find(|field| field.name == "deployment");
    let deployment = deployment.and_then(Field::inner).unwrap();
    let mut keys = BTreeMap::new();
    for field in deployment.fields {
        if field.name != "kind" {
            keys.insert(
                field.name.to_owned(),
                format!("{} = {}", field.name, sample(field)),
            );
        }
        for inner in field.inner().into_iter().flat_map(|table| table.fields) {
            let item = table(field.inner().unwrap(), Some(inner));
            let value = match field.kind {
                Kind::Table(_) => item,
                _ => format!("[{item}]"),
            };
            keys.insert(
                format!("{}.{}", field.name, inner.name),
                format!("{} = {value}", field.name),
            );
        }
    }
    keys
}

#[test]
fn a_key_of_another_kind_of_deployment_is_refused_at_its_line_and_each_kind_has_its_own() {
    let keys = keys();
    assert!(keys.len() > 50, "{keys:?}");
    for (name, _) in OF_SOME_KINDS {
        assert!(keys.contains_key(*name), "there is no key `{name}`");
    }
    for (name, line) in &keys {
        let kinds_of = |name: &str| {
            let limited = OF_SOME_KINDS.iter().find(|(other, _)| *other == name);
            limited.map_or(DEPLOYMENT_KINDS, |(_, kinds)| *kinds)
        };
        let parent = name.split('.').next().unwrap();
        for kind in DEPLOYMENT_KINDS {
            let refused = told(kind, line)
                .into_iter()
                .filter(|(_, message)| message.contains("for deployments of"));
            let refused: Vec<(u32, String)> = refused.collect();
            let wrong = [parent, name]
                .into_iter()
                .find(|name| !kinds_of(name).contains(kind));
            let Some(wrong) = wrong else {
                assert_eq!(refused, [], "`{name}` of `{kind}`");
                continue;
            };
            let [(3, message)] = refused.as_slice() else {
                panic!("`{name}` of `{kind}`: {refused:?}");
            };
            let key = wrong.rsplit('.').next().unwrap();
            let kinds = kinds_of(wrong).join("`, `");
            assert!(message.starts_with(&format!("`{key}` is ")), "{message}");
            assert!(
                message.contains(&format!(" `{kinds}`, and this one is of the kind `{kind}`")),
                "{message}"
            );
        }
    }
}

#[test]
fn a_misspelt_key_is_taken_for_one_of_its_own_kind_only() {
    let meant = |kind| {
        let told = told(kind, "value_files = []");
        told.into_iter()
            .any(|(_, message)| message.contains("did you mean `values_files`"))
    };
    assert!(meant("helm"));
    assert!(!meant("compose"));
    // Where the kind is not known, neither is what it lacks.
    assert!(meant("nomad"));
}

#[test]
fn not_in_takes_a_deployment_or_a_list_of_them() {
    let policy = |deployment: &str| {
        told_of(&format!(
            "[registry]\nfile = \"registry.json\"\n\n[[service.gauge.not_in]]\ndeployment = {deployment}\nreason = \"why\"\n\n[[deployment]]\nname = \"site\"\nkind = \"compose\"\nfiles = [\"compose.yaml\"]\naccess_table = {{ file = \"store.json\", pointer = \"/roles\" }}\n"
        ))
    };
    for right in ["\"site\"", "\"*\"", "[\"site\", \"field\"]"] {
        assert_eq!(policy(right), [], "{right}");
    }
    for (wrong, message) in [
        ("[]", "`deployment` is an empty list"),
        ("\"\"", "`deployment` is empty"),
        ("[\"site\", \"\"]", "an item of `deployment` is empty"),
        (
            "[1]",
            "an item of `deployment` must be a string, and is a number",
        ),
        (
            "1",
            "`deployment` must be a string or a list of strings, and is a number",
        ),
    ] {
        assert_eq!(policy(wrong), [(5, message.to_owned())], "{wrong}");
    }
}
