//! Taking secrets out of a TOML text before it is written to a store.

use std::error::Error;
use std::io;
use std::path::Path;

use serde_json::Value;
use tracing::{debug, error, warn};

use crate::Format;
use crate::bootstrap::secrets::Secrets;
use crate::capped_file;
use crate::environment::{Process, Variables};
use crate::format;

/// A key of a table. The table `*` is any, and the empty one is the root; the key `*`, or an empty one, is all that the table holds.
/// Case does not matter, and a name that holds a dot counts as several names, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlPath {
    /// The table's dotted path, for example `outputs.prometheus`; an array of tables has the path of its elements.
    pub table: String,
    /// The key in the table.
    pub key: String,
}

impl TomlPath {
    /// The same as a pattern of fields.
    fn pattern(&self) -> String {
        let key = match self.key.as_str() {
            "" => "*",
            key => key,
        };
        match self.table.as_str() {
            "" => key.to_owned(),
            "*" => format!("**.{key}"),
            table => format!("{table}.{key}"),
        }
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
    /// What [`SECRET_FIELDS`](super::SECRET_FIELDS) names.
    fn default() -> Self {
        let denied = |field: &&str| {
            let (table, key) = match field.strip_prefix("**.") {
                Some(key) => ("*", key),
                None => field.rsplit_once('.').unwrap_or(("", field)),
            };
            TomlPath {
                table: table.to_owned(),
                key: key.to_owned(),
            }
        };
        Self {
            description: "the usual names of secrets".to_owned(),
            toml_deny_list: super::SECRET_FIELDS.iter().map(denied).collect(),
        }
    }
}

/// The variable that names the file of rules.
const RULES_VARIABLE: &str = "SANITIZATION_RULES_PATH";

/// Where rules are looked for if no variable names them, in this order.
const RULES_FILES: &[&str] = &[
    "config/sanitization-rules.json",
    "../config/sanitization-rules.json",
    "../../config/sanitization-rules.json",
];

/// The most bytes of a file of rules.
const MAX_BYTES: usize = 1 << 20;

/// The rules of the file that the variable `SANITIZATION_RULES_PATH` names. If it names none, those of the first of the files
/// `config/sanitization-rules.json` in the current directory and the two above it that is there, or else
/// [`SanitizationRules::default`].
///
/// A file is of the form `{"description": "…", "toml_deny_list": [{"table": "*", "key": "token"}]}`.
///
/// # Errors
///
/// A file that the variable names and that is not there; and one that is there and cannot be read, or is not of that form. It is not
/// passed over: the next rules could be fewer.
pub fn load_sanitization_rules() -> Result<SanitizationRules, Box<dyn Error>> {
    rules(&Process, RULES_FILES.iter().map(Path::new))
}

/// The rules of a file, as [`load_sanitization_rules`] reads them.
///
/// # Errors
///
/// A file that cannot be read, or is not of that form.
pub fn load_sanitization_rules_from(
    path: impl AsRef<Path>,
) -> Result<SanitizationRules, Box<dyn Error>> {
    let path = path.as_ref();
    let told = |why: &dyn std::fmt::Display| format!("the rules in `{}`: {why}", path.display());
    let bytes = capped_file::read(path, MAX_BYTES).map_err(|fault| told(&fault))?;
    let rules = parse_rules(&bytes).map_err(|error| told(&error))?;
    debug!(target: "kvguard", path = %path.display(), "sanitization rules loaded");
    Ok(rules)
}

fn rules<'p>(
    variables: &(impl Variables + ?Sized),
    mut paths: impl Iterator<Item = &'p Path>,
) -> Result<SanitizationRules, Box<dyn Error>> {
    let named = variables.variable(RULES_VARIABLE);
    if let Some(path) = named.filter(|path| !path.to_string_lossy().trim().is_empty()) {
        return load_sanitization_rules_from(Path::new(&path));
    }
    let is_there = |path: &&Path| {
        let missing = matches!(
            std::fs::metadata(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound
        );
        !missing
    };
    if let Some(path) = paths.find(is_there) {
        return load_sanitization_rules_from(path);
    }
    warn!(target: "kvguard", "no sanitization rules are there, using the usual names of secrets");
    Ok(SanitizationRules::default())
}

fn parse_rules(text: &[u8]) -> Result<SanitizationRules, Box<dyn Error>> {
    let rules: Value = serde_json::from_slice(text)?;
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
        let patterns: Vec<String> = deny_list.iter().map(TomlPath::pattern).collect();
        Secrets::new(&patterns, &[]).remove(&mut root);
        format::write(Format::Toml, &root)
    });
    sanitized.unwrap_or_else(|_| {
        error!(target: "kvguard", "a text that is no TOML cannot be sanitized, leaving all of it out");
        Vec::new()
    })
}

#[cfg(test)]
mod tests;
