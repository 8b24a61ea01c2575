//! Reads YAML line by line, where each line says by itself what it is.
//!
//! Most of what people deploy is block mappings and lists of scalars that end on their line, and literal blocks.
//! Of that the parser makes the same events as here, in five times the time. Whatever is anything else, if only
//! possibly, is left to the parser, from the beginning.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::Reader;
use super::tree::{Abandon, Tree};
use crate::source::{Documents, Fragment};

/// The text needs the parser.
struct NotPlain;

impl From<Abandon> for NotPlain {
    fn from(_: Abandon) -> Self {
        Self
    }
}

/// The longest key that is looked at: the parser has a limit of its own.
const MAX_KEY: usize = 1000;

/// Reads a fragment; `None` if that takes the parser.
pub(super) fn read(fragment: &Fragment) -> Option<Documents> {
    let text = fragment.text();
    if !text.chars().all(is_plain_character) {
        return None;
    }
    let mut reader = Reader::new(fragment);
    let mut lines = Lines {
        text,
        at: 0,
        open: Vec::new(),
        awaited: None,
        is_empty: true,
        tree: Tree::new(&mut reader),
    };
    lines.all().ok()?;
    Some(reader.documents())
}

/// Neither a tab, nor any other control character, line break or mark that has a meaning of its own.
fn is_plain_character(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..)
        && !matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// A mapping or list whose end has not come yet.
struct Open {
    indent: usize,
    is_list: bool,
}

struct Lines<'t, 'r, 'a> {
    text: &'t str,
    /// Where the next line begins.
    at: usize,
    open: Vec<Open>,
    /// Where the value of the last key or item would be, which is to come on a line of its own.
    awaited: Option<usize>,
    /// Whether nothing was read of the document yet.
    is_empty: bool,
    tree: Tree<'r, 'a>,
}

impl<'t> Lines<'t, '_, '_> {
    fn all(&mut self) -> Result<(), NotPlain> {
        let mut is_first = true;
        while let Some(line) = self.next_line() {
            let content = self.text[line.clone()].trim_start_matches(' ');
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let start = line.end - content.len();
            if start == line.start {
                if content.trim_end_matches(' ') == "---" {
                    if !is_first {
                        self.end_document(start)?;
                    }
                    is_first = false;
                    continue;
                }
                if content.starts_with("---")
                    || content.starts_with("...")
                    || content.starts_with('%')
                {
                    return Err(NotPlain);
                }
            }
            is_first = false;
            self.line(start - line.start, start..line.end)?;
        }
        self.end_document(self.text.len())
    }

    /// The next line without its line break.
    fn next_line(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at = (start + length + 1).min(self.text.len());
        Some(start..start + length)
    }

    /// A document without anything in it is the parser's matter.
    fn end_document(&mut self, at: usize) -> Result<(), NotPlain> {
        if self.is_empty {
            return Err(NotPlain);
        }
        self.nothing_awaited()?;
        while !self.open.is_empty() {
            self.close(at)?;
        }
        self.tree.finish();
        self.is_empty = true;
        Ok(())
    }

    fn emit(&mut self, event: &Event<'_>, range: Range<usize>) -> Result<(), NotPlain> {
        Ok(self.tree.event(event, range)?)
    }

    fn scalar(
        &mut self,
        text: impl Into<Cow<'t, str>>,
        style: ScalarStyle,
        range: Range<usize>,
    ) -> Result<(), NotPlain> {
        self.emit(&Event::Scalar(text.into(), style, 0, None), range)
    }

    fn open(&mut self, is_list: bool, indent: usize, at: usize) -> Result<(), NotPlain> {
        self.open.push(Open { indent, is_list });
        let style = StructureStyle::Block;
        let event = if is_list {
            Event::SequenceStart(style, 0, None)
        } else {
            Event::MappingStart(style, 0, None)
        };
        self.emit(&event, at..at)
    }

    fn close(&mut self, at: usize) -> Result<(), NotPlain> {
        match self.open.pop() {
            Some(Open { is_list: true, .. }) => self.emit(&Event::SequenceEnd, at..at),
            Some(_) => self.emit(&Event::MappingEnd, at..at),
            None => Ok(()),
        }
    }

    /// The awaited value has not come: a key has none. An item without one is the parser's matter.
    fn nothing_awaited(&mut self) -> Result<(), NotPlain> {
        let Some(at) = self.awaited.take() else {
            return Ok(());
        };
        match self.open.last() {
            Some(Open { is_list: false, .. }) => self.scalar("~", ScalarStyle::Plain, at..at),
            _ => Err(NotPlain),
        }
    }

