//! The syntax of the files that `EnvironmentFile=` names, which is neither a shell's nor compose's.

use crate::source::{Problem, SourceId, Span, TokenKind, offset_u32};

use super::environment::is_name;
use super::unit::tell;

/// A variable that a file sets.
#[derive(Debug, Clone)]
pub(super) struct FileVariable {
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) value: String,
    pub(super) value_span: Span,
}

/// What an environment file consists of.
#[derive(Debug, Clone, Default)]
pub(super) struct EnvironmentFile {
    /// The variables, in the order they are written; the last of a name counts.
    pub(super) variables: Vec<FileVariable>,
    /// Names and values.
    pub(super) tokens: Vec<(Span, TokenKind)>,
    /// What is no environment file's syntax.
    pub(super) malformed: Vec<Problem>,
    /// What systemd ignores.
    pub(super) invalid: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeName,
    Name,
    /// Behind `=`, and behind each closing quote.
    BeforeValue,
    Value,
    Escape,
    Quoted(u8),
    QuotedEscape,
    Comment,
    CommentEscape,
}

/// Reads an environment file.
pub(super) fn read(source: SourceId, text: &str) -> EnvironmentFile {
    let mut reader = Reader {
        source,
        file: EnvironmentFile::default(),
        state: State::BeforeName,
        name: Piece::default(),
        value: Piece::default(),
        opened: 0,
        escape: 0,
    };
    for (at, byte) in text.bytes().enumerate() {
        match reader.state {
            State::BeforeName | State::Name | State::Comment | State::CommentEscape => {
                reader.outside(at, byte);
            }
            _ => reader.inside(at, byte),
        }
    }
    reader.finish(text.len());
    reader.file
}

/// Bytes that are put together, and where they stand.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes there are, and where they end, without the white space that they end in so far.
    trimmed: Option<(usize, usize)>,
}

impl Piece {
    /// Begins anew, for now empty, at a place.
    fn reset(&mut self, at: usize) {
        self.bytes.clear();
        self.start = at;
        self.end = at;
        self.trimmed = None;
    }

    fn push(&mut self, byte: u8, from: usize, to: usize) {
        if self.bytes.is_empty() {
            self.start = from;
        }
        self.bytes.push(byte);
        self.end = to;
    }

    /// Pushes a byte that is dropped again if nothing but white space follows.
    fn push_trimming(&mut self, byte: u8, at: usize) {
        if !is_blank(byte) {
            self.trimmed = None;
        } else if self.trimmed.is_none() {
            self.trimmed = Some((self.bytes.len(), self.end));
        }
        self.push(byte, at, at + 1);
    }

