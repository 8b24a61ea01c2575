//! How the fleet is run: deployments and their workloads, whatever kind they are of.

#[cfg(feature = "compose")]
pub mod compose;
#[cfg(feature = "compose")]
pub mod dotenv;
mod kinds;
#[cfg(feature = "kustomize")]
pub mod kustomize;
#[cfg(feature = "systemd")]
pub mod systemd;

use std::collections::BTreeMap;

use crate::source::{Problem, Span};

pub use kinds::read;

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The value. It may be a secret.
    Text(String),
    /// It is set to something that is not empty and that the files do not tell: a Secret's key, a
    /// `${VAR:?}` that the host must supply.
    Opaque,
}

/// A variable of a workload's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The value.
    pub value: Known,
    /// Where the name is written.
    pub name_span: Span,
    /// Where the value is written; an empty span behind the name if nothing is.
    pub value_span: Span,
}

impl Variable {
    /// The value, if it is known.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Known::Text(text) => Some(text),
            Known::Opaque => None,
        }
    }

    /// Whether it is known to be empty or blank.
    pub fn is_blank(&self) -> bool {
        self.text().is_some_and(|text| text.trim().is_empty())
    }
}

/// A file or directory that a workload sees at a path of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The absolute path the workload sees.
    pub target: String,
    /// What is there.
    pub source: MountSource,
    /// Where the mount is written.
    pub span: Span,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A file or directory: a path relative to the root (`..` parts resolved; it may leave the root,
    /// which reading it will refuse).
    Path(String),
    /// An absolute path of the host, which is no file of the project.
    Host(String),
    /// A volume, whose content no file tells.
    Volume(String),
    /// Text written in the deployment itself.
    Inline(Span),
}

/// One runnable unit of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its name, unique in the deployment.
    pub name: String,
    /// Where it is named.
    pub name_span: Span,
    /// Names to map it to a descriptor by, besides its own, in the order they are tried.
    pub other_names: Vec<String>,
    /// Its environment, as the process would see it, as far as files tell.
    pub environment: BTreeMap<String, Variable>,
    /// What it sees at which path.
    pub mounts: Vec<Mount>,
    /// Where a missing variable would be written.
    pub environment_span: Span,
}

/// What kept a deployment from being checked: a file that is missing or cannot be read, a pattern that
/// matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong and what to do about it, in one line.
    pub message: String,
    /// The place that asks for what is not there.
    pub span: Option<Span>,
}

/// The workloads of one deployment and what could not be read.
#[derive(Debug, Clone, Default)]
pub struct Workloads {
    /// The workloads, in the order they are written.
    pub workloads: Vec<Workload>,
    /// What does not parse: rule `malformed-file`.
    pub malformed: Vec<Problem>,
    /// What parses and is not what its kind requires: rule `invalid-resource`.
    pub invalid: Vec<Problem>,
    /// What kvguard does not implement, so that the result is unknown: rule `unsupported-construct`.
    pub unsupported: Vec<Problem>,
}
