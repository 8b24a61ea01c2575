//! What is stated of the Kubernetes cluster that a deployment runs in.

use super::Reader;
use super::nodes::{list, string, text, texts};
use crate::policy::{ClusterPolicy, DeploymentKind, SecretPolicy};
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn cluster(&mut self, deployment: &Node, kind: DeploymentKind) -> ClusterPolicy {
        if let Some(node) = deployment.get("secret")
            && !kind.is_kubernetes()
        {
            self.refuse(
                node.span,
                "only a deployment of the kind `kubernetes`, `kustomize` or `helm` has Secrets",
            );
        }
        let secrets = list(deployment.get("secret")).iter().filter_map(|node| {
            Some(SecretPolicy {
                name: text(node.get("name"))?,
                namespace: string(node.get("namespace")),
                keys: texts(node.get("keys")),
            })
        });
        ClusterPolicy {
            secrets: secrets.collect(),
        }
    }
}
