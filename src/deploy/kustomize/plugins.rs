//! Transformers and generators that are configured in files of their own, or in place.

use crate::source::Span;

use super::accumulate;
use super::context::Context;
use super::fields::{Fields, Strictness};
use super::generators;
use super::kustomization::Kustomization;
use super::load;
use super::resource::Resource;
use super::shown;
use super::transformers::{BUILTINS, Boxed, Plugin};

/// The configurations that a list of a kustomization names.
fn configurations(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    list: &str,
    chain: &accumulate::Chain<'_>,
) -> Vec<Resource> {
    let mut found = Vec::new();
    for (text, node) in kustomization.root.text_nodes(&mut context.problems, list) {
        if text.value.contains('\n') || text.value.trim_start().starts_with('{') {
            if let Some(parsed) = context.parse_scalar(node) {
                found.extend(load::resources(context, &parsed).0);
            }
        } else {
            found.extend(
                accumulate::path(context, &kustomization.directory, &text, chain).into_list(),
            );
        }
    }
    found
}

/// What the files of `transformers` do.
pub fn transformers(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    chain: &accumulate::Chain<'_>,
) -> Vec<Boxed> {
    let mut transforms = Vec::new();
    for resource in configurations(context, kustomization, "transformers", chain) {
        let kind = resource.kind().to_owned();
        let builtin = BUILTINS
            .iter()
            .find(|builtin| builtin.kinds.contains(&kind.as_str()));
        let span = resource.name_span();
        let Some(builtin) = builtin.filter(|_| is_builtin(&resource)) else {
            unsupported(context, "transformer", &resource, span);
            continue;
        };
        let fields = Fields::new(
            &mut context.problems,
            &resource.node,
            Strictness::Plugin,
            "a transformer",
            &[],
        );
        if let Some(fields) = fields {
            let plugin = Plugin {
                directory: &kustomization.directory,
                fields,
            };
            transforms.extend((builtin.of_plugin)(context, &plugin));
        }
    }
    transforms
}

/// What the files of `generators` make.
pub fn generators(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    chain: &accumulate::Chain<'_>,
) -> Vec<Resource> {
    let mut made = Vec::new();
    for resource in configurations(context, kustomization, "generators", chain) {
        let span = resource.name_span();
        let is_secret = match resource.kind() {
            "ConfigMapGenerator" => Some(false),
            "SecretGenerator" => Some(true),
            _ => None,
        };
        let Some(is_secret) = is_secret.filter(|_| is_builtin(&resource)) else {
            unsupported(context, "generator", &resource, span);
            continue;
        };
        let fields = Fields::new(
            &mut context.problems,
            &resource.node,
            Strictness::Plugin,
            "a generator",
            &[],
        );
        if let Some(fields) = fields {
            let directory = &kustomization.directory;
            made.extend(generators::one(
                context, directory, &fields, None, is_secret,
            ));
        }
    }
    made
}

fn is_builtin(resource: &Resource) -> bool {
    resource.api_version() == "builtin"
}

fn unsupported(context: &mut Context<'_>, what: &str, resource: &Resource, span: Span) {
    let kind = shown(resource.kind());
    let why = if is_builtin(resource) {
        ""
    } else {
        ", which runs another program"
    };
    context.problems.unsupported(
        span,
        format!("kvguard does not implement the {what} `{kind}`{why}"),
    );
}
