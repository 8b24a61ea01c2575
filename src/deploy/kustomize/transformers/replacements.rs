//! `replacements`.

use crate::registry::Spanned;
use crate::source::{MAX_DEPTH, MAX_FILE_BYTES, Node, ScalarKind, Span, Value};

use super::super::context::{Context, Outcome, Problems, depth, refuse, size};
use super::super::field_path::{look_up, split_dotted};
use super::super::fields::{Fields, Strictness};
use super::super::kustomization::Kustomization;
use super::super::resource::{Id, Resource, scalar_text};
use super::super::resource_map::ResourceMap;
use super::super::selector::{self, Written};
use super::super::shown;
use super::replacement_path::{self, Create};
use super::{Boxed, Builtin, Transform, plain};

pub const BUILTIN: Builtin = Builtin {
    kinds: &["ReplacementTransformer"],
    of_kustomization: Some(|context, kustomization: &Kustomization<'_>, _| {
        let items = kustomization
            .root
            .items(&mut context.problems, "replacements");
        let how = Strictness::Kustomization;
        vec![Box::new(read_all(
            context,
            &kustomization.directory,
            items,
            how,
        ))]
    }),
    of_plugin: |context, plugin| {
        let items = plugin.fields.items(&mut context.problems, "replacements");
        let transform = read_all(context, plugin.directory, items, Strictness::Plugin);
        vec![Box::new(transform) as Boxed]
    },
};

struct Replacements(Vec<Replacement>);

struct Replacement {
    source: Id,
    span: Span,
    path: Spanned<String>,
    options: Options,
    targets: Vec<Target>,
}

struct Target {
    select: Written,
    reject: Vec<Written>,
    paths: Vec<Spanned<String>>,
    options: Options,
}

#[derive(Debug, Clone, Default)]
struct Options {
    delimiter: String,
    index: i64,
    create: bool,
}

fn read_all(
    context: &mut Context<'_>,
    directory: &str,
    items: &[Node],
    how: Strictness,
) -> Replacements {
    let mut replacements = Vec::new();
    for item in items {
        let known = ["source", "targets", "path"];
        let what = "an item of `replacements`";
        let Some(fields) = Fields::new(&mut context.problems, item, how, what, &known) else {
            continue;
        };
        let Some(path) = fields.some_text(&mut context.problems, "path") else {
            replacements.extend(read(&mut context.problems, &fields, how));
            continue;
        };
        if fields.get("source").is_some() || fields.get("targets").is_some() {
            context.problems.invalid(
                path.span,
                "a replacement has a `path` or is written in place, not both",
            );
            continue;
        }
        let Some(id) = context.file(directory, &path) else {
            continue;
        };
        let parsed = context.parse(id);
        for root in &parsed.roots {
            let items = root.as_sequence().unwrap_or(std::slice::from_ref(root));
            for item in items {
                let problems = &mut context.problems;
                let how = Strictness::Plugin;
                let fields = Fields::new(problems, item, how, "a replacement", &[]);
                replacements.extend(fields.and_then(|fields| read(problems, &fields, how)));
            }
        }
    }
    Replacements(replacements)
}

