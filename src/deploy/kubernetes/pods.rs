//! The pods that objects make.

use std::collections::{BTreeMap, HashSet};

use super::objects::{Object, first_byte};
use super::selectors::{Labels, Selector};
use super::{Problems, shown, string_at};
use crate::deploy::{DEFAULT_ACCOUNT, Issued};
use crate::source::{Node, Span};

/// A pod, or the template that an object makes pods from.
#[derive(Debug)]
pub(super) struct Pod<'d> {
    pub(super) object: Object<'d>,
    /// Its name, where the object does not generate one.
    pub(super) name: Option<&'d str>,
    pub(super) spec: &'d Node,
    pub(super) labels: Labels<'d>,
    pub(super) annotations: Labels<'d>,
    pub(super) labels_span: Span,
    /// The labels that a patch removed, and where.
    pub(super) removed_labels: BTreeMap<&'d str, Span>,
    pub(super) service_account: &'d str,
    /// Where its account is set, or where it would be.
    pub(super) service_account_span: Span,
    /// The SPIFFE IDs that it is given.
    pub(super) issued: Vec<Given>,
    /// The selector that comes nearest to giving it one.
    pub(super) nearest: Option<(Span, String)>,
    /// The label that the selector wants, where a patch removed it.
    pub(super) removed: Option<(Span, String)>,
    /// What may give it one, if that cannot be decided, and why.
    pub(super) undecided: Option<(Span, String)>,
}

/// A SPIFFE ID that a pod is given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) issued: Issued,
    /// The containers that it is for; `None`: all.
    pub(super) containers: Option<Vec<String>>,
}

/// Where an object of a kind has the template of its pods.
fn template_pointer(object: &Object<'_>) -> Option<&'static str> {
    const IN_SPEC: [&str; 6] = [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
    ];
    if object.is("Pod") {
        Some("")
    } else if object.is("CronJob") {
        Some("/spec/jobTemplate/spec/template")
    } else {
        IN_SPEC
            .iter()
            .any(|kind| object.is(kind))
            .then_some("/spec/template")
    }
}

/// The pods of a deployment, in the order of its objects.
pub(super) fn pods<'d>(objects: &[Object<'d>], problems: &mut Problems) -> Vec<Pod<'d>> {
    let mut pods = Vec::new();
    for object in objects {
        let Some(pointer) = template_pointer(object) else {
            if let Some(containers) = object
                .node
                .pointer("/spec/template/spec/containers")
                .filter(|containers| containers.as_sequence().is_some())
            {
                let message = format!(
                    "a {} `{}` runs containers, and kvguard does not read that kind",
                    shown(object.kind),
                    shown(object.name)
                );
                problems.unsupported(first_byte(containers.span), message);
            }
            continue;
        };
        let template = object.node.pointer(pointer);
        let Some((template, spec)) = template
            .and_then(|template| Some((template, template.get("spec")?)))
            .filter(|(_, spec)| spec.as_mapping().is_some())
        else {
            let message = format!(
                "{} `{}` lacks `{}`",
                object.kind,
                shown(object.name),
                format!("{pointer}/spec")
                    .trim_start_matches('/')
                    .replace('/', "."),
            );
            problems.invalid(object.name_span, message);
            continue;
        };
        pods.push(pod(*object, template, spec, problems));
    }
    pods
}

fn pod<'d>(
    object: Object<'d>,
    template: &'d Node,
    spec: &'d Node,
    problems: &mut Problems,
) -> Pod<'d> {
    let metadata = template.get("metadata");
    let labels_entry = metadata
        .and_then(Node::as_mapping)
        .and_then(|mapping| mapping.entry("labels"));
    let labels = labels(
        metadata.and_then(|node| node.get("labels")),
        "label",
        problems,
    );
    let annotations = self::labels(
        metadata.and_then(|node| node.get("annotations")),
        "annotation",
        problems,
    );
    let is_pod = object.is("Pod");
    if let Some(selector) = object.node.pointer("/spec/selector")
        && !is_pod
        && !object.is("ReplicationController")
    {
        let selector = Selector::read(Some(selector), problems);
        if let Some(unmet) = selector.unmet(&labels) {
            let message = format!(
                "{} `{}` does not select its own pods: their label `{}` is another one",
                object.kind,
                shown(object.name),
                shown(unmet.key)
            );
            problems.invalid(unmet.span, message);
        }
    }
    let account = ["serviceAccountName", "serviceAccount"];
    let account = account.iter().find_map(|field| {
        let node = spec.get(field)?;
        let text = node.as_str().filter(|text| !text.is_empty())?;
        Some((text, node.span))
    });
    let (service_account, service_account_span) = account.unwrap_or_else(|| {
        let containers = spec.as_mapping().and_then(|spec| spec.entry("containers"));
        let place = containers.map_or(object.name_span, |entry| entry.key.span);
        (DEFAULT_ACCOUNT, place)
    });
    Pod {
        object,
        name: (is_pod && string_at(object.node, "/metadata/name").is_some()).then_some(object.name),
        spec,
        labels,
        annotations,
        removed_labels: removed_labels(metadata),
        labels_span: labels_entry.map_or(object.name_span, |entry| entry.key.span),
        service_account,
        service_account_span,
        issued: Vec::new(),
        nearest: None,
        removed: None,
        undecided: None,
    }
}

/// The labels that a patch removed.
fn removed_labels(metadata: Option<&Node>) -> BTreeMap<&str, Span> {
    let fields = metadata.and_then(Node::as_mapping).into_iter();
    fields
        .flat_map(|fields| fields.removed_from("labels"))
        .collect()
}

impl Pod<'_> {
    /// Takes a SPIFFE ID that it is given. `named` is the selector that names the container that it is for, if one does: for
    /// the others, that is what keeps them from it.
    pub(super) fn take(&mut self, given: Given, named: Option<Span>) {
        if let (Some(span), Some(containers)) = (named, &given.containers) {
            let names = shown(&containers.join("`, `"));
            let text = format!("this selector is for the container `{names}` only");
            self.nearest = Some((span, text));
        }
        self.issued.push(given);
    }
}

/// Labels or annotations, each of which must be a string.
pub(super) fn labels<'d>(
    node: Option<&'d Node>,
    what: &str,
    problems: &mut Problems,
) -> Labels<'d> {
    let mut labels = Labels::new();
    for entry in problems.entries(node, &format!("`{what}s`")) {
        let what = || format!("the {what} `{}`", shown(&entry.key.text));
        let value = problems.string(&entry.value, what).unwrap_or_default();
        labels.insert(&entry.key.text, value);
    }
    labels
}

/// Gives each of several names once; those that are taken get one that tells more, or at last a number.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn unique(&mut self, object: &Object<'_>, container: &str) -> String {
        let short = format!("{}/{container}", object.name);
        let kind = object.kind.to_ascii_lowercase();
        let with_kind = format!("{kind}/{short}");
        let full = format!("{}/{with_kind}", object.namespace);
        let mut name = [short, with_kind, full.clone()]
            .into_iter()
            .find(|name| !self.taken.contains(name))
            .unwrap_or_default();
        let mut number = 2;
        while name.is_empty() || self.taken.contains(&name) {
            name = format!("{full}#{number}");
            number += 1;
        }
        self.taken.insert(name.clone());
        name
    }
}
