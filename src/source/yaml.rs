//! Reads YAML: its syntax as YAML 1.2 has it, its plain scalars typed as YAML 1.1 and Kubernetes have
//! them.

mod anchors;
mod lines;
mod merge;
mod reason;
mod scalar;
#[cfg(test)]
mod tests;
mod tree;

use granit_parser::{Event, Parser};

use super::{Documents, Fragment, MAX_DEPTH, Node, Problem};
use anchors::Anchors;
use tree::{Abandon, Tree};

/// Reads a fragment.
///
/// A syntax error ends its document, of which everything before the error is kept; the documents after
/// it are read. Aliases and merge keys are expanded, with the spans of what they stand for.
pub fn read(fragment: &Fragment) -> Documents {
    lines::read(fragment).unwrap_or_else(|| parse(fragment))
}

/// The same, whatever the text is.
fn parse(fragment: &Fragment) -> Documents {
    let mut options = granit_parser::options! {
        emit_anchor_events: false,
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(fragment.text(), options);
    let mut reader = Reader::new(fragment);
    while reader.document(&mut parser) {}
    reader.documents()
}

/// What a scalar without quotes is taken for.
#[cfg(feature = "helm")]
pub(crate) fn plain_scalar_kind(text: &str) -> super::ScalarKind {
    scalar::plain_kind(text)
}

struct Reader<'a> {
    fragment: &'a Fragment,
    roots: Vec<Node>,
    problems: Vec<Problem>,
    anchors: Anchors,
}

impl<'a> Reader<'a> {
    fn new(fragment: &'a Fragment) -> Self {
        Self {
            fragment,
            roots: Vec::new(),
            problems: Vec::new(),
            anchors: Anchors::default(),
        }
    }

    fn documents(self) -> Documents {
        Documents {
            roots: self.roots,
            problems: self.problems,
        }
    }
    /// Reads one document; gives whether there may be another one.
    fn document<'input, I>(&mut self, parser: &mut Parser<'input, I>) -> bool
    where
        I: granit_parser::BorrowedInput<'input>,
    {
        let mut tree = Tree::new(self);
        loop {
            match parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => {
                    tree.finish();
                    return false;
                }
                Some(Ok((Event::DocumentEnd, _))) => {
                    tree.finish();
                    return true;
                }
                Some(Ok((event, span))) => {
                    let range = span.byte_range().unwrap_or_default();
                    if let Err(Abandon) = tree.event(&event, range) {
                        tree.finish();
                        return self.proceed(parser);
                    }
                }
                Some(Err(error)) => {
                    tree.finish();
                    self.problems.push(reason::problem(self.fragment, &error));
                    return self.proceed(parser);
                }
            }
        }
    }

    fn proceed<'input, I>(&mut self, parser: &mut Parser<'input, I>) -> bool
    where
        I: granit_parser::BorrowedInput<'input>,
    {
        match parser.proceed_next_document() {
            Ok(another) => another,
            Err(error) => {
                self.problems.push(reason::problem(self.fragment, &error));
                false
            }
        }
    }

    fn problem(&mut self, range: std::ops::Range<usize>, message: impl Into<String>) {
        let span = self.fragment.span(range);
        self.problems.push(Problem::new(span, message));
    }
}
