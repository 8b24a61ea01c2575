//! Helm charts, rendered in process: without `helm`, without a network, and with every line traced back to
//! the file that a person edits.
//!
//! What Helm makes anew each time it renders has fixed stand-ins here: random strings and numbers, keys and
//! certificates, and the time, which stands still. `lookup` finds nothing, as in `helm template`, and
//! `values.schema.json` is not looked at.

mod capabilities;
mod chart;
mod dependencies;
mod documents;
mod files;
mod functions;
mod ignore;
mod metadata;
mod objects;
mod provenance;
mod queue;
mod rendering;
mod template;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use documents::Read;
use queue::Queue;

use super::Failure;
use crate::inputs::Inputs;
use crate::registry::Spanned;
use crate::source::{Node, Printed, Problem, SourceId};
use provenance::Text;

/// A chart, and what is said on the command line of `helm template`.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The chart's directory.
    pub chart: &'a Spanned<String>,
    /// Values files, of which a later one goes before an earlier one.
    pub values_files: &'a [Spanned<String>],
    /// Single values over those: as of `--set`, a path and a value for each.
    pub set: &'a BTreeMap<String, String>,
    /// The release's name.
    pub release_name: &'a str,
    /// The release's namespace.
    pub namespace: &'a str,
    /// The version of Kubernetes; `None`: the one that Helm assumes.
    pub kube_version: Option<&'a str>,
    /// Versions of APIs that the cluster has besides those that Helm assumes.
    pub api_versions: &'a [String],
}

/// A rendered chart.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The documents. Each node's span is the place to edit: the template's line, the line of a helper or
    /// of a file that `tpl` ran, or the value in a values file that gives all of a scalar.
    pub documents: Vec<Node>,
    /// Where templates print which values.
    pub printed: Printed,
    /// Whether a template fails, so that any document may be missing.
    pub is_partial: bool,
    /// Templates that fail, and text that does not parse.
    pub malformed: Vec<Problem>,
    /// What parses and is not what its kind requires.
    pub invalid: Vec<Problem>,
    /// What Helm has and kvguard has not.
    pub unsupported: Vec<Problem>,
    /// The files that are no templates.
    definitions: Vec<SourceId>,
}

/// Renders a chart. What could not be looked at is a failure.
pub fn render(inputs: &mut Inputs, options: &Options<'_>) -> (Rendered, Vec<Failure>) {
    // Templates may be nested far deeper than a thread's usual stack has room for.
    const STACK: usize = 256 * 1024 * 1024;
    let printed = Queue::new();
    let run = std::thread::scope(|scope| {
        let inputs = &mut *inputs;
        let printed = &printed;
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, move || {
                let sender = printed.sender();
                let rendered = rendering::render(inputs, options, &sender);
                drop(sender);
                (rendered, read_all(printed))
            })
            .ok()?;
        // What one template printed is read while the next one runs.
        let mut read = read_all(printed);
        let (rendered, more) = thread.join().ok()?;
        read.extend(more);
        Some((rendered, read))
    });
    let Some(((mut rendered, failures), mut read)) = run else {
        let failure = Failure {
            message: format!("the chart `{}` could not be rendered", options.chart.value),
            span: Some(options.chart.span),
        };
        return (Rendered::default(), vec![failure]);
    };
    read.sort_unstable_by_key(|(number, _)| *number);
    for (_, read) in read {
        read.add_to(inputs, &mut rendered);
    }
    for id in std::mem::take(&mut rendered.definitions) {
        documents::plain(inputs, id, &mut rendered);
    }
    (rendered, failures)
}

/// Reads what templates printed, until all is read.
fn read_all(printed: &Queue<Text>) -> Vec<(usize, Read)> {
    let texts = std::iter::from_fn(|| printed.take());
    texts
        .map(|(number, text)| (number, Read::new(text)))
        .collect()
}