fn read(problems: &mut Problems, fields: &Fields<'_>, how: Strictness) -> Option<Replacement> {
    let known = [
        "group",
        "version",
        "kind",
        "name",
        "namespace",
        "fieldPath",
        "options",
    ];
    let source = fields
        .get("source")
        .and_then(|node| Fields::new(problems, node, how, "the `source` of a replacement", &known));
    let (Some(source), Some(_)) = (source, fields.get("targets")) else {
        problems.invalid(fields.span, "a replacement needs a `source` and `targets`");
        return None;
    };
    let path = source.some_text(problems, "fieldPath");
    let path = path.unwrap_or_else(|| Spanned::new("metadata.name".to_owned(), source.span));
    let id = source.id(problems);
    let mut targets = Vec::new();
    for item in fields.items(problems, "targets") {
        let known = ["select", "reject", "fieldPaths", "options"];
        let what = "a target of a replacement";
        let Some(fields) = Fields::new(problems, item, how, what, &known) else {
            continue;
        };
        let select = fields
            .get("select")
            .and_then(|node| Fields::new(problems, node, how, "`select`", &selector::FIELDS));
        let Some(select) = select else {
            problems.invalid(
                fields.span,
                "a target of a replacement must `select` resources",
            );
            continue;
        };
        let select = Written::read(problems, &select);
        let mut reject = Vec::new();
        for item in fields.items(problems, "reject") {
            let fields = Fields::new(
                problems,
                item,
                how,
                "an item of `reject`",
                &selector::FIELDS,
            );
            reject.extend(fields.map(|fields| Written::read(problems, &fields)));
        }
        let mut paths = fields.texts(problems, "fieldPaths");
        if paths.is_empty() {
            paths.push(Spanned::new("metadata.name".to_owned(), fields.span));
        }
        let options = options(problems, &fields, how);
        targets.push(Target {
            select,
            reject,
            paths,
            options,
        });
    }
    let options = options(problems, &source, how);
    Some(Replacement {
        source: id,
        span: source.span,
        path,
        options,
        targets,
    })
}

fn options(problems: &mut Problems, fields: &Fields<'_>, how: Strictness) -> Options {
    let known = ["delimiter", "index", "encoding", "create"];
    let Some(fields) = fields
        .get("options")
        .and_then(|node| Fields::new(problems, node, how, "`options`", &known))
    else {
        return Options::default();
    };
    Options {
        delimiter: fields
            .text(problems, "delimiter")
            .map(|text| text.value)
            .unwrap_or_default(),
        index: fields
            .integer(problems, "index")
            .map_or(0, |index| index.value),
        create: fields.flag(problems, "create"),
    }
}

impl Transform for Replacements {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for replacement in &self.0 {
            match replacement.value(resources) {
                Ok(value) => replacement.write(context, resources, &value),
                Err(problem) => context.problems.invalid.push(*problem),
            }
        }
    }
}

/// What names an object and named it; whether its kind is in a namespace does not count here.
fn ids(resource: &Resource) -> Vec<Id> {
    let mut now = resource.id();
    now.cluster = false;
    std::iter::once(now)
        .chain(resource.previous_ids())
        .collect()
}

impl Replacement {
    fn value(&self, resources: &ResourceMap) -> Outcome<Node> {
        let mut found = resources.list().iter().filter(|one| self.reads(one));
        let (first, second) = (found.next(), found.next());
        let (Some(resource), None) = (first, second) else {
            let count = if first.is_some() {
                "more than one resource is"
            } else {
                "no resource is"
            };
            return refuse(
                self.span,
                format!(
                    "{count} the `{}` that this replacement reads",
                    self.source.shown()
                ),
            );
        };
        let value = look_up(&resource.node, &split_dotted(&self.path.value))
            .map_err(|message| Box::new(crate::source::Problem::new(self.path.span, message)))?;
        let is_there = |node: &&Node| match &node.value {
            Value::Scalar(_) => !node.is_null(),
            Value::Sequence(items) => !items.is_empty(),
            Value::Mapping(mapping) => !mapping.is_empty(),
        };
        let Some(value) = value.filter(is_there) else {
            let path = shown(&self.path.value);
            return refuse(
                self.path.span,
                format!("`{}` has no `{path}`", resource.id().shown()),
            );
        };
        if self.options.delimiter.is_empty() {
            return Ok(value.clone());
        }
        if value.as_scalar().is_none() {
            return refuse(
                self.path.span,
                "only a single value can be split at a `delimiter`",
            );
        }
        let mut parts = scalar_text(value).split(&self.options.delimiter);
        let part = usize::try_from(self.options.index)
            .ok()
            .and_then(|index| parts.nth(index));
        match part {
            Some(part) => Ok(with_text(value, part)),
            None => refuse(
                self.path.span,
                format!("the value has no part number {}", self.options.index),
            ),
        }
    }

