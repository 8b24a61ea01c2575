//! Reads YAML line by line, where each line says by itself what it is.
//!
//! Most of what people deploy is block mappings and lists of scalars that end on their line, and literal blocks.
//! Of that the parser makes the same events as here, in five times the time. Whatever is anything else, if only
//! possibly, is left to the parser, from the beginning.

mod tokens;

use std::ops::Range;

use granit_parser::ScalarStyle;

use self::tokens::{
    Plain, Token, flow, is_end, is_item, is_plain_text, key, plain, quoted, without_indent,
};
use super::tree::{Abandon, Tree};
use super::{Reader, scalar};
use crate::source::bytes::position;
use crate::source::{Documents, Fragment, ScalarKind};

/// The text needs the parser.
struct NotPlain;

impl From<Abandon> for NotPlain {
    fn from(_: Abandon) -> Self {
        Self
    }
}

/// The most room, in bytes, that is asked for before it is known how long a block is. What it does not take is
/// given back.
const MAX_ROOM: usize = 64 * 1024;

/// Reads a fragment; `None` if that takes the parser.
pub(super) fn read(fragment: &Fragment) -> Option<Documents> {
    let text = fragment.text();
    if !is_plain_text(text) {
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
            let content = without_indent(&self.text[line.clone()]);
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let start = line.end - content.len();
            if start == line.start && content.starts_with(['-', '.', '%']) {
                if content.trim_end_matches(' ') == "---" {
                    if !is_first {
                        self.end_document()?;
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
        self.end_document()
    }

    /// The next line without its line break.
    fn next_line(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = position(rest.as_bytes(), b'\n').unwrap_or(rest.len());
        self.at = (start + length + 1).min(self.text.len());
        Some(start..start + length)
    }

    /// A document without anything in it is the parser's matter.
    fn end_document(&mut self) -> Result<(), NotPlain> {
        if self.is_empty {
            return Err(NotPlain);
        }
        self.nothing_awaited()?;
        while !self.open.is_empty() {
            self.close();
        }
        self.tree.finish();
        self.is_empty = true;
        Ok(())
    }

    fn scalar(&mut self, token: Token<'t>, start: usize) {
        let kind = if token.is_plain {
            scalar::plain_kind(token.text)
        } else {
            ScalarKind::String
        };
        let range = start..start + token.length;
        self.tree.scalar(kind, token.text, token.is_plain, range);
    }

    fn open(&mut self, is_list: bool, indent: usize, at: usize) -> Result<(), NotPlain> {
        self.open.push(Open { indent, is_list });
        if is_list {
            self.tree.begin_list(at..at)?;
        } else {
            self.tree.begin_mapping(at..at)?;
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.open.pop().is_some() {
            self.tree.end(None);
        }
    }

    /// The awaited value has not come: a key has none. An item without one is the parser's matter.
    fn nothing_awaited(&mut self) -> Result<(), NotPlain> {
        let Some(at) = self.awaited.take() else {
            return Ok(());
        };
        match self.open.last() {
            Some(Open { is_list: false, .. }) => {
                self.tree.scalar(ScalarKind::Null, "", true, at..at);
                Ok(())
            }
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
            self.close();
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
            return self.pair(key(line).ok_or(NotPlain)?, range);
        }
        let rest = without_indent(&line[1..]);
        let start = range.end - rest.len();
        let inner = indent + (start - range.start);
        if is_item(rest) {
            self.open(true, inner, start)?;
            return self.entry(inner, start..range.end);
        }
        if let Some(key) = key(rest) {
            self.open(false, inner, start)?;
            return self.pair(key, start..range.end);
        }
        self.value(range.start, range.start + 1..range.end)
    }

    /// A key that a line begins with, and its value.
    fn pair(&mut self, key: Token<'t>, range: Range<usize>) -> Result<(), NotPlain> {
        let colon = range.start + key.length;
        if key.is_plain && key.text == "<<" {
            self.scalar(key, range.start);
        } else {
            let written = range.start..range.start + key.length;
            self.tree.key(key.text, written);
        }
        self.value(colon, colon + 1..range.end)
    }

    /// The value that a line ends with. `at` is where it would be if it is nothing.
    fn value(&mut self, at: usize, range: Range<usize>) -> Result<(), NotPlain> {
        let rest = without_indent(&self.text[range.clone()]);
        let start = range.end - rest.len();
        match rest.bytes().next() {
            None | Some(b'#') => {
                self.awaited = Some(at);
                Ok(())
            }
            Some(b'"' | b'\'') => {
                let token = quoted(rest).ok_or(NotPlain)?;
                ends(&rest[token.length..])?;
                self.scalar(token, start);
                Ok(())
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
                self.tree.begin_list(start..start + 1)?;
                for (at, token) in flow.items {
                    self.scalar(token, start + at);
                }
                self.tree.end(Some(start + flow.length));
                Ok(())
            }
            Some(b'{') => {
                ends(rest.strip_prefix("{}").ok_or(NotPlain)?)?;
                self.tree.begin_mapping(start..start + 1)?;
                self.tree.end(Some(start + "{}".len()));
                Ok(())
            }
            // What looks like a key here is none, and no value either.
            Some(_) => match plain(rest).ok_or(NotPlain)? {
                Plain::Key(_) => Err(NotPlain),
                Plain::Text(token) => {
                    self.scalar(token, start);
                    Ok(())
                }
            },
        }
    }

    /// The literal block that begins on the next line.
    fn block(&mut self, is_stripped: bool) -> Result<(), NotPlain> {
        let outer = self.open.last().map_or(0, |open| open.indent);
        let mut first = self.next_line().ok_or(NotPlain)?;
        let mut blank_lines = 0;
        while first.is_empty() {
            blank_lines += 1;
            first = self.next_line().ok_or(NotPlain)?;
        }
        let content = without_indent(&self.text[first.clone()]);
        let indent = first.len() - content.len();
        if content.is_empty() || indent <= outer {
            return Err(NotPlain);
        }
        let start = first.start + indent;
        let mut text = String::with_capacity((self.text.len() - first.start).min(MAX_ROOM));
        text.extend(std::iter::repeat_n('\n', blank_lines));
        text.push_str(content);
        let mut end = first.end;
        let mut breaks = 1;
        loop {
            let before = self.at;
            let Some(line) = self.next_line() else { break };
            let content = without_indent(&self.text[line.clone()]);
            let own = line.len() - content.len();
            if own < indent && !content.is_empty() {
                // Neither in nor out of it.
                if own > outer {
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
        let token = scalar::token(self.text, ScalarStyle::Literal, start..end);
        self.tree.scalar(ScalarKind::String, text, false, token);
        Ok(())
    }
}

fn ends(rest: &str) -> Result<(), NotPlain> {
    is_end(rest).then_some(()).ok_or(NotPlain)
}
