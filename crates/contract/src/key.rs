//! Keys of a NATS key-value bucket.
//!
//! What a key may be is NATS' own rule (its Go and Rust clients refuse all else): one or more of `- / _ = .`, ASCII letters
//! and digits, no `.` at either end, no two in a row; `_kv` at the start is reserved. An empty part between two `/` is
//! refused here, too: no service means it.

use std::fmt;

/// The most bytes a key may have; more than any server accepts as a subject by default.
pub const MAX_KEY_BYTES: usize = 1024;

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// It is empty.
    Empty,
    /// It is longer than [`MAX_KEY_BYTES`].
    TooLong,
    /// It holds a character that no key may hold, which begins at this byte.
    Character(usize),
    /// It begins or ends with `.`, or has two in a row.
    EmptyDotPart,
    /// It begins or ends with `/`, or has two in a row.
    EmptySlashPart,
    /// It begins with `_kv`.
    Reserved,
}

impl KeyFault {
    /// The character that no key may hold, if that is the fault; `key` is the text that it was found in.
    pub fn character(self, key: &str) -> Option<char> {
        let Self::Character(offset) = self else {
            return None;
        };
        // All before it is ASCII, so that the offset is that of a character.
        let character = key.get(offset..).and_then(|rest| rest.chars().next());
        Some(character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("it is empty"),
            Self::TooLong => write!(formatter, "it is longer than {MAX_KEY_BYTES} bytes"),
            Self::Character(_) => formatter.write_str("it holds a character that no key may hold"),
            Self::EmptyDotPart => formatter.write_str("it has an empty part beside a `.`"),
            Self::EmptySlashPart => formatter.write_str("it has an empty part beside a `/`"),
            Self::Reserved => formatter.write_str("the prefix `_kv` is reserved"),
        }
    }
}

/// Why a text is not a key; `None` for a key. Also for constants.
pub const fn fault(key: &[u8]) -> Option<KeyFault> {
    if key.is_empty() {
        return Some(KeyFault::Empty);
    }
    if key.len() > MAX_KEY_BYTES {
        return Some(KeyFault::TooLong);
    }
    let mut dots = false;
    let mut slashes = false;
    let mut before = b'/';
    let mut is_edge = true;
    let mut position = 0;
    while position < key.len() {
        let byte = key[position];
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_' | b'=' | b'.')) {
            return Some(KeyFault::Character(position));
        }
        let is_last = position + 1 == key.len();
        if byte == b'.' && (is_edge || is_last || before == b'.') {
            dots = true;
        }
        if byte == b'/' && (is_edge || is_last || before == b'/') {
            slashes = true;
        }
        before = byte;
        is_edge = false;
        position += 1;
    }
    if dots {
        Some(KeyFault::EmptyDotPart)
    } else if slashes {
        Some(KeyFault::EmptySlashPart)
    } else if key.len() >= 3 && key[0] == b'_' && key[1] == b'k' && key[2] == b'v' {
        Some(KeyFault::Reserved)
    } else {
        None
    }
}