    /// Writes the value to the targets. A target may be the field that it was read from: what is written
    /// after that is what is there then.
    fn write(&self, context: &mut Context<'_>, resources: &mut ResourceMap, value: &Node) {
        let source = resources.list().iter().position(|one| self.reads(one));
        let path = split_dotted(&self.path.value);
        let mut value = value.clone();
        for target in &self.targets {
            for (position, resource) in resources.list_mut().iter_mut().enumerate() {
                if !target.selects(resource) {
                    continue;
                }
                for field in &target.paths {
                    // What is written into itself again and again would grow without end.
                    let deep = depth(&value) + split_dotted(&field.value).len() > MAX_DEPTH;
                    if deep {
                        let message = "this would nest values too deeply";
                        context.problems.invalid(field.span, message);
                    }
                    if deep || !context.copy(size(&value), field.span) {
                        return;
                    }
                    let outcome = target.write(resource, field, &value);
                    context.problems.note(outcome);
                }
                if Some(position) == source
                    && self.options.delimiter.is_empty()
                    && let Ok(Some(now)) = look_up(&resource.node, &path)
                {
                    value = now.clone();
                }
            }
        }
    }

    fn reads(&self, resource: &Resource) -> bool {
        ids(resource)
            .iter()
            .any(|id| id.is_selected_by(&self.source))
    }
}

impl Target {
    fn selects(&self, resource: &Resource) -> bool {
        let rejected = |written: &Written| written.has_labels && written.fits_labels(resource);
        if !self.select.fits_labels(resource) || self.reject.iter().any(rejected) {
            return false;
        }
        let ids = ids(resource);
        let is_rejected = self.reject.iter().any(|written| {
            written.id != Id::default() && ids.iter().any(|id| id.is_selected_by(&written.id))
        });
        !is_rejected && ids.iter().any(|id| id.is_selected_by(&self.select.id))
    }

    fn write(&self, resource: &mut Resource, path: &Spanned<String>, value: &Node) -> Outcome {
        let parts = split_dotted(&path.value);
        let create = match &value.value {
            _ if !self.options.create => Create::Nothing,
            Value::Scalar(_) => Create::Scalar,
            Value::Sequence(_) => Create::Sequence,
            Value::Mapping(_) => Create::Mapping,
        };
        let mut found = false;
        replacement_path::visit(&mut resource.node, &parts, create, path.span, &mut |node| {
            found = true;
            self.set(node, value, path.span)
        })?;
        if found {
            return Ok(());
        }
        let verb = if self.options.create {
            "nor can be made"
        } else {
            "; `create: true` would make it"
        };
        let message = format!(
            "`{}` is not in `{}`{verb}",
            shown(&path.value),
            resource.id().shown()
        );
        refuse(path.span, message)
    }

    fn set(&self, node: &mut Node, value: &Node, span: Span) -> Outcome {
        let mut value = value.clone();
        if !self.options.delimiter.is_empty() {
            if node.as_scalar().is_none() {
                return refuse(span, "only a single value can be split at a `delimiter`");
            }
            let old = scalar_text(node).to_owned();
            let mut parts: Vec<&str> = old.split(&self.options.delimiter).collect();
            let new = scalar_text(&value).to_owned();
            if (old.len() + new.len()) as u64 > MAX_FILE_BYTES {
                return refuse(span, "this would make a text too long");
            }
            match usize::try_from(self.options.index) {
                Err(_) => parts.insert(0, &new),
                Ok(index) => match parts.get_mut(index) {
                    Some(part) => *part = &new,
                    None => parts.push(&new),
                },
            }
            let text = parts.join(&self.options.delimiter);
            value = with_text(&value, &text);
        }
        match node.as_scalar().map(|scalar| scalar.kind) {
            None => {
                *node = value;
                node.span = span;
            }
            // A text stays a text, and a number a number, whatever the other one was.
            Some(ScalarKind::String) => *node = Node::string(span, scalar_text(&value)),
            Some(_) => *node = plain(span, scalar_text(&value)),
        }
        Ok(())
    }
}

fn with_text(node: &Node, text: &str) -> Node {
    let mut node = node.clone();
    if let Value::Scalar(scalar) = &mut node.value {
        scalar.text = text.into();
    }
    node
}
