//! Key templates.

use std::fmt::{Display, Write};

use crate::key::{self, InvalidKey, Key, KeyFault};

/// The template of a key, with variables in double braces: `agents/{{agent_id}}.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyTemplate(&'static str);

impl KeyTemplate {
    /// A template. Whether its braces match is told where it is filled; the macros check it beforehand.
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The template as it is declared.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }

    /// The variables, in the order they stand; one that stands twice comes twice. Nothing follows malformed braces.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        Parts(self.0).filter_map(|part| match part {
            Ok(Part::Variable(name)) => Some(name),
            Ok(Part::Text(_)) | Err(_) => None,
        })
    }

    /// The key, with a value for each variable.
    ///
    /// A value is one part of the key: ASCII letters, digits, `-`, `_` and `=`. A `.` or `/` in it would name the
    /// key of something else, so it is refused.
    ///
    /// ```
    /// use kvguard_runtime::KeyTemplate;
    ///
    /// let template = KeyTemplate::new("agents/{{agent_id}}.json");
    /// let key = template.fill(&[("agent_id", &"a-1")])?;
    /// assert_eq!(key.as_str(), "agents/a-1.json");
    /// assert!(template.fill(&[("agent_id", &"a/../b")]).is_err());
    /// # Ok::<(), kvguard_runtime::InvalidKey>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if a value is none, a variable has none, a value is for no variable, or the whole is
    /// no valid key.
    pub fn fill(&self, values: &[(&str, &dyn Display)]) -> Result<Key, InvalidKey> {
        let wrong = |variable: &str, fault| InvalidKey {
            variable: Some(variable.to_owned()),
            fault,
        };
        let mut text = String::with_capacity(self.0.len());
        let mut malformed = None;
        for part in Parts(self.0) {
            match part {
                Ok(Part::Text(part)) => text.push_str(part),
                Ok(Part::Variable(name)) => {
                    let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
                        return Err(wrong(name, KeyFault::MissingVariable));
                    };
                    let start = text.len();
                    // Writing into a string fails only where the value's own formatting does.
                    if write!(text, "{value}").is_err() {
                        return Err(wrong(name, KeyFault::Empty));
                    }
                    is_token(text.get(start..).unwrap_or_default())
                        .map_err(|fault| wrong(name, fault))?;
                }
                Err(fault) => malformed = Some(fault),
            }
        }
        if let Some(fault) = malformed {
            return Err(InvalidKey {
                variable: None,
                fault,
            });
        }
        for (name, _) in values {
            if !self.variables().any(|known| known == *name) {
                return Err(wrong(name, KeyFault::UnknownVariable));
            }
        }
        Key::new(text)
    }
}

impl Display for KeyTemplate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

/// Whether a value stays one part of a key.
fn is_token(value: &str) -> Result<(), KeyFault> {
    if let Some(character) = value
        .chars()
        .find(|character| matches!(character, '.' | '/'))
    {
        return Err(KeyFault::Character(character));
    }
    match key::validate(value) {
        // Whether it stands at the start is told of the whole key.
        Err(KeyFault::Reserved) | Ok(()) => Ok(()),
        Err(fault) => Err(fault),
    }
}

enum Part {
    Text(&'static str),
    Variable(&'static str),
}

/// What is left of a template.
struct Parts(&'static str);

impl Iterator for Parts {
    type Item = Result<Part, KeyFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Some(start) = self.0.find("{{") else {
            return Some(Ok(Part::Text(std::mem::take(&mut self.0))));
        };
        if start > 0 {
            let (text, rest) = self.0.split_at(start);
            self.0 = rest;
            return Some(Ok(Part::Text(text)));
        }
        let inside = self.0.get(2..).and_then(|rest| rest.split_once("}}"));
        let Some((name, rest)) = inside else {
            self.0 = "";
            return Some(Err(KeyFault::MalformedTemplate));
        };
        let name = name.trim();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !is_name {
            self.0 = "";
            return Some(Err(KeyFault::MalformedTemplate));
        }
        self.0 = rest;
        Some(Ok(Part::Variable(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::KeyTemplate;
    use crate::KeyFault;

    const TEMPLATE: KeyTemplate = KeyTemplate::new("agents/{{agent_id}}/{{ kind }}.json");

    #[test]
    fn a_template_is_filled_with_values_of_any_kind() {
        let key = TEMPLATE
            .fill(&[("kind", &7), ("agent_id", &"a-1")])
            .unwrap();
        assert_eq!(key.as_str(), "agents/a-1/7.json");
        assert_eq!(
            TEMPLATE.variables().collect::<Vec<_>>(),
            ["agent_id", "kind"]
        );
    }

    #[test]
    fn a_value_that_is_no_part_of_a_key_is_refused_by_its_variable() {
        for (value, fault) in [
            ("", KeyFault::Empty),
            ("a/b", KeyFault::Character('/')),
            ("a.b", KeyFault::Character('.')),
            ("*", KeyFault::Character('*')),
        ] {
            let error = TEMPLATE
                .fill(&[("agent_id", &value), ("kind", &"k")])
                .unwrap_err();
            assert_eq!(
                (error.variable(), error.fault()),
                (Some("agent_id"), &fault)
            );
        }
    }

    #[test]
    fn each_variable_needs_a_value_and_each_value_a_variable() {
        let missing = TEMPLATE.fill(&[("agent_id", &"a")]).unwrap_err();
        assert_eq!(
            (missing.variable(), missing.fault()),
            (Some("kind"), &KeyFault::MissingVariable)
        );
        let unknown = TEMPLATE
            .fill(&[("agent_id", &"a"), ("kind", &"k"), ("king", &"x")])
            .unwrap_err();
        assert_eq!(
            (unknown.variable(), unknown.fault()),
            (Some("king"), &KeyFault::UnknownVariable)
        );
    }

    #[test]
    fn malformed_braces_and_keys_are_told() {
        for text in ["a/{{b", "a/{{}}", "a/{{b c}}"] {
            let error = KeyTemplate::new(text).fill(&[]).unwrap_err();
            assert_eq!(error.fault(), &KeyFault::MalformedTemplate, "{text}");
        }
        let error = KeyTemplate::new("{{a}}x")
            .fill(&[("a", &"_kv")])
            .unwrap_err();
        assert_eq!(error.fault(), &KeyFault::Reserved);
    }
}
