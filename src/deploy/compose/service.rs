//! From the services of a project to its workloads.

use std::collections::{BTreeMap, HashMap};

use super::dangling::dangling;
use super::interpolate::{Text, UNKNOWN};
use super::load::{Loader, Project};
use super::tree::{self, Entry, Map, Scalar, Tree, Value, string_of};
use super::{Problems, merge, network, paths, shown};
use crate::deploy::command::Argument;
use crate::deploy::dotenv::Format;
use crate::deploy::{
    AddressFilter, Environment, Idle, Image, Known, Mount, MountSource, Network, Taken, Variable,
    Workload,
};
use crate::source::{Printing, Span};

/// The fields that cannot be null once everything is merged.
const NEVER_NULL: [&str; 6] = [
    "environment",
    "env_file",
    "volumes",
    "configs",
    "secrets",
    "profiles",
];

/// The workloads of a project, in the order they are written, and the names of the services that no profile turns on.
///
/// Each service is done with before the next one is looked at, and gone then: of a large fleet, what is left
/// for later is far away by then.
pub fn workloads(
    loader: &mut Loader<'_>,
    project: Project,
    profiles: Option<&[String]>,
) -> (Vec<Workload>, Vec<String>) {
    let Project {
        mut model,
        environment,
        directory,
    } = project;
    check_resources(&model, &mut loader.problems);
    let services = model.remove("services").map(|entry| entry.value.value);
    let Some(Value::Map(services)) = services else {
        return (Vec::new(), Vec::new());
    };
    let mut off = Vec::new();
    let is_unread = !loader.problems.failures.is_empty();
    let mut services: Vec<(String, Entry)> = services.into_iter().collect();
    services.sort_by_key(|(_, entry)| entry.key);
    let mut workloads = Vec::with_capacity(services.len());
    for (name, entry) in services {
        let kind = entry.value.kind_name();
        let Value::Map(mut service) = entry.value.value else {
            let message = format!("service `{}` must be a mapping, not {kind}", shown(&name));
            loader.problems.invalid(entry.key, message);
            continue;
        };
        paths::resolve_service(&mut service, &directory);
        for field in NEVER_NULL {
            if let Some(entry) = service.get(field).filter(|entry| entry.value.is_null()) {
                let message = format!(
                    "`{field}` of service `{}` is empty; give it a value or leave it out",
                    shown(&name)
                );
                loader.problems.invalid(entry.key, message);
            }
        }
        if is_on(&service, profiles, &mut loader.problems) {
            let failures = loader.problems.failures.len();
            let mut workload = workload(loader, &model, &environment, name, entry.key, service);
            workload.is_unread = is_unread || loader.problems.failures.len() > failures;
            workloads.push(workload);
        } else {
            off.push(name);
        }
    }
    (workloads, off)
}

fn is_on(service: &Map, profiles: Option<&[String]>, problems: &mut Problems) -> bool {
    let own = service
        .get("profiles")
        .map_or(&[][..], |entry| entry.value.as_list());
    if let Some(unknown) = own
        .iter()
        .find(|profile| profile.as_string().is_some_and(|text| text.opaque))
    {
        problems.undecided(unknown.span, "a profile");
    }
    let Some(on) = profiles else {
        return true;
    };
    own.is_empty()
        || on.iter().any(|on| {
            on == "*"
                || own
                    .iter()
                    .any(|own| own.as_string().is_some_and(|own| own.text == *on))
        })
}

