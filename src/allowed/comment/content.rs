//! The parts of a text that hold no comments.

use std::ops::Range;

use crate::source::{Source, TokenKind};

/// The values of a text, and the JSON documents within it.
pub(super) struct Content<'s> {
    source: &'s Source,
    /// JSON has no comments. In order, and none within another.
    json: Vec<Range<usize>>,
}

impl<'s> Content<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        let documents = source
            .tokens()
            .filter(|token| token.kind == TokenKind::Container);
        let ranges = documents.map(|token| token.span.start as usize..token.span.end as usize);
        let text = |range: &Range<usize>| source.text().get(range.clone()).unwrap_or_default();
        let mut json: Vec<Range<usize>> = ranges.filter(|range| is_json(text(range))).collect();
        json.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        json.dedup_by(|later, first| later.end <= first.end);
        Self { source, json }
    }

    /// Whether a part of the text belongs to a value, as a line of a script does, or to JSON.
    pub(super) fn holds(&self, range: &Range<usize>) -> bool {
        let next = self.json.partition_point(|json| json.start <= range.start);
        let before = next.checked_sub(1).and_then(|last| self.json.get(last));
        before.is_some_and(|json| range.start < json.end)
            || self.source.painted().values.touch(range)
    }
}

/// Whether a document within a YAML text, from its block indicator on, is JSON and no template.
fn is_json(text: &str) -> bool {
    let blank = |sign: char| sign.is_whitespace() || matches!(sign, '|' | '>' | '-' | '+');
    let content = text.trim_start_matches(blank);
    content.starts_with(['{', '[']) && !content.starts_with("{{")
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_is_known_by_its_first_sign() {
        for text in ["|\n  {\"a\": 1}", ">-\n  [1]", "{}"] {
            assert!(is_json(text), "{text}");
        }
        for text in ["|\n  a: 1", "|\n  {{ .a }}", "|", ""] {
            assert!(!is_json(text), "{text}");
        }
    }
}
