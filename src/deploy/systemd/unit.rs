//! The syntax of unit files: lines, continuations, sections and assignments.

use std::ops::Range;

use crate::source::{Problem, SourceId, Span, offset_u32};

/// The most bytes of a line, continuations included, that systemd reads.
const MAX_LINE: usize = 1024 * 1024;

/// The sections of a service's unit file.
const SECTIONS: [&str; 3] = ["Unit", "Service", "Install"];

/// What systemd takes for white space.
pub(super) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// A text put together from several lines, which knows where each byte comes from.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    text: String,
    /// Where each piece begins inside, and outside.
    pieces: Vec<(usize, usize)>,
    source: SourceId,
}

impl Joined {
    fn new(source: SourceId) -> Self {
        Self {
            text: String::new(),
            pieces: Vec::new(),
            source,
        }
    }

    fn push(&mut self, text: &str, outer: usize) {
        self.pieces.push((self.text.len(), outer));
        self.text.push_str(text);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a range of the text lies in the source.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let outer = |offset: usize| {
            let piece = self
                .pieces
                .partition_point(|(inner, _)| *inner <= offset)
                .saturating_sub(1);
            self.pieces
                .get(piece)
                .map_or(0, |(inner, outer)| outer + offset.saturating_sub(*inner))
        };
        // The end belongs to the line of the last byte, not to the one after it.
        let (start, end) = if range.end > range.start {
            (outer(range.start), outer(range.end - 1) + 1)
        } else {
            (outer(range.start), outer(range.start))
        };
        Span {
            source: self.source,
            start: offset_u32(start),
            end: offset_u32(end),
        }
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + (text.len() - text.trim_start_matches(WHITE_SPACE).len());
        start..start + text.trim_matches(WHITE_SPACE).len()
    }

    /// The part of it that a range names, with white space trimmed off.
    fn part(&self, range: Range<usize>) -> Self {
        let range = self.trimmed(range);
        let mut part = Self::new(self.source);
        for (index, (inner, outer)) in self.pieces.iter().enumerate() {
            let next = self
                .pieces
                .get(index + 1)
                .map_or(self.text.len(), |(next, _)| *next);
            let (start, end) = (range.start.max(*inner), range.end.min(next));
            if start < end {
                let text = self.text.get(start..end).unwrap_or_default();
                part.push(text, outer + (start - inner));
            }
        }
        if part.pieces.is_empty() {
            part.push("", self.span(range.start..range.start).start as usize);
        }
        part
    }
}

/// `KEY=VALUE` in a section.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub(super) section: &'static str,
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Joined,
}

impl Assignment {
    /// From the key to the end of the value.
    pub(super) fn span(&self) -> Span {
        self.key_span.to(self.value.span(0..self.value.text.len()))
    }
}

/// What a unit file consists of.
#[derive(Debug, Default)]
pub(super) struct UnitFile {
    /// Each `[section]` that systemd knows, with its name.
    pub(super) headers: Vec<(&'static str, Span)>,
    /// What is no unit file's syntax.
    pub(super) malformed: Vec<Problem>,
    /// What systemd ignores.
    pub(super) invalid: Vec<Problem>,
}

/// How many problems of a kind are told of one file or unit: who has so many starts with the first.
const MAX_PROBLEMS: usize = 1000;

/// Adds a problem, unless there are too many to be of use.
pub(super) fn tell(problems: &mut Vec<Problem>, span: Span, message: impl Into<String>) {
    if problems.len() < MAX_PROBLEMS {
        problems.push(Problem::new(span, message));
    }
}

enum Section {
    None,
    Ignored,
    Known(&'static str),
}

/// Reads a unit file or a drop-in, and hands over each assignment in its sections.
pub(super) fn read(source: SourceId, text: &str, mut each: impl FnMut(Assignment)) -> UnitFile {
    let mut file = UnitFile::default();
    let mut section = Section::None;
    let mut pending: Option<Joined> = None;
    let mut mark_seen = false;
    for (start, line) in lines(text) {
        let too_long = pending.as_ref().map_or(0, |joined| joined.text.len()) + line.len();
        if too_long >= MAX_LINE {
            let span = span_at(source, start..start + line.len());
            let message = "a line of more than 1 MiB: systemd does not read on; split it";
            tell(&mut file.malformed, span, message);
            return file;
        }
        if line.is_empty() && pending.is_none() {
            continue;
        }
        if line.trim_start_matches(WHITE_SPACE).starts_with(['#', ';']) {
            continue;
        }
        let (start, line) = match line.strip_prefix('\u{feff}') {
            Some(rest) if !mark_seen => {
                mark_seen = true;
                (start + '\u{feff}'.len_utf8(), rest)
            }
            _ => (start, line),
        };
        let mut joined = pending.take().unwrap_or_else(|| Joined::new(source));
        if ends_in_escape(line) {
            joined.push(&line[..line.len() - 1], start);
            joined.text.push(' ');
            pending = Some(joined);
        } else {
            joined.push(line, start);
            read_line(&mut file, &mut section, &joined).map(&mut each);
        }
    }
    if let Some(joined) = pending {
        read_line(&mut file, &mut section, &joined).map(&mut each);
    }
    file
}

fn span_at(source: SourceId, range: Range<usize>) -> Span {
    Span {
        source,
        start: offset_u32(range.start),
        end: offset_u32(range.end),
    }
}

/// Each line with its offset. A line ends at a line feed, a carriage return, or one of each in any order.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let begin = start;
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        start += length;
        let mut breaks = rest.bytes().skip(length);
        if let Some(first) = breaks.next() {
            start += 1;
            if matches!(
                (first, breaks.next()),
                (b'\n', Some(b'\r')) | (b'\r', Some(b'\n'))
            ) {
                start += 1;
            }
        }
        Some((begin, &rest[..length]))
    })
}

