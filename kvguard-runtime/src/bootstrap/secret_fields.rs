//! The secret fields of a service, for programs that write or show its value themselves.

use super::secrets::Secrets;
use crate::format::{self, DATETIME, FormatFault, Mapping, Tree};
use crate::{Format, Value};

/// What stands in the place of a value that is not shown.
const MASK: &str = "***";

/// Which fields of a service's value are secret. Patterns of fields are as in the [module](super).
///
/// Errors and paths hold no value. A path ends at a secret field: what is below it is not named.
///
/// ```
/// use kvguard_runtime::Format;
/// use kvguard_runtime::bootstrap::SecretFields;
///
/// let secrets = SecretFields::new(["**.password"], ["hints.password"]);
/// let template = br#"{"user": "trapd", "database": {"password": ""}}"#;
/// let value = secrets.removed_from(Format::Json, template)?;
/// assert_eq!(secrets.differences(Format::Json, template, value.as_bytes())?, ["database.password"]);
/// # Ok::<(), kvguard_runtime::bootstrap::FormatFault>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFields(Secrets);

/// What of a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The names of its fields alone.
    Names,
    /// All but what is in secret fields.
    AllButSecrets,
}

impl SecretFields {
    /// The fields that these patterns name, without those that the others name.
    pub fn new<Pattern: AsRef<str>, Exception: AsRef<str>>(
        secret: impl IntoIterator<Item = Pattern>,
        not_secret: impl IntoIterator<Item = Exception>,
    ) -> Self {
        let secret = secret.into_iter().map(|text| text.as_ref().to_owned());
        let not_secret = not_secret.into_iter().map(|text| text.as_ref().to_owned());
        let (secret, not_secret): (Vec<_>, Vec<_>) = (secret.collect(), not_secret.collect());
        Self(Secrets::new(&secret, &not_secret))
    }

    /// A value without its secret fields, whatever they hold, as [`Bootstrap`](super::Bootstrap) seeds it. A value that has none stays
    /// as it is, byte for byte; any other is written anew, its keys sorted, without comments.
    ///
    /// # Errors
    ///
    /// The value cannot be read in the format, or not be written in it.
    pub fn removed_from(&self, format: Format, value: &[u8]) -> Result<Value, FormatFault> {
        let whole = format::read(format, value)?;
        let mut rest = whole.clone();
        self.0.remove(&mut rest);
        if rest == whole {
            return Ok(Value::from(value));
        }
        format::write(format, &rest).map(Value::from)
    }

    /// A value with a mask in the place of what is not shown, in the same format. Where all but secrets is shown, a value without
    /// secret fields stays as it is, byte for byte; any other is written anew, its keys sorted, without comments.
    ///
    /// # Errors
    ///
    /// The value cannot be read in the format, or not be written in it.
    pub fn masked(&self, format: Format, value: &[u8], shown: Shown) -> Result<Value, FormatFault> {
        let whole = format::read(format, value)?;
        let mut rest = whole.clone();
        self.mask_below(&mut rest, shown, &mut Vec::new());
        if rest == whole && shown == Shown::AllButSecrets {
            return Ok(Value::from(value));
        }
        format::write(format, &rest).map(Value::from)
    }

    fn mask_below(&self, mapping: &mut Mapping, shown: Shown, path: &mut Vec<String>) {
        for (name, tree) in mapping {
            path.push(name.clone());
            if self.0.is_secret(path) {
                *tree = Tree::String(MASK.to_owned());
            } else if shown == Shown::AllButSecrets && self.0.is_exempt(path) {
                // By the policy no secret, with all that is below it.
            } else {
                self.mask(tree, shown, path);
            }
            path.pop();
        }
    }

    fn mask(&self, tree: &mut Tree, shown: Shown, path: &mut Vec<String>) {
        match tree {
            Tree::Object(mapping) if !is_datetime(mapping) => {
                self.mask_below(mapping, shown, path);
            }
            Tree::Array(items) => {
                for item in items {
                    self.mask(item, shown, path);
                }
            }
            _ if shown == Shown::Names => *tree = Tree::String(MASK.to_owned()),
            _ => {}
        }
    }

    /// The dotted paths at which two values differ, sorted.
    ///
    /// # Errors
    ///
    /// One of the values cannot be read in the format.
    pub fn differences(
        &self,
        format: Format,
        one: &[u8],
        other: &[u8],
    ) -> Result<Vec<String>, FormatFault> {
        let (one, other) = (format::read(format, one)?, format::read(format, other)?);
        let mut found = Vec::new();
        self.compare_mappings(&one, &other, &mut Vec::new(), &mut found);
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn compare_mappings(
        &self,
        one: &Mapping,
        other: &Mapping,
        path: &mut Vec<String>,
        found: &mut Vec<String>,
    ) {
        for name in one.keys().chain(other.keys()) {
            path.push(name.clone());
            match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) if one == other => {}
                (Some(one), Some(other)) if !self.0.is_secret(path) => {
                    self.compare(one, other, path, found);
                }
                _ => found.push(path.join(".")),
            }
            path.pop();
        }
    }

    fn compare(&self, one: &Tree, other: &Tree, path: &mut Vec<String>, found: &mut Vec<String>) {
        match (one, other) {
            (Tree::Object(one), Tree::Object(other)) if !is_datetime(one) => {
                self.compare_mappings(one, other, path, found);
            }
            (Tree::Array(one), Tree::Array(other)) if one.len() == other.len() => {
                for (one, other) in one.iter().zip(other).filter(|(one, other)| one != other) {
                    self.compare(one, other, path, found);
                }
            }
            _ => found.push(path.join(".")),
        }
    }
}

