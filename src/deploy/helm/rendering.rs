//! From a chart to its documents.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::chart::{Chart, Loader};
use super::functions::semver::Constraint;
use super::jobs::{Done, Job, Jobs, Parsing};
use super::objects::Object;
use super::provenance::Text;
use super::template::value::{Data, Map, MapType, Value};
use super::template::{Bodies, Engine, Fault, SyntaxError, run};
use super::work::Ticket;
use super::{Options, Rendered, capabilities, dependencies, documents, metadata, values};
use crate::deploy::Failure;
use crate::inputs::Inputs;
use crate::source::{Problem, SourceId, Span};

/// A template file, and what it is run with.
struct Template {
    name: Arc<str>,
    text: Text,
    source: SourceId,
    parsing: Option<Ticket>,
    base_path: Arc<str>,
    values: Map,
}

impl Template {
    /// Why it does not parse.
    fn problem(&self, error: SyntaxError) -> Option<Problem> {
        let next = self
            .text
            .get(error.at..)
            .and_then(|rest| rest.chars().next());
        let end = error.at + next.map_or(0, char::len_utf8);
        let start = error.at.min(self.text.len().saturating_sub(1));
        let span = self.text.template_span(start..end)?;
        Some(Problem::new(span, error.message))
    }
}

/// Runs a chart's templates, and has read what each prints.
pub(super) fn render(
    inputs: &mut Inputs,
    options: &Options<'_>,
    jobs: &Jobs,
) -> (Rendered, Vec<Failure>) {
    let mut rendered = Rendered::default();
    let mut failures = Vec::new();
    let mut loader = Loader {
        inputs,
        rendered: &mut rendered,
        failures: &mut failures,
        asked: options.chart.span,
        jobs,
    };
    let directory = options.chart.value.trim_end_matches('/');
    let Some(mut chart) = loader.load(directory, 0) else {
        return (rendered, failures);
    };
    let given = given_values(&mut loader, options);
    if chart.metadata.is_library {
        let message = "library charts are not installable: name the chart that uses it";
        failures.push(Failure::new(message, Some(options.chart.span)));
        return (rendered, failures);
    }
    let Some((kube_version, capabilities)) = capabilities::read(options) else {
        let message = "the version of Kubernetes is no version";
        failures.push(Failure::new(message, Some(options.chart.span)));
        return (rendered, failures);
    };
    if let Some((wanted, span)) = &chart.metadata.kube_version
        && !Constraint::parse(wanted).is_some_and(|wanted| wanted.fits(&kube_version))
    {
        let message = format!(
            "chart requires kubeVersion: {} which is incompatible with Kubernetes {kube_version}",
            crate::source::shown_name(wanted)
        );
        rendered.malformed.push(Problem::new(*span, message));
    }
    dependencies::enable(&mut chart, &given, "", &mut rendered);
    dependencies::import(&mut chart);
    if let Err(name) = values::coalesce(&chart, &given, false) {
        rendered.is_partial = true;
        let message = format!(
            "type mismatch on {}: the values of a subchart must be a mapping",
            crate::source::shown_name(&name)
        );
        rendered.malformed.push(Problem::new(chart.span, message));
        return (rendered, failures);
    }
    let common = Common {
        release: release(options),
        capabilities,
        inputs,
    };
    let mut templates = Vec::new();
    common.collect(&chart, &chart.name, Some(&given), true, &mut templates);
    collect_definitions(&chart, &mut rendered.definitions);
    if run_all(templates, inputs, jobs, &mut rendered).is_none() {
        failures.push(options.failure());
    }
    (rendered, failures)
}

/// The values files one over the other, and the single values over them.
fn given_values(loader: &mut Loader<'_>, options: &Options<'_>) -> Map {
    let mut given = Map::new(MapType::Any);
    for file in options.values_files {
        match loader.inputs.read(&file.value) {
            Ok(id) => {
                if let Some(node) = loader.node(id) {
                    loader.values(&mut given, &node);
                }
            }
            Err(error) => {
                let failure = Failure::unread(&error, Some(file.span));
                loader.failures.push(failure);
            }
        }
    }
    if let Err(message) = values::set_all(&given, options.set) {
        let failure = Failure::new(message, Some(options.chart.span));
        loader.failures.push(failure);
    }
    given
}

fn release(options: &Options<'_>) -> Value {
    let release = Map::new(MapType::Any);
    release.insert("Name", options.release_name.into());
    release.insert("Namespace", options.namespace.into());
    release.insert("IsUpgrade", Value::bool(false));
    release.insert("IsInstall", Value::bool(true));
    release.insert("Revision", Value::int(1));
    release.insert("Service", "Helm".into());
    release.into()
}

fn collect_definitions(chart: &Chart, found: &mut Vec<SourceId>) {
    found.extend(chart.definitions.iter().copied());
    for child in &chart.dependencies {
        collect_definitions(child, found);
    }
}

/// What every chart's templates see alike.
struct Common<'a> {
    release: Value,
    capabilities: Value,
    inputs: &'a Inputs,
}