/// Whether the last character is a backslash that no other backslash escapes.
fn ends_in_escape(line: &str) -> bool {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    backslashes % 2 == 1
}

fn read_line(file: &mut UnitFile, section: &mut Section, joined: &Joined) -> Option<Assignment> {
    let range = joined.trimmed(0..joined.text.len());
    let line = joined.text.get(range.clone()).unwrap_or_default();
    if line.is_empty() || line.starts_with(['#', ';']) {
        return None;
    }
    let span = joined.span(range.clone());
    if let Some(header) = line.strip_prefix('[') {
        *section = read_header(file, header, span);
        return None;
    }
    let name = match section {
        Section::None => {
            let message = "an assignment outside of a section; put `[Service]` above it";
            tell(&mut file.malformed, span, message);
            return None;
        }
        Section::Ignored => return None,
        Section::Known(name) => *name,
    };
    let Some(equals) = line.find('=') else {
        let message = "a line without `=`; write `NAME=value`, or end the line before with `\\` if it goes on here";
        tell(&mut file.malformed, span, message);
        return None;
    };
    let key = joined.trimmed(range.start..range.start + equals);
    if key.is_empty() {
        let message = "a line that begins with `=`: the name is missing";
        tell(&mut file.malformed, span, message);
        return None;
    }
    Some(Assignment {
        section: name,
        key: joined.text.get(key.clone()).unwrap_or_default().to_owned(),
        key_span: joined.span(key),
        value: joined.part(range.start + equals + 1..range.end),
    })
}

