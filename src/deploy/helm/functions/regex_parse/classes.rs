//! Which characters a part of a regular expression takes: brackets and escapes.

use super::{Assertion, Class, Fault, Parsed, Parser, Tree, Unicode};

fn perl(letter: char) -> Option<Vec<(char, char)>> {
    Some(match letter {
        'd' => vec![('0', '9')],
        'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        _ => return None,
    })
}

fn inverted(mut ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    ranges.sort_unstable();
    let mut out = Vec::new();
    let mut next = Some('\0');
    for (first, last) in ranges {
        if let Some(start) = next
            && start < first
            && let Some(end) = char_before(first)
        {
            out.push((start, end));
        }
        next = next.max(char_after(last));
        if char_after(last).is_none() {
            next = None;
        }
    }
    if let Some(start) = next {
        out.push((start, char::MAX));
    }
    out
}

fn char_before(character: char) -> Option<char> {
    let code = u32::from(character).checked_sub(1)?;
    char::from_u32(code).or(Some('\u{d7ff}'))
}

fn char_after(character: char) -> Option<char> {
    let code = u32::from(character) + 1;
    char::from_u32(code).or_else(|| (code == 0xd800).then_some('\u{e000}'))
}

fn named(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alnum" => vec![('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => vec![('A', 'Z'), ('a', 'z')],
        "ascii" => vec![('\0', '\x7f')],
        "blank" => vec![('\t', '\t'), (' ', ' ')],
        "cntrl" => vec![('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => vec![('0', '9')],
        "graph" => vec![('!', '~')],
        "lower" => vec![('a', 'z')],
        "print" => vec![(' ', '~')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "upper" => vec![('A', 'Z')],
        "word" => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        "xdigit" => vec![('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

impl Parser {
    pub(super) fn escape(&mut self) -> Parsed<Tree> {
        let Some(letter) = self.peek() else {
            return Err(Fault::Invalid("trailing backslash at end of expression"));
        };
        if let Some(ranges) = perl(letter.to_ascii_lowercase()) {
            self.at += 1;
            let ranges = if letter.is_ascii_uppercase() {
                inverted(ranges)
            } else {
                ranges
            };
            return Ok(self.class(ranges));
        }
        let assertion = match letter {
            'A' => Some(Assertion::TextStart),
            'z' => Some(Assertion::TextEnd),
            'b' => Some(Assertion::Word),
            'B' => Some(Assertion::NotWord),
            _ => None,
        };
        if let Some(assertion) = assertion {
            self.at += 1;
            return Ok(Tree::Assert(assertion));
        }
        if matches!(letter, 'p' | 'P') {
            self.at += 1;
            let unicode = self.unicode(letter == 'P')?;
            return Ok(Tree::Class(Class {
                unicode: vec![unicode],
                ..Class::default()
            }));
        }
        let character = self.escaped()?;
        Ok(self.literal(character))
    }

    pub(super) fn unicode(&mut self, negated: bool) -> Parsed<(Unicode, bool)> {
        let mut name = String::new();
        if self.take('{') {
            while let Some(letter) = self.peek() {
                self.at += 1;
                if letter == '}' {
                    break;
                }
                name.push(letter);
            }
        } else if let Some(letter) = self.peek() {
            self.at += 1;
            name.push(letter);
        }
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name.as_str(), negated),
        };
        let class = match name {
            "L" | "Letter" => Unicode::Letter,
            "Lu" | "Upper" => Unicode::Upper,
            "Ll" | "Lower" => Unicode::Lower,
            "N" => Unicode::Number,
            "Z" | "Zs" => Unicode::Space,
            "Cc" => Unicode::Control,
            "" => return Err(Fault::Invalid("invalid character class range")),
            _ => return Err(Fault::Unknown),
        };
        Ok((class, negated))
    }

    /// One character behind a backslash.
    pub(super) fn escaped(&mut self) -> Parsed<char> {
        let bad = Fault::Invalid("invalid escape sequence");
        let Some(letter) = self.peek() else {
            return Err(bad);
        };
        self.at += 1;
        Ok(match letter {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                char::from_u32(value).ok_or(bad)?
            }
            '1'..='7' if self.peek().is_some_and(|c| c.is_digit(8)) => {
                let mut value = letter.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                char::from_u32(value).ok_or(bad)?
            }
            'x' => {
                let braces = self.take('{');
                let mut digits = String::new();
                while let Some(digit) = self.peek().filter(char::is_ascii_hexdigit) {
                    if !braces && digits.len() == 2 || digits.len() > 8 {
                        break;
                    }
                    self.at += 1;
                    digits.push(digit);
                }
                let closed = if braces {
                    self.take('}')
                } else {
                    digits.len() == 2
                };
                let value = u32::from_str_radix(&digits, 16).ok().filter(|_| closed);
                value.and_then(char::from_u32).ok_or(bad)?
            }
            _ if letter.is_ascii_alphanumeric() || !letter.is_ascii() => return Err(bad),
            _ => letter,
        })
    }

    pub(super) fn bracket(&mut self) -> Parsed<Class> {
        let missing = || Fault::Invalid("missing closing ]");
        let negated = self.take('^');
        let mut class = Class {
            negated,
            folds: self.flags.folds,
            ..Class::default()
        };
        let mut first = true;
        loop {
            let character = self.peek().ok_or_else(missing)?;
            if character == ']' && !first {
                self.at += 1;
                return Ok(class);
            }
            first = false;
            if self.looking_at("[:") {
                let rest = self.characters.get(self.at + 2..).unwrap_or_default();
                let end = rest.windows(2).position(|pair| pair == [':', ']']);
                if let Some(end) = end {
                    let name: String = rest.iter().take(end).collect();
                    let (name, negated) = match name.strip_prefix('^') {
                        Some(name) => (name, true),
                        None => (name.as_str(), false),
                    };
                    let ranges =
                        named(name).ok_or(Fault::Invalid("invalid character class range"))?;
                    class
                        .ranges
                        .extend(if negated { inverted(ranges) } else { ranges });
                    self.at += end + 4;
                    continue;
                }
            }
            if character == '\\' {
                let letter = self.characters.get(self.at + 1).copied();
                if let Some(letter) = letter
                    && let Some(ranges) = perl(letter.to_ascii_lowercase())
                {
                    self.at += 2;
                    let inverse = letter.is_ascii_uppercase();
                    class
                        .ranges
                        .extend(if inverse { inverted(ranges) } else { ranges });
                    continue;
                }
                if matches!(letter, Some('p' | 'P')) {
                    self.at += 2;
                    let unicode = self.unicode(letter == Some('P'))?;
                    class.unicode.push(unicode);
                    continue;
                }
            }
            let low = self.class_character()?;
            let mut high = low;
            let range = self.peek() == Some('-')
                && self
                    .characters
                    .get(self.at + 1)
                    .is_some_and(|next| *next != ']');
            if range {
                self.at += 1;
                high = self.class_character()?;
                if high < low {
                    return Err(Fault::Invalid("invalid character class range"));
                }
            }
            class.ranges.push((low, high));
        }
    }

    pub(super) fn class_character(&mut self) -> Parsed<char> {
        match self.peek() {
            None => Err(Fault::Invalid("missing closing ]")),
            Some('\\') => {
                self.at += 1;
                self.escaped()
            }
            Some(character) => {
                self.at += 1;
                Ok(character)
            }
        }
    }
}
