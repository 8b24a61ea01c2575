//! Texts as JSON, YAML and TOML write them.

/// How a file writes a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Double,
    Single,
    /// In none, as YAML may.
    Plain {
        /// Whether a comma may stand in it, which would end it in a list in brackets.
        commas: bool,
    },
}

impl Quotes {
    pub(super) fn of(written: &str) -> Self {
        match written.chars().next() {
            Some('\'') => Self::Single,
            Some('"') | None => Self::Double,
            Some(_) => Self::Plain {
                commas: written.contains(','),
            },
        }
    }

    /// Another text as this one is written; in double quotes, if it would mean something else otherwise.
    pub(super) fn write(self, text: &str) -> String {
        match self {
            Self::Single if is_plain(text, true) => format!("'{text}'"),
            Self::Plain { commas } if is_plain(text, commas) => text.to_owned(),
            _ => quoted(text),
        }
    }
}

/// Whether a text means itself without quotes, wherever in YAML it stands. Not every such text is found.
fn is_plain(text: &str, commas: bool) -> bool {
    let is_plain_sign = |sign: char| {
        sign.is_ascii_alphanumeric() || "-_./:=@".contains(sign) || sign == ',' && commas
    };
    let is_value = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null"
    );
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && !text.ends_with([':', ','])
        && text.chars().all(is_plain_sign)
        && !is_value
}

/// A string as JSON, YAML and TOML write it alike.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => written.extend(['\\', sign]),
            unseen if is_unseen(unseen) => {
                written.push_str(&format!("\\u{:04X}", u32::from(unseen)));
            }
            other => written.push(other),
        }
    }
    written.push('"');
    written
}

/// Whether a sign may not, or had better not, stand in a file as it is.
pub(super) fn is_unseen(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

/// A key as YAML and TOML write it alike.
pub(super) fn bare_or_quoted(key: &str) -> String {
    let is_bare = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

#[cfg(test)]
mod tests {
    use super::{Quotes, bare_or_quoted};

    #[test]
    fn a_text_is_written_as_the_one_in_its_place_where_it_means_the_same() {
        for (old, new, written) in [
            ("reader", "writer", "writer"),
            ("'reader'", "writer", "'writer'"),
            ("\"reader\"", "writer", "\"writer\""),
            ("", "writer", "\"writer\""),
            (
                "spiffe://acme.dev/api",
                "spiffe://acme.dev/core",
                "spiffe://acme.dev/core",
            ),
            ("CN=api,O=Acme", "CN=core,O=Acme", "CN=core,O=Acme"),
            // In a list in brackets, where no text without quotes holds a comma.
            ("api", "CN=core,O=Acme", "\"CN=core,O=Acme\""),
            ("api", "core: no", "\"core: no\""),
            ("api", "core #2", "\"core #2\""),
            ("api", "17", "\"17\""),
            ("api", "No", "\"No\""),
            ("'api'", "o'core", "\"o'core\""),
            ("api", "core:", "\"core:\""),
            ("api", "", "\"\""),
        ] {
            assert_eq!(Quotes::of(old).write(new), written, "{new} for {old}");
        }
    }

    #[test]
    fn a_key_is_bare_if_every_format_takes_it_so() {
        for (key, written) in [
            ("identity", "identity"),
            ("spiffe_id2", "spiffe_id2"),
            ("may-do", "\"may-do\""),
            ("who is it", "\"who is it\""),
            ("2nd", "\"2nd\""),
            ("_id", "\"_id\""),
            ("", "\"\""),
        ] {
            assert_eq!(bare_or_quoted(key), written);
        }
    }
}
