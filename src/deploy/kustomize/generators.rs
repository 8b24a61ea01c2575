//! `configMapGenerator` and `secretGenerator`.

mod sources;

use std::collections::HashMap;

use crate::registry::Spanned;
use crate::source::{Entry, Key, Mapping, Node, Problem, Scalar, ScalarKind, Span, Value};

use super::context::Context;
use super::digest;
use super::fields::{Fields, Strictness};
use super::kustomization::Kustomization;
use super::resource::{Behavior, Resource, string_entry};
use super::resource_map::ResourceMap;
use super::shown;
use super::transformers::{Boxed, Builtin, Transform};
use sources::{Datum, environment_files, files, literals};

const OPTIONS: [&str; 4] = [
    "labels",
    "annotations",
    "disableNameSuffixHash",
    "immutable",
];

const FIELDS: [&str; 9] = [
    "name",
    "namespace",
    "behavior",
    "literals",
    "files",
    "envs",
    "env",
    "options",
    "type",
];

/// The `HashTransformer`, which every overlay ends with anyway.
pub const HASH: Builtin = Builtin {
    kinds: &["HashTransformer"],
    of_kustomization: None,
    of_plugin: |_, _| vec![Box::new(Hash) as Boxed],
};

struct Hash;

impl Transform for Hash {
    fn apply(&self, _: &mut Context<'_>, resources: &mut ResourceMap) {
        add_suffixes(resources);
    }
}

/// Adds the digest of its content to the name of what was generated.
pub fn add_suffixes(resources: &mut ResourceMap) {
    for resource in resources.list_mut() {
        if resource.needs_hash {
            let name = format!("{}-{}", resource.name(), digest::suffix(resource));
            let span = resource.name_span();
            resource.store_previous_id();
            resource.set_name(&name, span);
        }
    }
}

/// What the generators of a kustomization make.
pub fn generate(context: &mut Context<'_>, kustomization: &Kustomization<'_>) -> Vec<Resource> {
    let how = Strictness::Kustomization;
    let problems = &mut context.problems;
    let defaults = kustomization
        .root
        .get("generatorOptions")
        .and_then(|node| Fields::new(problems, node, how, "`generatorOptions`", &OPTIONS));
    let mut resources = Vec::new();
    for (list, is_secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
        let known = if is_secret { &FIELDS[..] } else { &FIELDS[..8] };
        for item in kustomization.root.items(&mut context.problems, list) {
            let what = format!("an item of `{list}`");
            if let Some(fields) = Fields::new(&mut context.problems, item, how, &what, known) {
                let directory = &kustomization.directory;
                resources.extend(one(
                    context,
                    directory,
                    &fields,
                    defaults.as_ref(),
                    is_secret,
                ));
            }
        }
    }
    resources
}

