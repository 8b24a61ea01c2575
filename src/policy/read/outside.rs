//! What a deployment's workloads refer to and comes from elsewhere.

use super::Reader;
use super::nodes::{string, text};
use crate::deploy::ObjectKind;
use crate::policy::{DeploymentKind, OutsideObject};
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn outside_object(
        &mut self,
        node: &Node,
        deployment: DeploymentKind,
    ) -> Option<OutsideObject> {
        let word = node.get("kind")?;
        let kind = ObjectKind::ALL
            .into_iter()
            .find(|kind| word.as_str() == Some(kind.name()))?;
        let fits = match deployment {
            DeploymentKind::Compose => !kind.is_of_kubernetes(),
            // Validation tells that units refer to none.
            DeploymentKind::Systemd => return None,
            _ => kind.is_of_kubernetes(),
        };
        if !fits {
            self.refuse(
                word.span,
                format!("the units or services of this deployment refer to no {}: a deployment on Kubernetes has `ConfigMap` and `Secret`, a compose project `config` and `secret`", kind.name()),
            );
        }
        let name = text(node.get("name"))?;
        if name
            .value
            .chars()
            .all(|character| matches!(character, '*' | '?'))
        {
            self.refuse(
                name.span,
                "this is the name of every object, so none would be missed; name the ones that come from elsewhere",
            );
        }
        Some(OutsideObject {
            kind,
            name,
            namespace: string(node.get("namespace")),
        })
    }
}
