//! The JSON schema of `kvguard.toml`, for editors.

use kvguard::policy::schema::{DEPLOYMENT_KINDS, Field, Kind, LEVELS, POLICY, Table};
use kvguard::registry::FIELDS;
use kvguard::rules::RULES;
use serde_json::{Map, Value, json};

/// The whole schema.
pub fn schema() -> String {
    let mut schema = table(&POLICY);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$comment"] =
        json!("Made by `cargo xtask generate` from src/policy/schema.rs; do not edit it here.");
    schema["title"] = json!("kvguard.toml");
    format!("{schema:#}\n")
}

/// The schema of a registry that is a document.
pub fn registry() -> String {
    let fields = FIELDS.iter().map(|field| {
        let mut schema = match (field.is_list, field.words) {
            (true, _) => list(text()),
            (false, []) => json!({ "type": "string" }),
            // `YML` is read as well.
            (false, words) => json!({ "type": "string", "examples": words }),
        };
        schema["description"] = json!(plain(field.doc).replace("**", ""));
        (field.name.to_owned(), schema)
    });
    let properties: Map<String, Value> = fields.collect();
    let descriptors = json!({ "$ref": "#/$defs/descriptors" });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by `cargo xtask generate` from src/registry/fields.rs; do not edit it here.",
        "title": "A registry of services for kvguard",
        "anyOf": [
            descriptors,
            { "type": "object", "properties": { "services": descriptors, "descriptors": descriptors } },
        ],
        "$defs": {
            "descriptor": { "type": "object", "properties": properties },
            "descriptors": {
                "anyOf": [
                    { "type": "array", "items": { "$ref": "#/$defs/descriptor" } },
                    { "type": "object", "additionalProperties": { "$ref": "#/$defs/descriptor" } },
                ],
            },
        },
    });
    format!("{schema:#}\n")
}

fn table(table: &Table) -> Value {
    let properties: Map<String, Value> = table
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<&str> = table
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": plain(table.doc),
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if table
        .deployment_kind(DEPLOYMENT_KINDS.first().copied())
        .is_some()
    {
        schema["allOf"] = DEPLOYMENT_KINDS
            .iter()
            .map(|kind| {
                json!({
                    "if": { "properties": { "kind": { "enum": [kind] } } },
                    "then": without_others(table, kind),
                })
            })
            .collect();
    }
    schema
}

/// What a deployment of a kind does not have, in it and in its tables.
fn without_others(table: &Table, kind: &str) -> Value {
    let mut properties = Map::new();
    for field in table.fields {
        if !field.is_of(Some(kind)) {
            properties.insert(field.name.to_owned(), json!(false));
            continue;
        }
        let Some(inner) = field.inner() else { continue };
        let others = without_others(inner, kind);
        if others["properties"].as_object().is_none_or(Map::is_empty) {
            continue;
        }
        let schema = match field.kind {
            Kind::Table(_) => others,
            _ => json!({ "items": others }),
        };
        properties.insert(field.name.to_owned(), schema);
    }
    json!({ "properties": properties })
}

