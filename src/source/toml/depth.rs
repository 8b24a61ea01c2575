//! Refuses texts that nest too deeply before the parser sees them: it bounds how deep values nest and
//! how long dotted keys are, but not both together, and takes its tables apart recursively.

use std::ops::Range;

use crate::source::{Fragment, MAX_DEPTH, Problem};

/// The place where a text nests too deeply.
///
/// What is counted is an upper bound: a number's dot counts as if it were a key's.
pub(super) fn too_deep(fragment: &Fragment) -> Option<Problem> {
    let place = Scanner::new(fragment.text()).too_deep()?;
    let message = format!("nested more than {MAX_DEPTH} levels deep");
    Some(Problem::new(fragment.span(place), message))
}

struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
    /// How many levels the table header gives.
    header: usize,
    /// For each open bracket, how many levels its present item has so far; the first one is the line's.
    levels: Vec<usize>,
    total: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            position: 0,
            header: 0,
            levels: vec![0],
            total: 0,
        }
    }

    fn too_deep(mut self) -> Option<Range<usize>> {
        let mut line_is_new = true;
        while let Some(&byte) = self.bytes.get(self.position) {
            let at = self.position;
            self.position += 1;
            match byte {
                b' ' | b'\t' | b'\r' => continue,
                b'#' => self.skip_to_line_end(),
                // No key goes over a line's end, so a bracket that is not closed adds up nothing.
                b'\n' => {
                    self.next_item();
                    line_is_new = true;
                    continue;
                }
                b'"' | b'\'' => self.skip_string(byte),
                b'[' if line_is_new && self.levels.len() == 1 => self.table_header(),
                b'[' | b'{' => {
                    self.levels.push(0);
                    self.grow();
                }
                b']' | b'}' => self.close(),
                b'.' => self.grow(),
                b',' => self.next_item(),
                _ => {}
            }
            line_is_new = false;
            if self.header + self.total > MAX_DEPTH {
                return Some(at..at + 1);
            }
        }
        None
    }

    fn grow(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            *level += 1;
            self.total += 1;
        }
    }

    /// A new item of the innermost bracket: only the bracket itself counts.
    fn next_item(&mut self) {
        let own = usize::from(self.levels.len() > 1);
        if let Some(level) = self.levels.last_mut() {
            self.total -= level.saturating_sub(own);
            *level = (*level).min(own);
        }
    }

    fn close(&mut self) {
        if self.levels.len() > 1
            && let Some(level) = self.levels.pop()
        {
            self.total -= level;
        }
    }

    /// Counts the dots of a table's header: the line up to its end.
    fn table_header(&mut self) {
        self.header = 2;
        while let Some(&byte) = self.bytes.get(self.position) {
            match byte {
                b'\n' | b'#' => break,
                b'"' | b'\'' => {
                    self.position += 1;
                    self.skip_string(byte);
                    continue;
                }
                b'.' => self.header += 1,
                _ => {}
            }
            self.position += 1;
        }
    }

    fn skip_to_line_end(&mut self) {
        while self
            .bytes
            .get(self.position)
            .is_some_and(|byte| *byte != b'\n')
        {
            self.position += 1;
        }
    }

    /// Skips a string whose first quote is passed. Only one of three quotes goes over several lines.
    fn skip_string(&mut self, quote: u8) {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let multi_line = rest.starts_with(&[quote, quote]);
        self.position += if multi_line { 2 } else { 0 };
        while let Some(&byte) = self.bytes.get(self.position) {
            if byte == b'\n' && !multi_line {
                return;
            }
            self.position += 1;
            if byte == b'\\' && quote == b'"' {
                let escaped = self.bytes.get(self.position);
                self.position += usize::from(escaped.is_some_and(|byte| *byte != b'\n'));
            } else if byte == quote {
                let rest = self.bytes.get(self.position..).unwrap_or_default();
                if !multi_line {
                    return;
                }
                if rest.starts_with(&[quote, quote]) {
                    self.position += 2;
                    return;
                }
            }
        }
    }
}
