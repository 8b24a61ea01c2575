//! The words of `Environment=` and its relatives: quotes and C-style escapes resolved.

use crate::source::Span;

use super::unit::{Joined, WHITE_SPACE};

/// A word with quotes and escapes resolved, which knows where each byte comes from.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    /// For each byte, the range of the source that stands for it.
    pub(super) origins: Vec<(u32, u32)>,
    /// The whole word, quotes included.
    pub(super) span: Span,
    /// Where the word's text would go on, just inside of quotes that close it.
    pub(super) end: u32,
}

impl Word {
    /// Whether it is a semicolon that begins the next command. One in quotes or behind a backslash is an argument.
    pub(super) fn is_border(&self) -> bool {
        self.bytes == b";" && self.span.end - self.span.start == 1
    }

    /// A text without quotes and escapes.
    pub(super) fn verbatim(value: &Joined) -> Self {
        let text = value.text();
        let span = value.span(0..text.len());
        let origins = (0..text.len())
            .map(|offset| {
                let byte = value.span(offset..offset + 1);
                (byte.start, byte.end)
            })
            .collect();
        Self {
            bytes: text.as_bytes().to_vec(),
            origins,
            span,
            end: span.end,
        }
    }
}

/// The words of a value, up to the first mistake, and where that mistake is and what it is.
pub(super) fn split(value: &Joined) -> (Vec<Word>, Option<(Span, &'static str)>) {
    words(value, false)
}

/// The words of a command. systemd leaves an escape that it does not know as it is written, `\;` as a word of its own
/// stands for a semicolon, and a semicolon as a word of its own begins the next command.
pub(super) fn split_command(value: &Joined) -> (Vec<Word>, Option<(Span, &'static str)>) {
    words(value, true)
}

fn words(value: &Joined, is_command: bool) -> (Vec<Word>, Option<(Span, &'static str)>) {
    let mut words = Vec::new();
    let mut splitter = Splitter {
        value,
        text: value.text().as_bytes(),
        at: 0,
        is_command,
    };
    loop {
        splitter.skip_blanks();
        let start = splitter.at;
        match splitter.word() {
            Ok(Some(word)) => words.push(word),
            Ok(None) => return (words, None),
            Err(mistake) => {
                let span = value.span(start..value.text().len());
                return (words, Some((span, mistake)));
            }
        }
    }
}

fn is_blank(byte: u8) -> bool {
    WHITE_SPACE.contains(&char::from(byte))
}

struct Splitter<'a> {
    value: &'a Joined,
    text: &'a [u8],
    at: usize,
    is_command: bool,
}

impl Splitter<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Result<Option<Word>, &'static str> {
        if self.peek().is_none() {
            return Ok(None);
        }
        let start = self.at;
        let mut end = start;
        let (mut bytes, mut origins) = (Vec::new(), Vec::new());
        let mut quote = None;
        while let Some(byte) = self.peek() {
            let from = self.at;
            match (byte, quote) {
                (b'\\', _) => {
                    let decoded = self.decoded(from == start)?;
                    let origin = self.value.span(from..self.at);
                    origins.extend(std::iter::repeat_n(
                        (origin.start, origin.end),
                        decoded.len(),
                    ));
                    bytes.extend(decoded);
                    end = self.at;
                    continue;
                }
                (b'"' | b'\'', None) => {
                    quote = Some(byte);
                    // An empty value in quotes stands between them.
                    end = from + 1;
                }
                (_, Some(open)) if byte == open => quote = None,
                (_, None) if is_blank(byte) => break,
                _ => {
                    let origin = self.value.span(from..from + 1);
                    bytes.push(byte);
                    origins.push((origin.start, origin.end));
                    end = from + 1;
                }
            }
            self.at += 1;
        }
        if quote.is_some() {
            return Err("a quote is not closed");
        }
        Ok(Some(Word {
            bytes,
            origins,
            span: self.value.span(start..self.at),
            end: self.value.span(end.saturating_sub(1)..end).end,
        }))
    }

    /// What the escape at this place stands for.
    fn decoded(&mut self, is_first: bool) -> Result<Vec<u8>, &'static str> {
        let from = self.at;
        self.at += 1;
        if !self.is_command {
            return self.escape();
        }
        let ends = self.text.get(self.at + 1).copied().is_none_or(is_blank);
        if is_first && ends && self.peek() == Some(b';') {
            self.at += 1;
            return Ok(vec![b';']);
        }
        self.escape().or_else(|_| {
            self.at = self.text.len().min(from + 2);
            Ok(self.text[from..self.at].to_vec())
        })
    }

    /// What an escape stands for, the backslash already read.
    fn escape(&mut self) -> Result<Vec<u8>, &'static str> {
        const UNKNOWN: &str = "an unknown escape sequence; write `\\\\` for a backslash";
        let kind = self.peek().ok_or(UNKNOWN)?;
        self.at += 1;
        let byte = match kind {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b's' => b' ',
            b'\\' | b'"' | b'\'' => kind,
            b'x' => return self.number(2, 16).and_then(byte_of).ok_or(UNKNOWN),
            b'0'..=b'7' => {
                self.at -= 1;
                return self.number(3, 8).and_then(byte_of).ok_or(UNKNOWN);
            }
            b'u' => return self.number(4, 16).and_then(character_of).ok_or(UNKNOWN),
            b'U' => return self.number(8, 16).and_then(character_of).ok_or(UNKNOWN),
            _ => return Err(UNKNOWN),
        };
        Ok(vec![byte])
    }

    /// A number of exactly so many digits; zero would end the text.
    fn number(&mut self, digits: usize, radix: u32) -> Option<u32> {
        let mut number = 0_u32;
        for _ in 0..digits {
            let digit = char::from(self.peek()?).to_digit(radix)?;
            number = number.checked_mul(radix)?.checked_add(digit)?;
            self.at += 1;
        }
        (number != 0).then_some(number)
    }
}

