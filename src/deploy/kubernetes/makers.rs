//! Whether something may make a ConfigMap or a Secret that no file has: the cluster itself, a custom resource, a
//! controller that copies objects, or a program that a pod runs. Also whether something may add keys to one that a file has.

use std::collections::{HashMap, HashSet};

use super::objects::Object;
use super::string_at;
use crate::source::{Key, Mapping, Node};

/// ConfigMaps that the cluster or a mesh puts into every namespace.
const IN_EVERY_NAMESPACE: [&str; 4] = [
    "kube-root-ca.crt",
    "openshift-service-ca.crt",
    "istio-ca-root-cert",
    "linkerd-identity-trust-roots",
];

/// Groups of custom resources that make no ConfigMap and no Secret, although they may be named like one.
const MAKE_NOTHING: [&str; 4] = [
    "spire.spiffe.io",
    "networking.istio.io",
    "gateway.networking.k8s.io",
    "monitoring.coreos.com",
];

/// Words of the annotations by which controllers copy objects into other namespaces.
const COPIES: [&str; 4] = ["reflect", "replicat", "kubed", "sync"];

/// Words of the annotations and labels by which controllers write keys into an object.
const FILLS: [&str; 2] = ["inject", "generat"];

/// What is in the text of a program that calls the cluster.
const CALLS: [&str; 2] = ["kubectl", "/api/v1/"];

/// The type of a Secret into which the cluster writes a token.
const TOKEN: &str = "kubernetes.io/service-account-token";

/// What may make objects at run time.
#[derive(Debug, Default)]
pub(super) struct Makers<'d> {
    /// Every text in a custom resource, what roles let somebody write, and the words of commands and scripts.
    named: HashSet<&'d str>,
    /// The names of custom resources, of which operators derive those of the Secrets that they make.
    owners: HashSet<&'d str>,
    /// The kinds and names of what a controller copies.
    copied: HashSet<(&'d str, &'d str)>,
    /// What custom resources copy by labels: any object of these kinds may be among it.
    cloned: HashSet<&'static str>,
    /// The kinds, namespaces and names of the ConfigMaps and Secrets of the files, and whether each says of itself that it is
    /// filled at run time.
    written: HashMap<(&'d str, &'d str, &'d str), bool>,
}

impl<'d> Makers<'d> {
    pub(super) fn new(objects: &[Object<'d>]) -> Self {
        let mut makers = Self::default();
        for object in objects {
            if is_custom(object) {
                makers.named.insert(object.name);
                texts(object.node, &mut |text| {
                    makers.named.insert(text);
                });
                makers.owners.insert(object.name);
                cloned(object.node, &mut makers.cloned);
            } else if matches!(object.kind, "Role" | "ClusterRole") {
                of_role(object.node, &mut makers.named);
            } else if object.is("ConfigMap") {
                scripts(object, &mut makers.named);
            } else {
                commands(object.node, &mut makers.named);
            }
            if object.is("ConfigMap") || object.is("Secret") {
                let key = (object.kind, object.namespace, object.name);
                makers.written.insert(key, is_filled(object));
            }
            for annotation in entries(object.node.pointer("/metadata/annotations")) {
                let key = &annotation.key.text;
                if COPIES.iter().any(|word| key.contains(word)) {
                    makers.copied.insert((object.kind, object.name));
                }
                // OpenShift makes a Secret of the name that this annotation of a Service has.
                if key.ends_with("/serving-cert-secret-name") {
                    makers.named.extend(annotation.value.as_str());
                }
            }
        }
        makers
    }

    /// Whether something may make an object of a kind and a name.
    pub(super) fn may_make(&self, kind: &str, name: &str) -> bool {
        let is_owned = || {
            let mut ends = name.match_indices(['-', '.']);
            ends.any(|(end, _)| self.owners.contains(&name[..end]))
        };
        IN_EVERY_NAMESPACE.contains(&name)
            || self.named.contains(name)
            || self.copied.contains(&(kind, name))
            || self.cloned.contains(kind)
            || kind == "Secret" && is_owned()
    }

    /// Whether an object of the files says of itself that it is filled at run time: it has no keys, or it is marked for a
    /// controller.
    pub(super) fn is_filled(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.written.get(&(kind, namespace, name)) == Some(&true)
    }

    /// Whether something may write more keys into an object of the files than they show.
    pub(super) fn may_fill(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let is_filled = self.written.get(&(kind, namespace, name));
        is_filled.is_some_and(|is_filled| *is_filled || self.may_make(kind, name))
    }
}

/// The fields of a ConfigMap or a Secret that hold its keys.
const KEY_FIELDS: [&str; 3] = ["data", "binaryData", "stringData"];

/// The keys of a ConfigMap or a Secret.
pub(super) fn keys<'d>(object: &Object<'d>) -> impl Iterator<Item = &'d Key> + use<'d> {
    let node = object.node;
    let fields = KEY_FIELDS
        .into_iter()
        .filter_map(|field| node.get(field)?.as_mapping());
    fields.flat_map(Mapping::entries).map(|entry| &entry.key)
}

