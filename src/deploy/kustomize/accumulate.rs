//! Builds an overlay: its resources, generators, components and transformers, in this order.

use std::sync::Arc;

use crate::deploy::Failure;
use crate::inputs;
use crate::registry::Spanned;
use crate::source::{Node, Span};

use super::build_metadata;
use super::configuration::Configuration;
use super::context::{Context, is_remote};
use super::generators;
use super::kustomization::{self, Kustomization};
use super::load;
use super::names;
use super::order;
use super::plugins;
use super::resource::Resource;
use super::resource_map::{ResourceMap, finish_annotations};
use super::shared;
use super::shown;
use super::transformers::{BUILTINS, Boxed};
use super::variables::Variables;

/// How deep kustomizations may lead into each other.
const MAX_CHAIN: usize = 100;

/// The kustomizations that led to one, each in a directory.
pub struct Chain<'c> {
    directory: String,
    before: Option<&'c Chain<'c>>,
    depth: usize,
}

impl Chain<'_> {
    /// The directories from the first one to the one that is named again, if a directory is, or holds,
    /// one that led to this.
    fn cycle(&self, directory: &str) -> Option<String> {
        let mut names = vec![shown_directory(directory)];
        let mut link = Some(self);
        while let Some(chain) = link {
            names.push(shown_directory(&chain.directory));
            if is_in(&chain.directory, directory) {
                names.reverse();
                return Some(names.join(" → "));
            }
            link = chain.before;
        }
        (self.depth >= MAX_CHAIN).then(|| format!("{} …", shown_directory(directory)))
    }
}

