//! A kustomization file.

use std::sync::Arc;

use crate::deploy::Failure;
use crate::inputs;
use crate::registry::Spanned;
use crate::source::{Documents, Node, SourceId, Span};

use super::context::Context;
use super::fields::{Fields, Strictness};
use super::shown;

/// What a kustomization file may be called.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The fields of a kustomization.
const FIELDS: [&str; 34] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// What kvguard does not do, and why the result is unknown without.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("openapi", "it changes how patches are merged"),
    ("crds", "it changes which names are updated"),
    (
        "helmCharts",
        "it runs helm; render the chart, or name it as a deployment of the kind `helm`",
    ),
    ("helmGlobals", "it runs helm"),
    ("helmChartInflationGenerator", "it runs helm"),
    ("validators", "it runs a validator"),
];

/// A kustomization, read.
pub struct Kustomization<'n> {
    /// Its directory, relative to the root.
    pub directory: String,
    pub root: Fields<'n>,
    pub is_component: bool,
}

/// A kustomization's file, found and parsed.
pub struct File {
    parsed: Arc<Documents>,
    span: Span,
}

/// Finds the kustomization file of a directory; `asked` is where it is named.
pub fn find(context: &mut Context<'_>, directory: &str, asked: Span) -> Option<File> {
    let mut found: Vec<(SourceId, &str)> = Vec::new();
    for name in NAMES {
        let path = inputs::join(directory, name);
        if !context.inputs.exists(&path) {
            continue;
        }
        match context.inputs.read(&path) {
            Ok(id) => found.push((id, name)),
            Err(error) => context
                .problems
                .failures
                .push(Failure::unread(&error, Some(asked))),
        }
    }
    let shown = if directory.is_empty() { "." } else { directory };
    let [(id, _)] = found[..] else {
        let is_file = !directory.is_empty()
            && context.inputs.exists(directory)
            && !context.inputs.is_directory(directory);
        let message = if is_file {
            let parent = inputs::parent(directory);
            let parent = if parent.is_empty() { "." } else { parent };
            format!(
                "`{shown}` is a file, and the directory with the kustomization is expected here: write `{parent}`"
            )
        } else if found.is_empty() {
            format!("`{shown}` has no kustomization file (`kustomization.yaml`)")
        } else {
            let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
            format!(
                "`{shown}` has several kustomization files: {}; keep one",
                names.join(", ")
            )
        };
        let failure = Failure::new(message, Some(asked));
        let lacks_file = found.is_empty() && !is_file;
        context.problems.failures.push(if lacks_file {
            failure.missing(inputs::join(directory, NAMES[0]))
        } else {
            failure
        });
        return None;
    };
    let parsed = context.parse(id);
    let span = context.inputs.sources().whole(id);
    Some(File { parsed, span })
}

impl File {
    /// What the file says.
    pub fn read(&self, context: &mut Context<'_>, directory: &str) -> Option<Kustomization<'_>> {
        let problems = &mut context.problems;
        let start = Span {
            end: self.span.start,
            ..self.span
        };
        let documents: Vec<&Node> = self
            .parsed
            .roots
            .iter()
            .filter(|root| !root.is_null())
            .collect();
        let Some(root) = documents.first() else {
            if self.parsed.is_whole() {
                problems.invalid(start, "the kustomization is empty; name its `resources`");
            }
            return None;
        };
        if let Some(second) = documents.get(1) {
            problems.invalid(second.span, "a kustomization is one document");
        }
        let what = "a kustomization";
        let fields = Fields::new(problems, root, Strictness::Kustomization, what, &FIELDS)?;
        let says_nothing = FIELDS[2..].iter().all(|name| fields.entry(name).is_none());
        if says_nothing && self.parsed.is_whole() {
            problems.invalid(start, "the kustomization is empty; name its `resources`");
        }
        for (name, why) in UNSUPPORTED {
            if let Some(entry) = fields.entry(name) {
                let message = format!("kvguard does not implement `{name}`: {why}");
                problems.unsupported(entry.key.span, message);
            }
        }
        let kind = fields.some_text(problems, "kind");
        let is_component = kind.as_ref().is_some_and(|kind| kind.value == "Component");
        if let Some(kind) = &kind
            && !matches!(kind.value.as_str(), "Kustomization" | "Component")
        {
            problems.invalid(
                kind.span,
                "the `kind` must be `Kustomization` or `Component`",
            );
        }
        if let Some(version) = fields.some_text(problems, "apiVersion") {
            let needed = if is_component { "v1alpha1" } else { "v1beta1" };
            if version.value != format!("kustomize.config.k8s.io/{needed}") {
                let message =
                    format!("the `apiVersion` must be `kustomize.config.k8s.io/{needed}`");
                problems.invalid(version.span, message);
            }
        }
        Some(Kustomization {
            directory: directory.to_owned(),
            root: fields,
            is_component,
        })
    }
}

impl Kustomization<'_> {
    /// Whether it asks for a note on each document of how it was made.
    pub fn build_metadata(&self, context: &mut Context<'_>) -> Vec<Spanned<String>> {
        let options = self.root.texts(&mut context.problems, "buildMetadata");
        for option in &options {
            match option.value.as_str() {
                "managedByLabel" | "originAnnotations" => {}
                "transformerAnnotations" => context.problems.unsupported(
                    option.span,
                    "kvguard does not implement `transformerAnnotations`: the annotations are missing",
                ),
                other => {
                    let message = format!(
                        "`{}` is no option of `buildMetadata`; use `originAnnotations`, `transformerAnnotations` or `managedByLabel`",
                        shown(other)
                    );
                    context.problems.invalid(option.span, message);
                }
            }
        }
        options
    }
}