fn byte_of(number: u32) -> Option<Vec<u8>> {
    u8::try_from(number).ok().map(|byte| vec![byte])
}

fn character_of(number: u32) -> Option<Vec<u8>> {
    char::from_u32(number).map(|character| character.to_string().into_bytes())
}

/// Whether systemd takes it for the name of a variable.
pub(super) fn is_name(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn words(value: &str) -> (Vec<String>, Option<&'static str>) {
        let mut sources = Sources::new();
        let text = format!("[Service]\nEnvironment={value}\n");
        let id = sources.add("x.service", text.as_str());
        let mut values = Vec::new();
        super::super::unit::read(id, &text, |assignment| values.push(assignment.value));
        let (words, mistake) = split(&values[0]);
        let words = words
            .into_iter()
            .map(|word| {
                assert_eq!(word.bytes.len(), word.origins.len());
                String::from_utf8(word.bytes).unwrap()
            })
            .collect();
        (words, mistake.map(|(_, message)| message))
    }

    #[test]
    fn words_are_split_at_blanks_outside_of_quotes() {
        assert_eq!(words("A=1\t B=2").0, ["A=1", "B=2"]);
        assert_eq!(
            words("\"A=1 2\" 'B=3 4' C=\"5 6\"'7 8'9").0,
            ["A=1 2", "B=3 4", "C=5 67 89"]
        );
        assert_eq!(words("A=\"\" '' \"\"").0, ["A=", "", ""]);
    }

    #[test]
    fn one_kind_of_quote_protects_the_other() {
        assert_eq!(
            words("A=\"it's\" B='say \"x\"'").0,
            ["A=it's", "B=say \"x\""]
        );
    }

    #[test]
    fn escapes_are_resolved_inside_and_outside_of_quotes() {
        assert_eq!(
            words("A=\\x41\\101\\u00e4\\U0001F600\\s\\t").0,
            ["A=AAä😀 \t"]
        );
        assert_eq!(
            words("'A=\\a\\b\\f\\n\\r\\v\\\\\\\"\\''").0,
            ["A=\u{7}\u{8}\u{c}\n\r\u{b}\\\"'"]
        );
    }

    #[test]
    fn the_words_before_a_mistake_count() {
        for mistaken in [
            "A=1 B=\\q C=2",
            "A=1 \"B",
            "A=1 'B=\\'",
            "A=1 B=\\x4",
            "A=1 \\000",
            "A=1 \\400",
            "A=1 \\ud800",
            "A=1 \\ B",
        ] {
            let (words, mistake) = words(mistaken);
            assert_eq!(words, ["A=1"], "{mistaken}");
            assert!(mistake.is_some(), "{mistaken}");
        }
    }

    #[test]
    fn names_are_letters_digits_and_underscores() {
        for name in ["A", "_", "a1", "_9"] {
            assert!(is_name(name.as_bytes()), "{name}");
        }
        for name in ["", "1", "a-b", "a b", "ä", "a.b"] {
            assert!(!is_name(name.as_bytes()), "{name}");
        }
    }
}
