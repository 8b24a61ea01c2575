//! What a workload refers to by name and no file of its deployment has.

use std::sync::Arc;

use crate::source::Span;

/// A reference to an object that is not in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The key that is asked for, where the object is there and lacks it.
    pub key: Option<String>,
    /// On Kubernetes: the namespace in which it is looked for.
    pub namespace: Option<String>,
    /// Where it is named.
    pub span: Span,
    /// What the workload gets from it.
    pub use_: Use,
    /// The name most like it that there is, and where that is written.
    pub near: Option<(String, Span)>,
    /// The annotation by which Helm makes the object only at other times than when a release is installed.
    pub hook: Option<Span>,
}

/// What a workload needs to start and no file has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllDangling {
    /// What it refers to itself.
    pub own: Vec<Dangling>,
    /// What keeps every container of its pod from starting. The containers share it: a pod may have thousands of both.
    pub of_pod: Arc<[Dangling]>,
}

impl AllDangling {
    /// Each of them, its own first.
    pub fn iter(
        &self,
    ) -> std::iter::Chain<std::slice::Iter<'_, Dangling>, std::slice::Iter<'_, Dangling>> {
        self.own.iter().chain(self.of_pod.iter())
    }
}

impl From<Vec<Dangling>> for AllDangling {
    fn from(own: Vec<Dangling>) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }
}

impl<'a> IntoIterator for &'a AllDangling {
    type Item = &'a Dangling;
    type IntoIter =
        std::iter::Chain<std::slice::Iter<'a, Dangling>, std::slice::Iter<'a, Dangling>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The kinds of objects that workloads refer to by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A ConfigMap of Kubernetes.
    ConfigMap,
    /// A Secret of Kubernetes.
    Secret,
    /// A file that a compose project passes on as a config.
    ConfigFile,
    /// A file that a compose project passes on as a secret.
    SecretFile,
}

/// What a workload gets from an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// The value of a variable.
    Variable(String),
    /// Variables, whose names the object tells.
    Variables,
    /// Files.
    Files,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::ConfigMap,
        Self::Secret,
        Self::ConfigFile,
        Self::SecretFile,
    ];

    /// The names of all, in the same order.
    pub const NAMES: [&'static str; 4] = {
        let [first, second, third, fourth] = Self::ALL;
        [first.name(), second.name(), third.name(), fourth.name()]
    };

    /// What it is called in the policy and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::ConfigFile => "config",
            Self::SecretFile => "secret",
        }
    }

    /// Whether it holds secrets, which are often made outside of the project.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretFile)
    }

    /// Whether pods refer to it.
    pub const fn is_of_kubernetes(self) -> bool {
        matches!(self, Self::ConfigMap | Self::Secret)
    }
}
