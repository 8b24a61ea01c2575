//! Finds and reads a deployment's access table.

use std::sync::Arc;

use super::TableState;
use super::config_maps::{ConfigMaps, Seen, seen};
use super::pointers::{did_you_mean, meant};
use crate::access::{AccessTable, names_in};
use crate::deploy::{Failure, Workload};
use crate::inputs::Inputs;
use crate::policy::{AccessTableFile, AccessTablePlace, DeploymentPolicy, GrantFields, Policy};
use crate::registry::Spanned;
use crate::source::{
    Documents, Fragment, Names, Node, Problem, ScalarKind, Sources, Span, Syntax, TokenKind, read,
    says_only, unescaped,
};
use crate::suggest::nearest;

/// A deployment's table, its bucket's time to live where that would expire something, and what is wrong.
pub(super) struct Found {
    pub(super) table: TableState,
    pub(super) bucket_ttl: Option<Span>,
    pub(super) mode: Option<Spanned<String>>,
    /// The store's configuration.
    pub(super) documents: Option<Arc<Documents>>,
    /// How the store tells the names in it apart.
    pub(super) names: Names,
    pub(super) malformed: Vec<Problem>,
    pub(super) invalid: Vec<Problem>,
}

/// Why there is no configuration of the store to read.
enum Absent {
    /// It could not be looked for.
    NotChecked(Failure),
    /// The deployment does not have it.
    Missing { span: Span, reason: String },
}

pub(super) fn find(
    deployment: &DeploymentPolicy,
    policy: &Policy,
    workloads: &[Workload],
    config_maps: &ConfigMaps<'_>,
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
) -> Found {
    let mut found = Found {
        table: TableState::NotChecked,
        bucket_ttl: None,
        mode: None,
        documents: None,
        names: Names::Exact,
        malformed: Vec::new(),
        invalid: Vec::new(),
    };
    let store = Store {
        deployment,
        policy,
        workloads,
        config_maps,
    };
    let (documents, syntax) = match store.configuration(inputs) {
        Ok(read) => read,
        Err(Absent::NotChecked(failure)) => {
            failures.push(failure);
            return found;
        }
        Err(Absent::Missing { span, reason }) => {
            found.table = TableState::Missing {
                span,
                reason,
                meant: None,
            };
            return found;
        }
    };
    let pointer = &deployment.access_table.pointer;
    let names = match syntax {
        Syntax::Json => deployment.access_table.names,
        Syntax::Yaml | Syntax::Toml => Names::Exact,
    };
    found.names = names;
    let root = documents.single();
    found.table = match root.and_then(|root| names.pointer(root, &pointer.value)) {
        // The file does not parse, which is the cause.
        None if !documents.problems.is_empty() => TableState::NotChecked,
        None => match (root, documents.roots.get(1)) {
            (None, Some(second)) => TableState::Missing {
                span: second.span,
                reason: "its file holds a second document, so it is not clear which one counts"
                    .to_owned(),
                meant: None,
            },
            _ => TableState::Missing {
                span: root.map_or(pointer.span, |root| {
                    nearest_parent(root, &pointer.value, names).span
                }),
                reason: format!(
                    "there is nothing at `{}`{}",
                    pointer.value,
                    root.map(|root| did_you_mean(root, &pointer.value, names))
                        .unwrap_or_default()
                ),
                meant: root.and_then(|root| meant(root, &pointer.value, names)),
            },
        },
        Some(node) => grants(
            node,
            syntax,
            names,
            &deployment.access_table,
            inputs.sources_mut(),
            &mut found.invalid,
        ),
    };
    found.bucket_ttl = deployment
        .access_table
        .bucket_ttl
        .as_ref()
        .and_then(|pointer| names.pointer(root?, &pointer.value))
        .filter(|ttl| expires(ttl))
        .map(|ttl| ttl.span);
    found.malformed.clone_from(&documents.problems);
    if let Some(root) = root {
        let pointers = Pointers {
            deployment,
            root,
            names,
        };
        found.mode = pointers.store_mode(policy);
        failures.extend(pointers.mode());
        failures.extend(pointers.bucket_ttl());
        found.malformed.extend(pointers.doubled());
    }
    found.documents = Some(documents);
    found
}

