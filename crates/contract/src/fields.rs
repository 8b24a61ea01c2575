//! Patterns of fields, as the policy and the descriptors name secrets by.

/// A pattern of fields: a dotted path, in which `*` stands for any one name and a leading `**.` for any way to it.
///
/// Names are compared without their case, as readers of JSON in Go take `Token` for `token`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPattern {
    parts: Vec<String>,
    is_anywhere: bool,
}

impl FieldPattern {
    /// Reads a pattern.
    pub fn new(path: &str) -> Self {
        let rest = path.strip_prefix("**.");
        Self {
            parts: rest.unwrap_or(path).split('.').map(folded).collect(),
            is_anywhere: rest.is_some(),
        }
    }

    /// Whether it names the field at a path. A name on the way that holds a dot counts as several names.
    pub fn matches<Name: AsRef<str>>(&self, path: &[Name]) -> bool {
        let mut names = path.iter().flat_map(|name| name.as_ref().split('.')).rev();
        // From the end, where most patterns and paths differ.
        let mut parts = self.parts.iter().rev();
        parts.all(|part| {
            let name = names.next();
            name.is_some_and(|name| part == "*" || is_folded(name, part))
        }) && (self.is_anywhere || names.next().is_none())
    }
}

/// A name without its case.
fn folded(name: &str) -> String {
    name.chars().flat_map(fold).collect()
}

fn is_folded(name: &str, folded: &str) -> bool {
    if name.is_ascii() {
        name.eq_ignore_ascii_case(folded)
    } else {
        name.chars().flat_map(fold).eq(folded.chars())
    }
}

/// Over the upper case, so that letters with one capital are one, as the long `ſ` and `s`.
fn fold(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::FieldPattern;

    #[test]
    fn patterns_of_fields_ignore_case_and_pass_any_way() {
        for (pattern, path, is_named) in [
            ("**.token", &["a", "Token"][..], true),
            ("**.token", &["TOKEN"], true),
            ("**.token", &["token", "length"], false),
            ("database.*", &["Database", "host"], true),
            ("database.*", &["x", "database", "host"], false),
            ("database.password", &["database.Password"], true),
            // The long s and the Kelvin sign, which Go's reader of JSON takes for `s` and `k`.
            ("**.secret_key", &["\u{17f}ecret_\u{212a}ey"], true),
        ] {
            assert_eq!(
                FieldPattern::new(pattern).matches(path),
                is_named,
                "{pattern} {path:?}"
            );
        }
    }
}