    /// A line with something on it.
    fn line(&mut self, indent: usize, range: Range<usize>) -> Result<(), NotPlain> {
        let is_item = is_item(&self.text[range.clone()]);
        if self.awaited.is_some() {
            let is_value = self.open.last().is_some_and(|open| {
                indent > open.indent || indent == open.indent && !open.is_list && is_item
            });
            if is_value {
                self.awaited = None;
                self.open(is_item, indent, range.start)?;
                return self.entry(indent, range);
            }
            self.nothing_awaited()?;
        }
        while self.open.last().is_some_and(|open| {
            open.indent > indent || open.indent == indent && open.is_list && !is_item
        }) {
            self.close(range.start)?;
        }
        match self.open.last() {
            Some(open) if open.indent == indent && open.is_list == is_item => {}
            None if self.is_empty => self.open(is_item, indent, range.start)?,
            _ => return Err(NotPlain),
        }
        self.entry(indent, range)
    }

    /// An item of the innermost list, or a key of the innermost mapping and what follows it on its line.
    fn entry(&mut self, indent: usize, range: Range<usize>) -> Result<(), NotPlain> {
        self.is_empty = false;
        let line = &self.text[range.clone()];
        if !is_item(line) {
            let key = key(line).ok_or(NotPlain)?;
            let colon = range.start + key.colon;
            let written = range.start..range.start + key.written;
            self.scalar(key.text, key.style, written)?;
            return self.value(colon, colon + 1..range.end);
        }
        let rest = line[1..].trim_start_matches(' ');
        let start = range.end - rest.len();
        let inner = indent + (start - range.start);
        if is_item(rest) || key(rest).is_some() {
            self.open(is_item(rest), inner, start)?;
            return self.entry(inner, start..range.end);
        }
        self.value(range.start, range.start + 1..range.end)
    }

    /// The value that a line ends with. `at` is where it would be if it is nothing.
    fn value(&mut self, at: usize, range: Range<usize>) -> Result<(), NotPlain> {
        let line = &self.text[range.clone()];
        let rest = line.trim_start_matches(' ');
        let start = range.end - rest.len();
        let placed = |token: &Range<usize>| start + token.start..start + token.end;
        match rest.bytes().next() {
            None | Some(b'#') => {
                self.awaited = Some(at);
                Ok(())
            }
            Some(b'"' | b'\'') => {
                let (text, style, length) = quoted(rest).ok_or(NotPlain)?;
                ends(&rest[length..])?;
                self.scalar(text, style, start..start + length)
            }
            Some(b'|') => {
                let is_stripped = match rest.trim_end_matches(' ') {
                    "|" => false,
                    "|-" => true,
                    _ => return Err(NotPlain),
                };
                self.block(is_stripped)
            }
            Some(b'[') => {
                let flow = flow(rest).ok_or(NotPlain)?;
                ends(&rest[flow.length..])?;
                let style = StructureStyle::Flow;
                self.emit(&Event::SequenceStart(style, 0, None), placed(&(0..1)))?;
                for (text, style, token) in flow.items {
                    self.scalar(text, style, placed(&token))?;
                }
                let end = flow.length - 1..flow.length;
                self.emit(&Event::SequenceEnd, placed(&end))
            }
            Some(b'{') => {
                ends(rest.strip_prefix("{}").ok_or(NotPlain)?)?;
                let style = StructureStyle::Flow;
                self.emit(&Event::MappingStart(style, 0, None), placed(&(0..1)))?;
                self.emit(&Event::MappingEnd, placed(&(1..2)))
            }
            Some(_) => {
                let text = plain(rest).ok_or(NotPlain)?;
                // What looks like a key here is none, and no value either.
                if colon(text).is_some() {
                    return Err(NotPlain);
                }
                self.scalar(text, ScalarStyle::Plain, start..start + text.len())
            }
        }
    }

    /// The literal block that begins on the next line.
    fn block(&mut self, is_stripped: bool) -> Result<(), NotPlain> {
        let outer = self.open.last().map_or(0, |open| open.indent);
        let first = self.next_line().ok_or(NotPlain)?;
        let content = self.text[first.clone()].trim_start_matches(' ');
        let indent = first.len() - content.len();
        if content.is_empty() || indent <= outer {
            return Err(NotPlain);
        }
        let start = first.start + indent;
        let mut text = content.to_owned();
        let mut end = first.end;
        let mut breaks = 1;
        loop {
            let before = self.at;
            let Some(line) = self.next_line() else { break };
            let content = self.text[line.clone()].trim_start_matches(' ');
            let own = line.len() - content.len();
            if own < indent && !content.is_empty() {
                // A comment behind it, or something that is neither in nor out of it.
                if own > outer || content.starts_with('#') {
                    return Err(NotPlain);
                }
                self.at = before;
                break;
            }
            if own <= indent && content.is_empty() {
                breaks += 1;
                continue;
            }
            text.extend(std::iter::repeat_n('\n', breaks));
            text.push_str(&self.text[line.start + indent..line.end]);
            end = line.end;
            breaks = 1;
        }
        // Whether the last line break counts that is not there is the parser's matter.
        if !self.text.ends_with('\n') {
            return Err(NotPlain);
        }
        if !is_stripped {
            text.push('\n');
        }
        self.scalar(text, ScalarStyle::Literal, start..end)
    }
}

