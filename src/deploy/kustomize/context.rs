//! The files of one overlay, what is wrong with them, and what may still be spent on it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::deploy::{Failure, RemovedObject};
use crate::inputs::{self, InputErrorKind, Inputs};
use crate::registry::Spanned;
use crate::source::{self, Documents, Fragment, Node, Problem, SourceId, Span, Syntax, Value};

use super::shown;

/// The most documents an overlay may have on the way.
const MAX_DOCUMENTS: usize = 100_000;

/// The most values the documents may have together.
const MAX_NODES: usize = 4_000_000;

/// The most values that patches may go through.
const MAX_WORK: usize = 50_000_000;

/// The most values that replacements may copy.
const MAX_COPIED: usize = 1_000_000;

/// The most kustomizations an overlay may lead to, one that is named twice counted twice.
const MAX_KUSTOMIZATIONS: usize = 5_000;

/// What is wrong with an overlay.
#[derive(Debug, Default)]
pub struct Problems {
    pub malformed: Vec<Problem>,
    pub invalid: Vec<Problem>,
    pub unsupported: Vec<Problem>,
    pub failures: Vec<Failure>,
}

impl Problems {
    pub fn invalid(&mut self, span: Span, message: impl Into<String>) {
        self.invalid.push(Problem::new(span, message));
    }

    pub fn unsupported(&mut self, span: Span, message: impl Into<String>) {
        self.unsupported.push(Problem::new(span, message));
    }

    /// Notes why something could not be done, if it could not.
    pub fn note(&mut self, outcome: Outcome) {
        if let Err(problem) = outcome {
            self.invalid.push(*problem);
        }
    }
}

/// What a step over one document comes to; kustomize refuses the whole overlay for an error.
pub type Outcome<T = ()> = Result<T, Box<Problem>>;

/// An error at a place.
pub fn refuse<T>(span: Span, message: impl Into<String>) -> Outcome<T> {
    Err(Box::new(Problem::new(span, message)))
}

pub struct Context<'a> {
    pub inputs: &'a mut Inputs,
    pub problems: Problems,
    /// The objects that patches removed.
    pub removed: Vec<RemovedObject>,
    /// The files whose problems are told.
    told: HashSet<SourceId>,
    documents: usize,
    nodes: usize,
    work: usize,
    copied: usize,
    kustomizations: usize,
}

impl<'a> Context<'a> {
    pub fn new(inputs: &'a mut Inputs) -> Self {
        Self {
            inputs,
            problems: Problems::default(),
            removed: Vec::new(),
            told: HashSet::new(),
            documents: 0,
            nodes: 0,
            work: 0,
            copied: 0,
            kustomizations: 0,
        }
    }

    /// Counts a document and its values; false, with a problem said once, when there are too many.
    pub fn afford(&mut self, node: &Node) -> bool {
        self.documents += 1;
        let before = self.nodes;
        self.nodes = self.nodes.saturating_add(size(node));
        self.crosses(before, self.nodes, MAX_NODES, node.span, "values")
            && self.within(self.documents, MAX_DOCUMENTS, node.span, "documents")
    }

    /// Counts values that a patch goes through.
    pub fn spend(&mut self, nodes: usize, span: Span) -> bool {
        let before = self.work;
        self.work = self.work.saturating_add(nodes);
        self.crosses(before, self.work, MAX_WORK, span, "values to patch")
    }

    /// Counts values that a replacement copies.
    pub fn copy(&mut self, nodes: usize, span: Span) -> bool {
        let before = self.copied;
        self.copied = self.copied.saturating_add(nodes);
        self.crosses(before, self.copied, MAX_COPIED, span, "values to copy")
    }

    fn crosses(&mut self, before: usize, now: usize, most: usize, span: Span, what: &str) -> bool {
        if now > most && before <= most {
            self.too_many(most, span, what);
        }
        now <= most
    }