fn read_header(file: &mut UnitFile, header: &str, span: Span) -> Section {
    let name = if let Some(name) = header.strip_suffix(']') {
        name
    } else {
        let message =
            "a section header that does not end in `]`; nothing may follow it on its line";
        tell(&mut file.malformed, span, message);
        // What follows is read as what was meant, so that one mistake is not many.
        header
            .split(']')
            .next()
            .unwrap_or(header)
            .trim_matches(WHITE_SPACE)
    };
    if let Some(known) = SECTIONS.into_iter().find(|known| *known == name) {
        file.headers.push((known, span));
        return Section::Known(known);
    }
    let unsafe_name = |character: char| character.is_ascii_control() || "\"'\\".contains(character);
    if header.ends_with(']') && name.contains(unsafe_name) {
        let message = "a section header with quotes, backslashes or control characters";
        tell(&mut file.malformed, span, message);
    } else if header.ends_with(']') && !name.starts_with("X-") {
        let message = "systemd ignores this section: a service has `[Unit]`, `[Service]` and `[Install]`, and `[X-…]` for others";
        tell(&mut file.invalid, span, message);
    }
    Section::Ignored
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parsed(text: &str) -> (Sources, UnitFile, Vec<Assignment>) {
        let mut sources = Sources::new();
        let id = sources.add("x.service", text);
        let mut assignments = Vec::new();
        let file = read(id, text, |assignment| assignments.push(assignment));
        (sources, file, assignments)
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        let (_, file, assignments) = parsed(text);
        assert_eq!(file.malformed, [], "{text:?}");
        assignments
            .into_iter()
            .map(|assignment| (assignment.key, assignment.value.text))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn white_space_around_keys_and_values_is_dropped() {
        assert_eq!(pairs("[Service]\n \tA \t=\t b c \t\n"), [pair("A", "b c")]);
    }

    #[test]
    fn comments_of_both_kinds_and_blank_lines_are_skipped() {
        let text = "# a\n  ; b\n\n[Service]\n#A=1\n;B=2\nC=3 # no comment\n";
        assert_eq!(pairs(text), [pair("C", "3 # no comment")]);
    }

    #[test]
    fn a_backslash_at_the_end_continues_the_line_with_a_blank_in_its_place() {
        let text = "[Service]\nA=one\\\n  two \\\n# comment\n;comment\nthree\nB=4\n";
        assert_eq!(pairs(text), [pair("A", "one   two  three"), pair("B", "4")]);
    }

    #[test]
    fn two_backslashes_at_the_end_do_not_continue_the_line() {
        assert_eq!(
            pairs("[Service]\nA=b\\\\\nC=d"),
            [pair("A", "b\\\\"), pair("C", "d")]
        );
    }

    #[test]
    fn the_last_line_may_end_in_a_continuation() {
        assert_eq!(pairs("[Service]\nA=b\\"), [pair("A", "b")]);
    }

    #[test]
    fn every_kind_of_line_break_ends_a_line() {
        let text = "[Service]\r\nA=1\\\r\n 2\r\nB=3\rC=4\n\rD=5\r\n\r\nE=6";
        let expected = [
            pair("A", "1  2"),
            pair("B", "3"),
            pair("C", "4"),
            pair("D", "5"),
            pair("E", "6"),
        ];
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(pairs("\u{feff}[Service]\nA=1"), [pair("A", "1")]);
    }

    #[test]
    fn spans_are_those_of_the_key_and_the_value_even_over_several_lines() {
        let text = "\u{feff}[Service]\n  Key = a\\\n# comment\n  b  \n";
        let (sources, file, assignments) = parsed(text);
        assert_eq!(sources.text(file.headers[0].1), "[Service]");
        let assignment = &assignments[0];
        assert_eq!(sources.text(assignment.key_span), "Key");
        let value = &assignment.value;
        assert_eq!(
            sources.text(value.span(0..value.text().len())),
            "a\\\n# comment\n  b"
        );
        let last = value.text().len() - 1;
        assert_eq!(sources.text(value.span(last..last + 1)), "b");
    }

    #[test]
    fn an_empty_value_has_an_empty_span_behind_the_equals_sign() {
        let (_, _, assignments) = parsed("[Service]\nA=\nB=1\n");
        let span = assignments[0].value.span(0..0);
        assert_eq!((span.start, span.end), (12, 12));
    }

    #[test]
    fn what_is_no_syntax_is_malformed_at_its_line() {
        for (text, at, message) in [
            ("A=1\n[Service]\n", "A=1", "outside of a section"),
            ("[Service]\nA\n", "A", "without `=`"),
            ("[Service]\n=A\n", "=A", "begins with `=`"),
            ("[Service\nA=1\n", "[Service", "does not end in `]`"),
            (
                "[Service] # x\nA=1\n",
                "[Service] # x",
                "does not end in `]`",
            ),
            ("[a\"b]\nA=1\n", "[a\"b]", "quotes"),
        ] {
            let (sources, file, _) = parsed(text);
            assert_eq!(file.malformed.len(), 1, "{text:?}");
            assert_eq!(sources.text(file.malformed[0].span), at);
            assert!(
                file.malformed[0].message.contains(message),
                "{}",
                file.malformed[0].message
            );
        }
    }

    #[test]
    fn a_section_that_systemd_does_not_know_is_ignored_and_invalid_unless_it_is_an_extension() {
        let (sources, file, assignments) =
            parsed("[Servce]\nA=1\nnot an assignment\n[X-Mine]\nB=1\n[Service]\nC=1\n");
        assert_eq!(assignments.len(), 1);
        assert_eq!(file.malformed, []);
        assert_eq!(file.invalid.len(), 1);
        assert_eq!(sources.text(file.invalid[0].span), "[Servce]");
    }

    #[test]
    fn a_file_that_is_wrong_all_over_tells_a_bounded_number_of_problems() {
        let (_, file, _) = parsed(&"x\n".repeat(MAX_PROBLEMS + 1));
        assert_eq!(file.malformed.len(), MAX_PROBLEMS);
    }

    #[test]
    fn a_line_of_more_than_one_mebibyte_is_malformed_however_it_is_made() {
        let long = format!("[Service]\nA={}\nB=1\n", "x".repeat(MAX_LINE));
        let joined = format!("[Service]\nA={}\nB=1\n", "xxxxxxx\\\n".repeat(MAX_LINE / 7));
        for text in [long, joined] {
            let (_, file, assignments) = parsed(&text);
            assert_eq!(file.malformed.len(), 1);
            assert!(assignments.is_empty());
        }
    }
}