impl Common<'_> {
    /// The templates of a chart and its subcharts; gives what they see.
    fn collect(
        &self,
        chart: &Chart,
        path: &str,
        values: Option<&Map>,
        is_root: bool,
        templates: &mut Vec<Template>,
    ) -> Map {
        let sees = Map::new(MapType::Values);
        let values = match values {
            Some(values) => Map {
                of: MapType::Values,
                ..values.clone()
            },
            None => Map::new(MapType::Values),
        };
        let subcharts = Map::new(MapType::Any);
        let sources = self.inputs.sources();
        sees.insert(
            "Chart",
            metadata::object(&chart.metadata, &chart.name, is_root, sources),
        );
        sees.insert(
            "Files",
            Value::object(Object::Files(chart.files(self.inputs))),
        );
        sees.insert("Release", self.release.clone());
        sees.insert("Capabilities", self.capabilities.clone());
        sees.insert("Values", values.clone().into());
        sees.insert("Subcharts", subcharts.clone().into());
        for child in &chart.dependencies {
            let inner = values.get(&child.name);
            let inner = inner.as_ref().and_then(Value::as_map);
            let path = format!("{path}/charts/{}", child.name);
            let seen = self.collect(child, &path, inner, false, templates);
            let plain = Map {
                of: MapType::Any,
                ..seen
            };
            subcharts.insert(child.name.as_str(), plain.into());
        }
        for template in &chart.templates {
            let name = &template.name;
            let base = name.rsplit('/').next().unwrap_or_default();
            if chart.metadata.is_library && !base.starts_with('_') {
                continue;
            }
            templates.push(Template {
                name: Arc::from(format!("{path}/{name}")),
                text: template.text.clone(),
                source: template.source,
                parsing: template.parsing,
                base_path: Arc::from(format!("{path}/templates")),
                values: sees.clone(),
            });
        }
        sees
    }
}

/// Runs all templates that are manifests, in Helm's order; `None` if another thread could not parse one.
fn run_all(
    mut templates: Vec<Template>,
    inputs: &mut Inputs,
    jobs: &Jobs,
    rendered: &mut Rendered,
) -> Option<()> {
    templates.sort_by_cached_key(|template| {
        Reverse((template.name.matches('/').count(), template.name.clone()))
    });
    let mut bodies = Bodies::new();
    let mut broken: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut lost = String::new();
    for template in &templates {
        // Other values have the same templates, and so has a chart that is used under several names.
        let parsed = match inputs.kept::<Parsing>(template.source) {
            Some(parsed) => parsed,
            None => match jobs.result(template.parsing?)? {
                Done::Parsed(parsed) => inputs.keep(template.source, parsed),
                Done::Read(_) => return None,
            },
        };
        match Parsing::clone(&parsed) {
            Ok(parsed) => parsed.add_to(&mut bodies, template.name.clone()),
            Err(error) => {
                rendered.malformed.extend(template.problem(error));
                rendered.is_partial = true;
                broken.insert(template.name.clone());
                lost.push_str(&template.text);
            }
        }
    }
    let bodies = Rc::new(bodies);
    let mut engine = Engine::default();
    let mut told = BTreeSet::new();
    for template in &templates {
        let base = template.name.rsplit('/').next().unwrap_or_default();
        if base.starts_with('_') || broken.contains(&template.name) {
            continue;
        }
        let Some(body) = bodies.get(&template.name) else {
            continue;
        };
        let this = Map::new(MapType::Values);
        this.insert("Name", (&*template.name).into());
        this.insert("BasePath", (&*template.base_path).into());
        template.values.insert("Template", this.into());
        let dot = Value::from(Data::Map(template.values.clone()));
        engine.included.clear();
        match run(&mut engine, &bodies, body, &dot) {
            Ok(_) if template.name.ends_with("NOTES.txt") => {}
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => {
                let job = Job::Read(text.without("<no value>"));
                rendered.readings.push(jobs.add(job));
            }
            Err(mut fault) => {
                if let Some(printed) = fault.printed.take() {
                    documents::cut_off(&printed, rendered);
                }
                rendered.is_partial = true;
                tell(*fault, template, &lost, &mut told, rendered);
            }
        }
    }
    rendered.loops.extend(engine.take_loops());
    Some(())
}

/// Notes why a template failed; what only follows from a template that does not parse is not told.
fn tell(
    fault: Fault,
    template: &Template,
    lost: &str,
    told: &mut BTreeSet<(Option<Span>, String)>,
    rendered: &mut Rendered,
) {
    let missing = fault.missing_template.as_deref();
    if missing.is_some_and(|name| lost.contains(&format!("\"{name}\""))) {
        return;
    }
    if !told.insert((fault.span, fault.message.clone())) {
        return;
    }
    let whole = || template.text.template_span(0..template.text.len());
    let Some(span) = fault.span.or_else(whole) else {
        return;
    };
    let mut problem = Problem::new(span, fault.message);
    problem.related = fault
        .outer
        .map(|outer| (outer, "rendered by this action".to_owned()));
    if fault.unsupported {
        rendered.unsupported.push(problem);
    } else {
        rendered.malformed.push(problem);
    }
}
