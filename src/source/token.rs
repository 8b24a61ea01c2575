//! What the readers found a text to consist of.

use super::{Key, Node, SourceId, Span, Value};

/// What a run of bytes is, for those who show text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name: it may be shown.
    Key,
    /// A value: it is masked unless a finding is about it.
    Scalar,
    /// A value that was read as a document of its own, so that its inner tokens count.
    Container,
}

/// A run of bytes of a source and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TokenKind,
}

impl Token {
    /// The keys and scalars of trees. `about` is how many to expect, so that there is room for them from the start.
    #[cfg(feature = "helm")]
    pub(crate) fn all(roots: &[Node], about: usize) -> Vec<Self> {
        let mut tokens = Vec::with_capacity(about);
        for root in roots {
            collect_tokens(root, &|_| TokenKind::Key, &mut tokens);
        }
        tokens
    }
}

/// A token in half the room: of what is read most of all, there are millions in a large fleet.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedToken {
    start: u32,
    /// The length, and the kind in the two lowest bits. No text is so long that this is too little.
    length_and_kind: u32,
}

impl PackedToken {
    pub(super) fn new(token: Token) -> Self {
        let length = token.span.end.saturating_sub(token.span.start);
        Self {
            start: token.span.start,
            length_and_kind: length.min(u32::MAX >> 2) << 2
                | match token.kind {
                    TokenKind::Key => 0,
                    TokenKind::Scalar => 1,
                    TokenKind::Container => 2,
                },
        }
    }

    pub(super) fn token(self, source: SourceId) -> Token {
        let span = Span {
            source,
            start: self.start,
            end: self.start.saturating_add(self.length_and_kind >> 2),
        };
        let kind = match self.length_and_kind & 3 {
            0 => TokenKind::Key,
            1 => TokenKind::Scalar,
            _ => TokenKind::Container,
        };
        Token { span, kind }
    }
}

/// Adds the keys and scalars of a tree.
pub(super) fn collect_tokens(
    node: &Node,
    kind_of: &dyn Fn(&Key) -> TokenKind,
    tokens: &mut Vec<Token>,
) {
    match &node.value {
        Value::Scalar(_) => tokens.push(Token {
            span: node.span,
            kind: TokenKind::Scalar,
        }),
        Value::Sequence(items) => {
            for item in items {
                collect_tokens(item, kind_of, tokens);
            }
        }
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                tokens.push(Token {
                    span: entry.key.span,
                    kind: kind_of(&entry.key),
                });
                collect_tokens(&entry.value, kind_of, tokens);
            }
        }
    }
}