fn property(field: &Field) -> Value {
    let mut schema = match &field.kind {
        Kind::Text => text(),
        Kind::Pointer => json!({ "type": "string", "pattern": "^/" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Count => json!({ "type": "integer", "minimum": 1 }),
        // A date of TOML itself reaches an editor's validator as a string.
        Kind::Date => {
            json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
        }
        Kind::Texts => list(text()),
        Kind::TextOrTexts => {
            let mut texts = list(text());
            texts["minItems"] = json!(1);
            json!({ "anyOf": [text(), texts] })
        }
        Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Levels => levels(),
        Kind::Table(inner) => table(inner),
        Kind::Tables(inner) => list(table(inner)),
        Kind::TableMap(inner) => {
            json!({ "type": "object", "additionalProperties": table(inner) })
        }
        Kind::WordOrTables(words, inner) => {
            json!({ "anyOf": [json!({ "enum": words }), list(table(inner))] })
        }
        Kind::TextsOrTables(inner) => list(json!({ "anyOf": [text(), table(inner)] })),
    };
    schema["title"] = json!(field.name);
    schema["description"] = json!(plain(field.doc));
    schema
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn list(items: Value) -> Value {
    let mut schema = json!({ "type": "array" });
    schema["items"] = items;
    schema
}

fn levels() -> Value {
    let mut properties = Map::new();
    for rule in RULES {
        let schema = json!({
            "enum": LEVELS,
            "description": format!("{} Default: {}.", plain(&rule.summary()), rule.default_level.name()),
        });
        properties.insert(rule.name.to_owned(), schema.clone());
        properties.insert(rule.code.to_owned(), schema);
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// Editors show descriptions as they are.
fn plain(markdown: &str) -> String {
    markdown.replace('`', "")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use kvguard::inputs::Inputs;
    use kvguard::source::{Fragment, Node, Syntax, Value as Inner, read};
    use serde_json::{Map, Value, json};

    use super::schema;
    use crate::root;

    /// A policy as an editor hands it to its validator.
    fn policy(path: &Path) -> Value {
        let (directory, name) = (path.parent().unwrap(), path.file_name().unwrap());
        let mut inputs = Inputs::new(directory).unwrap();
        let id = inputs.read(name.to_str().unwrap()).unwrap();
        let fragment = Fragment::of_source(inputs.sources(), id);
        let documents = read(inputs.sources_mut(), &fragment, Syntax::Toml);
        value(documents.single().unwrap())
    }

    fn value(node: &Node) -> Value {
        match &node.value {
            Inner::Sequence(items) => items.iter().map(value).collect(),
            Inner::Mapping(mapping) => {
                let entries = mapping.entries().iter();
                let entries: Map<String, Value> = entries
                    .map(|entry| (entry.key.text.to_string(), value(&entry.value)))
                    .collect();
                Value::Object(entries)
            }
            Inner::Scalar(scalar) => node
                .as_bool()
                .map_or_else(|| json!(scalar.text.to_string()), |flag| json!(flag)),
        }
    }

    /// The first place where a value is not what the schema says, of the keywords that are used here.
    fn mistake(value: &Value, schema: &Value, place: &str) -> Option<String> {
        let wrong = |what: &str| Some(format!("{place}: {what}"));
        if *schema == false {
            return wrong("not of this kind");
        }
        let schemas = |key: &str| schema[key].as_array().into_iter().flatten();
        if schema["enum"].is_array() && !schemas("enum").any(|word| word == value) {
            return wrong("not one of the words");
        }
        if schema["anyOf"].is_array()
            && !schemas("anyOf").any(|schema| mistake(value, schema, place).is_none())
        {
            return wrong("none of the forms");
        }
        let applies = |schema: &&Value| mistake(value, &schema["if"], place).is_none();
        let conditions = schemas("allOf").filter(applies);
        let mut conditional =
            conditions.filter_map(|schema| mistake(value, &schema["then"], place));
        if let Some(mistake) = conditional.next() {
            return Some(mistake);
        }
        let right_type = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some(other) => panic!("the schema has the type `{other}`"),
            None => true,
        };
        if !right_type {
            return wrong("another type");
        }
        let lacking = schemas("required").find(|name| value.get(name.as_str().unwrap()).is_none());
        if let Some(name) = lacking {
            return wrong(&format!("lacks {name}"));
        }
        let items = value.as_array().into_iter().flatten();
        let of_items = items
            .enumerate()
            .find_map(|(index, item)| mistake(item, &schema["items"], &format!("{place}/{index}")));
        of_items.or_else(|| {
            value.as_object()?.iter().find_map(|(name, value)| {
                let place = format!("{place}/{name}");
                match schema["properties"].get(name) {
                    None if schema["additionalProperties"] == false => {
                        Some(format!("{place}: unknown"))
                    }
                    known => mistake(
                        value,
                        known.unwrap_or(&schema["additionalProperties"]),
                        &place,
                    ),
                }
            })
        })
    }

    fn policies() -> Vec<PathBuf> {
        let examples = root().join("examples");
        let real = std::fs::read_dir(examples.join("serviceradar")).unwrap();
        let real = real.map(|entry| entry.unwrap().path());
        let mut policies: Vec<PathBuf> = real
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "toml")
            })
            .collect();
        policies.push(examples.join("fleet/kvguard.toml"));
        policies
    }

    #[test]
    fn the_examples_policies_are_what_the_schema_says() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let policies = policies();
        assert!(policies.len() >= 3, "{policies:?}");
        for path in policies {
            assert_eq!(
                mistake(&policy(&path), &schema, ""),
                None,
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn a_policy_with_a_mistake_is_not_what_the_schema_says() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let good = policy(&root().join("examples/fleet/kvguard.toml"));
        let mut mistakes = Vec::new();
        for (pointer, name, value) in [
            ("", "deploiment", json!([])),
            ("/registry", "file", json!(1)),
            ("/levels", "missing-grant", json!("fatal")),
            ("/levels", "mising-grant", json!("deny")),
            ("/deployment/0", "kind", json!("nomad")),
            ("/deployment/0", "kube_version", json!("1.30")),
            ("/deployment/0/access_table", "config_map", json!("store")),
            ("/service/ingest", "expected_source", json!("nowhere")),
        ] {
            let mut bad = good.clone();
            bad.pointer_mut(pointer).unwrap()[name] = value;
            mistakes.push(mistake(&bad, &schema, "").is_some());
        }
        assert_eq!(mistakes, [true; 8]);
    }
}
