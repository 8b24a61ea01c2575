//! Keys of a NATS key-value bucket, and templates of them.
//!
//! What a key may be, the runtime says alike: [`kvguard_contract::key`].

mod overlap;

use kvguard_contract::key::fault;

pub use kvguard_contract::key::MAX_KEY_BYTES;
pub use overlap::{Shape, Shapes, Work};

/// Whether the store accepts a key.
///
/// # Errors
///
/// Why it does not, in a few words to follow a colon.
pub fn validate(key: &str) -> Result<(), String> {
    let Some(fault) = fault(key.as_bytes()) else {
        return Ok(());
    };
    Err(match fault.character(key) {
        Some(character) => format!("it holds `{}`", character.escape_default()),
        None => fault.to_string(),
    })
}

/// A key with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTemplate<'t> {
    parts: Vec<Part<'t>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Variable(&'t str),
}

/// Takes a template apart: variables stand in double braces, `{{agent_id}}`.
///
/// # Errors
///
/// Why it is none, in a few words to follow a colon.
pub fn parse_template(text: &str) -> Result<KeyTemplate<'_>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            return Err("a `{{` without its `}}`".to_owned());
        };
        let name = name.trim();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !is_name {
            return Err("what stands in `{{…}}` is no name".to_owned());
        }
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Variable(name));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(KeyTemplate { parts })
}

impl<'t> KeyTemplate<'t> {
    /// The variables, in the order they stand; one that stands twice comes twice.
    pub fn variables(&self) -> impl Iterator<Item = &'t str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) => Some(*name),
        })
    }

    /// The key, with a value for each variable.
    pub fn fill(&self, mut value_of: impl FnMut(&str) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => (*text).to_owned(),
                Part::Variable(name) => value_of(name),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_template, validate};

    #[test]
    fn keys_that_nats_accepts_are_valid() {
        for key in [
            "config/core.json",
            "a",
            "A-Z_0=9",
            "agents/x/checkers/snmp.json",
        ] {
            assert_eq!(validate(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn keys_that_nats_refuses_are_invalid() {
        for key in [
            "",
            ".a",
            "a.",
            "a..b",
            "a//b",
            "/a",
            "a/",
            "a b",
            "a*",
            "a>",
            "ä",
            "_kv_x",
            "{{id}}",
            &"x".repeat(1025),
        ] {
            assert!(validate(key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_template_is_filled_with_values() {
        let template = parse_template("agents/{{agent_id}}/{{ kind }}.json").unwrap();
        assert_eq!(
            template.variables().collect::<Vec<_>>(),
            ["agent_id", "kind"]
        );
        assert_eq!(
            template.fill(str::to_uppercase),
            "agents/AGENT_ID/KIND.json"
        );
    }

    #[test]
    fn braces_that_do_not_match_are_no_template() {
        for text in ["a/{{b", "a/{{}}", "a/{{b c}}"] {
            assert!(parse_template(text).is_err(), "{text}");
        }
    }
}
