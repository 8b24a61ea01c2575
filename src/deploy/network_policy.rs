//! NetworkPolicies of Kubernetes, and what decides which of them hold for a pod: data and comparisons.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::Spanned;

/// The NetworkPolicies of a deployment.
#[derive(Debug, Clone, Default)]
pub struct NetworkPolicies {
    /// The policies, in the order they are written.
    pub all: Vec<NetworkPolicy>,
    /// Whether something else decides, too: a policy of another API.
    pub has_others: bool,
}

/// A NetworkPolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Its name.
    pub name: Spanned<String>,
    /// Its namespace, in which are the pods that it is for.
    pub namespace: String,
    /// The pods that it is for.
    pub pods: LabelSelector,
    /// Who may call them; `None`: it says nothing of it.
    pub ingress: Option<Vec<PolicyRule>>,
    /// Whom they may call; `None`: it says nothing of it.
    pub egress: Option<Vec<PolicyRule>>,
}

/// What a NetworkPolicy lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRule {
    /// From or to whom; none: everybody.
    pub peers: Vec<Peer>,
    /// At which ports; none: all.
    pub ports: Vec<PolicyPort>,
}

/// Whom a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Pods.
    Pods {
        /// The labels of their namespace; `None`: they are in the policy's own.
        namespaces: Option<LabelSelector>,
        /// Their own labels; `None`: all of them.
        pods: Option<LabelSelector>,
    },
    /// What the files do not tell: addresses.
    Untold,
}

/// The ports that a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyPort {
    /// From the first to the last.
    Numbers(u16, u16),
    /// That of a name in the pod that is called.
    Name(String),
    /// What the files do not tell.
    Untold,
}

/// Requirements of labels that must all hold; without any, everything matches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// The keys and what is required of each.
    pub requirements: Vec<(String, Requirement)>,
}

/// What is required of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// It is one of these.
    In(Vec<String>),
    /// It is none of these.
    NotIn(Vec<String>),
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Labels, as far as the files tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Those that are known.
    pub known: BTreeMap<String, String>,
    /// Whether these are all that people give; what the cluster adds is never known.
    pub are_all: bool,
    /// What has them.
    pub owner: LabelOwner,
}

/// What has labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelOwner {
    /// A pod.
    #[default]
    Pod,
    /// A namespace.
    Namespace,
}

/// What NetworkPolicies go by in a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodSubject {
    /// Its labels.
    pub labels: Labels,
    /// Those of its namespace, which its pods share.
    pub namespace_labels: Arc<Labels>,
    /// The ports that its containers name, for TCP.
    pub named_ports: Vec<(String, u16)>,
    /// Whether its traffic may not be its own, so that policies do not decide by it: in its node's network, or by a mesh.
    pub is_untold: bool,
}

/// Whether something holds, as far as the files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It does not.
    No,
    /// The files do not tell.
    Maybe,
    /// It does.
    Yes,
}

impl Certainty {
    /// One that is known.
    pub fn known(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl LabelSelector {
    /// Whether labels meet every requirement.
    pub fn holds(&self, labels: &Labels) -> Certainty {
        let each = self.requirements.iter();
        let each = each.map(|(key, requirement)| requirement.holds(key, labels));
        each.min().unwrap_or(Certainty::Yes)
    }
}

impl Requirement {
    fn holds(&self, key: &str, labels: &Labels) -> Certainty {
        let Some(label) = labels.known.get(key) else {
            if !labels.are_all || labels.owner.may_gain(key) {
                return Certainty::Maybe;
            }
            return Certainty::known(matches!(self, Self::NotIn(_) | Self::DoesNotExist));
        };
        Certainty::known(match self {
            Self::In(values) => values.contains(label),
            Self::NotIn(values) => !values.contains(label),
            Self::Exists => true,
            Self::DoesNotExist => false,
        })
    }
}

impl LabelOwner {
    /// Whether controllers may give it a label of this key.
    pub fn may_gain(self, key: &str) -> bool {
        match self {
            Self::Pod => is_added_to_pods(key),
            // Whatever manages namespaces does: platforms, hierarchies of namespaces, tools that deploy.
            Self::Namespace => key.contains('/'),
        }
    }
}

/// Whether controllers give pods labels of such a key.
fn is_added_to_pods(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let is_of = |owner: &str| domain == owner || domain.ends_with(&format!(".{owner}"));
    let plain = [
        "pod-template-hash",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
    ];
    // `app.kubernetes.io` is what people write.
    let is_own = matches!(domain, "app.kubernetes.io" | "helm.sh");
    !is_own
        && ([
            "kubernetes.io",
            "k8s.io",
            "openshift.io",
            "istio.io",
            "linkerd.io",
        ]
        .into_iter()
        .any(is_of)
            || plain.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::{Certainty, LabelOwner, LabelSelector, Labels, Requirement};

    fn holds(key: &str, requirement: Requirement, are_all: bool) -> Certainty {
        let known = [("app".to_owned(), "store".to_owned())];
        let labels = Labels {
            known: known.into_iter().collect(),
            are_all,
            owner: LabelOwner::Pod,
        };
        let requirements = vec![(key.to_owned(), requirement)];
        LabelSelector { requirements }.holds(&labels)
    }

    #[test]
    fn controllers_may_give_namespaces_every_label_with_a_domain() {
        let holds = |key: &str| {
            let labels = Labels {
                are_all: true,
                owner: LabelOwner::Namespace,
                ..Labels::default()
            };
            let requirements = vec![(key.to_owned(), Requirement::Exists)];
            LabelSelector { requirements }.holds(&labels)
        };
        for key in [
            "platform.tree.hnc.x-k8s.io/depth",
            "field.cattle.io/projectId",
            "capsule.clastix.io/tenant",
            "kustomize.toolkit.fluxcd.io/name",
            "app.kubernetes.io/instance",
        ] {
            assert_eq!(holds(key), Certainty::Maybe, "{key}");
        }
        assert_eq!(holds("team"), Certainty::No);
    }

    #[test]
    fn a_label_that_is_not_there_is_only_known_to_be_missing_where_all_are_told() {
        let is_in = |value: &str| Requirement::In(vec![value.to_owned()]);
        assert_eq!(holds("app", is_in("store"), false), Certainty::Yes);
        assert_eq!(holds("app", is_in("client"), false), Certainty::No);
        assert_eq!(holds("tier", is_in("store"), true), Certainty::No);
        assert_eq!(holds("tier", is_in("store"), false), Certainty::Maybe);
        assert_eq!(
            holds("tier", Requirement::DoesNotExist, true),
            Certainty::Yes
        );
        assert_eq!(holds("app", Requirement::Exists, true), Certainty::Yes);
        let others = Requirement::NotIn(vec!["store".to_owned()]);
        assert_eq!(holds("app", others, true), Certainty::No);
    }

    #[test]
    fn labels_that_the_cluster_adds_are_never_known_to_be_missing() {
        for key in [
            "statefulset.kubernetes.io/pod-name",
            "service.istio.io/canonical-name",
            "pod-template-hash",
        ] {
            assert_eq!(
                holds(key, Requirement::Exists, true),
                Certainty::Maybe,
                "{key}"
            );
        }
        assert_eq!(
            holds("app.kubernetes.io/name", Requirement::Exists, true),
            Certainty::No
        );
    }
}
