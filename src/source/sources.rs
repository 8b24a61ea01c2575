//! The texts of one run, and places in them.

use std::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "helm")]
use std::sync::LazyLock;
use std::sync::{Arc, OnceLock};

use super::bytes::{count, position};
use super::lines::Lines;
use super::painted::Painted;
use super::token::{PackedToken, Token, TokenKind, collect_tokens};
use super::{Fragment, Key, MAX_VALUES, Node, Problem, says_only};

/// Names one text of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Whether every byte of `other` lies in this span.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The smallest span over both, which must be of one source; otherwise `self`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.source != other.source {
            return self;
        }
        Span {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A place as people and editors write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path relative to the root, with `/` between its parts.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A text with its path.
#[derive(Debug, Clone)]
pub struct Source {
    id: SourceId,
    path: Arc<str>,
    text: Arc<str>,
    tokens: Vec<PackedToken>,
    painted: OnceLock<Box<Painted>>,
    /// Asked for only where something is to be shown.
    lines: OnceLock<Box<Lines>>,
    /// Nearly no text has one.
    defect: Option<Box<Problem>>,
    bytes: Option<Arc<[u8]>>,
}

impl Source {
    /// Path relative to the root, with `/` between its parts.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text. It holds secrets: never print it, see [`Source::tokens`].
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// What the readers found the text to consist of; empty if none could read it.
    pub fn tokens(&self) -> impl ExactSizeIterator<Item = Token> + Clone {
        self.tokens.iter().map(|token| token.token(self.id))
    }

    /// Which bytes the readers found to be names, and which values.
    pub(crate) fn painted(&self) -> &Painted {
        self.painted
            .get_or_init(|| Box::new(Painted::new(self.tokens())))
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Box::new(Lines::new(&self.text)))
    }

    /// How many characters begin before a byte.
    fn characters_before(&self, offset: usize) -> usize {
        self.lines().characters_before(&self.text, offset)
    }

    /// Why the bytes are no text (not UTF-8, a NUL byte), if they are not.
    pub fn defect(&self) -> Option<&Problem> {
        self.defect.as_deref()
    }

    /// The bytes as they were read, if they are not UTF-8.
    pub fn bytes(&self) -> Option<&Arc<[u8]>> {
        self.bytes.as_ref()
    }

    /// The line a byte is in, from 0.
    pub fn line_of(&self, offset: u32) -> usize {
        self.lines().line_of(&self.text, offset as usize)
    }

    /// The bytes of a line, its line break excluded; empty past the end.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        self.lines().range_of(&self.text, line)
    }
}

/// All texts of one run, in the order they were read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Source>,
    /// How many values the texts read so far may hold.
    values: usize,
    /// Room for tokens while they are gathered.
    noting: Vec<Token>,
    /// What stands before the paths that people are shown.
    shown_from: String,
    /// The texts whose paths are shown as they are.
    named: BTreeSet<SourceId>,
    /// What stands for several values at once, by source and beginning, with its end.
    inexact: BTreeMap<(SourceId, u32), u32>,
    /// What scalars stand for whose text was rendered from several files.
    #[cfg(feature = "helm")]
    renderings: BTreeMap<Span, Vec<Rendering>>,
}

/// A scalar's text, and where its bytes come from.
#[cfg(feature = "helm")]
#[derive(Debug, Clone)]
struct Rendering {
    text: Arc<str>,
    marks: Arc<LaterMarks>,
}

/// Marks that are made once somebody asks: of most scalars nobody does.
#[cfg(feature = "helm")]
pub(super) type LaterMarks =
    LazyLock<Vec<super::Mark>, Box<dyn FnOnce() -> Vec<super::Mark> + Send>>;

