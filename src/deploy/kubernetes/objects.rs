//! From documents to objects.

use std::collections::HashMap;

use super::{Problems, shown, string_at};
use crate::source::{Entry, MAX_DEPTH, Node, Problem, Span};
use crate::suggest::did_you_mean;

/// One object of the cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'d> {
    pub(super) kind: &'d str,
    /// The group of its API; empty for the core one.
    pub(super) group: &'d str,
    pub(super) name: &'d str,
    pub(super) name_span: Span,
    pub(super) namespace: &'d str,
    /// Where its namespace is set; `None`: it names none.
    pub(super) namespace_span: Option<Span>,
    pub(super) node: &'d Node,
}

/// The kinds that are read, with the groups they are of and the fields that they have besides the usual ones.
const KINDS: &[(&str, &[&str], &[&str])] = &[
    ("ConfigMap", &[""], &["data", "binaryData", "immutable"]),
    (
        "Secret",
        &[""],
        &["data", "stringData", "type", "immutable"],
    ),
    ("Namespace", &[""], &["spec", "status"]),
    ("Pod", &[""], &["spec", "status"]),
    ("ReplicationController", &[""], &["spec", "status"]),
    ("Deployment", &["apps", "extensions"], &["spec", "status"]),
    ("StatefulSet", &["apps"], &["spec", "status"]),
    ("DaemonSet", &["apps", "extensions"], &["spec", "status"]),
    ("ReplicaSet", &["apps", "extensions"], &["spec", "status"]),
    ("Job", &["batch"], &["spec", "status"]),
    ("CronJob", &["batch"], &["spec", "status"]),
    ("ClusterSPIFFEID", &["spire.spiffe.io"], &["spec", "status"]),
    (
        "ClusterStaticEntry",
        &["spire.spiffe.io"],
        &["spec", "status"],
    ),
];

/// What SOPS adds to a file that it encrypts; whatever applies the file takes it away.
const SOPS: &str = "sops";

/// The fields that every object has.
const USUAL: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Object<'_> {
    /// Whether it is of a kind that is read, and of that kind's own API.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind && self.known().is_some()
    }

    /// The fields that it may have, if its kind is read.
    fn known(&self) -> Option<&'static [&'static str]> {
        KINDS
            .iter()
            .find(|(kind, groups, _)| *kind == self.kind && groups.contains(&self.group))
            .map(|(_, _, fields)| *fields)
    }
}

/// The objects of documents, those in lists included. Of equal ones the last holds, as each is applied over
/// the one before it.
pub(super) fn objects<'d>(
    documents: &'d [Node],
    default_namespace: &'d str,
    problems: &mut Problems,
) -> Vec<Object<'d>> {
    let mut found = Vec::new();
    for document in documents {
        collect(document, default_namespace, 0, &mut found, problems);
    }
    let mut last: HashMap<(&str, &str, &str, &str), usize> = HashMap::new();
    let mut replaced = vec![false; found.len()];
    for (position, object) in found.iter().enumerate() {
        // A generated name is another one each time.
        if object.known().is_none() || string_at(object.node, "/metadata/name").is_none() {
            continue;
        }
        let key = (object.group, object.kind, object.namespace, object.name);
        if let Some(before) = last.insert(key, position) {
            replaced[before] = true;
            problems.invalid.push(Problem {
                span: object.name_span,
                message: format!("a second {} `{}`", object.kind, shown(object.name)),
                related: Some((found[before].name_span, "the first one".to_owned())),
            });
        }
    }
    found
        .into_iter()
        .zip(replaced)
        .filter(|(_, replaced)| !replaced)
        .map(|(object, _)| object)
        .collect()
}

