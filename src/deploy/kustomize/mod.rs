//! Kustomize overlays, built as `kubectl kustomize` (kustomize 5.5) builds them, in process.
//!
//! Every value of the resulting documents keeps the span where a person edits it: in the base, in the
//! patch that set it, in the generator's file, in the entry of the kustomization that wrote it. What
//! kustomize refuses is a problem at its place, and the rest of the overlay is built all the same.

mod accumulate;
mod build_metadata;
mod configuration;
mod context;
mod default_fields;
mod digest;
mod field_path;
mod fields;
mod generators;
mod kustomization;
mod load;
mod names;
mod order;
mod patches;
mod plugins;
mod resource;
mod resource_map;
mod schema;
mod selector;
mod shared;
#[cfg(test)]
mod tests;
mod transformers;
mod variables;

use super::{Failure, RemovedObject};
use crate::inputs::Inputs;
use crate::registry::Spanned;
use crate::source::{Node, Problem};

/// The documents of an overlay, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The documents, in the order in which `kubectl kustomize` prints them.
    pub documents: Vec<Node>,
    /// The objects that patches removed.
    pub removed: Vec<RemovedObject>,
    /// What does not parse: rule `malformed-file`.
    pub malformed: Vec<Problem>,
    /// What parses and is not what its kind requires: rule `invalid-resource`.
    pub invalid: Vec<Problem>,
    /// What kvguard does not implement, so that the result is unknown: rule `unsupported-construct`.
    pub unsupported: Vec<Problem>,
}

/// Builds the overlay in a directory (relative to the root): its documents with what is wrong in its
/// files, and the files that cannot be read.
pub fn render(inputs: &mut Inputs, directory: &Spanned<String>) -> (Rendered, Vec<Failure>) {
    let mut context = context::Context::new(inputs);
    let documents = accumulate::overlay(&mut context, directory);
    let (problems, removed) = (context.problems, context.removed);
    let sorted = |mut problems: Vec<Problem>| {
        // A base that two overlays name shows the same place several times.
        problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        problems.dedup();
        problems
    };
    let rendered = Rendered {
        documents,
        removed,
        malformed: sorted(problems.malformed),
        invalid: sorted(problems.invalid),
        unsupported: sorted(problems.unsupported),
    };
    let mut failures: Vec<Failure> = Vec::new();
    for failure in problems.failures {
        if !failures.contains(&failure) {
            failures.push(failure);
        }
    }
    (rendered, failures)
}

/// A name as a message can repeat it.
fn shown(name: &str) -> String {
    crate::source::shown_name(name)
}
