//! What is stated of the Kubernetes cluster that a deployment runs in.

use super::Reader;
use super::nodes::{list, spanned_texts, string, text, texts};
use crate::policy::{ClusterPolicy, DeploymentKind, SecretPolicy, SpirePolicy};
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn cluster(&mut self, deployment: &Node, kind: DeploymentKind) -> ClusterPolicy {
        for field in [
            "secret",
            "spire_class",
            "watch_classless",
            "ignore_namespaces",
        ] {
            if let Some(node) = deployment.get(field).filter(|_| !kind.is_kubernetes()) {
                let message = format!(
                    "`{field}` is for a deployment of the kind `kubernetes`, `kustomize` or `helm`"
                );
                self.refuse(node.span, message);
            }
        }
        let secrets = list(deployment.get("secret")).iter().filter_map(|node| {
            Some(SecretPolicy {
                name: text(node.get("name"))?,
                namespace: string(node.get("namespace")),
                keys: texts(node.get("keys")),
            })
        });
        let ignored = deployment.get("ignore_namespaces");
        ClusterPolicy {
            secrets: secrets.collect(),
            spire: SpirePolicy {
                class: string(deployment.get("spire_class")),
                watch_classless: deployment.get("watch_classless").and_then(Node::as_bool),
                ignore_namespaces: ignored.map(|ignored| spanned_texts(Some(ignored))),
            },
        }
    }
}