fn collect<'d>(
    document: &'d Node,
    default_namespace: &'d str,
    depth: usize,
    found: &mut Vec<Object<'d>>,
    problems: &mut Problems,
) {
    // Nothing between two `---`.
    if document.is_null() {
        return;
    }
    let Some(mapping) = document.as_mapping() else {
        let message = format!(
            "a manifest must be a mapping with `apiVersion` and `kind`, and is {}",
            document.kind_name()
        );
        problems.lost(None, None);
        return problems.invalid(first_byte(document.span), message);
    };
    let place = mapping
        .entries()
        .first()
        .map_or(first_byte(document.span), |entry| entry.key.span);
    let (Some(version), Some(kind)) = (
        string_at(document, "/apiVersion"),
        string_at(document, "/kind"),
    ) else {
        let lacks = match string_at(document, "/kind") {
            None => "kind",
            Some(_) => "apiVersion",
        };
        problems.lost(
            string_at(document, "/kind"),
            string_at(document, "/metadata/name"),
        );
        return problems.invalid(place, format!("a manifest without its `{lacks}`"));
    };
    if kind.ends_with("List")
        && let Some(items) = document.get("items")
        && depth < MAX_DEPTH
    {
        for item in problems.list(Some(items), "`items`") {
            collect(item, default_namespace, depth + 1, found, problems);
        }
        return;
    }
    if kind == "Kustomization" || kind == "Component" && version.starts_with("kustomize.") {
        let message = "a kustomization is no manifest; name its directory in a deployment of the kind `kustomize`";
        return problems.invalid(place, message);
    }
    let name = ["/metadata/name", "/metadata/generateName"]
        .iter()
        .find_map(|pointer| document.pointer(pointer))
        .filter(|name| name.as_str().is_some_and(|name| !name.is_empty()));
    let Some((name, name_span)) = name.and_then(|node| Some((node.as_str()?, node.span))) else {
        problems.lost(Some(kind), None);
        return problems.invalid(
            place,
            format!("a {} without its `metadata.name`", shown(kind)),
        );
    };
    if let Some(namespace) = document.pointer("/metadata/namespace") {
        problems.string(namespace, || "`metadata.namespace`".to_owned());
    }
    let namespace = document.pointer("/metadata/namespace");
    let namespace = namespace.and_then(|node| Some((node.as_str()?, node.span)));
    let namespace = namespace.filter(|(text, _)| !text.is_empty());
    let object = Object {
        kind,
        group: version.rsplit_once('/').map_or("", |(group, _)| group),
        name,
        name_span,
        namespace: namespace.map_or(default_namespace, |(text, _)| text),
        namespace_span: namespace.map(|(_, span)| span),
        node: document,
    };
    check_fields(&object, problems);
    found.push(object);
}

/// A key that slid out of its mapping becomes a field of the object, where nothing reads it; a data field that is
/// there and empty has lost all of its keys.
fn check_fields(object: &Object<'_>, problems: &mut Problems) {
    let (Some(known), Some(mapping)) = (object.known(), object.node.as_mapping()) else {
        return;
    };
    let is_own = |field: &str| USUAL.contains(&field) || known.contains(&field) || field == SOPS;
    let holds_data = known.contains(&"data");
    let is_slid = |entry: &&Entry| {
        holds_data && !is_own(&entry.key.text) && entry.value.as_scalar().is_some()
    };
    let mut slid_out_of = None;
    if holds_data {
        let fields = ["data", "binaryData", "stringData"];
        let mut empty = fields.iter().filter_map(|field| mapping.entry(field));
        slid_out_of = empty.find(|entry| entry.value.is_null());
    }
    if let Some(data) = slid_out_of {
        let slid = mapping.entries().iter().find(is_slid);
        problems.lost(Some(object.kind), Some(object.name));
        problems.invalid.push(Problem {
            span: data.key.span,
            message: format!(
                "`{}` of {} `{}` is null: its keys must be indented below it",
                data.key.text,
                object.kind,
                shown(object.name)
            ),
            related: slid.map(|slid| {
                let name = shown(&slid.key.text);
                (slid.key.span, format!("`{name}` is not below it"))
            }),
        });
    }
    for entry in mapping.entries() {
        let field = &*entry.key.text;
        if is_own(field) || slid_out_of.is_some() && is_slid(&entry) {
            continue;
        }
        let hint = if is_slid(&entry) {
            problems.lost(Some(object.kind), Some(object.name));
            "; a key of its data must be indented below `data`".to_owned()
        } else {
            did_you_mean(field, USUAL.iter().chain(known).copied())
        };
        problems.invalid(
            entry.key.span,
            format!("a {} has no field `{}`{hint}", object.kind, shown(field)),
        );
    }
}

pub(super) fn first_byte(span: Span) -> Span {
    Span {
        end: span.start.saturating_add(1).min(span.end),
        ..span
    }
}
