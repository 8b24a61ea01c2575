//! `images`.

use crate::registry::Spanned;
use crate::source::{Node, Span, Value};

use super::super::configuration::{FieldSpecs, field_specs};
use super::super::context::{Context, Outcome, Problems, refuse};
use super::super::field_path::Make;
use super::super::fields::{Fields, Strictness};
use super::super::resource_map::ResourceMap;
use super::{Boxed, Builtin, Transform, set_text};
use crate::deploy::regular_expression::Expression;

const FIELDS: [&str; 5] = ["name", "newName", "tagSuffix", "newTag", "digest"];

pub const BUILTIN: Builtin = Builtin {
    kinds: &["ImageTagTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let problems = &mut context.problems;
        let mut images = Vec::new();
        for list in ["images", "imageTags"] {
            for item in kustomization.root.items(problems, list) {
                images.extend(read(problems, item, Strictness::Kustomization));
            }
        }
        let specs = configuration.images.clone();
        vec![Box::new(Images { images, specs }) as Boxed]
    }),
    of_plugin: |context, plugin| {
        let problems = &mut context.problems;
        let specs = field_specs(problems, &plugin.fields);
        let node = plugin.fields.get("imageTag");
        let images = node.and_then(|node| read(problems, node, Strictness::Plugin));
        let images = images.into_iter().collect();
        vec![Box::new(Images { images, specs })]
    },
};

struct Image {
    name: Name,
    new_name: Option<Spanned<String>>,
    new_tag: Option<Spanned<String>>,
    tag_suffix: Option<Spanned<String>>,
    digest: Option<Spanned<String>>,
    /// What was changed last: the place to edit.
    span: Span,
}

/// The name is a regular expression; most are only names.
enum Name {
    Plain(String),
    Expression(Expression),
}

fn read(problems: &mut Problems, node: &Node, how: Strictness) -> Option<Image> {
    let fields = Fields::new(problems, node, how, "an item of `images`", &FIELDS)?;
    let name = fields.text(problems, "name");
    let (name, span) = name.map_or((String::new(), fields.span), |name| (name.value, name.span));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
    let name = if name.bytes().all(is_plain) {
        Name::Plain(name)
    } else {
        let tag = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?";
        let Some(expression) = Expression::new(&format!("^{name}{tag}$")) else {
            let message =
                "this `name` of an image is no regular expression that kvguard implements";
            problems.unsupported(span, message);
            return None;
        };
        Name::Expression(expression)
    };
    let new_name = fields.some_text(problems, "newName");
    let new_tag = fields.some_text(problems, "newTag");
    let tag_suffix = fields.some_text(problems, "tagSuffix");
    let digest = fields.some_text(problems, "digest");
    let changed = [&new_tag, &digest, &tag_suffix, &new_name];
    let span = changed
        .into_iter()
        .flatten()
        .next()
        .map_or(fields.span, |text| text.span);
    Some(Image {
        name,
        new_name,
        new_tag,
        tag_suffix,
        digest,
        span,
    })
}

impl Name {
    fn fits(&self, image: &str) -> bool {
        let name = match self {
            Self::Expression(expression) => return expression.is_match(image),
            Self::Plain(name) => name,
        };
        let (Some(start), Some(rest)) = (image.get(..name.len()), image.get(name.len()..)) else {
            return false;
        };
        // A dot of an expression stands for any character.
        let same = start
            .bytes()
            .zip(name.bytes())
            .all(|(one, other)| one == other || other == b'.');
        let in_tag = |byte: u8| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte);
        let rest = match rest.strip_prefix(':') {
            Some(tag) => {
                tag.trim_start_matches(|character: char| u8::try_from(character).is_ok_and(in_tag))
            }
            None => rest,
        };
        let digest = rest.strip_prefix("@sha256:");
        same && (rest.is_empty() || digest.is_some_and(|digest| digest.bytes().all(in_tag)))
    }
}

impl Image {
    fn set(&self, node: &mut Node) -> Outcome {
        let Some(scalar) = node.as_scalar() else {
            return refuse(
                node.span,
                format!("an image must be a text, but this is {}", node.kind_name()),
            );
        };
        if node.is_null() || !self.name.fits(&scalar.text) {
            return Ok(());
        }
        let (name, mut tag, mut digest) = split(&scalar.text);
        let value = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        let name = value(&self.new_name).unwrap_or_else(|| name.to_owned());
        if self.new_tag.is_some() || self.digest.is_some() {
            tag = value(&self.new_tag).unwrap_or_default();
            digest = value(&self.digest).unwrap_or_default();
        } else if let Some(suffix) = &self.tag_suffix {
            tag.push_str(&suffix.value);
            digest.clear();
        }
        let mut image = name;
        for (sign, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                image.push(sign);
                image.push_str(&part);
            }
        }
        set_text(node, &image, self.span)
    }
}

/// The name, the tag and the digest of an image.
fn split(image: &str) -> (&str, String, String) {
    let after_host = image.find('/').unwrap_or(0);
    let rest = image.get(after_host..).unwrap_or_default();
    let (before_digest, digest) = rest.split_once('@').unwrap_or((rest, ""));
    let (_, tag) = before_digest.split_once(':').unwrap_or((before_digest, ""));
    let name_end = rest
        .find([':', '@'])
        .map_or(image.len(), |end| after_host + end);
    let name = image.get(..name_end).unwrap_or(image);
    (name, tag.to_owned(), digest.to_owned())
}

struct Images {
    images: Vec<Image>,
    specs: FieldSpecs,
}

impl Transform for Images {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        if self.images.is_empty() {
            return;
        }
        for resource in resources.list_mut() {
            if resource.kind() == "CustomResourceDefinition" {
                continue;
            }
            let has_containers = has_containers(&resource.node);
            for image in &self.images {
                if has_containers {
                    let outcome = in_containers(&mut resource.node, image);
                    context.problems.note(outcome);
                }
                for spec in &self.specs {
                    let outcome =
                        spec.visit(&mut resource.node, Make::Nothing, image.span, &mut |node| {
                            image.set(node)
                        });
                    context.problems.note(outcome);
                }
            }
        }
    }
}

fn is_list_of_containers(name: &str) -> bool {
    matches!(name, "containers" | "initContainers")
}

fn has_containers(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .any(|entry| is_list_of_containers(&entry.key.text) || has_containers(&entry.value)),
        Value::Sequence(items) => items.iter().any(has_containers),
        Value::Scalar(_) => false,
    }
}

/// Sets the images of every list of containers, wherever it is.
fn in_containers(node: &mut Node, image: &Image) -> Outcome {
    match &mut node.value {
        Value::Mapping(mapping) => {
            for (name, value) in mapping.iter_mut() {
                in_containers(value, image)?;
                if !is_list_of_containers(name) {
                    continue;
                }
                if let Value::Sequence(items) = &mut value.value {
                    for item in items.iter_mut().filter(|item| !item.is_null()) {
                        match &mut item.value {
                            Value::Mapping(container) => {
                                container
                                    .get_mut("image")
                                    .map_or(Ok(()), |node| image.set(node))?;
                            }
                            _ => return refuse(item.span, "a container must be a mapping"),
                        }
                    }
                }
            }
            Ok(())
        }
        Value::Sequence(items) => items
            .iter_mut()
            .try_for_each(|item| in_containers(item, image)),
        Value::Scalar(_) => Ok(()),
    }
}