fn workload(
    loader: &mut Loader<'_>,
    model: &Map,
    interpolation: &tree::Environment,
    name: String,
    key: Span,
    mut service: Map,
) -> Workload {
    let is_set = |field: &str| match service.get(field).map(|entry| &entry.value.value) {
        Some(Value::Scalar(scalar)) => !scalar.text.text.is_empty(),
        _ => false,
    };
    if !["image", "build", "provider"].into_iter().any(is_set) {
        let message = format!(
            "service `{}` has neither an `image` nor a `build`",
            shown(&name)
        );
        loader.problems.invalid(key, message);
    }
    let mut other_names = Vec::new();
    for field in ["container_name", "hostname"] {
        if let Some((text, span)) = string_of(&service, field) {
            if text.opaque {
                loader.problems.undecided(span, &format!("`{field}`"));
            } else if !text.text.is_empty()
                && text.text != name
                && !other_names.contains(&text.text)
            {
                other_names.push(text.text.clone());
            }
        }
    }
    let own = service.remove("environment");
    let environment_span = own.as_ref().map_or(key, |entry| entry.key);
    let (environment, mut taken) = environment(loader, interpolation, own, &service);
    for cleared in loader.cleared.of(&name) {
        let (variable, span) = (&cleared.name, cleared.span);
        if cleared.is_replaced {
            taken.replace(variable, span);
        } else {
            taken.remove(variable, span);
        }
    }
    let network = network::read(model, &service, &name, key);
    Workload {
        name,
        network: Network::Project(Box::new(network)),
        address_filter: AddressFilter::default(),
        is_socket_activated: false,
        idle: idle(&service),
        name_span: key,
        other_names,
        environment_span,
        environment,
        untold: Vec::new(),
        is_unread: false,
        overridden: Vec::new(),
        taken,
        command: command(&service),
        image: string_of(&service, "image").map(|(text, span)| Image {
            name: (!text.opaque).then(|| text.text.clone()),
            span,
        }),
        mounts: mounts(model, &service, &mut loader.problems),
        dangling: dangling(loader, model, &service).into(),
        pod: None,
    }
}

/// The words that a service is started with, as far as the files tell: those of its image are not known.
fn command(service: &Map) -> Vec<Argument> {
    let mut words = Vec::new();
    for field in ["entrypoint", "command"] {
        let Some(entry) = service.get(field) else {
            continue;
        };
        match &entry.value.value {
            Value::Scalar(scalar) => words.push(Argument::Line {
                text: scalar.text.text.clone(),
                span: entry.value.span,
            }),
            Value::List(items) => words.extend(items.iter().filter_map(|item| {
                let Value::Scalar(scalar) = &item.value else {
                    return None;
                };
                Some(Argument::Word {
                    text: scalar.text.text.clone(),
                    span: item.span,
                })
            })),
            _ => {}
        }
    }
    words
}

/// Whether no container is made of a service.
fn idle(service: &Map) -> Option<Idle> {
    let replicas = || service.get("deploy")?.value.as_map()?.get("replicas");
    let (entry, field) = match service.get("scale") {
        Some(scale) if !scale.value.is_null() => (scale, "scale"),
        _ => (replicas()?, "deploy.replicas"),
    };
    let Value::Scalar(Scalar { text, .. }) = &entry.value.value else {
        return None;
    };
    (!text.opaque && text.text.parse() == Ok(0)).then(|| Idle {
        span: entry.value.span,
        why: format!("never runs: its `{field}` is 0"),
        help: format!("set `{field}` to 1, or take it away"),
    })
}

