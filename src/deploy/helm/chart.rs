//! Charts: what their directories hold.

use std::collections::BTreeMap;

use super::Rendered;
use super::files::Files;
use super::ignore::Ignore;
use super::jobs::{Job, Jobs, Parsing};
use super::metadata::{self, Metadata};
use super::provenance::{Place, Text};
use super::template::value::{Map, MapType};
use super::values::value_of;
use super::work::Ticket;
use crate::deploy::Failure;
use crate::inputs::{Entry, InputError, InputErrorKind, Inputs, join};
use crate::source::{Node, Problem, SourceId, Span, Syntax, read};

/// How deeply charts may be in each other.
const MAX_CHARTS: usize = 16;

/// A chart.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    pub(crate) name: String,
    pub(crate) metadata: Metadata,
    pub(crate) values: Map,
    pub(crate) templates: Vec<Template>,
    pub(crate) files: Vec<(String, SourceId)>,
    /// Definitions of resources, which are no templates.
    pub(crate) definitions: Vec<SourceId>,
    pub(crate) dependencies: Vec<Chart>,
    /// Where `Chart.yaml` is.
    pub(crate) span: Span,
}

/// A template file.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// `templates/…`
    pub(crate) name: String,
    pub(crate) text: Text,
    pub(crate) source: SourceId,
    /// Its parsing, unless it was parsed before.
    pub(crate) parsing: Option<Ticket>,
}

/// Reads a chart and its subcharts.
pub(crate) struct Loader<'a> {
    pub(crate) inputs: &'a mut Inputs,
    pub(crate) rendered: &'a mut Rendered,
    pub(crate) failures: &'a mut Vec<Failure>,
    /// Where the policy names the chart.
    pub(crate) asked: Span,
    /// Who else parses templates meanwhile.
    pub(crate) jobs: &'a Jobs,
}