impl Sources {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. A byte-order mark stays part of it: the readers decide what to make of it.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(offset_u32(self.all.len()));
        self.all.push(Source {
            id,
            painted: OnceLock::new(),
            lines: OnceLock::new(),
            path: path.into(),
            text: text.into(),
            tokens: Vec::new(),
            defect: None,
            bytes: None,
        });
        id
    }

    /// Adds bytes. What is not UTF-8, and NUL bytes, become the source's [`Source::defect`].
    pub fn add_bytes(&mut self, path: impl Into<Arc<str>>, bytes: &[u8]) -> SourceId {
        let mut binary = None;
        let (text, defect): (Arc<str>, _) = match std::str::from_utf8(bytes) {
            Ok(text) => {
                let nul = position(bytes, 0);
                let nul = nul.map(|offset| (offset, "a NUL byte: this is not a text"));
                (Arc::from(text), nul)
            }
            Err(error) => {
                let text = String::from_utf8_lossy(bytes);
                binary = Some(Arc::from(bytes));
                (
                    Arc::from(text),
                    Some((error.valid_up_to(), "not UTF-8 text")),
                )
            }
        };
        let id = self.add(path, text);
        self.all[id.0 as usize].bytes = binary;
        if let Some((offset, message)) = defect {
            let text = &self.all[id.0 as usize].text;
            let bad = text.get(offset..).and_then(|rest| rest.chars().next());
            let span = Span {
                source: id,
                start: offset_u32(offset),
                end: offset_u32(offset + bad.map_or(0, char::len_utf8)),
            };
            self.all[id.0 as usize].defect = Some(Box::new(Problem::new(span, message)));
        }
        id
    }

    /// Counts what a text may hold; a problem if that is too much with all that was read before. Whatever the
    /// format, there is no value without a line, a comma or a bracket of its own. `weight` is how many times
    /// each counts.
    pub(crate) fn charge(&mut self, fragment: &Fragment, weight: usize) -> Option<Problem> {
        let text = fragment.text();
        let before = self.values;
        let separates = |byte| matches!(byte, b'\n' | b',' | b'[' | b'{' | b'(');
        let count = count(text.as_bytes(), separates) * weight;
        if before + count <= MAX_VALUES {
            self.values += count;
            return None;
        }
        let separators = text.as_bytes().iter().enumerate();
        let (offset, _) = separators
            .filter(|(_, byte)| separates(**byte))
            .nth((MAX_VALUES - before) / weight)?;
        let message = format!(
            "too many values: all files together may hold {}; name fewer or smaller files",
            MAX_VALUES / weight
        );
        Some(Problem::new(fragment.span(offset..offset + 1), message))
    }

    /// A source by its id.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.all[id.0 as usize]
    }

    /// All sources, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.all
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(offset_u32(index)), source))
    }

    /// A span of the whole source.
    pub fn whole(&self, id: SourceId) -> Span {
        Span {
            source: id,
            start: 0,
            end: offset_u32(self.get(id).text.len()),
        }
    }

    /// The text of a span. It may be a secret.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Shows paths to people with this before them: the way from where they are to the root, with `/` at its end.
    pub fn show_paths_from(&mut self, way: String) {
        self.shown_from = way;
    }

    /// Says that a text's path is as the user named it, so that nothing stands before it.
    pub(crate) fn note_named(&mut self, id: SourceId) {
        self.named.insert(id);
    }

    /// Whether a text lies outside of the root, so that its path is as the user named it and not relative to the root.
    pub fn is_named(&self, id: SourceId) -> bool {
        self.named.contains(&id)
    }

    /// A text's path as people are shown it.
    pub fn shown_path(&self, id: SourceId) -> String {
        let path = self.get(id).path();
        if self.is_named(id) {
            path.to_owned()
        } else {
            format!("{}{path}", self.shown_from)
        }
    }

    /// The place of a span's first byte, with the path as people are shown it.
    pub fn shown_location(&self, span: Span) -> Location {
        Location {
            file: self.shown_path(span.source),
            ..self.location(span)
        }
    }

    /// The place of a span's first byte.
    pub fn location(&self, span: Span) -> Location {
        let source = self.get(span.source);
        let line = source.line_of(span.start);
        let range = source.line_range(line);
        let end = (span.start as usize).clamp(range.start, source.text.len());
        let column = source.characters_before(end) - source.characters_before(range.start);
        Location {
            file: source.path.to_string(),
            line: offset_u32(line + 1),
            column: offset_u32(column + 1),
        }
    }

    /// The place behind a span's last byte.
    pub fn end_location(&self, span: Span) -> Location {
        let behind = Span {
            start: span.end.max(span.start),
            ..span
        };
        self.location(behind)
    }

    /// Notes a run of bytes of which nothing finer is known: a document in a scalar that does not stand
    /// there as it is read, a place where a value was put in. It is the place of several values, so it may
    /// neither be shown nor be replaced for the sake of one.
    pub(crate) fn note_inexact(&mut self, span: Span) {
        let end = self.inexact.entry((span.source, span.start)).or_default();
        *end = span.end.max(*end);
    }

    /// Whether a span is one of which nothing finer is known, or lies in one.
    pub fn is_inexact(&self, span: Span) -> bool {
        self.inexact_before(span.source, span.start)
            .is_some_and(|(_, end)| span.end <= end)
    }

    /// Whether a span meets one of which nothing finer is known.
    pub fn meets_inexact(&self, span: Span) -> bool {
        self.inexact_before(span.source, span.end)
            .is_some_and(|(_, end)| span.start <= end)
    }

    fn inexact_before(&self, source: SourceId, offset: u32) -> Option<(u32, u32)> {
        let mut before = self.inexact.range((source, 0)..=(source, offset));
        before.next_back().map(|((_, start), end)| (*start, *end))
    }

    /// Notes that a scalar's text was rendered. `marks` tells where its bytes come from.
    #[cfg(feature = "helm")]
    pub(crate) fn note_rendering(
        &mut self,
        span: Span,
        text: Arc<str>,
        marks: impl FnOnce() -> Vec<super::Mark> + Send + 'static,
    ) {
        let renderings = self.renderings.entry(span).or_default();
        if !renderings.iter().any(|known| known.text == text) {
            let marks = Arc::new(LaterMarks::new(Box::new(marks)));
            renderings.push(Rendering { text, marks });
        }
    }

    /// A scalar's text, and where its bytes come from, if it was rendered.
    #[cfg(feature = "helm")]
    pub(super) fn rendering(&self, span: Span, text: &str) -> Option<(Arc<str>, Arc<LaterMarks>)> {
        let renderings = self.renderings.get(&span)?;
        let found = renderings.iter().find(|known| *known.text == *text)?;
        Some((found.text.clone(), found.marks.clone()))
    }

    /// Notes a run of bytes for those who show text.
    pub fn note_token(&mut self, span: Span, kind: TokenKind) {
        let source = &mut self.all[span.source.0 as usize];
        source.painted = OnceLock::new();
        source.tokens.push(PackedToken::new(Token { span, kind }));
    }

    /// Notes the keys and scalars of a tree.
    pub fn note_tokens(&mut self, node: &Node) {
        let mut tokens = std::mem::take(&mut self.noting);
        // A place can hold more than the key, such as the whole document that a template prints. It is as secret as the values.
        let kind_of = |key: &Key| {
            if says_only(self.text(key.span), &key.text) {
                TokenKind::Key
            } else {
                TokenKind::Scalar
            }
        };
        collect_tokens(node, &kind_of, &mut tokens);
        self.note_all(&tokens);
        tokens.clear();
        self.noting = tokens;
    }

    /// Notes tokens of any sources.
    pub(crate) fn note_all(&mut self, tokens: &[Token]) {
        // Nearly always all are of one source.
        for tokens in tokens.chunk_by(|one, next| one.span.source == next.span.source) {
            let source = &mut self.all[tokens[0].span.source.0 as usize];
            source.painted = OnceLock::new();
            let tokens = tokens.iter().copied();
            source.tokens.extend(tokens.map(PackedToken::new));
        }
    }
}

/// Offsets fit 32 bits: no text is larger than [`super::MAX_FILE_BYTES`]; more saturates.
pub(crate) fn offset_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
