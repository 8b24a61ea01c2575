//! The JSON schema of `kvguard.toml`, for editors.

use kvguard::policy::schema::{Field, Kind, LEVELS, POLICY, Table};
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
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = match &field.kind {
        Kind::Text => text(),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Bool => json!({ "type": "boolean" }),
        // A date of TOML itself reaches an editor's validator as a string.
        Kind::Date => {
            json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
        }
        Kind::Texts => list(text()),
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
