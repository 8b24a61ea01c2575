//! What only deployments of one kind have.

use std::collections::BTreeMap;

use super::nodes::{list, spanned_texts, string, text, text_map, texts};
use crate::policy::{
    ClusterPolicy, ComposePolicy, DeploymentKind, HelmPolicy, KindPolicy, SecretPolicy, SpirePolicy,
};
use crate::source::Node;

/// What a deployment states that only its kind has. `environment` is that of the whole policy.
pub(super) fn of_kind(
    deployment: &Node,
    kind: DeploymentKind,
    environment: &BTreeMap<String, String>,
) -> KindPolicy {
    match kind {
        DeploymentKind::Compose => KindPolicy::Compose(compose(deployment, environment)),
        DeploymentKind::Helm => KindPolicy::Helm(helm(deployment), cluster(deployment)),
        DeploymentKind::Kubernetes => KindPolicy::Kubernetes(cluster(deployment)),
        DeploymentKind::Kustomize => KindPolicy::Kustomize(cluster(deployment)),
        DeploymentKind::Systemd => KindPolicy::Systemd,
    }
}

fn compose(deployment: &Node, environment: &BTreeMap<String, String>) -> ComposePolicy {
    let mut own = environment.clone();
    own.extend(text_map(deployment.get("environment")));
    let profiles = deployment.get("profiles");
    ComposePolicy {
        profiles: profiles.map(|profiles| texts(Some(profiles))),
        interpolation_files: spanned_texts(deployment.get("interpolation_files")),
        environment: own,
    }
}

fn helm(deployment: &Node) -> HelmPolicy {
    HelmPolicy {
        values_files: spanned_texts(deployment.get("values_files")),
        set: text_map(deployment.get("set")),
        release: string(deployment.get("release")),
        kube_version: string(deployment.get("kube_version")),
        api_versions: texts(deployment.get("api_versions")),
    }
}

/// The cluster that a deployment runs in.
fn cluster(deployment: &Node) -> ClusterPolicy {
    let secrets = list(deployment.get("secret")).iter().filter_map(|node| {
        Some(SecretPolicy {
            name: text(node.get("name"))?,
            namespace: string(node.get("namespace")),
            keys: texts(node.get("keys")),
        })
    });
    let ignored = deployment.get("ignore_namespaces");
    ClusterPolicy {
        name: string(deployment.get("cluster_name")),
        secrets: secrets.collect(),
        spire: SpirePolicy {
            class: string(deployment.get("spire_class")),
            watch_classless: deployment.get("watch_classless").and_then(Node::as_bool),
            ignore_namespaces: ignored.map(|ignored| spanned_texts(Some(ignored))),
        },
    }
}
