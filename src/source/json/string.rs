//! Strings of JSON.

use super::{Reader, Stop};

/// Why an escape is none.
const LONE_SURROGATE: &str = "half of a surrogate pair: a `\\u` escape from `d800` to `dbff` must be \
                              followed by one from `dc00` to `dfff`";

impl Reader<'_> {
    /// The string that begins at the position; only its first fault is noted.
    pub(super) fn string(&mut self) -> Result<Box<str>, Stop> {
        let start = self.position;
        let noted = self.problems.len();
        self.position += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let plain = rest
                .bytes()
                .position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
                .unwrap_or(rest.len());
            self.position += plain;
            // Hardly any string has an escape.
            if text.is_empty() && self.peek() == Some(b'"') {
                self.position += 1;
                return Ok(rest[..plain].into());
            }
            text.push_str(&rest[..plain]);
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => {
                    if let Some(character) = self.escape(noted) {
                        text.push(character);
                    }
                }
                // A line break is more likely a forgotten quote than part of the string.
                Some(b'\n' | b'\r') | None => {
                    self.problem(
                        start..start + 1,
                        "a string that is not closed on its line: write `\"` at its end, and `\\n` \
                         for a line break",
                    );
                    return Err(Stop);
                }
                Some(control) => {
                    let at = self.position;
                    self.fault(
                        noted,
                        at..at + 1,
                        &format!("a control character in a string: write it as `\\u{control:04x}`"),
                    );
                    text.push(char::from(control));
                    self.position += 1;
                }
            }
        }
    }

    /// The character that the escape at the position stands for.
    fn escape(&mut self, noted: usize) -> Option<char> {
        let start = self.position;
        let escaped = self
            .text
            .get(start + 1..)
            .unwrap_or_default()
            .chars()
            .next();
        let character = match escaped {
            Some(character @ ('"' | '\\' | '/')) => character,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode_escape(noted),
            Some(other) if other >= ' ' => {
                let end = start + 1 + other.len_utf8();
                self.fault(
                    noted,
                    start..end,
                    "an escape that JSON does not have: write `\\\\` for a backslash",
                );
                self.position = end;
                return Some(other);
            }
            // The caller deals with a line break, a control character or the end.
            _ => {
                self.fault(noted, start..start + 1, "a backslash that escapes nothing");
                self.position = start + 1;
                return None;
            }
        };
        self.position = start + 2;
        Some(character)
    }

    fn unicode_escape(&mut self, noted: usize) -> Option<char> {
        let start = self.position;
        let Some(first) = self.code_unit(start) else {
            self.fault(
                noted,
                start..start + 2,
                "`\\u` must be followed by four hexadecimal digits",
            );
            self.position = start + 2;
            return None;
        };
        self.position = start + 6;
        if let Some(character) = char::from_u32(first) {
            return Some(character);
        }
        if let (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) =
            (first, self.code_unit(start + 6))
        {
            self.position = start + 12;
            return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        }
        self.fault(noted, start..start + 6, LONE_SURROGATE);
        None
    }

    fn code_unit(&self, start: usize) -> Option<u32> {
        let digits = self.text.get(start..)?.strip_prefix("\\u")?.get(..4)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn fault(&mut self, noted: usize, range: std::ops::Range<usize>, message: &str) {
        if self.problems.len() == noted {
            self.problem(range, message);
        }
    }
}