/// Whether a mapping stands for a date or a time.
fn is_datetime(mapping: &Mapping) -> bool {
    mapping.len() == 1 && mapping.contains_key(DATETIME)
}

#[cfg(test)]
#[cfg(all(feature = "json", feature = "toml", feature = "yaml"))]
mod tests {
    use super::{FormatFault, SecretFields, Shown};
    use crate::Format;

    fn secrets() -> SecretFields {
        SecretFields::new(["**.password", "tokens"], ["hints"])
    }

    fn text(value: Result<crate::Value, FormatFault>) -> String {
        String::from_utf8(value.unwrap().into_bytes()).unwrap()
    }

    #[test]
    fn a_value_without_secret_fields_stays_as_it_is_byte_for_byte() {
        for (format, value) in [
            (Format::Json, "{ \"b\": 1,\n\"a\":2}"),
            (Format::Toml, "# why\nb = 1\na = 2"),
            (Format::Yaml, "b: 1 # why\na: &x [1]\nc: *x"),
        ] {
            let bytes = value.as_bytes();
            assert_eq!(text(secrets().removed_from(format, bytes)), value);
            let shown = secrets().masked(format, bytes, Shown::AllButSecrets);
            assert_eq!(text(shown), value);
        }
    }

    #[test]
    fn secret_fields_are_taken_out_of_each_format_whatever_they_hold() {
        for (format, value, rest) in [
            (
                Format::Json,
                r#"{"a": [{"password": "canary"}], "tokens": []}"#,
                "{\n  \"a\": [\n    {}\n  ]\n}\n",
            ),
            (
                Format::Toml,
                "# canary\nx = 1\n[a]\npassword = \"canary\"\n",
                "x = 1\n\n[a]\n",
            ),
            (Format::Yaml, "x: 1\npassword: # canary\n", "x: 1\n"),
        ] {
            let value = value.as_bytes();
            assert_eq!(text(secrets().removed_from(format, value)), rest);
        }
    }

    #[test]
    fn only_names_are_shown_or_all_but_secrets() {
        let value = br#"{"a": {"password": {"b": "canary"}, "port": 1}, "hints": {"password": "h"}, "l": [true, {"c": null}]}"#;
        let shown = |shown| {
            let text = text(secrets().masked(Format::Json, value, shown));
            text.split_whitespace().collect::<String>()
        };
        assert_eq!(
            shown(Shown::Names),
            r#"{"a":{"password":"***","port":"***"},"hints":{"password":"***"},"l":["***",{"c":"***"}]}"#
        );
        assert_eq!(
            shown(Shown::AllButSecrets),
            r#"{"a":{"password":"***","port":1},"hints":{"password":"h"},"l":[true,{"c":null}]}"#
        );
    }

    #[test]
    fn a_date_is_masked_and_stays_toml() {
        let value = b"since = 2026-01-02\n[a]\nx = [1, 1.5]\n";
        let shown = text(secrets().masked(Format::Toml, value, Shown::Names));
        let secrets = secrets();
        let paths = secrets.differences(Format::Toml, value, shown.as_bytes());
        assert_eq!(paths, Ok(vec!["a.x".to_owned(), "since".to_owned()]));
        assert!(!shown.contains("2026"), "{shown}");
    }

    #[test]
    fn differences_are_told_by_their_paths_and_nothing_below_a_secret() {
        let one =
            br#"{"a": {"b": 1, "c": 2}, "tokens": {"x": 1}, "l": [{"m": 1}, {"m": 2}], "n": [1]}"#;
        let other = br#"{"a": {"b": 1.5, "d": 2}, "tokens": {"y": 1}, "l": [{"m": 1}, {"m": 3}], "n": [1, 2]}"#;
        let differences = secrets().differences(Format::Json, one, other);
        let expected = ["a.b", "a.c", "a.d", "l.m", "n", "tokens"];
        assert_eq!(differences.unwrap(), expected);
        let same = secrets().differences(Format::Json, b"{\"a\":1,\"b\":2}", b"{\"b\":2, \"a\":1}");
        assert_eq!(same, Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_shows_no_value() {
        let faults = [
            secrets().removed_from(Format::Json, b"{canary"),
            secrets().masked(Format::Toml, b"canary", Shown::Names),
            secrets().masked(Format::Yaml, b"- canary", Shown::AllButSecrets),
        ];
        for fault in faults {
            let fault = fault.unwrap_err();
            assert!(!fault.to_string().contains("canary"), "{fault}");
        }
    }
}
