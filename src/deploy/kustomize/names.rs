//! Where one object names another by a name that it no longer has, the name is changed.

use std::collections::{HashMap, HashSet};

use crate::source::{Node, Value};

use super::configuration::Configuration;
use super::context::{Context, Outcome, refuse};
use super::field_path::{FieldSpec, Make};
use super::resource::{Gvk, Id, Resource, put, scalar_text, text_at};
use super::resource_map::ResourceMap;

/// Changes the names by which the objects name each other.
pub fn update(
    context: &mut Context<'_>,
    configuration: &Configuration,
    resources: &mut ResourceMap,
) {
    let candidates = Candidates::new(resources.list());
    if candidates.by_name.is_empty() {
        return;
    }
    // Most fields are of one kind: look at no others.
    let mut by_kind: HashMap<&str, Vec<(&Gvk, &FieldSpec)>> = HashMap::new();
    for reference in &configuration.name_reference {
        for spec in &reference.referrers {
            by_kind
                .entry(&spec.gvk.kind)
                .or_default()
                .push((&reference.gvk, spec));
        }
    }
    for position in 0..resources.list().len() {
        let Some(resource) = resources.list().get(position) else {
            continue;
        };
        let id = resource.original_id();
        let of_kind = by_kind.get(id.gvk.kind.as_str()).into_iter().flatten();
        let fields: Vec<(&Gvk, &FieldSpec)> = by_kind
            .get("")
            .into_iter()
            .flatten()
            .chain(of_kind)
            .filter(|(_, spec)| id.gvk.is_selected_by(&spec.gvk))
            .copied()
            .collect();
        if fields.is_empty() {
            continue;
        }
        let referrer = Referrer::new(resource);
        let Some(mut node) = resources
            .list_mut()
            .get_mut(position)
            .map(|resource| resource.node.clone())
        else {
            continue;
        };
        for (target, spec) in fields {
            let search = Search {
                candidates: &candidates,
                referrer: &referrer,
                target,
                spec,
            };
            let span = node.span;
            let outcome =
                spec.visit_anyway(&mut node, Make::Nothing, span, &mut |node| search.set(node));
            context.problems.note(outcome);
        }
        if let Some(resource) = resources.list_mut().get_mut(position) {
            resource.node = node;
        }
    }
}

/// An object that others may name.
struct Candidate {
    id: Id,
    previous: Vec<Id>,
    original_namespace: String,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// The renamed objects, by each of the names they had.
struct Candidates {
    list: Vec<Candidate>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Candidates {
    fn new(resources: &[Resource]) -> Self {
        let mut candidates = Self {
            list: Vec::new(),
            by_name: HashMap::new(),
        };
        for resource in resources {
            let previous: Vec<Id> = resource.previous_ids().collect();
            if previous.is_empty() {
                continue;
            }
            let names: HashSet<&str> = resource.previous_names().collect();
            for name in names {
                let positions = candidates.by_name.entry(name.to_owned()).or_default();
                positions.push(candidates.list.len());
            }
            candidates.list.push(Candidate {
                id: resource.id(),
                original_namespace: resource.original_id().effective_namespace().to_owned(),
                previous,
                prefixes: resource.prefixes.clone(),
                suffixes: resource.suffixes.clone(),
            });
        }
        candidates
    }
}

/// The object whose fields are looked at.
struct Referrer {
    id: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    role: Option<Gvk>,
    /// The namespaces of the accounts that it binds.
    accounts: HashSet<String>,
}

impl Referrer {
    fn new(resource: &Resource) -> Self {
        let role = resource.node.get("roleRef").and_then(|role| {
            let (group, kind) = (role.get("apiGroup")?, role.get("kind")?);
            Some(Gvk {
                group: scalar_text(group).to_owned(),
                version: String::new(),
                kind: scalar_text(kind).to_owned(),
            })
        });
        let subjects = resource.node.get("subjects").and_then(Node::as_sequence);
        let subjects = subjects
            .filter(|_| resource.kind() == "RoleBinding")
            .unwrap_or_default();
        let accounts = subjects
            .iter()
            .filter(|subject| text_at(subject, &["kind"]) == "ServiceAccount")
            .map(|subject| text_at(subject, &["namespace"]).to_owned())
            .filter(|namespace| !namespace.is_empty())
            .collect();
        Self {
            id: resource.id(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            role,
            accounts,
        }
    }

    /// Whether a name in it can be that of a candidate at all.
    fn can_name(&self, candidate: &Candidate) -> bool {
        self.id.cluster
            || candidate.id.cluster
            || candidate.id.same_namespace(&self.id)
            || self.accounts.contains(&candidate.id.namespace)
    }
}

/// One field that may name objects of one kind.
struct Search<'s> {
    candidates: &'s Candidates,
    referrer: &'s Referrer,
    target: &'s Gvk,
    spec: &'s FieldSpec,
}

impl Search<'_> {
    fn set(&self, node: &mut Node) -> Outcome {
        if node.is_null() {
            return Ok(());
        }
        match &mut node.value {
            Value::Scalar(_) => self.set_scalar(node),
            Value::Mapping(_) => self.set_mapping(node),
            Value::Sequence(items) => {
                for item in items.iter_mut().filter(|item| !item.is_null()) {
                    match &item.value {
                        Value::Scalar(_) => self.set_scalar(item)?,
                        Value::Mapping(_) => self.set_mapping(item)?,
                        Value::Sequence(_) => {
                            return refuse(
                                item.span,
                                "a name, or a mapping with a `name`, is needed here",
                            );
                        }
                    }
                }
                Ok(())
            }
        }
    }

