//! Changes of a file's text, made at the spans of the model: what they do depends on the text around a span,
//! not on the kind of deployment.

use std::ops::Range;

use kvguard::source::{Location, Span, Syntax};

use crate::fleet::Fleet;

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub file: String,
    /// The text afterwards; `None`: the file is removed.
    pub text: Option<String>,
    /// The first line that the change touches, from 1; of a removed file none.
    pub line: u32,
    /// How many lines the file loses; negative if it gains some.
    removed: i64,
}

impl Change {
    /// Where a place of the clean fleet is afterwards.
    pub fn moved(&self, place: Location) -> (String, u32) {
        let behind = place.file == self.file && place.line > self.line;
        let line = i64::from(place.line) - if behind { self.removed } else { 0 };
        (place.file, u32::try_from(line).expect("a line"))
    }

    /// Whether it takes out the only line that it touches.
    pub fn takes_out_its_line(&self) -> bool {
        self.removed == 1
    }

    /// The place of the change.
    pub fn place(&self) -> (String, u32) {
        (self.file.clone(), self.line)
    }

    pub fn remove_file(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            text: None,
            line: 0,
            removed: 0,
        }
    }
}

impl Fleet {
    /// Puts text in the place of a range of a span's file.
    pub fn replace(&self, of: Span, range: Range<usize>, with: &str) -> Change {
        let source = self.sources().get(of.source);
        let mut text = source.text().to_string();
        let lines = |text: &str| i64::try_from(text.matches('\n').count()).expect("few lines");
        let removed = lines(&text[range.clone()]) - lines(with);
        let line = lines(&text[..range.start]) + 1;
        text.replace_range(range, with);
        Change {
            file: source.path().to_owned(),
            text: Some(text),
            line: u32::try_from(line).expect("few lines"),
            removed,
        }
    }

    /// Writes another value where one is written, in the quotes that it is written in.
    pub fn rewrite(&self, span: Span, value: &str) -> Change {
        let range = span.start as usize..span.end as usize;
        let written = match self.text(span).chars().next() {
            Some(quote @ ('"' | '\'')) => format!("{quote}{value}{quote}"),
            _ if is_in_quotes(self.sources().get(span.source).text(), range.clone()) => {
                value.to_owned()
            }
            // A value that is nothing must be quoted where the text would otherwise hold none.
            _ if value.is_empty() && self.is_yaml_scalar(span) => "\"\"".to_owned(),
            _ => value.to_owned(),
        };
        self.replace(span, range, &written)
    }

    /// Writes a quoted string in place of whatever value.
    pub fn rewrite_quoted(&self, span: Span, value: &str) -> Change {
        let range = span.start as usize..span.end as usize;
        self.replace(span, range, &format!("\"{value}\""))
    }

    /// A value of its own, not the end of `NAME=value`.
    fn is_yaml_scalar(&self, span: Span) -> bool {
        let before = &self.sources().get(span.source).text()[..span.start as usize];
        let file = self.file(span);
        Syntax::of_path(file) == Some(Syntax::Yaml) && !before.ends_with('=')
    }

    /// Takes a variable out: its lines if they hold nothing else, only its word otherwise.
    pub fn drop_variable(&self, name: Span, value: Span) -> Change {
        let text = self.sources().get(name.source).text();
        if let Some(range) = list_item(text, name) {
            return self.replace(name, range, "");
        }
        let (mut start, mut end) = (name.start as usize, value.end.max(name.end) as usize);
        // The value in quotes, or the assignment as a whole.
        if is_in_quotes(text, value.start as usize..end) {
            end += 1;
        }
        if is_in_quotes(text, start..end) {
            (start, end) = (start - 1, end + 1);
        }
        // An assignment without a value ends in `=` or `:`.
        end += text[end..]
            .bytes()
            .take_while(|byte| b"=:".contains(byte))
            .count();
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
        let before = text[line_start..start].trim().trim_start_matches("- ");
        let alone = matches!(before, "" | "-" | "Environment=" | "name:")
            && text[end..line_end].trim().is_empty();
        let range = if alone {
            line_start..line_end
        } else {
            start..end
        };
        self.replace(name, range, "")
    }

    /// Takes an item out of a list, given the whole list.
    pub fn drop_item(&self, items: &[Span], position: usize) -> Change {
        let item = items[position];
        let range = match (position.checked_sub(1), items.get(position + 1)) {
            (Some(before), _) => items[before].end..item.end,
            (None, Some(next)) => item.start..next.start,
            (None, None) => item.start..item.end,
        };
        let mut change = self.replace(item, range.start as usize..range.end as usize, "");
        change.line = self.place(item).line - u32::from(position > 0);
        change
    }

    /// Takes the lines out from the one of a span to the one of another.
    pub fn drop_lines(&self, first: Span, last: Span) -> Change {
        assert_eq!(first.source, last.source);
        let text = self.sources().get(first.source).text();
        let start = text[..first.start as usize]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let end = text[last.end as usize..]
            .find('\n')
            .map_or(text.len(), |at| last.end as usize + at + 1);
        self.replace(first, start..end, "")
    }

    /// The text with some of its letters changed, at the span of the whole.
    pub fn rewrite_part(&self, span: Span, from: &str, to: &str) -> Change {
        let text = self.text(span);
        let at = text.find(from).expect("the span holds the part");
        let start = span.start as usize + at;
        self.replace(span, start..start + from.len(), to)
    }
}

/// The lines of a list's item that begins with `- name:`, whatever its value is.
fn list_item(text: &str, name: Span) -> Option<Range<usize>> {
    let start = text[..name.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let before = &text[start..name.start as usize];
    if before.trim() != "- name:" {
        return None;
    }
    let dash = before.len() - before.trim_start().len();
    let mut lines = text[start..].split_inclusive('\n');
    let first = lines.next().map_or(0, str::len);
    let rest = lines.take_while(|line| line.len() - line.trim_start_matches(' ').len() > dash);
    Some(start..start + first + rest.map(str::len).sum::<usize>())
}

/// Whether a range is the whole of what stands in quotes.
fn is_in_quotes(text: &str, range: Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    matches!(before, Some('"' | '\'')) && before == after
}