/// Whether a ConfigMap or a Secret is there to be filled at run time.
fn is_filled(object: &Object<'_>) -> bool {
    let marks = ["/metadata/annotations", "/metadata/labels"];
    let marks = marks
        .into_iter()
        .flat_map(|field| entries(object.node.pointer(field)));
    let mut marks = marks.map(|entry| &entry.key.text);
    let is_mark = |mark: &str| COPIES.iter().chain(&FILLS).any(|word| mark.contains(word));
    let is_empty = keys(object).next().is_none() && !has_lost_keys(object);
    is_empty || string_at(object.node, "/type") == Some(TOKEN) || marks.any(|mark| is_mark(mark))
}

/// Whether a patch removed keys of a ConfigMap or a Secret. If so, it is not empty in order to be filled at run time.
fn has_lost_keys(object: &Object<'_>) -> bool {
    let fields = object.node.as_mapping();
    let mut removed = fields
        .into_iter()
        .flat_map(|fields| KEY_FIELDS.map(|field| fields.removed_from(field)))
        .flatten();
    removed.next().is_some()
}

/// Whether an object is of no API of Kubernetes' own.
fn is_custom(object: &Object<'_>) -> bool {
    let is_own = !object.group.contains('.') || object.group.ends_with(".k8s.io");
    !is_own && !MAKE_NOTHING.contains(&object.group)
}

/// Names that a role lets somebody write.
fn of_role<'d>(role: &'d Node, named: &mut HashSet<&'d str>) {
    for rule in role
        .get("rules")
        .and_then(Node::as_sequence)
        .unwrap_or_default()
    {
        let texts = |field: &str| {
            let items = rule.get(field).and_then(Node::as_sequence);
            items.unwrap_or_default().iter().filter_map(Node::as_str)
        };
        let mut verbs = texts("verbs");
        if verbs.any(|verb| matches!(verb, "create" | "update" | "patch" | "*")) {
            named.extend(texts("resourceNames"));
        }
    }
}

/// The kinds that a policy of Kyverno copies by labels.
fn cloned(node: &Node, kinds: &mut HashSet<&'static str>) {
    for item in node.as_sequence().unwrap_or_default() {
        cloned(item, kinds);
    }
    for entry in entries(Some(node)) {
        if &*entry.key.text == "cloneList" {
            let own = ["ConfigMap", "Secret"].into_iter();
            kinds.extend(own.filter(|kind| has_text(&entry.value, &[kind])));
        } else {
            cloned(&entry.value, kinds);
        }
    }
}

/// The words of the commands and arguments of the containers in a document, and of the variables of those that call the cluster.
fn commands<'d>(node: &'d Node, found: &mut HashSet<&'d str>) {
    for item in node.as_sequence().unwrap_or_default() {
        commands(item, found);
    }
    for entry in entries(Some(node)) {
        if matches!(&*entry.key.text, "command" | "args") {
            texts(&entry.value, &mut |text| found.extend(words(text)));
        } else if &*entry.key.text == "env" && has_text(node, &CALLS) {
            texts(&entry.value, &mut |text| found.extend(words(text)));
        } else {
            commands(&entry.value, found);
        }
    }
}

/// The words of the scripts in a ConfigMap that call the cluster.
fn scripts<'d>(object: &Object<'d>, found: &mut HashSet<&'d str>) {
    let values = entries(object.node.get("data")).iter();
    let values = values.filter_map(|entry| entry.value.as_str());
    for script in values.filter(|text| CALLS.iter().any(|call| text.contains(call))) {
        found.extend(words(script));
    }
}

/// What may be names in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_name =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
    let words = text.split(move |character| !is_of_name(character));
    let words = words.map(|word| word.trim_matches(['-', '.']));
    words.filter(|word| !word.is_empty())
}

fn texts<'d>(node: &'d Node, each: &mut impl FnMut(&'d str)) {
    if let Some(text) = node.as_str() {
        each(text);
    }
    for item in node.as_sequence().unwrap_or_default() {
        texts(item, each);
    }
    for entry in entries(Some(node)) {
        texts(&entry.value, each);
    }
}

/// Whether a text in a node contains one of some words.
fn has_text(node: &Node, searched: &[&str]) -> bool {
    let mut found = false;
    texts(node, &mut |text| {
        found |= searched.iter().any(|word| text.contains(word));
    });
    found
}

fn entries(node: Option<&Node>) -> &[crate::source::Entry] {
    let mapping = node.and_then(Node::as_mapping);
    mapping.map(Mapping::entries).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_are_found_in_a_script_as_whole_words() {
        let script = "kubectl create secret/store-login --from-file=x; done.";
        let found: Vec<&str> = words(script).collect();
        assert!(found.contains(&"store-login") && found.contains(&"done"));
        for other in ["store", "login"] {
            assert!(!found.contains(&other), "{other}");
        }
    }
}