/// The policy's other pointers into the store's file, which must not miss what they are for in silence.
struct Pointers<'a> {
    deployment: &'a DeploymentPolicy,
    root: &'a Node,
    names: Names,
}

impl Pointers<'_> {
    /// The store's own security mode, as the contract names it if it does.
    fn store_mode(&self, policy: &Policy) -> Option<Spanned<String>> {
        let pointer = self.deployment.access_table.mode.as_ref()?;
        let node = self.names.pointer(self.root, &pointer.value)?;
        let written = node.as_str()?.trim();
        let mut modes = policy.contract.mode_words();
        // A mode that no client has is one that no client runs in.
        let known = modes.find(|mode| mode.eq_ignore_ascii_case(written));
        let mode = known.unwrap_or(written);
        Some(Spanned::new(mode.to_owned(), node.span))
    }

    /// The names that the store reads and that stand more than once.
    fn doubled(&self) -> Vec<Problem> {
        let place = &self.deployment.access_table;
        let stated = std::iter::once(&place.pointer);
        let stated = stated.chain(&place.mode).chain(&place.bucket_ttl);
        let pointers = stated.map(|pointer| pointer.value.as_str());
        let mut problems: Vec<Problem> = pointers
            .chain(self.deployment.listen_pointers())
            .flat_map(|pointer| self.names.doubled_on_the_way(self.root, pointer))
            .collect();
        let table = self.names.pointer(self.root, &place.pointer.value);
        let grants = table.and_then(Node::as_sequence).unwrap_or_default();
        for grant in grants {
            let fields = [&place.fields.identity, &place.fields.role].into_iter();
            problems.extend(fields.filter_map(|field| self.names.doubled(grant, field)));
        }
        problems
    }

    fn mode(&self) -> Option<Failure> {
        let pointer = self.deployment.access_table.mode.as_ref()?;
        let Some(node) = self.names.pointer(self.root, &pointer.value) else {
            let what = format!(
                "the store's file has no security mode at `{}`{}",
                pointer.value,
                did_you_mean(self.root, &pointer.value, self.names)
            );
            return Some(self.fail(&what, pointer.span));
        };
        let is = match node.as_str() {
            Some(text) if text.trim().is_empty() => "is empty".to_owned(),
            Some(_) => return None,
            None => format!("is {}, not a text", node.kind_name()),
        };
        let what = format!(
            "the store's security mode at `{}` {is}, so it is not known in which mode its clients must run",
            pointer.value
        );
        Some(self.fail(&what, node.span))
    }

    /// A file without a time to live has none, but its place must be there, and nothing in it that was probably meant.
    fn bucket_ttl(&self) -> Option<Failure> {
        let pointer = self.deployment.access_table.bucket_ttl.as_ref()?;
        if self.names.pointer(self.root, &pointer.value).is_some() {
            return None;
        }
        let (parent, name) = pointer.value.rsplit_once('/')?;
        let what = match self.names.pointer(self.root, parent) {
            None => format!(
                "the store's file has nothing at `{parent}`, where the bucket's time to live `{}` would be{}",
                pointer.value,
                did_you_mean(self.root, &pointer.value, self.names)
            ),
            Some(place) => match place.as_mapping() {
                None => format!(
                    "what the store's file has at `{parent}` is {}, not a mapping that may hold the bucket's time to live",
                    place.kind_name()
                ),
                Some(place) => {
                    // What is no time is another setting, as `tls` beside `/ttl`.
                    let times = place
                        .entries()
                        .iter()
                        .filter(|entry| may_be_time(&entry.value));
                    let near = nearest(&unescaped(name), times.map(|entry| &*entry.key.text))?;
                    format!(
                        "the store's file has no time to live at `{}`; did you mean `{parent}/{near}`?",
                        pointer.value
                    )
                }
            },
        };
        Some(self.fail(&what, pointer.span))
    }

    fn fail(&self, message: &str, span: Span) -> Failure {
        failure(self.deployment, message, span)
    }
}

