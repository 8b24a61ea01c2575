//! What the readers' tests share.

use super::{Documents, Fragment, Node, Sources, Span, Syntax, read};

/// A text that was read.
pub(super) struct Reading {
    pub(super) sources: Sources,
    pub(super) documents: Documents,
}

pub(super) fn reading(text: &str, syntax: Syntax) -> Reading {
    let mut sources = Sources::new();
    let id = sources.add("file", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, syntax);
    Reading { sources, documents }
}

impl Reading {
    pub(super) fn root(&self) -> &Node {
        &self.documents.roots[0]
    }

    pub(super) fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    /// The text of the node that a pointer names in the first document.
    pub(super) fn at(&self, pointer: &str) -> &str {
        let node = self.root().pointer(pointer);
        self.text(node.unwrap_or_else(|| panic!("no {pointer}")).span)
    }

    /// `line:column message (related line:column)`, as the tests write problems.
    pub(super) fn messages(&self) -> Vec<String> {
        let place = |span| {
            let location = self.sources.location(span);
            format!("{}:{}", location.line, location.column)
        };
        self.documents
            .problems
            .iter()
            .map(|problem| {
                let related = match &problem.related {
                    Some((span, what)) => format!(" ({what} {})", place(*span)),
                    None => String::new(),
                };
                format!("{} {}{related}", place(problem.span), problem.message)
            })
            .collect()
    }

    #[track_caller]
    pub(super) fn assert_problems(&self, expected: &[&str]) {
        assert_eq!(self.messages(), expected);
    }
}

#[test]
fn a_source_that_is_no_text_has_no_documents_but_its_defect() {
    for (bytes, message) in [
        (&b"{\"a\": \"\xff\"}"[..], "not UTF-8 text"),
        (b"a: \0", "a NUL byte: this is not a text"),
    ] {
        for syntax in [Syntax::Json, Syntax::Yaml, Syntax::Toml] {
            let mut sources = Sources::new();
            let id = sources.add_bytes("file", bytes);
            let fragment = Fragment::of_source(&sources, id);
            let documents = read(&mut sources, &fragment, syntax);
            assert!(documents.roots.is_empty());
            assert_eq!(documents.problems.len(), 1);
            assert_eq!(documents.problems[0].message, message);
        }
    }
}
