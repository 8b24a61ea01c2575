//! What a bootstrap was told.

use std::path::PathBuf;
use std::sync::Arc;

use kvguard_contract::Contract;

use super::error::{BootstrapError, BootstrapErrorKind};
use crate::environment::KvEnvironment;
use crate::{Descriptor, Format, InvalidKey, Key, KeyDeclaration, KvStore};

/// What to do while the store cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnOutage {
    /// Fail, with the store's error.
    #[default]
    Fail,
    /// Load the files alone, and say so: [`Loaded::degraded`](super::Loaded::degraded). Without a file it fails.
    ///
    /// A denial is no outage, and fails all the same.
    UseFile,
}

/// What to do if the key holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnMissing {
    /// Seed it from the template, or else the file. This needs the right to write; to be denied it is an error.
    #[default]
    Seed,
    /// Load the files alone, and say so: [`Loaded::degraded`](super::Loaded::degraded). For a service that may only read. Without a
    /// file it fails.
    UseFile,
    /// Fail.
    Fail,
}

/// Where the store is.
#[derive(Clone)]
pub(crate) enum Target {
    Unknown,
    Files,
    Store(Arc<dyn KvStore>),
    Environment(KvEnvironment),
}

/// What seeds the key.
#[derive(Clone)]
pub(crate) enum Template {
    File(PathBuf),
    Text(String),
}

/// What a service declares, whether or not as constants.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) service: String,
    pub(crate) key: Option<KeyDeclaration>,
    pub(crate) format: Format,
    pub(crate) critical_fields: Vec<String>,
    pub(crate) secret_fields: Vec<String>,
    pub(crate) not_secret_fields: Vec<String>,
    pub(crate) contract: &'static Contract,
}

impl Declared {
    pub(crate) fn of(descriptor: &Descriptor) -> Self {
        let texts = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
        Self {
            service: descriptor.name.to_owned(),
            key: Some(descriptor.key.clone()),
            format: descriptor.format,
            critical_fields: texts(descriptor.critical_fields),
            secret_fields: texts(
                &[descriptor.secret_fields, descriptor.fleet_secret_fields].concat(),
            ),
            not_secret_fields: texts(descriptor.not_secret_fields),
            contract: descriptor.contract,
        }
    }
}

/// All that a bootstrap was told.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) declared: Declared,
    pub(crate) target: Target,
    /// A key in place of the declared one.
    pub(crate) key: Option<Key>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) pinned_file: Option<PathBuf>,
    pub(crate) template: Option<Template>,
    /// Fields that the program supplies, with their values.
    pub(crate) supplied: Vec<(String, String)>,
    pub(crate) on_outage: OnOutage,
    pub(crate) on_missing: OnMissing,
}

impl Plan {
    pub(crate) fn new(declared: Declared) -> Self {
        Self {
            declared,
            target: Target::Unknown,
            key: None,
            variables: Vec::new(),
            file: None,
            pinned_file: None,
            template: None,
            supplied: Vec::new(),
            on_outage: OnOutage::default(),
            on_missing: OnMissing::default(),
        }
    }

    pub(crate) fn error(&self, kind: BootstrapErrorKind) -> BootstrapError {
        BootstrapError::new(&self.declared.service, kind)
    }

    pub(crate) fn key(&self) -> Result<Key, InvalidKey> {
        use crate::KeyFault;
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        let values: Vec<(&str, &dyn std::fmt::Display)> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value as &dyn std::fmt::Display))
            .collect();
        match (&self.declared.key, values.first()) {
            (Some(KeyDeclaration::Template(template)), _) => template.fill(&values),
            (Some(KeyDeclaration::Key(key)), None) => Ok(key.clone()),
            (Some(KeyDeclaration::Key(_)), Some((variable, _))) => Err(InvalidKey {
                variable: Some((*variable).to_owned()),
                fault: KeyFault::UnknownVariable,
            }),
            (None, _) => Err(InvalidKey {
                variable: None,
                fault: KeyFault::Empty,
            }),
        }
    }
}