fn failure(deployment: &DeploymentPolicy, message: &str, span: Span) -> Failure {
    let message = format!("deployment `{}`: {message}", deployment.name.value);
    Failure::new(message, Some(span))
}

/// Where to look for the store's configuration.
struct Store<'a> {
    deployment: &'a DeploymentPolicy,
    policy: &'a Policy,
    workloads: &'a [Workload],
    config_maps: &'a ConfigMaps<'a>,
}

impl Store<'_> {
    /// The store's configuration, read.
    fn configuration(&self, inputs: &mut Inputs) -> Result<(Arc<Documents>, Syntax), Absent> {
        match &self.deployment.access_table.file {
            AccessTableFile::File(file) => self.file(&file.value, file.span, inputs),
            AccessTableFile::MountedAt { workload, path } => self.mounted(workload, path, inputs),
            AccessTableFile::ConfigMap { name, key } => {
                let entry = self.config_maps.entry(&name.value, &key.value);
                let node = entry.map_err(|reason| Absent::Missing {
                    span: reason.span.unwrap_or(name.span),
                    reason: reason.text,
                })?;
                self.inline(node, &key.value, key.span, inputs)
            }
        }
    }

    fn fail(&self, message: &str, span: Span) -> Absent {
        Absent::NotChecked(failure(self.deployment, message, span))
    }

    fn syntax(&self, path: &str, span: Span) -> Result<Syntax, Absent> {
        Syntax::of_path(path).ok_or_else(|| {
            let message = format!(
                "the access table's file `{path}` is neither JSON nor YAML nor TOML by its extension"
            );
            self.fail(&message, span)
        })
    }

    fn file(
        &self,
        path: &str,
        span: Span,
        inputs: &mut Inputs,
    ) -> Result<(Arc<Documents>, Syntax), Absent> {
        let syntax = self.syntax(path, span)?;
        let id = inputs.read(path).map_err(|error| {
            let message = format!("the access table's file {error}");
            Absent::NotChecked(failure(self.deployment, &message, span).because_of(&error))
        })?;
        Ok((inputs.documents(id, syntax), syntax))
    }

    /// A text that the deployment itself holds under a name.
    fn inline(
        &self,
        node: &Node,
        name: &str,
        span: Span,
        inputs: &mut Inputs,
    ) -> Result<(Arc<Documents>, Syntax), Absent> {
        let syntax = self.syntax(name, span)?;
        let Some(fragment) = Fragment::of_scalar(inputs.sources_mut(), node) else {
            return Err(Absent::Missing {
                span: node.span,
                reason: format!("`{name}` is no text"),
            });
        };
        let documents = read(inputs.sources_mut(), &fragment, syntax);
        Ok((Arc::new(documents), syntax))
    }

    /// What a workload sees at a path.
    fn mounted(
        &self,
        workload: &Spanned<String>,
        path: &Spanned<String>,
        inputs: &mut Inputs,
    ) -> Result<(Arc<Documents>, Syntax), Absent> {
        let named = |candidate: &&Workload| is_named(candidate, &workload.value);
        let Some(store) = self.workloads.iter().find(named) else {
            let message = format!(
                "there is no workload `{}`, whose access table is to be read",
                workload.value
            );
            return Err(self.fail(&message, workload.span));
        };
        match seen(store, &path.value) {
            Some((Seen::File(file), span)) => return self.file(&file, span, inputs),
            Some((Seen::Key { config_map, key }, span)) => {
                let node = self.config_maps.at(config_map, &key);
                let node = node.map_err(|reason| Absent::Missing {
                    span: reason.span.unwrap_or(span),
                    reason: reason.text,
                })?;
                return self.inline(node, &key, span, inputs);
            }
            Some((Seen::Other, span)) => {
                let message = format!(
                    "what workload `{}` sees at `{}` is no file of the project",
                    workload.value, path.value
                );
                return Err(self.fail(&message, span));
            }
            None => {}
        }
        let name = &self.deployment.name.value;
        let Some(file) = self.policy.map_path(name, &path.value) else {
            let message = format!(
                "nothing is mounted into workload `{}` at `{}`; name the file with `file`, or map the path with `[[path_map]]`",
                workload.value, path.value
            );
            return Err(self.fail(&message, path.span));
        };
        self.file(&file, path.span, inputs)
    }
}

