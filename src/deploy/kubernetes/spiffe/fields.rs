//! What the fields of a template stand for.

#[cfg(feature = "helm")]
use std::collections::BTreeMap;

use super::super::pods::Pod;
use super::super::selectors::Labels;
use super::super::{Options, string_at};
use super::template::{self, Part, Value};

/// A template of SPIRE's controller manager.
#[derive(Debug, Clone)]
pub(super) enum Template {
    /// Text and fields.
    Simple(Vec<Part>),
    /// What holds more than that.
    Rich(String),
}

/// Why a template gives no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It names a field that there is not.
    NoField(String),
    /// It cannot be evaluated: the end of a sentence whose subject is the template.
    Undecided(String),
}

/// What something may still cost for all pods of a deployment together.
#[derive(Debug)]
pub(super) struct Effort {
    left: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { left: MAX_EFFORT }
    }
}

impl Effort {
    /// Takes a cost off what is left, in steps or in characters that are made; whether enough was left.
    pub(super) fn spend(&mut self, cost: u64) -> bool {
        let left = self.left.checked_sub(cost);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// The same for what has a length.
    pub(super) fn spend_length(&mut self, length: usize) -> bool {
        self.spend(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

/// Some seconds at most. A template of usual length for one pod costs some hundred.
const MAX_EFFORT: u64 = 100_000_000;

/// Why nothing more is worked out: the end of a sentence whose subject is a template, a selector or a namespace.
pub(super) const TOO_MUCH: &str =
    "takes too much work, together with the others of the deployment and for all of its pods";

impl Template {
    pub(super) fn parse(text: &str) -> Self {
        template::parse(text).map_or_else(|_| Self::Rich(text.to_owned()), Self::Simple)
    }

    /// Whether the identity depends on the pod or on the node it runs on.
    pub(super) fn depends_on_pod(&self) -> bool {
        match self {
            Self::Simple(parts) => template::depends_on_pod(parts),
            Self::Rich(text) => text.contains("Pod") || text.contains("Node"),
        }
    }

    /// What it gives for a pod, or for every pod. What only the cluster knows stays as it is written.
    pub(super) fn render(
        &self,
        pod: Option<&Pod<'_>>,
        options: &Options<'_>,
        effort: &mut Effort,
    ) -> Result<String, Refused> {
        let too_much = || Refused::Undecided(TOO_MUCH.to_owned());
        match self {
            Self::Simple(parts) => {
                let text = template::render(parts, |path| value_of(path, pod, options))
                    .map_err(Refused::NoField)?;
                let is_paid = effort.spend_length(parts.len().saturating_add(text.len()));
                is_paid.then_some(text).ok_or_else(too_much)
            }
            Self::Rich(text) if !effort.spend_length(text.len()) => Err(too_much()),
            Self::Rich(text) => evaluate(text, pod, options, effort).map_err(Refused::Undecided),
        }
    }
}

/// The fields of an object, by the object's name.
const FIELDS: [(&str, &[&str]); 4] = [
    ("PodMeta", &["Name", "Namespace", "UID", "GenerateName"]),
    ("PodSpec", &["ServiceAccountName", "NodeName", "Hostname"]),
    ("NodeMeta", &["Name", "UID"]),
    ("NodeSpec", &["ProviderID", "PodCIDR"]),
];

/// The fields of the whole.
const OF_ALL: [&str; 3] = ["TrustDomain", "ClusterName", "ClusterDomain"];

pub(super) fn value_of<'a>(
    path: &[String],
    pod: Option<&'a Pod<'_>>,
    options: &Options<'a>,
) -> Value<'a> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let known = |value: Option<&'a str>| value.map_or(Value::Unknown, Value::Text);
    let in_map = |map: Option<&Labels<'a>>, key: &str| match map {
        None => Value::Unknown,
        Some(map) => map.get(key).copied().map_or(Value::Absent, Value::Text),
    };
    match names.as_slice() {
        ["TrustDomain"] => known(options.trust_domain),
        ["ClusterName"] => known(options.cluster_name),
        ["PodMeta", "Name"] => known(pod.and_then(|pod| pod.name)),
        ["PodMeta", "Namespace"] => known(pod.map(|pod| pod.object.namespace)),
        ["PodMeta", "Labels", key] => in_map(pod.map(|pod| &pod.labels), key),
        ["PodMeta", "Annotations", key] => in_map(pod.map(|pod| &pod.annotations), key),
        ["PodSpec", "ServiceAccountName"] => known(pod.map(|pod| pod.service_account)),
        ["PodSpec", "NodeName"] => known(pod.and_then(|pod| string_at(pod.spec, "/nodeName"))),
        ["PodSpec", "Hostname"] => known(pod.and_then(|pod| string_at(pod.spec, "/hostname"))),
        ["NodeMeta", "Labels" | "Annotations", _] => Value::Unknown,
        [name] if OF_ALL.contains(name) => Value::Unknown,
        [object, name] => {
            let fields = FIELDS.iter().find(|(known, _)| known == object);
            match fields.filter(|(_, fields)| fields.contains(name)) {
                Some(_) => Value::Unknown,
                None => Value::NoField,
            }
        }
        _ => Value::NoField,
    }
}

/// What stands for what only the cluster knows: a text of every length, to see whether a template does more with it than print it.
#[cfg(feature = "helm")]
const STAND_INS: [&str; 3] = ["\u{e000}", "\u{e001}\u{e001}", ""];

/// Runs a template for a pod. What only the cluster knows may be printed, and then stays open; nothing else may depend on it.
#[cfg(feature = "helm")]
fn evaluate(
    text: &str,
    pod: Option<&Pod<'_>>,
    options: &Options<'_>,
    effort: &mut Effort,
) -> Result<String, String> {
    use crate::deploy::helm::evaluate::evaluate;

    if decides_by_unknown(text, pod, options) {
        return Err(DEPENDS_ON_CLUSTER.to_owned());
    }
    let mut run = |unknown| {
        let data = data(pod, options, unknown);
        let evaluated = evaluate(text, &data);
        if !effort.spend(evaluated.cost) {
            return Err(TOO_MUCH.to_owned());
        }
        let result = evaluated.result;
        result.map_err(|message| format!("cannot be evaluated: {message}"))
    };
    let (first, second, third) = (run(STAND_INS[0])?, run(STAND_INS[1])?, run(STAND_INS[2])?);
    let with = |stand_in: &str| first.replace(STAND_INS[0], stand_in);
    if second != with(STAND_INS[1]) || third != with(STAND_INS[2]) {
        return Err(DEPENDS_ON_CLUSTER.to_owned());
    }
    // A name of the cluster's in braces is a part that is not known.
    Ok(with("{{ unknown }}"))
}

#[cfg(feature = "helm")]
const DEPENDS_ON_CLUSTER: &str = "depends on what only the cluster knows";

/// Whether an action does more with a field that only the cluster knows than print it: no stand-in shows what that gives.
#[cfg(feature = "helm")]
fn decides_by_unknown(text: &str, pod: Option<&Pod<'_>>, options: &Options<'_>) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some(end) = template::end_of_action(after) else {
            return false;
        };
        let action = &after[..end];
        rest = &after[end..];
        let is_printed = template::parse(&format!("{{{{{action}}}}}")).is_ok();
        let is_unknown = |field: &str| {
            let path: Vec<String> = field.split('.').map(str::to_owned).collect();
            let of_node = field.starts_with("Node");
            of_node || value_of(&path, pod, options) == Value::Unknown
        };
        if !is_printed && fields(action).any(is_unknown) {
            return true;
        }
    }
    false
}

