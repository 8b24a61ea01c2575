//! The built-in transformers: what a kustomization's own fields, and files named in `transformers`, do
//! to the objects.

mod images;
mod labels;
mod namespace;
mod prefix;
mod replacement_path;
mod replacements;
mod replicas;
mod value_add;

use crate::source::{Node, Scalar, ScalarKind, Span, Value};

use super::configuration::Configuration;
use super::context::{Context, Outcome, refuse};
use super::fields::Fields;
use super::kustomization::Kustomization;
use super::patches;
use super::resource_map::ResourceMap;

/// Something that changes objects.
pub trait Transform {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap);
}

pub type Boxed = Box<dyn Transform>;

/// Makes transformers of what a kustomization's own fields say.
type OfKustomization = fn(&mut Context<'_>, &Kustomization<'_>, &Configuration) -> Vec<Boxed>;

/// A transformer's configuration in a file, or in place.
pub struct Plugin<'n> {
    /// The directory of the kustomization that names it.
    pub directory: &'n str,
    pub fields: Fields<'n>,
}

/// A built-in transformer.
pub struct Builtin {
    /// What its configuration calls it.
    pub kinds: &'static [&'static str],
    /// What a kustomization's own fields ask of it.
    pub of_kustomization: Option<OfKustomization>,
    /// What its configuration asks of it.
    pub of_plugin: fn(&mut Context<'_>, &Plugin<'_>) -> Vec<Boxed>,
}

/// All of them, in the order in which a kustomization's own fields are done.
pub const BUILTINS: [&Builtin; 14] = [
    &patches::STRATEGIC,
    &patches::TARGETED,
    &namespace::BUILTIN,
    &prefix::PREFIX,
    &prefix::SUFFIX,
    &labels::LABELS,
    &labels::ANNOTATIONS,
    &patches::JSON,
    &replicas::BUILTIN,
    &images::BUILTIN,
    &replacements::BUILTIN,
    &prefix::BOTH,
    &value_add::BUILTIN,
    &super::generators::HASH,
];

/// Sets a single value to a text.
fn set_text(node: &mut Node, text: &str, span: Span) -> Outcome {
    if node.as_scalar().is_none() {
        return refuse(
            node.span,
            format!(
                "a single value is needed here, as a transformer sets it, but this is {}",
                node.kind_name()
            ),
        );
    }
    *node = Node::string(span, text);
    Ok(())
}

/// What a text without quotes stands for.
fn plain(span: Span, text: &str) -> Node {
    let kind = match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "true" | "True" | "TRUE" => ScalarKind::Bool(true),
        "false" | "False" | "FALSE" => ScalarKind::Bool(false),
        _ if text.parse::<i64>().is_ok() => ScalarKind::Integer,
        _ if is_float(text) => ScalarKind::Float,
        _ => ScalarKind::String,
    };
    Node::new(
        span,
        Value::Scalar(Scalar {
            kind,
            text: text.into(),
        }),
    )
}

fn is_float(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.parse::<f64>().is_ok()
}
