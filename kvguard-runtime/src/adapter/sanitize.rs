//! Taking secrets out of a TOML text before it is written to a store.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use tracing::{debug, error, warn};

use crate::Format;
use crate::format::{self, Mapping, Tree};

/// A key of a table. The table `*` is any, and the empty one is the root; the key `*`, or an empty one, is all that the table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlPath {
    /// The table's dotted path, for example `outputs.prometheus`; an array of tables has the path of its elements.
    pub table: String,
    /// The key in the table.
    pub key: String,
}

impl TomlPath {
    /// Whether this names a key of a table.
    fn names(&self, table: &str, key: &str) -> bool {
        (self.table == "*" || self.table == table) && (self.is_whole_table() || self.key == key)
    }

    fn is_whole_table(&self) -> bool {
        matches!(self.key.as_str(), "*" | "")
    }
}

/// What must not reach the store.
#[derive(Debug, Clone)]
pub struct SanitizationRules {
    /// What the rules are for.
    pub description: String,
    /// The keys that are taken out of a TOML text.
    pub toml_deny_list: Vec<TomlPath>,
}

impl Default for SanitizationRules {
    /// What [`SECRET_FIELDS`](super::SECRET_FIELDS) names: keys in any table, and the whole table `security`.
    fn default() -> Self {
        let denied = |field: &&str| match field.strip_prefix("**.") {
            Some(key) => TomlPath {
                table: "*".to_owned(),
                key: key.to_owned(),
            },
            None => TomlPath {
                table: (*field).to_owned(),
                key: "*".to_owned(),
            },
        };
        Self {
            description: "the usual names of secrets".to_owned(),
            toml_deny_list: super::SECRET_FIELDS.iter().map(denied).collect(),
        }
    }
}

/// Where rules are looked for, in this order.
const RULES_FILES: &[&str] = &[
    "/etc/serviceradar/sanitization-rules.json",
    "config/sanitization-rules.json",
    "../config/sanitization-rules.json",
    "../../config/sanitization-rules.json",
];

/// The most bytes of a file of rules.
const MAX_BYTES: u64 = 1 << 20;

/// The rules of the first of these files that is there, or else [`SanitizationRules::default`].
///
/// They are `/etc/serviceradar/sanitization-rules.json`, and `config/sanitization-rules.json` in the current directory and the two above
/// it, each of the form `{"description": "…", "toml_deny_list": [{"table": "*", "key": "token"}]}`.
///
/// # Errors
///
/// A file that is there and cannot be read, or is not of that form. It is not passed over: the next rules could be fewer.
pub fn load_sanitization_rules() -> Result<SanitizationRules, Box<dyn Error>> {
    first_rules(RULES_FILES.iter().map(Path::new))
}

fn first_rules<'p>(
    paths: impl Iterator<Item = &'p Path>,
) -> Result<SanitizationRules, Box<dyn Error>> {
    for path in paths {
        let told = |error: &dyn Error| format!("the rules in `{}`: {error}", path.display());
        match contents(path) {
            Ok(text) => {
                let rules = parse_rules(&text).map_err(|error| told(&*error))?;
                debug!(target: "kvguard", path = %path.display(), "sanitization rules loaded");
                return Ok(rules);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(told(&error).into()),
        }
    }
    warn!(target: "kvguard", "no sanitization rules are there, using the usual names of secrets");
    Ok(SanitizationRules::default())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a service reads its own files while it runs; nothing is tracked"
)]
fn contents(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let error = format!("it has more than {MAX_BYTES} bytes: make it shorter");
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    Ok(text)
}

fn parse_rules(text: &str) -> Result<SanitizationRules, Box<dyn Error>> {
    let rules: Value = serde_json::from_str(text)?;
    let list = rules
        .get("toml_deny_list")
        .and_then(Value::as_array)
        .ok_or("the list `toml_deny_list` is missing")?;
    let paths = list.iter().map(|path| {
        let text = |name: &str| {
            let text = path.get(name).and_then(Value::as_str);
            text.map(str::to_owned)
                .ok_or_else(|| format!("each of `toml_deny_list` needs the text `{name}`"))
        };
        Ok(TomlPath {
            table: text("table")?,
            key: text("key")?,
        })
    });
    let description = rules.get("description").and_then(Value::as_str);
    Ok(SanitizationRules {
        description: description.unwrap_or_default().to_owned(),
        toml_deny_list: paths.collect::<Result<_, String>>()?,
    })
}

/// A TOML text without what the list names, wherever it stands: in inline and dotted tables, in arrays of tables, over several lines.
///
/// The text is written anew, its keys sorted, without comments, which could repeat a secret. A text that is no TOML gives an empty one,
/// and an error is logged, as what is secret in it cannot be told.
///
/// ```
/// use kvguard_runtime::adapter::{TomlPath, sanitize_toml};
///
/// let denied = [TomlPath { table: "*".to_owned(), key: "token".to_owned() }];
/// let text = b"listen = ':162'\noutputs = { kind = 'http', token = 'abc' }\n";
/// let sanitized = sanitize_toml(text, &denied);
/// assert_eq!(sanitized, b"listen = \":162\"\n\n[outputs]\nkind = \"http\"\n");
/// ```
pub fn sanitize_toml(data: &[u8], deny_list: &[TomlPath]) -> Vec<u8> {
    if deny_list.is_empty() {
        return data.to_vec();
    }
    let sanitized = format::read(Format::Toml, data).and_then(|mut root| {
        remove_in(&mut root, "", deny_list);
        format::write(Format::Toml, &root)
    });
    sanitized.unwrap_or_else(|_| {
        error!(target: "kvguard", "a text that is no TOML cannot be sanitized, leaving all of it out");
        Vec::new()
    })
}

fn remove_in(mapping: &mut Mapping, table: &str, denied: &[TomlPath]) {
    mapping.retain(|key, value| {
        let is_kept = !denied.iter().any(|path| path.names(table, key));
        if is_kept {
            let below = match table {
                "" => key.clone(),
                table => format!("{table}.{key}"),
            };
            remove_below(value, &below, denied);
        }
        is_kept
    });
}

fn remove_below(value: &mut Tree, table: &str, denied: &[TomlPath]) {
    match value {
        Tree::Object(mapping) => remove_in(mapping, table, denied),
        Tree::Array(items) => {
            for item in items {
                remove_below(item, table, denied);
            }
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
