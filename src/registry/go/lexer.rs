//! Go's tokens, as its specification has them, automatic semicolons included.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or a keyword.
    Word,
    /// A number of any kind.
    Number,
    /// A rune literal.
    Rune,
    /// A string literal in double quotes.
    String,
    /// A string literal in back quotes.
    RawString,
    /// An operator, a bracket or another mark.
    Mark,
    /// A semicolon, written or implied by a line's end.
    Semicolon,
}

/// A run of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// Its bytes.
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What keeps a text from being Go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// The bytes at fault.
    pub(super) at: Range<usize>,
    /// What is wrong with them.
    pub(super) message: String,
}

/// The longest marks first. That `[`, `{` and `(` are marks of one byte is what all else relies on.
const MARKS: [&str; 34] = [
    "&^=", "<<=", ">>=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^", "(", ")", "[", "]", "{", "}", ",",
    ".", ":",
];

/// Marks of one byte that nothing asks for by name.
const OTHER_MARKS: &str = "+-*/%&|^<>=!~";

/// The tokens of a text, up to the place that is not Go if there is one.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Option<Broken>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    let broken = lexer.run().err();
    (lexer.tokens, broken)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Broken> {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                self.end_line();
                return Ok(());
            };
            match first {
                '\n' => {
                    self.end_line();
                    self.at += 1;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '/' if rest.starts_with("//") => {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                '/' if rest.starts_with("/*") => self.comment()?,
                '"' => self.quoted(Kind::String, '"', "a string literal")?,
                '\'' => self.quoted(Kind::Rune, '\'', "a rune literal")?,
                '`' => match rest.get(1..).and_then(|inner| inner.find('`')) {
                    Some(length) => self.push(Kind::RawString, length + 2),
                    None => {
                        return Err(self.unclosed(rest.len(), "a raw string literal", "`` ` ``"));
                    }
                },
                ';' => self.push(Kind::Semicolon, 1),
                '0'..='9' => self.number(),
                '.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => self.number(),
                _ if first == '_' || first.is_alphabetic() => {
                    let length = rest
                        .find(|next: char| next != '_' && !next.is_alphanumeric())
                        .unwrap_or(rest.len());
                    self.push(Kind::Word, length);
                }
                _ => self.mark(first)?,
            }
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length;
        // No text is longer than 32 bits can count; `Sources` saturates likewise.
        self.tokens.push(Token {
            kind,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(self.at).unwrap_or(u32::MAX),
        });
    }

    /// A line's end is a semicolon behind what can end a statement.
    fn end_line(&mut self) {
        let Some(last) = self.tokens.last() else {
            return;
        };
        let text = self.text.get(last.range()).unwrap_or_default();
        let ends = match last.kind {
            Kind::Word => !is_keyword(text) || ENDING_KEYWORDS.contains(&text),
            Kind::Number | Kind::Rune | Kind::String | Kind::RawString => true,
            Kind::Mark => matches!(text, "++" | "--" | ")" | "]" | "}"),
            Kind::Semicolon => false,
        };
        if ends {
            self.push(Kind::Semicolon, 0);
        }
    }

    fn comment(&mut self) -> Result<(), Broken> {
        let rest = self.rest();
        let Some(length) = rest.get(2..).and_then(|inner| inner.find("*/")) else {
            return Err(self.unclosed(2, "a comment", "`*/`"));
        };
        let spans_lines = rest[2..2 + length].contains('\n');
        if spans_lines {
            self.end_line();
        }
        self.at += length + 4;
        Ok(())
    }

    fn quoted(&mut self, kind: Kind, quote: char, what: &str) -> Result<(), Broken> {
        let mut escaped = false;
        for (offset, next) in self.rest().char_indices().skip(1) {
            if next == '\n' {
                return Err(self.unclosed(offset, what, &format!("`{quote}` on the same line")));
            }
            if !escaped && next == quote {
                self.push(kind, offset + 1);
                return Ok(());
            }
            escaped = !escaped && next == '\\';
        }
        Err(self.unclosed(self.rest().len(), what, &format!("`{quote}`")))
    }

    fn number(&mut self) {
        let hexadecimal = self.rest().starts_with("0x") || self.rest().starts_with("0X");
        let mut previous = '0';
        let mut length = 0;
        for next in self.rest().chars() {
            let exponent = match previous {
                'e' | 'E' => !hexadecimal,
                'p' | 'P' => true,
                _ => false,
            };
            let belongs = next == '.'
                || next == '_'
                || next.is_ascii_alphanumeric()
                || (exponent && matches!(next, '+' | '-'));
            if !belongs {
                break;
            }
            previous = next;
            length += 1;
        }
        self.push(Kind::Number, length);
    }

    fn mark(&mut self, first: char) -> Result<(), Broken> {
        let rest = self.rest();
        if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            self.push(Kind::Mark, mark.len());
        } else if OTHER_MARKS.contains(first) {
            self.push(Kind::Mark, 1);
        } else {
            return Err(Broken {
                at: self.at..self.at + first.len_utf8(),
                message: "a character that Go does not know; remove it".to_owned(),
            });
        }
        Ok(())
    }

    fn unclosed(&self, length: usize, what: &str, missing: &str) -> Broken {
        Broken {
            at: self.at..self.at + length,
            message: format!("{what} without its end; close it with {missing}"),
        }
    }
}

/// The keywords behind which a line's end is a semicolon.
const ENDING_KEYWORDS: [&str; 4] = ["break", "continue", "fallthrough", "return"];

/// Whether a word is one of Go's own.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "break"
            | "case"
            | "chan"
            | "const"
            | "continue"
            | "default"
            | "defer"
            | "else"
            | "fallthrough"
            | "for"
            | "func"
            | "go"
            | "goto"
            | "if"
            | "import"
            | "interface"
            | "map"
            | "package"
            | "range"
            | "return"
            | "select"
            | "struct"
            | "switch"
            | "type"
            | "var"
    )
}