/// What a generator makes.
pub fn one(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
    defaults: Option<&Fields<'_>>,
    is_secret: bool,
) -> Option<Resource> {
    let problems = &mut context.problems;
    let metadata = fields
        .get("metadata")
        .and_then(|node| Fields::new(problems, node, Strictness::Plugin, "`metadata`", &[]));
    let mut named = |name: &str| {
        let own = fields.some_text(problems, name);
        own.or_else(|| metadata.and_then(|metadata| metadata.some_text(problems, name)))
    };
    let (name, namespace) = (named("name"), named("namespace"));
    let Some(name) = name else {
        problems.invalid(fields.span, "what is generated must have a `name`");
        return None;
    };
    let options = fields.get("options").and_then(|node| {
        Fields::new(
            problems,
            node,
            Strictness::Kustomization,
            "`options`",
            &OPTIONS,
        )
    });
    let behavior = fields.some_text(problems, "behavior");
    let behavior = match behavior.as_ref().map(|behavior| behavior.value.as_str()) {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        None | Some("create" | "unspecified") => Behavior::Create,
        Some(_) => {
            let span = behavior.map_or(fields.span, |behavior| behavior.span);
            problems.invalid(span, "`behavior` must be `create`, `merge` or `replace`");
            Behavior::Create
        }
    };
    let kind = if is_secret { "Secret" } else { "ConfigMap" };
    let mut root = Mapping::new();
    root.insert(string_entry("apiVersion", "v1", name.span));
    root.insert(string_entry("kind", kind, name.span));
    let mut meta = Mapping::new();
    meta.insert(string_entry("name", &name.value, name.span));
    if let Some(namespace) = namespace {
        meta.insert(string_entry("namespace", &namespace.value, namespace.span));
    }
    let options = [options.as_ref(), defaults];
    for field in ["labels", "annotations"] {
        let mut map = Mapping::new();
        for options in options.iter().rev().copied().flatten() {
            for (key, value) in options.text_map(problems, field) {
                let value = Node::string(value.span, value.value);
                map.insert(Entry { key, value });
            }
        }
        if !map.is_empty() {
            meta.insert(mapping_entry(field, map, name.span));
        }
    }
    root.insert(mapping_entry("metadata", meta, name.span));
    if is_secret {
        let kind = fields.some_text(problems, "type");
        let kind = kind.unwrap_or_else(|| Spanned::new("Opaque".to_owned(), name.span));
        root.insert(string_entry("type", &kind.value, kind.span));
    }
    let mut set = |name: &str| {
        options
            .iter()
            .copied()
            .flatten()
            .any(|options| options.flag(problems, name))
    };
    let (immutable, without_hash) = (set("immutable"), set("disableNameSuffixHash"));
    add_data(context, directory, fields, &name, is_secret, &mut root);
    if immutable {
        let scalar = Scalar {
            kind: ScalarKind::Bool(true),
            text: "true".into(),
        };
        let key = Key {
            text: "immutable".into(),
            span: name.span,
        };
        let value = Node::new(name.span, Value::Scalar(scalar));
        root.insert(Entry { key, value });
    }
    let mut resource = Resource::new(Node::new(fields.span, Value::Mapping(root)));
    resource.behavior = behavior;
    resource.origin.generator = Some(if is_secret {
        "SecretGenerator"
    } else {
        "ConfigMapGenerator"
    });
    resource.needs_hash = !without_hash;
    context.afford(&resource.node).then_some(resource)
}

fn mapping_entry(name: &str, mapping: Mapping, span: Span) -> Entry {
    let key = Key {
        text: name.into(),
        span,
    };
    Entry {
        key,
        value: Node::new(span, Value::Mapping(mapping)),
    }
}

fn add_data(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
    name: &Spanned<String>,
    is_secret: bool,
    root: &mut Mapping,
) {
    let mut pairs = environment_files(context, directory, fields);
    pairs.extend(literals(context, fields));
    pairs.extend(files(context, directory, fields));
    let mut seen: HashMap<Box<str>, Span> = HashMap::new();
    let (mut data, mut binary) = (Mapping::new(), Mapping::new());
    pairs.sort_by(|one, other| one.key.text.cmp(&other.key.text));
    for pair in pairs {
        if let Some(first) = seen.get(&pair.key.text) {
            let message = format!(
                "the key `{}` is already in what is generated here",
                shown(&pair.key.text)
            );
            let mut problem = Problem::new(pair.key.span, message);
            problem.related = Some((*first, "first here".to_owned()));
            context.problems.invalid.push(problem);
            continue;
        }
        seen.insert(pair.key.text.clone(), pair.key.span);
        let (into, text) = match (pair.value, is_secret) {
            (Datum::Text(text), true) => (&mut data, digest::base64(text.as_bytes())),
            (Datum::Text(text), false) => (&mut data, text),
            (Datum::Bytes(bytes), true) => (&mut data, digest::base64(&bytes)),
            (Datum::Bytes(bytes), false) => (&mut binary, digest::base64(&bytes)),
        };
        let value = Node::string(pair.span, text);
        into.insert(Entry {
            key: pair.key,
            value,
        });
    }
    if !data.is_empty() || is_secret {
        root.insert(mapping_entry("data", data, name.span));
    }
    if !binary.is_empty() {
        root.insert(mapping_entry("binaryData", binary, name.span));
    }
}
