//! Texts, places in them, and the one value tree that every file format is read into.
//!
//! A [`Source`] is a text with a path. A [`Span`] is a range of bytes in one. A [`Node`] is a value
//! with the span it was written at, whichever format it was written in. A [`Fragment`] is a text to be
//! read that may sit inside another text (JSON in a YAML block scalar), so that the spans of what is
//! read from it are places in the file that a person edits.

pub(crate) mod bytes;
mod fragment;
pub mod json;
mod lines;
mod names;
mod node;
mod painted;
mod printed;
mod sources;
#[cfg(test)]
mod tests;
mod token;
pub mod toml;
#[cfg(feature = "helm")]
mod trace;
mod written;
pub mod yaml;

pub use fragment::Fragment;
pub use names::Names;
pub(crate) use node::unescaped;
pub use node::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Value};
#[cfg(any(feature = "compose", feature = "helm"))]
pub(crate) use printed::Printing;
pub use printed::{Loop, Printed};
pub(crate) use sources::offset_u32;
pub use sources::{Location, Source, SourceId, Sources, Span};
pub use token::{Token, TokenKind};
#[cfg(feature = "helm")]
pub(crate) use trace::{Mark, Place, Trace, Traced};
pub(crate) use written::{actions, is_template_of, is_written, says_only};

/// The most bytes that one file may have.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// The most bytes that all files of one run may have together.
pub const MAX_TOTAL_BYTES: u64 = 512 * 1024 * 1024;

/// How deeply values may be nested in one document.
pub const MAX_DEPTH: usize = 128;

/// How many nodes the aliases of one file may expand to, beyond those that are written out.
pub const MAX_ALIAS_NODES: usize = 1_000_000;

/// How many values all files of one run may hold together: what a few bytes write takes up many times more
/// memory.
pub const MAX_VALUES: usize = 5_000_000;

/// How many mistakes of one text are told.
pub const MAX_PROBLEMS: usize = 1_000;

/// A file format that [`read`] understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Syntax {
    /// JSON, as RFC 8259 has it.
    Json,
    /// YAML, with scalars typed as YAML 1.1 has them.
    Yaml,
    /// TOML 1.0.
    Toml,
}

impl Syntax {
    /// The syntax that a path's extension names: `json`, `yaml`, `yml` or `toml`.
    pub fn of_path(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }

    /// The name as the policy and the messages write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
        }
    }
}

/// Something in a text that keeps it from being read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong, in one line, without any value of the text.
    pub message: String,
    /// Another place that belongs to it, with what it is (the first of two equal keys).
    pub related: Option<(Span, String)>,
}

impl Problem {
    /// A problem at one place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            related: None,
        }
    }

    /// A key that its mapping already has, at `second`.
    pub(crate) fn duplicate_key(name: &str, second: Span, first: Span) -> Self {
        Self {
            span: second,
            message: format!("duplicate key `{}`", shown_name(name)),
            related: Some((first, "first here".to_owned())),
        }
    }
}

/// The most characters of a name that a message repeats.
const SHOWN_NAME: usize = 80;

/// A name as a message can repeat it: on one line, and not endless.
pub(crate) fn shown_name(name: &str) -> String {
    let mut characters = name.chars();
    let mut shown: String = characters
        .by_ref()
        .take(SHOWN_NAME)
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// What a text was read as: its documents in order (JSON and TOML have one), and what was wrong.
///
/// With problems the documents are what could still be read: everything that does not depend on the
/// problem, up to the place where reading had to stop.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The root of each document.
    pub roots: Vec<Node>,
    /// What was wrong, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Documents {
    /// Whether all of the text could be read.
    #[cfg(feature = "kustomize")]
    pub(crate) fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    /// The root of the only document, if there is exactly one.
    pub fn single(&self) -> Option<&Node> {
        match self.roots.as_slice() {
            [root] => Some(root),
            _ => None,
        }
    }
}

/// Reads a fragment in a syntax and notes in `sources` which of its bytes are keys and which are
/// scalars, so that emitters can show the one and mask the other.
///
/// A source whose bytes are no text has no documents, only that problem.
pub fn read(sources: &mut Sources, fragment: &Fragment, syntax: Syntax) -> Documents {
    if let Some(defect) = fragment.defect(sources) {
        return Documents {
            roots: Vec::new(),
            problems: vec![defect.clone()],
        };
    }
    // The TOML parser keeps a tree of its own, and every error.
    let weight = if syntax == Syntax::Toml { 5 } else { 1 };
    if let Some(problem) = sources.charge(fragment, weight) {
        return Documents {
            roots: Vec::new(),
            problems: vec![problem],
        };
    }
    let mut documents = match syntax {
        Syntax::Json => json::read(fragment),
        Syntax::Yaml => yaml::read(fragment),
        Syntax::Toml => toml::read(fragment),
    };
    documents.problems.truncate(MAX_PROBLEMS);
    // Where every key and value has the same place, the place is as secret as the values.
    if !fragment.is_inexact() {
        for root in &documents.roots {
            sources.note_tokens(root);
        }
    }
    documents
}