/// The variables of a service's own `environment`, and those of `env_file` that it does not name; and which of its own
/// have no value.
fn environment(
    loader: &mut Loader<'_>,
    interpolation: &tree::Environment,
    own: Option<Entry>,
    service: &Map,
) -> (Environment, Taken) {
    let own = own.map(|entry| merge::assignments(entry.value.value));
    let mut own_variables: BTreeMap<String, Option<Variable>> = BTreeMap::new();
    let mut taken = Taken::default();
    for item in own.unwrap_or_default() {
        let Value::Assignment(assignment) = item.value else {
            continue;
        };
        let known = assignment.value.map(Text::known);
        let known = known.or_else(|| {
            let passed_on = interpolation.get(&assignment.name)?;
            let place = passed_on.place;
            let printing = place.map(|place| Printing::new(assignment.name_span, place));
            loader.printings.extend(printing);
            Some(passed_on.value.clone())
        });
        let (name_span, value_span) = (assignment.name_span, assignment.value_span);
        if known.is_none() {
            taken.leave_to_host(&assignment.name, name_span);
        }
        let variable = known.map(|value| Variable {
            value,
            name_span,
            value_span,
        });
        own_variables.insert(assignment.name, variable);
    }
    let files = service
        .get("env_file")
        .map_or(&[][..], |entry| entry.value.as_list());
    if files.is_empty() {
        let set = own_variables.into_iter();
        let set = set.filter_map(|(name, variable)| Some((name, variable?)));
        return (set.collect(), taken);
    }
    let set = own_variables.iter();
    let set = set.filter_map(|(name, variable)| Some((name.clone(), variable.clone()?)));
    let mut variables: BTreeMap<String, Variable> = set.collect();
    let lookup = |name: &str| {
        let own = || {
            own_variables
                .get(name)?
                .as_ref()
                .map(|variable| variable.value.clone())
        };
        let put_in = interpolation.get(name);
        put_in.map(|own| own.value.clone()).or_else(own)
    };
    for item in files {
        env_file(loader, item, &lookup, &mut variables);
    }
    // `environment` wins, even where it names a variable that nothing gives a value.
    for (name, variable) in own_variables {
        match variable {
            Some(variable) => variables.insert(name, variable),
            None => variables.remove(&name),
        };
    }
    (variables.into_iter().collect(), taken)
}