/// Whether a line begins with the dash of an item.
fn is_item(line: &str) -> bool {
    line == "-" || line.starts_with("- ")
}

/// Nothing follows but a comment.
fn ends(rest: &str) -> Result<(), NotPlain> {
    let content = rest.trim_start_matches(' ');
    let is_comment = content.starts_with('#') && content.len() < rest.len();
    if content.is_empty() || is_comment {
        Ok(())
    } else {
        Err(NotPlain)
    }
}

struct Key<'t> {
    text: &'t str,
    style: ScalarStyle,
    /// How many bytes it takes up, its quotes included.
    written: usize,
    /// Where its colon is.
    colon: usize,
}

/// The key that a line begins with.
fn key(line: &str) -> Option<Key<'_>> {
    let (text, style, written) = if line.starts_with(['"', '\'']) {
        quoted(line)?
    } else {
        let colon = colon(plain(line)?)?;
        (&line[..colon], ScalarStyle::Plain, colon)
    };
    let is_key = colon(&line[written..]) == Some(0);
    (is_key && written <= MAX_KEY && !text.ends_with(' ')).then_some(Key {
        text,
        style,
        written,
        colon: written,
    })
}

/// Where the first colon is that ends a key.
fn colon(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| matches!(bytes.get(at + 1), None | Some(b' '));
    let colons = bytes.iter().enumerate().filter(|(_, byte)| **byte == b':');
    colons.map(|(at, _)| at).find(ends)
}

/// The scalar without quotes that a line begins with, up to a comment.
fn plain(line: &str) -> Option<&str> {
    let first = *line.as_bytes().first()?;
    let second = line.as_bytes().get(1).copied().unwrap_or(b' ');
    if b",[]{}#&*!|>'\"%@`".contains(&first) || b"-?:".contains(&first) && second == b' ' {
        return None;
    }
    let end = line.find(" #").unwrap_or(line.len());
    Some(line[..end].trim_end_matches(' '))
}

/// The scalar in quotes that a line begins with, and how many bytes it takes up; none if it has an escape.
fn quoted(line: &str) -> Option<(&str, ScalarStyle, usize)> {
    let (quote, style) = match line.as_bytes().first()? {
        b'"' => ('"', ScalarStyle::DoubleQuoted),
        _ => ('\'', ScalarStyle::SingleQuoted),
    };
    let inner = line.get(1..)?;
    let text = &inner[..inner.find(quote)?];
    let length = text.len() + 2;
    let is_escaped = match quote {
        '"' => text.contains('\\'),
        _ => line[length..].starts_with('\''),
    };
    (!is_escaped).then_some((text, style, length))
}

/// A list in brackets.
struct Flow<'t> {
    items: Vec<(&'t str, ScalarStyle, Range<usize>)>,
    /// How many bytes it takes up.
    length: usize,
}

/// The list in brackets that a line begins with, if it holds but words and scalars in quotes.
fn flow(line: &str) -> Option<Flow<'_>> {
    let is_word = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '$' | '=')
    };
    let mut items = Vec::new();
    let mut at = 1;
    let blanks = |at: usize| at + (line[at..].len() - line[at..].trim_start_matches(' ').len());
    at = blanks(at);
    if line[at..].starts_with(']') {
        return Some(Flow {
            items,
            length: at + 1,
        });
    }
    loop {
        let rest = &line[at..];
        let (text, style, length) = if rest.starts_with(['"', '\'']) {
            quoted(rest)?
        } else {
            let length = rest.find(|c| !is_word(c))?;
            let text = plain(&rest[..length]).filter(|text| !text.starts_with(['-', '.', '=']))?;
            (text, ScalarStyle::Plain, length)
        };
        items.push((text, style, at..at + length));
        at = blanks(at + length);
        match line.as_bytes().get(at)? {
            b',' => at = blanks(at + 1),
            b']' => {
                return Some(Flow {
                    items,
                    length: at + 1,
                });
            }
            _ => return None,
        }
    }
}