fn is_in(directory: &str, holder: &str) -> bool {
    let rest = directory.strip_prefix(holder);
    holder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn shown_directory(directory: &str) -> String {
    if directory.is_empty() {
        "`.`".to_owned()
    } else {
        format!("`{}`", shown(directory))
    }
}

/// What a kustomization comes to, before names are updated and variables replaced.
#[derive(Default)]
struct Accumulated {
    resources: ResourceMap,
    configuration: Arc<Configuration>,
    variables: Variables,
}

/// The documents of an overlay.
pub fn overlay(context: &mut Context<'_>, directory: &Spanned<String>) -> Vec<Node> {
    let path = inputs::join("", directory.value.trim_end_matches('/'));
    let Some(file) = kustomization::find(context, &path, directory.span) else {
        return Vec::new();
    };
    let Some(kustomization) = file.read(context, &path) else {
        return Vec::new();
    };
    context.enter(directory.span);
    let chain = Chain {
        directory: path,
        before: None,
        depth: 0,
    };
    let accumulated = build(context, &kustomization, Accumulated::default(), &chain);
    let mut resources = accumulated.resources;
    let configuration = accumulated.configuration;
    generators::add_suffixes(&mut resources);
    names::update(context, &configuration, &mut resources);
    accumulated
        .variables
        .resolve(context, &configuration, &mut resources);
    shared::settle(&mut resources);
    let mut list = resources.into_list();
    list.retain(|resource| !is_local(resource));
    order::sort(context, &kustomization, &mut list);
    let options = kustomization.build_metadata(context);
    for resource in &mut list {
        build_metadata::write(context, &kustomization.directory, &options, resource);
        finish_annotations(resource);
    }
    list.into_iter().map(|resource| resource.node).collect()
}

/// Objects that are only there for kustomize.
fn is_local(resource: &Resource) -> bool {
    let annotation = resource
        .metadata_map("annotations")
        .and_then(|annotations| annotations.get("config.kubernetes.io/local-config"));
    annotation.is_some_and(|value| super::resource::scalar_text(value) != "false")
}

fn build(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    mut accumulated: Accumulated,
    chain: &Chain<'_>,
) -> Accumulated {
    let span = kustomization.root.span;
    for list in ["resources", "bases"] {
        for path in kustomization.root.texts(&mut context.problems, list) {
            let named = named(context, &kustomization.directory, &path, chain);
            accumulated.add(context, named, path.span);
        }
    }
    let paths = kustomization
        .root
        .texts(&mut context.problems, "configurations");
    let configuration = Configuration::read(context, &kustomization.directory, &paths);
    let problems = &mut context.problems;
    Configuration::merge(
        &mut accumulated.configuration,
        problems,
        configuration,
        span,
    );
    let mut made = generators::generate(context, kustomization);
    made.extend(plugins::generators(context, kustomization, chain));
    for resource in made {
        accumulated
            .resources
            .absorb(&mut context.problems, resource);
    }
    for path in kustomization
        .root
        .texts(&mut context.problems, "components")
    {
        accumulated = component(context, kustomization, accumulated, &path, chain);
    }
    let mut transforms: Vec<Boxed> = Vec::new();
    for builtin in BUILTINS {
        if let Some(of_kustomization) = builtin.of_kustomization {
            transforms.extend(of_kustomization(
                context,
                kustomization,
                &accumulated.configuration,
            ));
        }
    }
    transforms.extend(plugins::transformers(context, kustomization, chain));
    for transform in transforms {
        transform.apply(context, &mut accumulated.resources);
        shared::settle(&mut accumulated.resources);
    }
    accumulated
        .variables
        .read(context, kustomization, &mut accumulated.resources);
    accumulated
}

impl Accumulated {
    fn add(&mut self, context: &mut Context<'_>, other: Self, span: Span) {
        let problems = &mut context.problems;
        self.resources
            .append_all(problems, other.resources.into_list());
        Configuration::merge(&mut self.configuration, problems, other.configuration, span);
        self.variables.merge(problems, other.variables);
    }
}

/// The objects of a path that a list names.
pub fn path(
    context: &mut Context<'_>,
    directory: &str,
    path: &Spanned<String>,
    chain: &Chain<'_>,
) -> ResourceMap {
    named(context, directory, path, chain).resources
}

fn named(
    context: &mut Context<'_>,
    directory: &str,
    path: &Spanned<String>,
    chain: &Chain<'_>,
) -> Accumulated {
    let mut accumulated = Accumulated::default();
    if path.value.is_empty() {
        context
            .problems
            .invalid(path.span, "the name of a file or a directory is empty");
        return accumulated;
    }
    if is_remote(&path.value) {
        context.remote(path);
        return accumulated;
    }
    let full = inputs::join(directory, path.value.trim_end_matches('/'));
    if context.inputs.is_directory(&full) {
        return base(context, &full, path.span, chain, false).unwrap_or(accumulated);
    }
    if let Some(id) = context.file(directory, path) {
        let parsed = context.parse(id);
        let (resources, _) = load::resources(context, &parsed);
        accumulated
            .resources
            .append_all(&mut context.problems, resources);
    }
    accumulated
}

/// A kustomization that another one builds on.
fn base(
    context: &mut Context<'_>,
    directory: &str,
    asked: Span,
    chain: &Chain<'_>,
    as_component: bool,
) -> Option<Accumulated> {
    let chain = enter(context, directory, asked, chain)?;
    let file = kustomization::find(context, directory, asked)?;
    let kustomization = file.read(context, directory)?;
    if kustomization.is_component && !as_component {
        let message = "this is a component; name it in `components`";
        context.problems.invalid(asked, message);
    }
    Some(build(
        context,
        &kustomization,
        Accumulated::default(),
        &chain,
    ))
}

fn enter<'c>(
    context: &mut Context<'_>,
    directory: &str,
    asked: Span,
    chain: &'c Chain<'c>,
) -> Option<Chain<'c>> {
    if let Some(cycle) = chain.cycle(directory) {
        let message = format!("kustomizations name each other: {cycle}");
        context.problems.invalid(asked, message);
        return None;
    }
    let link = Chain {
        directory: directory.to_owned(),
        before: Some(chain),
        depth: chain.depth + 1,
    };
    context.enter(asked).then_some(link)
}

/// A component changes what there is so far.
fn component(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    accumulated: Accumulated,
    path: &Spanned<String>,
    chain: &Chain<'_>,
) -> Accumulated {
    if is_remote(&path.value) {
        context.remote(path);
        return accumulated;
    }
    let directory = inputs::join(&kustomization.directory, path.value.trim_end_matches('/'));
    if !context.inputs.is_directory(&directory) {
        let message = format!(
            "`{}` is no directory, which a component must be",
            shown(&directory)
        );
        let failure = Failure::new(message, Some(path.span));
        let is_there = context.inputs.exists(&directory);
        context.problems.failures.push(if is_there {
            failure
        } else {
            failure.missing(directory)
        });
        return accumulated;
    }
    let Some(link) = enter(context, &directory, path.span, chain) else {
        return accumulated;
    };
    let Some(file) = kustomization::find(context, &directory, path.span) else {
        return accumulated;
    };
    let Some(kustomization) = file.read(context, &directory) else {
        return accumulated;
    };
    if !kustomization.is_component {
        let message = "this is no component; name it in `resources`, or give it `kind: Component`";
        context.problems.invalid(path.span, message);
    }
    build(context, &kustomization, accumulated, &link)
}