    fn set_scalar(&self, node: &mut Node) -> Outcome {
        let same = |one: &Candidate, other: &Candidate| one.id.name == other.id.name;
        if let Some(found) = self.select(node, scalar_text(node), None, same)?
            && found.id.name != scalar_text(node)
        {
            *node = Node::string(node.span, found.id.name.as_str());
        }
        Ok(())
    }

    fn set_mapping(&self, node: &mut Node) -> Outcome {
        let Some(name) = node.get("name") else {
            return refuse(
                node.span,
                "a `name` is needed here, as other resources are named by it",
            );
        };
        let same = |one: &Candidate, other: &Candidate| {
            one.id.name == other.id.name && one.id.namespace == other.id.namespace
        };
        let (old, span) = (scalar_text(name).to_owned(), name.span);
        let namespace = node
            .get("namespace")
            .map(|node| scalar_text(node).to_owned());
        let Some(found) = self.select(node, &old, namespace.as_deref(), same)? else {
            return Ok(());
        };
        if found.id.name == old && found.id.namespace.is_empty() {
            return Ok(());
        }
        if let Value::Mapping(mapping) = &mut node.value {
            put(mapping, "name", Node::string(span, found.id.name.as_str()));
            if !found.id.namespace.is_empty() {
                let span = mapping
                    .get("namespace")
                    .map_or(span, |namespace| namespace.span);
                put(
                    mapping,
                    "namespace",
                    Node::string(span, found.id.namespace.as_str()),
                );
            }
        }
        Ok(())
    }

    /// The object that a name most likely means.
    fn select(
        &self,
        node: &Node,
        name: &str,
        namespace: Option<&str>,
        same: fn(&Candidate, &Candidate) -> bool,
    ) -> Outcome<Option<&Candidate>> {
        let positions = self.candidates.by_name.get(name).into_iter().flatten();
        let mut found: Vec<&Candidate> = positions
            .filter_map(|position| self.candidates.list.get(*position))
            .filter(|candidate| self.referrer.can_name(candidate))
            .collect();
        if let Some(namespace) = namespace {
            let of_original = |candidate: &&Candidate| candidate.original_namespace == namespace;
            let of_current =
                |candidate: &&Candidate| candidate.id.effective_namespace() == namespace;
            if found.iter().any(of_original) || self.any_in(namespace) {
                found.retain(of_original);
            } else {
                found.retain(of_current);
            }
        }
        found.retain(|candidate| {
            candidate
                .previous
                .iter()
                .any(|id| id.gvk.is_selected_by(self.target))
        });
        if let Some(role) = &self.referrer.role
            && self.spec.path.ends_with("roleRef/name")
        {
            found.retain(|candidate| {
                candidate
                    .previous
                    .iter()
                    .any(|id| id.gvk.is_selected_by(role))
            });
        }
        if !self.referrer.id.cluster {
            found.retain(|candidate| {
                candidate.id.cluster
                    || candidate.id.gvk.kind == "ServiceAccount"
                    || candidate.id.same_namespace(&self.referrer.id)
            });
        }
        if found.len() > 1 {
            found.retain(|candidate| self.same_affixes(candidate, true));
        } else if let [candidate] = found[..] {
            return Ok(Some(candidate));
        }
        if found.len() > 1 {
            found.retain(|candidate| self.same_affixes(candidate, false));
        }
        let Some((first, rest)) = found.split_first() else {
            return Ok(None);
        };
        if rest.iter().all(|other| same(first, other)) {
            return Ok(Some(first));
        }
        refuse(
            node.span,
            format!(
                "several resources could be the `{}` that is named here",
                super::shown(name)
            ),
        )
    }

    /// Whether anything that was in a namespace at first can be named at all.
    fn any_in(&self, namespace: &str) -> bool {
        self.candidates.list.iter().any(|candidate| {
            candidate.original_namespace == namespace && self.referrer.can_name(candidate)
        })
    }

    fn same_affixes(&self, candidate: &Candidate, allow_none: bool) -> bool {
        let same = |one: &[String], other: &[String]| {
            let either_none = one.is_empty() || other.is_empty();
            allow_none && either_none || same_ending(one, other)
        };
        same(&candidate.prefixes, &self.referrer.prefixes)
            && same(&candidate.suffixes, &self.referrer.suffixes)
    }
}

/// Whether the shorter of two lists is the end of the longer one; an empty one only of an empty one.
fn same_ending(one: &[String], other: &[String]) -> bool {
    if one.is_empty() || other.is_empty() {
        return one.len() == other.len();
    }
    one.ends_with(other) || other.ends_with(one)
}
