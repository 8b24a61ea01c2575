//! Kubernetes manifests: from documents to the workloads that they run.
//!
//! The documents come from files ([`read`]) or from whatever renders them ([`workloads`]); from there on it
//! is one model: pods and their containers, what their environment holds once the kubelet has made it, what
//! ConfigMaps they see, and which SPIFFE IDs `ClusterSPIFFEID` objects give them.

mod config_maps;
mod containers;
mod environment;
mod expansion;
mod hooks;
mod idle;
mod makers;
mod manifests;
mod namespaces;
mod network_policies;
mod objects;
mod pods;
mod present;
mod references;
mod secrets;
mod selectors;
mod services;
mod spiffe;
#[cfg(test)]
mod tests;
mod volumes;

use std::sync::Arc;

use super::{Failure, Lost, Workloads};
use crate::inputs::Inputs;
use crate::policy::{SecretPolicy, SpirePolicy};
use crate::registry::Spanned;
use crate::source::{Node, Problem, ScalarKind, Span, shown_name};
use namespaces::Namespaces;

/// The label that every namespace has, with its own name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// What is known of the cluster besides its manifests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The namespace of what names none; `None`: `default`.
    pub namespace: Option<&'a str>,
    /// The trust domain of the cluster's SPIRE.
    pub trust_domain: Option<&'a str>,
    /// The name that SPIRE knows the cluster by.
    pub cluster_name: Option<&'a str>,
    /// Whether Helm installs them, so that some are hooks.
    pub has_hooks: bool,
    /// The Secrets that come from elsewhere.
    pub secrets: &'a [SecretPolicy],
    /// What is stated of the cluster's SPIRE.
    pub spire: Option<&'a SpirePolicy>,
    /// The names of the variables that matter.
    pub watched: &'a [&'a str],
}

/// Reads manifests: files, patterns of files, and directories of which every `.yaml`, `.yml` and `.json` file
/// is read.
pub fn read(
    inputs: &mut Inputs,
    files: &[Spanned<String>],
    options: &Options<'_>,
) -> (Workloads, Vec<Failure>) {
    let (read, failures) = manifests::read(inputs, files);
    let mut found = workloads(read.documents, options);
    found.malformed = read.malformed;
    (found, failures)
}

/// The workloads of documents, with what is wrong in them.
pub fn workloads(documents: Vec<Node>, options: &Options<'_>) -> Workloads {
    let mut problems = Problems::default();
    let default_namespace = options.namespace.unwrap_or("default");
    let mut objects = objects::objects(&documents, default_namespace, &mut problems);
    let of_hooks = if options.has_hooks {
        hooks::leave_out_hooks(&mut objects)
    } else {
        Vec::new()
    };
    let makers = makers::Makers::new(&objects);
    let store = config_maps::Store::new(&objects, &makers, options.secrets, &mut problems);
    let mut pods = pods::pods(&objects, &mut problems);
    let issuing = spiffe::issue(&objects, &mut pods, options, &mut problems);
    let services = services::services(&objects);
    let namespaces = Namespaces::read(&objects);
    let networks: Vec<_> = pods
        .iter()
        .map(|pod| services::network(pod, &services, &namespaces))
        .collect();
    let idle: Vec<_> = pods
        .iter()
        .map(|pod| idle::idle(pod, &objects, options.has_hooks))
        .collect();
    let networks = networks.into_iter().map(Arc::new);
    let surroundings: Vec<_> = networks.zip(idle).collect();
    let references = references::References::new(&objects, &of_hooks, &makers, options.namespace);
    let found = containers::Found {
        store: &store,
        references: &references,
    };
    let workloads =
        containers::workloads(&pods, &surroundings, &found, options.watched, &mut problems);
    let unused_secrets = store.unused_secrets();
    let other_hosts = services::mesh_hosts(&objects);
    let network_policies = network_policies::policies(&objects, &mut problems);
    Workloads {
        workloads,
        services: services.into_iter().map(|found| found.service).collect(),
        other_hosts,
        network_policies,
        invalid: problems.invalid,
        unsupported: problems.unsupported,
        unused_secrets,
        config_maps: store.into_config_maps(),
        issues_identities: issuing.is_for_pods,
        spare_identities: issuing.spare,
        untold_identities: issuing.untold,
        lost: problems.lost,
        documents,
        ..Workloads::default()
    }
}

/// What is wrong with documents that could be read.
#[derive(Debug, Default)]
struct Problems {
    invalid: Vec<Problem>,
    unsupported: Vec<Problem>,
    lost: Vec<Lost>,
}

impl Problems {
    fn invalid(&mut self, span: Span, message: impl Into<String>) {
        self.invalid.push(Problem::new(span, message));
    }

    /// A document of which no more is known than this.
    fn lost(&mut self, kind: Option<&str>, name: Option<&str>) {
        self.lost.push(Lost {
            kind: kind.map(str::to_owned),
            name: name.map(str::to_owned),
        });
    }

    fn unsupported(&mut self, span: Span, message: impl Into<String>) {
        self.unsupported.push(Problem::new(span, message));
    }

    /// A scalar where the API server takes only strings: its text is used all the same. `what` names it if it
    /// is none.
    fn string<'n>(&mut self, node: &'n Node, what: impl FnOnce() -> String) -> Option<&'n str> {
        let Some(scalar) = node.as_scalar() else {
            self.invalid(
                node.span,
                format!("{} must be a string, and is {}", what(), node.kind_name()),
            );
            return None;
        };
        match scalar.kind {
            ScalarKind::Null => None,
            ScalarKind::String => Some(&scalar.text),
            _ => {
                self.invalid(
                    node.span,
                    format!(
                        "{} must be a string, and is {}; put it in quotes",
                        what(),
                        node.kind_name()
                    ),
                );
                Some(&scalar.text)
            }
        }
    }

    /// The items of a list that may be absent or null.
    fn list<'n>(&mut self, node: Option<&'n Node>, what: &str) -> &'n [Node] {
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return &[];
        };
        node.as_sequence().unwrap_or_else(|| {
            self.invalid(
                node.span,
                format!("{what} must be a list, and is {}", node.kind_name()),
            );
            &[]
        })
    }

    /// The entries of a mapping that may be absent or null.
    fn entries<'n>(&mut self, node: Option<&'n Node>, what: &str) -> &'n [crate::source::Entry] {
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return &[];
        };
        if let Some(mapping) = node.as_mapping() {
            return mapping.entries();
        }
        self.invalid(
            node.span,
            format!("{what} must be a mapping, and is {}", node.kind_name()),
        );
        &[]
    }
}

/// A name as a message can repeat it.
fn shown(name: &str) -> String {
    shown_name(name)
}

/// The string that a field holds, if it does and it is not empty.
fn string_at<'n>(node: &'n Node, pointer: &str) -> Option<&'n str> {
    node.pointer(pointer)?
        .as_str()
        .filter(|text| !text.is_empty())
}