fn env_file(
    loader: &mut Loader<'_>,
    item: &Tree,
    lookup: &dyn Fn(&str) -> Option<Known>,
    variables: &mut BTreeMap<String, Variable>,
) {
    let Some(map) = item.as_map() else {
        return;
    };
    let format = match string_of(map, "format") {
        None => Format::Dotenv,
        Some((text, _)) if matches!(text.text.as_str(), "" | ".env") => Format::Dotenv,
        Some((text, _)) if text.text == "raw" => Format::Raw,
        Some((_, span)) => {
            let message = "unknown format of an `env_file`; Docker Compose knows `raw`";
            return loader.problems.unsupported(span, message);
        }
    };
    let required = match map.get("required").map(|entry| &entry.value) {
        None => true,
        Some(Tree {
            value: Value::Scalar(Scalar { text, .. }),
            span,
        }) => match truth(&text.text) {
            Some(required) => required,
            None => {
                return loader
                    .problems
                    .invalid(*span, "`required` must be `true` or `false`");
            }
        },
        Some(other) => {
            return loader
                .problems
                .invalid(other.span, "`required` must be `true` or `false`");
        }
    };
    for (name, entry) in map.iter() {
        if !matches!(name.as_str(), "path" | "required" | "format") {
            let message = format!("`{}` is no part of an `env_file` item", shown(name));
            loader.problems.invalid(entry.key, message);
        }
    }
    // The path is relative to the root by now.
    if let Some((path, span)) = string_of(map, "path")
        && let Some(file) = loader.file("", path, span, "env_file")
    {
        loader.env_file(&file, format, required, lookup, variables);
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn mounts(model: &Map, service: &Map, problems: &mut Problems) -> Vec<Mount> {
    let items = |name: &str| {
        service
            .get(name)
            .map_or(&[][..], |entry| entry.value.as_list())
    };
    let count = ["volumes", "configs", "secrets"].map(|name| items(name).len());
    let mut mounts = Vec::with_capacity(count.iter().sum());
    for item in items("volumes") {
        if let Some(map) = item.as_map() {
            mounts.extend(volume(model, map, item.span, problems));
        }
    }
    let mut targets: HashMap<&str, Span> = HashMap::new();
    for mount in &mounts {
        if targets.insert(&mount.target, mount.span).is_some() {
            problems.invalid(
                mount.span,
                "two volumes of this service have the same target",
            );
        }
    }
    // Another service's volumes may be anywhere.
    mounts.extend(items("volumes_from").iter().map(|item| Mount {
        target: "/".to_owned(),
        source: MountSource::Volume(String::new()),
        span: item.span,
    }));
    for (kind, base) in [("configs", "/"), ("secrets", "/run/secrets/")] {
        for item in items(kind) {
            if let Some(map) = item.as_map() {
                mounts.extend(object(model, kind, base, map, item.span, problems));
            }
        }
    }
    mounts
}

fn volume(model: &Map, map: &Map, span: Span, problems: &mut Problems) -> Option<Mount> {
    let (target, target_span) = string_of(map, "target")?;
    if target.opaque {
        problems.undecided(target_span, "the target of a volume");
        return None;
    }
    let (kind, _) = string_of(map, "type")?;
    let source = match (kind.text.as_str(), string_of(map, "source")) {
        (_, Some((text, _))) if text.opaque => MountSource::Volume(text.text.replace(UNKNOWN, "…")),
        ("bind", Some((text, _))) => file_source(&text.text),
        ("volume", Some((text, source_span))) => {
            if resource(model, "volumes", &text.text).is_none() {
                let message = format!(
                    "the volume `{}` is not defined under `volumes`",
                    shown(&text.text)
                );
                problems.invalid(source_span, message);
            }
            MountSource::Volume(text.text.clone())
        }
        (_, source) => {
            MountSource::Volume(source.map_or_else(String::new, |(text, _)| text.text.clone()))
        }
    };
    Some(Mount {
        target: merge::clean(&target.text),
        source,
        span,
    })
}

fn file_source(path: &str) -> MountSource {
    if paths::is_host(path) {
        MountSource::Host(path.to_owned())
    } else {
        MountSource::Path(path.to_owned())
    }
}

/// A config or a secret that a service sees as a file.
fn object(
    model: &Map,
    kind: &str,
    base: &str,
    map: &Map,
    span: Span,
    problems: &mut Problems,
) -> Option<Mount> {
    let (name, name_span) = string_of(map, "source")?;
    let (target, _) = string_of(map, "target")
        .filter(|(text, _)| !text.text.is_empty())
        .unwrap_or((name, span));
    if name.opaque || target.opaque {
        problems.undecided(span, &format!("an item of `{kind}`"));
        return None;
    }
    let target = if target.text.starts_with('/') {
        target.text.clone()
    } else {
        format!("{base}{}", target.text)
    };
    let Some(entry) = resource(model, kind, &name.text) else {
        let message = format!("`{}` is not defined under `{kind}`", shown(&name.text));
        problems.invalid(name_span, message);
        return None;
    };
    let fields = entry.value.as_map();
    let source = match fields.and_then(|fields| string_of(fields, "file")) {
        Some((text, _)) if !text.opaque => file_source(&text.text),
        _ => match fields.and_then(|fields| string_of(fields, "content")) {
            Some((_, content)) => MountSource::Inline(content),
            None => MountSource::Volume(name.text.clone()),
        },
    };
    Some(Mount {
        target,
        source,
        span,
    })
}

fn resource<'a>(model: &'a Map, kind: &str, name: &str) -> Option<&'a Entry> {
    model.get(kind)?.value.as_map()?.get(name)
}

/// Configs and secrets must say where their content comes from.
fn check_resources(model: &Map, problems: &mut Problems) {
    for kind in ["configs", "secrets"] {
        let Some(objects) = model.get(kind).and_then(|entry| entry.value.as_map()) else {
            continue;
        };
        for (name, entry) in objects.iter() {
            let place = format!("`{}` under `{kind}`", shown(name));
            let Some(fields) = entry.value.as_map() else {
                problems.invalid(
                    entry.key,
                    format!("{place} must be a mapping, not {}", entry.value.kind_name()),
                );
                continue;
            };
            let contents: &[&str] = if kind == "configs" {
                &["file", "environment", "content"]
            } else {
                &["file", "environment"]
            };
            let count = contents
                .iter()
                .filter(|field| fields.contains_key(field))
                .count();
            let elsewhere = fields.contains_key("driver") || fields.contains_key("external");
            if count > 1 || (count == 0 && !elsewhere) {
                let message = format!("{place} must have one of `{}`", contents.join("`, `"));
                problems.invalid(entry.key, message);
            }
        }
    }
}
