//! The environment of a container, as the kubelet makes it.

use std::collections::BTreeMap;

use super::config_maps::Store;
use super::expansion::expand;
use super::pods::Pod;
use super::references::{is_optional, named};
use super::selectors::Labels;
use super::{Problems, shown, string_at};
use crate::deploy::{Known, Overridden, Taken, Variable};
use crate::source::{Node, Problem, Span};
use crate::suggest::did_you_mean;

/// The most bytes that all environments and commands of a deployment may have together: each container may take over
/// every key of every ConfigMap.
const MAX_BYTES: usize = 64 << 20;

/// What a variable costs beyond its text.
const VARIABLE_BYTES: usize = 64;

/// What a value begins with that SOPS has encrypted: whatever applies the file decrypts it.
const ENCRYPTED: &str = "ENC[AES256_GCM,";

/// The fields of an item of `env`.
const FIELDS: [&str; 3] = ["name", "value", "valueFrom"];

/// Makes the environments of a deployment.
#[derive(Debug, Default)]
pub(super) struct Environments<'a> {
    /// The names of the variables that matter.
    watched: &'a [&'a str],
    bytes: usize,
    exhausted: bool,
}

/// A container's environment.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) variables: BTreeMap<String, Variable>,
    /// What fills it with variables that no file tells.
    pub(super) untold: Vec<Problem>,
    /// What of it Secrets may have set to something else.
    pub(super) overridden: Vec<Overridden>,
    /// What a patch took away from it.
    pub(super) taken: Taken,
}

/// Variables that something makes of its keys.
#[derive(Debug, Default)]
struct TakenOver {
    known: Vec<(String, Variable)>,
    /// Whether it has no other keys.
    are_all: bool,
}

struct Reader<'a, 'd, 'w> {
    pod: &'a Pod<'d>,
    store: &'a Store<'d>,
    problems: &'a mut Problems,
    budget: &'a mut Environments<'w>,
    found: Environment,
}

impl<'w> Environments<'w> {
    pub(super) fn new(watched: &'w [&'w str]) -> Self {
        Self {
            watched,
            ..Self::default()
        }
    }

    /// The environment of a container: what `envFrom` takes over, then `env`, the later over the earlier.
    pub(super) fn of(
        &mut self,
        container: &Node,
        pod: &Pod<'_>,
        store: &Store<'_>,
        problems: &mut Problems,
    ) -> Environment {
        let mut reader = Reader {
            pod,
            store,
            problems,
            budget: self,
            found: Environment::default(),
        };
        for item in reader.problems.list(container.get("envFrom"), "`envFrom`") {
            reader.take_over(item);
        }
        for item in reader.problems.list(container.get("env"), "`env`") {
            reader.variable(item);
        }
        reader.note_removed(container);
        reader
            .found
            .overridden
            .retain(|overridden| !overridden.names.is_empty());
        reader.found
    }

    /// Counts what an environment or a command needs; `false` once all of them together need too much.
    pub(super) fn spend(&mut self, bytes: usize, span: Span, problems: &mut Problems) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES && !std::mem::replace(&mut self.exhausted, true) {
            let message = format!(
                "the environments and commands of this deployment are larger than {} MiB; the variables from here on are not read",
                MAX_BYTES >> 20
            );
            problems.unsupported(span, message);
        }
        self.bytes <= MAX_BYTES
    }
}