    /// Counts a kustomization.
    pub fn enter(&mut self, span: Span) -> bool {
        self.kustomizations += 1;
        self.within(
            self.kustomizations,
            MAX_KUSTOMIZATIONS,
            span,
            "kustomizations",
        )
    }

    fn within(&mut self, count: usize, most: usize, span: Span, what: &str) -> bool {
        if count == most + 1 {
            self.too_many(most, span, what);
        }
        count <= most
    }

    fn too_many(&mut self, most: usize, span: Span, what: &str) {
        let message = format!(
            "the overlay has more than {most} {what} on the way; nothing after this one is built"
        );
        self.problems.unsupported(span, message);
    }

    /// A file that a kustomization names, relative to its directory; it must lie in it or below.
    pub fn file(&mut self, directory: &str, path: &Spanned<String>) -> Option<SourceId> {
        let name = path.value.trim();
        if is_remote(name) {
            self.remote(path);
            return None;
        }
        let full = inputs::join(directory, name);
        let inside = directory.is_empty()
            || full
                .strip_prefix(directory)
                .is_some_and(|rest| rest.starts_with('/'));
        if !inside && !full.starts_with('/') && !full.starts_with("..") {
            let message = format!(
                "`{}` is not in or below the directory of this kustomization, and kustomize reads no file that is not",
                shown(name)
            );
            self.problems.invalid(path.span, message);
            // It is read all the same, so that what is in it is checked.
        }
        match self.inputs.read(&full) {
            Ok(id) => Some(id),
            Err(error) => {
                let message = match error.kind {
                    InputErrorKind::Missing => {
                        format!("`{full}` does not exist, which this kustomization names")
                    }
                    _ => error.to_string(),
                };
                let failure = Failure::new(message, Some(path.span));
                self.problems.failures.push(failure.because_of(&error));
                None
            }
        }
    }

    /// Says that something is not here.
    pub fn remote(&mut self, path: &Spanned<String>) {
        let message = format!(
            "`{}` is remote, which is not read; keep a copy of it in the repository and name that",
            shown(&without_credentials(&path.value))
        );
        self.problems.unsupported(path.span, message);
    }

    /// The documents of a YAML or JSON file.
    pub fn parse(&mut self, id: SourceId) -> Arc<Documents> {
        let documents = self.inputs.documents(id, Syntax::Yaml);
        if self.told.insert(id) {
            let problems = documents.problems.iter().cloned();
            self.problems.malformed.extend(problems);
        }
        documents
    }

    /// The documents in a scalar.
    pub fn parse_scalar(&mut self, node: &Node) -> Option<Documents> {
        let fragment = Fragment::of_scalar(self.inputs.sources_mut(), node)?;
        let documents = source::read(self.inputs.sources_mut(), &fragment, Syntax::Yaml);
        let problems = documents.problems.iter().cloned();
        self.problems.malformed.extend(problems);
        Some(documents)
    }
}

/// How long a text is that counts as much as a value.
pub const TEXT: usize = 64;

/// How deeply values are nested.
pub fn depth(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(_) => 0,
        Value::Sequence(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Mapping(mapping) => {
            let values = mapping.entries().iter().map(|entry| &entry.value);
            values.map(depth).max().unwrap_or(0)
        }
    }
}

/// How many values a value consists of; a long text counts as several.
pub fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(scalar) => scalar.text.len() / TEXT,
        Value::Sequence(items) => items.iter().map(size).sum(),
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .map(|entry| size(&entry.value))
            .sum(),
    }
}

/// Whether a path leads to a server or a repository.
pub fn is_remote(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or_default();
    path.contains("://")
        || path.contains("?ref=")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || host.ends_with(".git")
        || ["github.com", "gitlab.com", "bitbucket.org"]
            .iter()
            .any(|known| host == *known || path.starts_with(&format!("{known}:")))
}

/// A URL without what stands before its `@`.
fn without_credentials(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => url.to_owned(),
    }
}