/// The fields that an action names, without the dot before them.
#[cfg(feature = "helm")]
fn fields(action: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.');
    let words = action.split(move |character: char| !is_part(character));
    words.filter_map(|word| word.strip_prefix('.'))
}

#[cfg(not(feature = "helm"))]
fn evaluate(
    _: &str,
    _: Option<&Pod<'_>>,
    _: &Options<'_>,
    _: &mut Effort,
) -> Result<String, String> {
    Err("cannot be evaluated by a build of kvguard without its feature `helm`".to_owned())
}

#[cfg(feature = "helm")]
fn data(
    pod: Option<&Pod<'_>>,
    options: &Options<'_>,
    unknown: &str,
) -> crate::deploy::helm::evaluate::Field {
    use crate::deploy::helm::evaluate::Field;

    let text = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        Field::Text(match value_of(&path, pod, options) {
            Value::Text(text) => text.to_owned(),
            Value::Absent | Value::Unknown | Value::NoField => unknown.to_owned(),
        })
    };
    let mut all = BTreeMap::new();
    for (object, names) in FIELDS {
        let fields = names.iter().map(|name| (*name, text(&[object, name])));
        let mut fields: BTreeMap<&'static str, Field> = fields.collect();
        if let (Some(pod), "PodMeta") = (pod, object) {
            fields.insert("Labels", map(&pod.labels));
            fields.insert("Annotations", map(&pod.annotations));
        }
        all.insert(object, Field::Object(fields));
    }
    all.extend(OF_ALL.map(|name| (name, text(&[name]))));
    Field::Object(all)
}

#[cfg(feature = "helm")]
fn map(labels: &Labels<'_>) -> crate::deploy::helm::evaluate::Field {
    let entries = labels.iter();
    let entries = entries.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    crate::deploy::helm::evaluate::Field::Map(entries.collect())
}