impl Reader<'_, '_, '_> {
    /// Notes the variables that a patch removed from the container's own list.
    fn note_removed(&mut self, container: &Node) {
        let fields = container.as_mapping().into_iter();
        for (name, span) in fields.flat_map(|fields| fields.removed_from("env")) {
            self.found.taken.remove(name, span);
        }
    }

    fn take_over(&mut self, item: &Node) {
        if self.budget.exhausted {
            return;
        }
        let prefix = string_at(item, "/prefix").unwrap_or_default();
        let namespace = self.pod.object.namespace;
        let (reference, kind) = match (item.get("configMapRef"), item.get("secretRef")) {
            (Some(reference), None) => (reference, "ConfigMap"),
            (None, Some(reference)) => (reference, "Secret"),
            _ => {
                let message = "an item of `envFrom` needs either `configMapRef` or `secretRef`";
                return self.problems.invalid(item.span, message);
            }
        };
        let Some((name, span)) = named(reference, "name") else {
            return self
                .problems
                .invalid(reference.span, "a reference without its `name`");
        };
        let variables = if kind == "ConfigMap" {
            self.note_removed_keys(namespace, name, prefix);
            self.of_config_map(namespace, name, prefix)
        } else {
            self.of_secret(namespace, (name, span), prefix)
        };
        // The pod starts without it.
        if !variables.are_all && !is_optional(reference) {
            let what = match kind {
                "Secret" => {
                    "whose keys neither the files nor `[[deployment.secret]]` in the policy tell"
                }
                _ if self.store.config_map(namespace, name).is_some() => {
                    "which something fills at run time"
                }
                _ => "which is not in the files",
            };
            let message = format!("the variables come from {kind} `{}`, {what}", shown(name));
            self.found.untold.push(Problem::new(span, message));
        }
        for (name, variable) in variables.known {
            self.set(name, variable);
        }
    }

    /// Notes the variables that the keys would become which a patch removed from a ConfigMap.
    fn note_removed_keys(&mut self, namespace: &str, name: &str, prefix: &str) {
        if let Some((_, map)) = self.store.config_map(namespace, name) {
            for (key, span) in &map.removed {
                self.found.taken.remove(format!("{prefix}{key}"), *span);
            }
        }
    }

    /// The variables that the keys of a ConfigMap become.
    fn of_config_map(&self, namespace: &str, name: &str, prefix: &str) -> TakenOver {
        let Some((_, map)) = self.store.config_map(namespace, name) else {
            return TakenOver::default();
        };
        let entries = map.data.iter().map(|(key, entry)| {
            let text = entry
                .value
                .as_scalar()
                .map_or("", |scalar| match scalar.kind {
                    crate::source::ScalarKind::Null => "",
                    _ => &scalar.text,
                });
            let variable = Variable {
                value: written(text),
                name_span: entry.key_span,
                value_span: entry.value.span,
            };
            (format!("{prefix}{key}"), variable)
        });
        TakenOver {
            known: entries.filter(|(name, _)| is_variable_name(name)).collect(),
            are_all: !self.store.is_filled(namespace, name),
        }
    }

    /// The variables that the keys of a Secret become, and a note of those that it overrides.
    fn of_secret(&mut self, namespace: &str, named: (&str, Span), prefix: &str) -> TakenOver {
        let (name, span) = named;
        let secret = self.store.secret(namespace, name);
        let known: Vec<(String, Variable)> = secret
            .into_iter()
            .flat_map(|secret| &secret.keys)
            .map(|key| {
                let variable = Variable {
                    value: Known::Opaque,
                    name_span: span,
                    value_span: span,
                };
                (format!("{prefix}{key}"), variable)
            })
            .filter(|(name, _)| is_variable_name(name))
            .collect();
        let are_all = secret.is_some_and(|secret| secret.is_whole);
        let is_set = |watched: &&&str| self.found.variables.contains_key(**watched);
        let (overrides, may_override): (Vec<&str>, Vec<&str>) = self
            .budget
            .watched
            .iter()
            .filter(is_set)
            .filter(|watched| watched.starts_with(prefix))
            .partition(|watched| known.iter().any(|(name, _)| name == **watched));
        for (names, is_certain) in [(overrides, true), (may_override, false)] {
            if is_certain || !are_all {
                self.found.overridden.push(Overridden {
                    secret: (namespace.to_owned(), name.to_owned()),
                    span,
                    is_certain,
                    names: names.into_iter().map(str::to_owned).collect(),
                });
            }
        }
        TakenOver { known, are_all }
    }

    fn variable(&mut self, item: &Node) {
        let Some((name, name_span)) = named(item, "name") else {
            return self
                .problems
                .invalid(item.span, "an item of `env` without its `name`");
        };
        for entry in self.problems.entries(Some(item), "an item of `env`") {
            let field = &*entry.key.text;
            if !FIELDS.contains(&field) {
                let message = format!(
                    "an item of `env` has no field `{}`{}",
                    shown(field),
                    did_you_mean(field, FIELDS)
                );
                self.problems.invalid(entry.key.span, message);
            }
        }
        let after_name = Span {
            start: name_span.end,
            ..name_span
        };
        let (value, value_span) = match (item.get("value"), item.get("valueFrom")) {
            (Some(value), None) => {
                let what = || format!("the value of `{}`", shown(name));
                let text = self.problems.string(value, what).unwrap_or_default();
                let all_told = self.found.untold.is_empty();
                let links = self.pod.spec.get("enableServiceLinks");
                let has_links = links.and_then(Node::as_bool) != Some(false);
                // Nothing is written: the key that it belongs behind.
                let key = item.as_mapping().and_then(|item| item.entry("value"));
                let span = match key {
                    Some(entry) if value.span.start == value.span.end => entry.key.span,
                    _ => value.span,
                };
                match written(text) {
                    Known::Text(text) => (
                        expand(&text, &self.found.variables, all_told, has_links),
                        span,
                    ),
                    other => (other, span),
                }
            }
            (None, Some(from)) => match self.value_from(name, from) {
                Some(found) => found,
                None => return,
            },
            (Some(value), Some(from)) => {
                let is_empty = value.is_null() || value.as_str() == Some("");
                if !is_empty {
                    let message = format!("`{}` has both a `value` and a `valueFrom`", shown(name));
                    self.problems.invalid(value.span, message);
                }
                match self.value_from(name, from) {
                    Some(found) => found,
                    None => return,
                }
            }
            (None, None) => (Known::Text(String::new()), after_name),
        };
        // What `env` sets stays, whatever a Secret has.
        for overridden in &mut self.found.overridden {
            overridden.names.retain(|own| own != name);
        }
        self.set(
            name.to_owned(),
            Variable {
                value,
                name_span,
                value_span,
            },
        );
    }

    /// The value that something else holds, and where; `None` if the variable is not set.
    fn value_from(&mut self, variable: &str, from: &Node) -> Option<(Known, Span)> {
        let opaque = |node: &Node| Some((Known::Opaque, node.span));
        if let Some(reference) = from.get("configMapKeyRef") {
            return self.key_of_config_map(variable, reference);
        }
        if let Some(reference) = from.get("secretKeyRef") {
            return self.key_of_secret(variable, reference);
        }
        if let Some(field) = from.get("fieldRef") {
            let Some(path) = string_at(field, "/fieldPath") else {
                self.problems
                    .invalid(field.span, "a `fieldRef` without its `fieldPath`");
                return opaque(field);
            };
            let span = field.get("fieldPath").map_or(field.span, |node| node.span);
            return Some((self.field(path, span), span));
        }
        if let Some(reference) = from.get("resourceFieldRef") {
            return opaque(reference);
        }
        let message = format!(
            "kvguard does not know where `{}` gets its value from",
            shown(variable)
        );
        self.problems.unsupported(from.span, message);
        opaque(from)
    }

    fn key_of_config_map(&mut self, variable: &str, reference: &Node) -> Option<(Known, Span)> {
        let Some((name, key, key_span)) = self.key_reference(reference) else {
            return Some((Known::Opaque, reference.span));
        };
        let Some((_, map)) = self.store.config_map(self.pod.object.namespace, name) else {
            return (!is_optional(reference)).then_some((Known::Opaque, key_span));
        };
        if let Some(entry) = map.data.get(key) {
            let text = entry.value.as_str().unwrap_or_default();
            return Some((written(text), entry.value.span));
        }
        self.lacking_key(variable, "ConfigMap", name, key, key_span, reference)
    }

    fn key_of_secret(&mut self, variable: &str, reference: &Node) -> Option<(Known, Span)> {
        let Some((name, key, key_span)) = self.key_reference(reference) else {
            return Some((Known::Opaque, reference.span));
        };
        match self.store.secret(self.pod.object.namespace, name) {
            Some(secret) if secret.is_whole && !secret.keys.contains(key) => {
                self.lacking_key(variable, "Secret", name, key, key_span, reference)
            }
            None if is_optional(reference) => None,
            _ => Some((Known::Opaque, key_span)),
        }
    }

    /// The pod does not start without the key, unless it is optional or something adds it at run time.
    fn lacking_key(
        &mut self,
        variable: &str,
        kind: &str,
        name: &str,
        key: &str,
        key_span: Span,
        reference: &Node,
    ) -> Option<(Known, Span)> {
        if self.store.may_fill(kind, self.pod.object.namespace, name) {
            return Some((Known::Opaque, key_span));
        }
        if is_optional(reference) {
            return None;
        }
        let map = self.store.config_map(self.pod.object.namespace, name);
        let map = map.filter(|_| kind == "ConfigMap");
        let removed = map.and_then(|(_, map)| map.removed.get(key).copied());
        let (name, key, variable) = (shown(name), shown(key), shown(variable));
        self.problems.invalid.push(match removed {
            // One line is the cause, however many variables get their values from it.
            Some(span) => Problem {
                span,
                message: format!(
                    "{kind} `{name}` loses its key `{key}` here, from which variables get their values; delete what removes it"
                ),
                related: Some((key_span, format!("`{variable}` gets its value from it"))),
            },
            None => Problem::new(
                key_span,
                format!("{kind} `{name}` has no key `{key}`, from which `{variable}` gets its value"),
            ),
        });
        Some((Known::Opaque, key_span))
    }

    fn key_reference<'n>(&mut self, reference: &'n Node) -> Option<(&'n str, &'n str, Span)> {
        let name = named(reference, "name");
        let key = reference
            .get("key")
            .and_then(|node| Some((node.as_str()?, node.span)));
        let found = name.and_then(|(name, _)| key.map(|(key, span)| (name, key, span)));
        if found.is_none() {
            let message = "a reference needs a `name` and a `key`";
            self.problems.invalid(reference.span, message);
        }
        found
    }

    /// A field of the pod.
    fn field(&mut self, path: &str, span: Span) -> Known {
        let text = |text: &str| Known::Text(text.to_owned());
        let pod = self.pod;
        if let Some(labels) = subscript(path, "metadata.labels") {
            return text(label(&pod.labels, labels));
        }
        if let Some(annotations) = subscript(path, "metadata.annotations") {
            return text(label(&pod.annotations, annotations));
        }
        match path {
            "metadata.name" => pod.name.map_or(Known::Opaque, text),
            "metadata.namespace" => text(pod.object.namespace),
            "spec.serviceAccountName" => text(pod.service_account),
            "spec.nodeName" => string_at(pod.spec, "/nodeName").map_or(Known::Opaque, text),
            "metadata.uid" | "status.hostIP" | "status.hostIPs" | "status.podIP"
            | "status.podIPs" => Known::Opaque,
            _ => {
                let message = format!("a pod passes on no field `{}`", shown(path));
                self.problems.invalid(span, message);
                Known::Opaque
            }
        }
    }

    fn set(&mut self, name: String, mut variable: Variable) {
        let length = variable.text().map_or(0, str::len);
        let bytes = name.len() + length + VARIABLE_BYTES;
        if !self.budget.spend(bytes, variable.name_span, self.problems) && length > 0 {
            variable.value = Known::Opaque;
        }
        if !self.budget.exhausted || length == 0 {
            self.found.variables.insert(name, variable);
        }
    }
}

/// A value that a file holds, unless it is encrypted there.
fn written(text: &str) -> Known {
    if text.starts_with(ENCRYPTED) {
        return Known::Opaque;
    }
    Known::Text(text.to_owned())
}

fn label<'d>(labels: &Labels<'d>, key: &str) -> &'d str {
    labels.get(key).copied().unwrap_or_default()
}

/// What stands in `['…']` behind a name.
fn subscript<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let inner = path
        .strip_prefix(name)?
        .strip_prefix('[')?
        .strip_suffix(']')?;
    ['\'', '"']
        .iter()
        .find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// Keys of a ConfigMap or a Secret that are no names of variables are left out by the kubelet. (From 1.30 on
/// it takes any printable characters but `=`, which changes nothing for those that anything reads.)
fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | '-' | '.'))
        && characters.all(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
        })
}