    fn trim(&mut self) {
        if let Some((length, end)) = self.trimmed.take() {
            self.bytes.truncate(length);
            self.end = end.max(self.start);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

struct Reader {
    source: SourceId,
    file: EnvironmentFile,
    state: State,
    name: Piece,
    value: Piece,
    /// Where the last quote was opened.
    opened: usize,
    /// Where the last escape began.
    escape: usize,
}

impl Reader {
    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            source: self.source,
            start: offset_u32(start),
            end: offset_u32(end),
        }
    }

    fn outside(&mut self, at: usize, byte: u8) {
        match self.state {
            State::BeforeName if matches!(byte, b'#' | b';') => self.state = State::Comment,
            State::BeforeName if !is_blank(byte) => {
                self.state = State::Name;
                self.name.reset(at);
                self.name.push(byte, at, at + 1);
            }
            State::Name if is_break(byte) => self.no_value(),
            State::Name if byte == b'=' => {
                self.state = State::BeforeValue;
                self.value.reset(at + 1);
            }
            State::Name => self.name.push_trimming(byte, at),
            State::Comment if byte == b'\\' => {
                self.state = State::CommentEscape;
                self.escape = at;
            }
            State::Comment if is_break(byte) => self.state = State::BeforeName,
            State::CommentEscape => {
                if is_break(byte) {
                    let span = self.span(self.escape, self.escape + 1);
                    let message = "a comment that ends in `\\`: up to version 253 systemd takes the next line for a comment, too, \
                                   later ones do not; remove the `\\`";
                    tell(&mut self.file.invalid, span, message);
                }
                self.state = State::Comment;
            }
            _ => {}
        }
    }

    fn inside(&mut self, at: usize, byte: u8) {
        match self.state {
            State::BeforeValue | State::Value if is_break(byte) => self.push(true),
            State::BeforeValue if matches!(byte, b'"' | b'\'') => {
                self.state = State::Quoted(byte);
                self.opened = at;
                if self.value.bytes.is_empty() {
                    self.value.reset(at + 1);
                }
            }
            State::BeforeValue | State::Value if byte == b'\\' => {
                self.state = State::Escape;
                self.escape = at;
                self.value.trimmed = None;
            }
            State::BeforeValue if is_blank(byte) => {}
            State::BeforeValue | State::Value => {
                self.state = State::Value;
                self.value.push_trimming(byte, at);
            }
            State::Escape => {
                self.state = State::Value;
                if !is_break(byte) {
                    self.value.push(byte, self.escape, at + 1);
                }
            }
            State::Quoted(quote) if byte == quote => self.state = State::BeforeValue,
            State::Quoted(b'"') if byte == b'\\' => {
                self.state = State::QuotedEscape;
                self.escape = at;
            }
            State::Quoted(_) => self.value.push(byte, at, at + 1),
            State::QuotedEscape => {
                self.state = State::Quoted(b'"');
                if matches!(byte, b'"' | b'\\' | b'`' | b'$') {
                    self.value.push(byte, self.escape, at + 1);
                } else if byte != b'\n' {
                    self.value.push(b'\\', self.escape, at);
                    self.value.push(byte, at, at + 1);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, end: usize) {
        match self.state {
            State::Name => self.no_value(),
            State::BeforeValue | State::Escape => self.push(false),
            State::Value => self.push(true),
            State::Quoted(_) | State::QuotedEscape => {
                let span = self.span(self.opened, (self.opened + 1).min(end));
                let message = "a quote that is not closed: everything behind it becomes the value";
                tell(&mut self.file.malformed, span, message);
                self.push(false);
            }
            _ => {}
        }
    }

    fn no_value(&mut self) {
        self.state = State::BeforeName;
        self.name.trim();
        let span = self.span(self.name.start, self.name.end);
        let message = "a line without `=`: systemd ignores it; write `NAME=value`, or quote a value of several lines";
        tell(&mut self.file.malformed, span, message);
    }

    fn push(&mut self, trim: bool) {
        self.state = State::BeforeName;
        self.name.trim();
        if trim {
            self.value.trim();
        }
        let name_span = self.span(self.name.start, self.name.end);
        let value_span = self.span(self.value.start, self.value.end);
        self.file.tokens.push((value_span, TokenKind::Scalar));
        if is_name(&self.name.bytes) {
            self.file.tokens.push((name_span, TokenKind::Key));
            self.file.variables.push(FileVariable {
                name: self.name.text(),
                name_span,
                value: self.value.text(),
                value_span,
            });
            return;
        }
        let message = if self.name.bytes.starts_with("\u{feff}".as_bytes()) {
            "systemd ignores this assignment: it takes the byte-order mark for a part of the name; save the file without one"
        } else if self.name.bytes.starts_with(b"export ") {
            "systemd ignores this assignment: this is no shell script; remove `export`"
        } else {
            "systemd ignores this assignment: a name consists of letters, digits and `_` and begins with no digit"
        };
        tell(&mut self.file.invalid, name_span, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parsed(text: &str) -> (Sources, EnvironmentFile) {
        let mut sources = Sources::new();
        let id = sources.add("x.env", text);
        let file = read(id, text);
        (sources, file)
    }

    /// Each variable as name, value, and what is written for the value.
    fn variables(text: &str) -> Vec<(String, String, String)> {
        let (sources, file) = parsed(text);
        file.variables
            .into_iter()
            .map(|variable| {
                assert_eq!(sources.text(variable.name_span), variable.name);
                let written = sources.text(variable.value_span).to_owned();
                (variable.name, variable.value, written)
            })
            .collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut all = variables(text);
        assert_eq!(all.len(), 1, "{text:?}");
        let (_, value, written) = all.remove(0);
        (value, written)
    }

    fn pair(value: &str, written: &str) -> (String, String) {
        (value.to_owned(), written.to_owned())
    }

    #[test]
    fn white_space_around_names_and_values_is_dropped() {
        assert_eq!(one("  A \t = \t b c \t\n"), pair("b c", "b c"));
        assert_eq!(one("A=b"), pair("b", "b"));
        assert_eq!(one("A=\n"), pair("", ""));
        assert_eq!(one("A=  "), pair("", ""));
        assert_eq!(one("A=b\r\n"), pair("b", "b"));
    }

    #[test]
    fn quotes_protect_and_are_dropped_only_at_the_start_of_a_value() {
        assert_eq!(one("A=\" b \"\n"), pair(" b ", " b "));
        assert_eq!(one("A='b\nc'\n"), pair("b\nc", "b\nc"));
        assert_eq!(one("A='b'\"c\"d\"e\"\n"), pair("bcd\"e\"", "b'\"c\"d\"e\""));
        assert_eq!(one("A=b'c'\n"), pair("b'c'", "b'c'"));
        assert_eq!(one("A=\"\"\n"), pair("", ""));
    }

    #[test]
    fn backslashes_escape_as_in_each_kind_of_text() {
        assert_eq!(one("A=b\\nc\\ \n"), pair("bnc ", "b\\nc\\ "));
        assert_eq!(one("A=b\\\nc\n"), pair("bc", "b\\\nc"));
        assert_eq!(
            one("A=\"\\$\\n\\\n\\\"\"\n"),
            pair("$\\n\"", "\\$\\n\\\n\\\"")
        );
        assert_eq!(one("A='\\n'\n"), pair("\\n", "\\n"));
    }

    #[test]
    fn comments_begin_only_where_a_name_could() {
        assert_eq!(one("# x\n; y=1\n A=b # c\n"), pair("b # c", "b # c"));
    }

    #[test]
    fn a_comment_that_ends_in_a_backslash_is_told() {
        let (sources, file) = parsed("# x \\\nA=1\nB=2\n");
        assert_eq!(file.variables.len(), 1);
        assert_eq!(sources.text(file.invalid[0].span), "\\");
    }

    #[test]
    fn what_systemd_ignores_is_told_at_the_name() {
        for (text, at, message) in [
            ("export A=1\n", "export A", "remove `export`"),
            ("1A=1\n", "1A", "begins with no digit"),
            ("=A=1\n", "=A", "letters"),
            ("\u{feff}A=1\n", "\u{feff}A", "byte-order mark"),
        ] {
            let (sources, file) = parsed(text);
            assert!(file.variables.is_empty(), "{text:?}");
            assert_eq!(sources.text(file.invalid[0].span), at);
            assert!(file.invalid[0].message.contains(message));
        }
    }

    #[test]
    fn a_line_without_an_equals_sign_is_malformed() {
        let (sources, file) = parsed("A\nB \t\nC=1\nD");
        let at: Vec<&str> = file
            .malformed
            .iter()
            .map(|problem| sources.text(problem.span))
            .collect();
        assert_eq!(at, ["A", "B", "D"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_malformed_where_it_opens() {
        let (sources, file) = parsed("A=\"b\nB=2\n");
        assert_eq!(file.variables[0].value, "b\nB=2\n");
        assert_eq!(sources.location(file.malformed[0].span).column, 3);
    }
}