/// Whether a workload is the one that the policy names; of a pod, also by its object or the container alone.
pub(super) fn is_named(workload: &Workload, name: &str) -> bool {
    let mut others = workload.other_names.iter();
    workload.name == name || workload.pod.is_some() && others.any(|other| other == name)
}

/// Reads the grants of a list. What of it is no grant is invalid.
fn grants(
    list: &Node,
    syntax: Syntax,
    names: Names,
    place: &AccessTablePlace,
    sources: &mut Sources,
    invalid: &mut Vec<Problem>,
) -> TableState {
    let (pointer, fields) = (&place.pointer.value, &place.fields);
    let mut problems = Vec::new();
    let table = match AccessTable::read(list, syntax, names, fields, sources, &mut problems) {
        Ok(table) => table,
        Err(problem) => {
            return TableState::Missing {
                span: problem.span,
                reason: problem.message,
                meant: None,
            };
        }
    };
    if table.grants.is_empty() {
        let first = list.as_sequence().and_then(<[Node]>::first);
        return TableState::Missing {
            span: first.map_or(table.span, |first| first.span),
            reason: match first {
                None => format!("the list at `{pointer}` is empty"),
                // One cause, told once.
                Some(first) => without_grants(first, pointer, fields),
            },
            meant: None,
        };
    }
    invalid.extend(problems);
    // Identities and roles are no secrets, and grants are shown beside each other.
    for grant in &table.grants {
        for text in [&grant.identity, &grant.role] {
            // A place can hold more, such as the whole table that a template prints. It may hold secrets.
            if says_only(sources.text(text.span), &text.value) && !sources.is_inexact(text.span) {
                sources.note_token(text.span, TokenKind::Key);
            } else {
                sources.note_inexact(text.span);
            }
        }
    }
    TableState::Read(table)
}

/// Why a list is no access table whose entries have other fields than grants.
fn without_grants(first: &Node, pointer: &str, fields: &GrantFields) -> String {
    let GrantFields { identity, role } = fields;
    let has = match names_in(first) {
        Some(names) => format!("the first one has {names}"),
        None => format!("the first one is {}", first.kind_name()),
    };
    format!(
        "no entry of the list at `{pointer}` has texts in the fields `{identity}` and `{role}`; {has}. If the store has other names for these fields, state them in the policy's `access_table`: `identity_field` and `role_field`"
    )
}

/// The deepest node on the way to what a pointer names.
fn nearest_parent<'n>(root: &'n Node, pointer: &str, names: Names) -> &'n Node {
    let mut end = pointer.len();
    loop {
        if let Some(node) = names.pointer(root, &pointer[..end]) {
            return node;
        }
        match pointer[..end].rfind('/') {
            Some(slash) => end = slash,
            None => return root,
        }
    }
}

/// Whether a value may be a time to live: `"24h"`, `86400`.
fn may_be_time(node: &Node) -> bool {
    let kind = node.as_scalar().map(|scalar| scalar.kind);
    matches!(
        kind,
        Some(ScalarKind::Integer | ScalarKind::Float | ScalarKind::String)
    )
}

/// Whether a time to live expires anything: neither absent nor zero.
fn expires(ttl: &Node) -> bool {
    let Some(scalar) = ttl.as_scalar() else {
        return true;
    };
    let text = scalar.text.trim();
    // `0`, `0s`, `0h0m`: no digit but zero.
    let mut digits = text.chars().filter(char::is_ascii_digit).peekable();
    let zero = digits.peek().is_some() && digits.all(|digit| digit == '0');
    !(ttl.is_null() || text.is_empty() || zero)
}
