//! A text to be read, wherever it sits.

use std::ops::Range;
use std::sync::Arc;

use super::sources::offset_u32;
use super::{Node, SourceId, Sources, Span, TokenKind};

/// A text to be read, and how its bytes map to those of the source it sits in.
#[derive(Debug, Clone)]
pub struct Fragment {
    text: Arc<str>,
    source: SourceId,
    map: OffsetMap,
}

#[derive(Debug, Clone)]
enum OffsetMap {
    /// Inner byte `n` is outer byte `base + n`.
    Shifted(u32),
    /// For each inner line, where it begins inside and outside.
    Lines(Vec<(u32, u32)>),
    /// Nothing finer is known than the whole.
    Whole(Span),
}

impl Fragment {
    /// A whole source.
    pub fn of_source(sources: &Sources, id: SourceId) -> Self {
        Self {
            text: sources.get(id).text().clone(),
            source: id,
            map: OffsetMap::Shifted(0),
        }
    }

    /// The text that a scalar stands for, so that a document in it can be read.
    ///
    /// Of a literal block scalar every line maps to the outer line, of a quoted or plain scalar without
    /// escapes every byte; of all others (folded, escaped, spread over lines) every span is the whole
    /// scalar's. `None` if the node is no scalar.
    pub fn of_scalar(sources: &mut Sources, node: &Node) -> Option<Self> {
        let text: Arc<str> = Arc::from(&*node.as_scalar()?.text);
        let outer = sources.text(node.span);
        let map = match outer.find(&*text) {
            Some(offset) if !text.is_empty() => {
                OffsetMap::Shifted(node.span.start + offset_u32(offset))
            }
            _ => match literal_lines(outer, node.span.start, &text) {
                Some(lines) => OffsetMap::Lines(lines),
                None => OffsetMap::Whole(node.span),
            },
        };
        if !matches!(map, OffsetMap::Whole(_)) {
            sources.note_token(node.span, TokenKind::Container);
        }
        Some(Self {
            text,
            source: node.span.source,
            map,
        })
    }

    /// The text to be read.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Where a range of the text's bytes lies in the source.
    pub fn span(&self, range: Range<usize>) -> Span {
        match &self.map {
            OffsetMap::Shifted(base) => Span {
                source: self.source,
                start: base.saturating_add(offset_u32(range.start)),
                end: base.saturating_add(offset_u32(range.end)),
            },
            OffsetMap::Lines(lines) => {
                let outer = |offset: u32| {
                    let line = lines.partition_point(|(inner, _)| *inner <= offset).max(1) - 1;
                    lines[line].1 + (offset - lines[line].0)
                };
                let start = outer(offset_u32(range.start));
                // The end belongs to the line of the last byte, not to the one after it.
                let end = if range.end > range.start {
                    outer(offset_u32(range.end - 1)) + 1
                } else {
                    start
                };
                Span {
                    source: self.source,
                    start,
                    end,
                }
            }
            OffsetMap::Whole(span) => *span,
        }
    }
}

/// For each line of a literal block scalar's text, where it begins in the outer text: each line must
/// stand there unchanged but for its indentation.
fn literal_lines(outer: &str, base: u32, text: &str) -> Option<Vec<(u32, u32)>> {
    let mut outer_lines = Vec::new();
    let mut offset = 0;
    for line in outer.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        outer_lines.push((offset, content));
        offset += line.len();
    }
    let mut lines = Vec::new();
    let mut inner_offset = 0;
    let mut candidates = outer_lines.iter();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let (outer_offset, outer_content) = candidates.by_ref().find(|(_, outer_content)| {
            outer_content
                .strip_suffix(content)
                .is_some_and(|indent| indent.bytes().all(|byte| byte == b' '))
        })?;
        let indent = outer_content.len() - content.len();
        lines.push((
            offset_u32(inner_offset),
            base + offset_u32(outer_offset + indent),
        ));
        inner_offset += line.len();
    }
    (!lines.is_empty()).then_some(lines)
}
