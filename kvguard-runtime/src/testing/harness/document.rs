//! A configuration as a tree, in whichever format it is kept.
//!
//! Read and written here by other means than the runtime's own, which is what is tested.

use serde_json::{Map, Value};

use crate::Format;

/// Stands for a date of TOML in a tree, which JSON has none of.
const DATE: &str = "$date";

/// Reads a text.
pub(super) fn parse(format: Format, text: &str) -> Result<Value, String> {
    match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        Format::Yaml => serde_yaml::from_str(text).map_err(|error| error.to_string()),
        Format::Toml => {
            let table: toml::Table = text
                .parse()
                .map_err(|error: toml::de::Error| error.message().to_owned())?;
            Ok(of_toml(toml::Value::Table(table)))
        }
    }
}

/// Writes a tree.
pub(super) fn render(format: Format, tree: &Value) -> Result<String, String> {
    match format {
        Format::Json => serde_json::to_string_pretty(tree).map_err(|error| error.to_string()),
        Format::Yaml => serde_yaml::to_string(tree).map_err(|error| error.to_string()),
        Format::Toml => match to_toml(tree) {
            Some(toml::Value::Table(table)) => {
                toml::to_string(&table).map_err(|error| error.to_string())
            }
            _ => Err("it is no table".to_owned()),
        },
    }
}

fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(date) => {
            Value::Object(Map::from_iter([(DATE.to_owned(), date.to_string().into())]))
        }
        toml::Value::Array(items) => items.into_iter().map(of_toml).collect(),
        toml::Value::Table(table) => Value::Object(
            table
                .into_iter()
                .map(|(name, value)| (name, of_toml(value)))
                .collect(),
        ),
    }
}

/// TOML has no null; what is null is left out.
fn to_toml(tree: &Value) -> Option<toml::Value> {
    Some(match tree {
        Value::Null => return None,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Array(items) => toml::Value::Array(items.iter().filter_map(to_toml).collect()),
        Value::Object(members) => match members.get(DATE).and_then(Value::as_str) {
            Some(date) if members.len() == 1 => toml::Value::Datetime(date.parse().ok()?),
            _ => toml::Value::Table(
                members
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), to_toml(value)?)))
                    .collect(),
            ),
        },
    })
}

/// The scalars below tables, each with its JSON pointer. What is in a list has no place that stays.
pub(super) fn leaves(tree: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect(tree, &mut String::new(), &mut found);
    found
}

fn collect(tree: &Value, pointer: &mut String, found: &mut Vec<(String, Value)>) {
    match tree {
        Value::Object(members) if !members.contains_key(DATE) => {
            for (name, value) in members {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                collect(value, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null => {}
        scalar => found.push((pointer.clone(), scalar.clone())),
    }
}

/// A dotted path as a JSON pointer.
pub(super) fn pointer_of(path: &str) -> String {
    path.split('.')
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// The names on the way that a JSON pointer tells.
pub(super) fn names(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// A JSON pointer as a dotted path, for messages.
pub(super) fn path_of(pointer: &str) -> String {
    names(pointer).join(".")
}

/// A tree with a field changed, or set in the table that it belongs in; `None` where there is no such table.
pub(super) fn with(tree: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut changed = tree.clone();
    let (parent, _) = pointer.rsplit_once('/')?;
    let name = names(pointer).pop()?;
    let parent = changed.pointer_mut(parent)?.as_object_mut()?;
    parent.insert(name, value);
    Some(changed)
}

/// A tree without a field.
pub(super) fn without(tree: &Value, pointer: &str) -> Option<Value> {
    let mut changed = tree.clone();
    let (parent, _) = pointer.rsplit_once('/')?;
    let name = names(pointer).pop()?;
    changed
        .pointer_mut(parent)?
        .as_object_mut()?
        .remove(&name)?;
    Some(changed)
}

/// Whether a field that must be there and not be empty is not.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}

/// Whether a pattern of the policy names a field: `*` is any one name, a leading `**.` any table.
pub(super) fn is_named(pattern: &str, names: &[String]) -> bool {
    kvguard_contract::FieldPattern::new(pattern).matches(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_named, leaves, names, parse, render, with, without};
    use crate::Format;

    #[test]
    fn what_is_written_is_read_again_in_each_format() {
        let tree = json!({"a": {"b/c": 1, "d": [true, "x"]}, "e": 2.5, "f": "g"});
        for format in [Format::Json, Format::Toml, Format::Yaml] {
            let text = render(format, &tree).unwrap();
            assert_eq!(parse(format, &text).unwrap(), tree, "{format}");
        }
    }

    #[test]
    fn a_date_of_toml_stays_one() {
        let tree = parse(Format::Toml, "day = 2026-01-31\nname = \"x\"\n").unwrap();
        let text = render(Format::Toml, &tree).unwrap();
        assert!(text.contains("day = 2026-01-31"), "{text}");
        assert_eq!(leaves(&tree).len(), 1);
    }

    #[test]
    fn fields_are_changed_and_taken_away_by_their_pointers() {
        let tree = json!({"a": {"b/c": 1}});
        let (pointer, _) = leaves(&tree).pop().unwrap();
        assert_eq!(names(&pointer), ["a", "b/c"]);
        assert_eq!(
            with(&tree, &pointer, 2.into()).unwrap(),
            json!({"a": {"b/c": 2}})
        );
        assert_eq!(without(&tree, &pointer).unwrap(), json!({"a": {}}));
        assert_eq!(with(&tree, "/x/y", 1.into()), None);
    }

    #[test]
    fn patterns_name_fields_as_in_the_policy() {
        let names = ["database".to_owned(), "password".to_owned()];
        assert!(is_named("database.password", &names));
        assert!(is_named("*.password", &names));
        assert!(is_named("**.Password", &names));
        assert!(!is_named("password", &names));
        assert!(!is_named("a.database.password", &names));
    }
}