impl Loader<'_> {
    /// Reads the chart in a directory. None if it has no metadata.
    pub(crate) fn load(&mut self, directory: &str, depth: usize) -> Option<Chart> {
        let metadata_path = join(directory, "Chart.yaml");
        let id = match self.inputs.read(&metadata_path) {
            Ok(id) => id,
            Err(error) => {
                let mut message = error.to_string();
                if error.kind == InputErrorKind::Missing {
                    message.push_str(": a chart's directory holds a `Chart.yaml`");
                }
                let failure = Failure::new(message, Some(self.asked));
                self.failures.push(failure.because_of(&error));
                return None;
            }
        };
        let span = self.inputs.sources().whole(id);
        let before = self.rendered.malformed.len();
        let Some(node) = self.node(id) else {
            if self.rendered.malformed.len() == before {
                let message = "chart.metadata.name is required: the file is empty";
                self.rendered.malformed.push(Problem::new(span, message));
            }
            return None;
        };
        let mut metadata = metadata::read(&node, self.rendered)?;
        let mut chart = Chart {
            name: metadata.name.clone(),
            values: Map::new(MapType::Any),
            templates: Vec::new(),
            files: Vec::new(),
            definitions: Vec::new(),
            dependencies: Vec::new(),
            metadata: metadata.clone(),
            span,
        };
        let ignore = self.ignore(directory);
        let mut names = Vec::new();
        self.walk(directory, "", &ignore, 0, &mut names);
        // Another thread parses templates while the rest is read.
        names.sort_by_key(|name| !name.starts_with("templates/"));
        let mut subcharts: Vec<String> = Vec::new();
        for name in names {
            match name.as_str() {
                "Chart.yaml" | "Chart.lock" | "values.schema.json" | "requirements.lock" => {}
                "values.yaml" => {
                    if let Some(node) = self.source(directory, &name).and_then(|id| self.node(id)) {
                        self.values(&mut chart.values, &node);
                    }
                }
                "requirements.yaml" => {
                    if let Some(node) = self.source(directory, &name).and_then(|id| self.node(id)) {
                        metadata::dependencies(&node, &mut metadata, self.rendered);
                    }
                }
                _ if name.starts_with("templates/") => {
                    if let Some(id) = self.text(directory, &name) {
                        chart.templates.push(self.template(name, id));
                    }
                }
                _ => match name.strip_prefix("charts/") {
                    Some(inner) => {
                        let first = inner.split('/').next().unwrap_or_default().to_owned();
                        if !first.starts_with(['_', '.']) && !subcharts.contains(&first) {
                            subcharts.push(first);
                        }
                    }
                    None => {
                        if let Some(id) = self.source(directory, &name) {
                            if name.starts_with("crds/") && is_manifest(&name) {
                                chart.definitions.push(id);
                            }
                            chart.files.push((name, id));
                        }
                    }
                },
            }
        }
        chart.metadata = metadata;
        for name in subcharts {
            self.subchart(&mut chart, directory, &name, depth);
        }
        Some(chart)
    }

    fn subchart(&mut self, chart: &mut Chart, directory: &str, name: &str, depth: usize) {
        let path = join(directory, &format!("charts/{name}"));
        if name.ends_with(".tgz") {
            let message = format!("`{path}` is an archive, which kvguard does not open; unpack it");
            self.rendered
                .unsupported
                .push(Problem::new(chart.span, message));
            return;
        }
        if depth >= MAX_CHARTS {
            self.fail(format!(
                "charts are more than {MAX_CHARTS} deep in each other at `{path}`"
            ));
            return;
        }
        let is_directory = self
            .inputs
            .list(&join(directory, "charts"))
            .is_ok_and(|entries| {
                let mut entries = entries.iter();
                entries.any(|entry| entry.name == name && entry.is_directory)
            });
        if is_directory && let Some(child) = self.load(&path, depth + 1) {
            chart.dependencies.push(child);
        }
    }

    fn fail(&mut self, message: String) {
        self.failures.push(Failure::new(message, Some(self.asked)));
    }

    fn unread(&mut self, error: &InputError) {
        let failure = Failure::unread(error, Some(self.asked));
        self.failures.push(failure);
    }

    /// The names of all files below a directory that are not ignored.
    fn walk(
        &mut self,
        directory: &str,
        below: &str,
        ignore: &Ignore,
        depth: usize,
        names: &mut Vec<String>,
    ) {
        let path = join(directory, below);
        let entries = match self.inputs.list(&path) {
            Ok(entries) => entries,
            Err(error) => return self.unread(&error),
        };
        for Entry { name, is_directory } in entries {
            let relative = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            if ignore.ignores(&relative, is_directory) {
                continue;
            }
            if !is_directory {
                names.push(relative);
            } else if depth < crate::source::MAX_DEPTH {
                // A subchart reads its own files.
                let is_subchart = relative
                    .strip_prefix("charts/")
                    .is_some_and(|r| !r.contains('/'));
                if is_subchart {
                    names.push(relative);
                } else {
                    self.walk(directory, &relative, ignore, depth + 1, names);
                }
            }
        }
    }

    fn ignore(&mut self, directory: &str) -> Ignore {
        let path = join(directory, ".helmignore");
        if !self.inputs.exists(&path) {
            return Ignore::default();
        }
        let text = self.inputs.read(&path).map(|id| {
            let sources = self.inputs.sources();
            sources.get(id).text().clone()
        });
        match text {
            Ok(text) => Ignore::parse(&text),
            Err(error) => {
                self.unread(&error);
                Ignore::default()
            }
        }
    }

    fn source(&mut self, directory: &str, name: &str) -> Option<SourceId> {
        match self.inputs.read(&join(directory, name)) {
            Ok(id) => Some(id),
            Err(error) => {
                self.unread(&error);
                None
            }
        }
    }

    /// A source that must be text.
    fn text(&mut self, directory: &str, name: &str) -> Option<SourceId> {
        let id = self.source(directory, name)?;
        if let Some(defect) = self.inputs.sources().get(id).defect() {
            self.rendered.malformed.push(defect.clone());
            return None;
        }
        Some(id)
    }

    fn template(&self, name: String, id: SourceId) -> Template {
        let sources = self.inputs.sources();
        let place = Place::verbatim(sources.whole(id));
        let text = Text::of_template(sources.get(id).text().clone(), place);
        let text = match text.strip_prefix('\u{feff}') {
            Some(_) => text.slice('\u{feff}'.len_utf8()..text.len()),
            None => text,
        };
        let is_parsed = self.inputs.kept::<Parsing>(id).is_some();
        Template {
            name,
            source: id,
            parsing: (!is_parsed).then(|| self.jobs.add(Job::Parse(text.clone()))),
            text,
        }
    }

    /// The one document of a YAML file.
    pub(crate) fn node(&mut self, id: SourceId) -> Option<Node> {
        let sources = self.inputs.sources_mut();
        let fragment = crate::source::Fragment::of_source(sources, id);
        let documents = read(sources, &fragment, Syntax::Yaml);
        self.rendered.malformed.extend(documents.problems);
        documents.roots.into_iter().next()
    }

    /// Adds a file's values over those that are there.
    pub(crate) fn values(&mut self, values: &mut Map, node: &Node) {
        if node.is_null() {
            return;
        }
        let read = value_of(self.inputs.sources(), node);
        match read.as_map() {
            Some(map) => super::values::layer(values, map),
            None => self.rendered.malformed.push(Problem::new(
                node.span,
                format!("values must be a mapping, and this is {}", node.kind_name()),
            )),
        }
    }
}

impl Chart {
    /// What templates see as `.Files`.
    pub(crate) fn files(&self, inputs: &Inputs) -> Files {
        let mut all = BTreeMap::new();
        for (name, id) in &self.files {
            let source = inputs.sources().get(*id);
            let place = Place::verbatim(inputs.sources().whole(*id));
            let text = source.defect().is_none().then(|| {
                let text = source.text();
                // A byte-order mark is not part of it.
                Text::of_template(text.clone(), place)
            });
            all.insert(name.clone(), text);
        }
        Files::new(all)
    }
}

fn is_manifest(name: &str) -> bool {
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
}
