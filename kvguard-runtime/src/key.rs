//! Keys of a NATS key-value bucket.

use std::borrow::Cow;
use std::fmt;

pub use kvguard_contract::key::MAX_KEY_BYTES;
use kvguard_contract::key::{KeyFault as Fault, fault};

/// A key that the store accepts.
///
/// One or more of `- / _ = .`, ASCII letters and digits; no empty part between dots or between slashes, nor at
/// either end; not `_kv` at the start; at most [`MAX_KEY_BYTES`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Cow<'static, str>);

impl Key {
    /// A key that is written in the code. In a constant an invalid one is an error of the compiler.
    ///
    /// ```
    /// use kvguard_runtime::Key;
    ///
    /// const KEY: Key = Key::from_static("config/trapd.json");
    /// assert_eq!(KEY.as_str(), "config/trapd.json");
    /// ```
    ///
    /// ```compile_fail
    /// # use kvguard_runtime::Key;
    /// const KEY: Key = Key::from_static("config/trapd json");
    /// ```
    ///
    /// # Panics
    ///
    /// If the store does not accept it. Use [`Key::new`] for what is not written in the code.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(
            fault(text.as_bytes()).is_none(),
            "the store does not accept this key: it takes `-`, `/`, `_`, `=`, `.`, ASCII letters and digits, without empty parts and without `_kv` at the start"
        );
        Self(Cow::Borrowed(text))
    }

    /// A key, if the store accepts it.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] with a [`KeyFault`] of the text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidKey> {
        let text = text.into();
        match validate(&text) {
            Ok(()) => Ok(Self(text)),
            Err(fault) => Err(InvalidKey {
                variable: None,
                fault,
            }),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key that a macro has checked: to check a thousand again as constants would take the compiler half a second.
#[doc(hidden)]
pub const fn checked(text: &'static str) -> Key {
    Key(Cow::Borrowed(text))
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({:?})", self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::str::FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::new(text.to_owned())
    }
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidKey {
    pub(crate) variable: Option<String>,
    pub(crate) fault: KeyFault,
}

impl InvalidKey {
    /// The template's variable that it is about, if the fault is that of one value.
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// What is wrong.
    pub fn fault(&self) -> &KeyFault {
        &self.fault
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variable {
            Some(variable) => write!(
                formatter,
                "the variable `{variable}` makes no valid key: {}",
                self.fault
            ),
            None => write!(formatter, "no valid key: {}", self.fault),
        }
    }
}

impl std::error::Error for InvalidKey {}

/// What is wrong with a key, or with the value of a template's variable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// It is empty.
    Empty,
    /// It is longer than [`MAX_KEY_BYTES`].
    TooLong,
    /// It holds a character that no key may hold; in a variable's value also `.` and `/`, which part a key.
    Character(char),
    /// It begins or ends with `.`, or has two in a row.
    EmptyDotPart,
    /// It begins or ends with `/`, or has two in a row.
    EmptySlashPart,
    /// It begins with `_kv`.
    Reserved,
    /// It begins with `domains/NAME/`, by which a data service takes it for a key of the `JetStream` domain `NAME`.
    OtherDomain,
    /// The template has the variable, and there is no value for it.
    MissingVariable,
    /// There is a value, and the template has no such variable.
    UnknownVariable,
    /// The template's braces do not match, or there is no name between them.
    MalformedTemplate,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("it is empty"),
            Self::TooLong => write!(formatter, "it is longer than {MAX_KEY_BYTES} bytes"),
            Self::Character(character) => {
                write!(formatter, "it holds `{}`", character.escape_default())
            }
            Self::EmptyDotPart => formatter.write_str("it has an empty part beside a `.`"),
            Self::EmptySlashPart => formatter.write_str("it has an empty part beside a `/`"),
            Self::Reserved => formatter.write_str("the prefix `_kv` is reserved"),
            Self::OtherDomain => formatter.write_str(
                "a data service takes what begins with `domains/NAME/` for a key of another JetStream domain",
            ),
            Self::MissingVariable => formatter.write_str("it has no value"),
            Self::UnknownVariable => formatter.write_str("the template has no such variable"),
            Self::MalformedTemplate => {
                formatter.write_str("the template's `{{` and `}}` do not enclose names")
            }
        }
    }
}

/// Whether the store accepts a key.
pub(crate) fn validate(text: &str) -> Result<(), KeyFault> {
    let Some(fault) = fault(text.as_bytes()) else {
        return Ok(());
    };
    Err(match fault {
        Fault::Empty => KeyFault::Empty,
        Fault::TooLong => KeyFault::TooLong,
        Fault::Character(_) => {
            let character = fault.character(text);
            KeyFault::Character(character.unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        Fault::EmptyDotPart => KeyFault::EmptyDotPart,
        Fault::EmptySlashPart => KeyFault::EmptySlashPart,
        Fault::Reserved => KeyFault::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyFault};

    #[test]
    fn a_key_is_shown_as_its_text() {
        let key = Key::from_static("config/core.json");
        assert_eq!(key.to_string(), "config/core.json");
        assert_eq!(format!("{key:?}"), "Key(\"config/core.json\")");
        assert_eq!("config/core.json".parse(), Ok(key));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, fault) in [
            ("", KeyFault::Empty),
            ("a b", KeyFault::Character(' ')),
            ("aä", KeyFault::Character('ä')),
            (".a", KeyFault::EmptyDotPart),
            ("a/", KeyFault::EmptySlashPart),
            ("a..b", KeyFault::EmptyDotPart),
            ("_kv", KeyFault::Reserved),
            (&"x".repeat(1025), KeyFault::TooLong),
        ] {
            let error = Key::new(text.to_owned()).unwrap_err();
            assert_eq!(error.fault(), &fault, "{text}");
        }
    }
}
