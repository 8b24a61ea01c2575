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
pub(crate) mod evaluate;
mod files;
mod functions;
mod ignore;
mod jobs;
mod marks;
mod metadata;
mod objects;
mod provenance;
mod rendering;
mod template;
#[cfg(test)]
mod tests;
mod values;
mod work;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use jobs::{Done, Jobs};
use work::Ticket;

use super::Failure;
use crate::inputs::Inputs;
use crate::registry::Spanned;
use crate::source::{Node, Printed, Printing, Problem, SourceId, Span};

/// A chart, and what is said on the command line of `helm template`.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The chart's directory.
    pub chart: &'a Spanned<String>,
    /// Values files; later files override earlier ones.
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

impl Options<'_> {
    /// That nothing came of the chart.
    fn failure(&self) -> Failure {
        let message = format!("the chart `{}` could not be rendered", self.chart.value);
        Failure::new(message, Some(self.chart.span))
    }
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
    /// What becomes of [`Self::printed`] in the end.
    printings: Vec<Printing>,
    loops: BTreeMap<Span, Option<Span>>,
    /// The jobs that read what templates print.
    readings: Vec<Ticket>,
}

/// Renders a chart. What could not be looked at is a failure.
pub fn render(inputs: &mut Inputs, options: &Options<'_>) -> (Rendered, Vec<Failure>) {
    // Templates may be nested far deeper than a thread's usual stack has room for.
    const STACK: usize = 256 * 1024 * 1024;
    let jobs = Jobs::new(jobs::perform);
    let_heaps_grow();
    make_room();
    let run = OnceLock::new();
    std::thread::scope(|scope| {
        let (inputs, jobs, run) = (&mut *inputs, &jobs, &run);
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, move || {
            make_room();
            let render = AssertUnwindSafe(|| {
                let open = jobs.open();
                let rendered = rendering::render(inputs, options, jobs);
                drop(open);
                jobs.help();
                rendered
            });
            // Whoever waits for a thread to end waits for its stack to be given back too.
            if let Ok(rendered) = catch_unwind(render) {
                let _ = run.set(rendered);
            }
        });
        if thread.is_ok() {
            jobs.help();
        }
    });
    let read = run.into_inner().and_then(|(mut rendered, failures)| {
        for reading in std::mem::take(&mut rendered.readings) {
            match jobs.result(reading)? {
                Done::Read(read) => read.add_to(inputs, &mut rendered),
                Done::Parsed(_) => {}
            }
        }
        Some((rendered, failures))
    });
    let Some((mut rendered, failures)) = read else {
        return (Rendered::default(), vec![options.failure()]);
    };
    let printings = std::mem::take(&mut rendered.printings);
    rendered.printed = Printed::new(&printings, std::mem::take(&mut rendered.loops));
    for id in std::mem::take(&mut rendered.definitions) {
        documents::plain(inputs, id, &mut rendered);
    }
    (rendered, failures)
}

/// Makes a thread's heap as large at once as charts need it. The allocator of glibc lets a heap grow page by
/// page, with a system call for each.
fn make_room() {
    const ROOM: usize = LARGE - 64 * 1024;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(ROOM)));
}

/// Above what the allocator has in a heap at first.
const LARGE: usize = 2 * 1024 * 1024;

/// Once the allocator has given back something as large, it has smaller pieces in heaps, and lets no heap shrink
/// by less.
fn let_heaps_grow() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE)));
}
