//! Why a command about a running fleet could not do what it was asked.

use std::time::Duration;

use kvguard_runtime::{StoreError, StoreErrorKind};

use super::program::ProgramError;

/// Why something could not be looked at. The report lists it beside what was seen, and the exit code is 2.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The policy has several deployments, and none was named.
    #[error("the policy has several deployments; name one with --deployment: {0}")]
    WhichDeployment(String),
    /// The deployment's services load nothing from the store.
    #[error(
        "no key is expected in the store of `{0}`: none of the services that were asked for loads its configuration from it there; `--format json` lists the reason for each"
    )]
    NothingExpected(String),
    /// Nothing says where the store is.
    #[error(
        "it is not known where the store of `{0}` is: name it with --nats or --datasvc, or write `connect = {{ address = \"…\" }}` into its `[[deployment.store]]` in the policy"
    )]
    NoPlace(String),
    /// What says where the store is makes no sense.
    #[error("{0}")]
    BadPlace(String),
    /// The store of a service, or what the service logs in with, is out of reach.
    #[error("service `{service}` is not looked at: {why}")]
    OutOfReach {
        /// The service.
        service: String,
        /// Why it is, and what to do.
        why: String,
    },
    /// Another program did not tell what it was asked.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The store did not do what it was asked.
    #[error("{}", of_store(.store, .error))]
    Store {
        /// The store, as messages name it.
        store: String,
        /// What it answered.
        error: Box<StoreError>,
    },
    /// Keys were not read, all for one reason.
    #[error("{}", unread(.store, .error, .keys))]
    Unread {
        /// The store, as messages name it.
        store: String,
        /// What it answered for the first of them.
        error: Box<StoreError>,
        /// The keys, at least one.
        keys: Vec<String>,
    },
    /// The runtime of the network could not be started.
    #[error("the network cannot be used: {0}")]
    NoRuntime(std::io::Error),
    /// The whole took too long.
    #[error("stopped after {}, as --timeout says; what was done until then is listed", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// Somebody stopped it.
    #[error("interrupted; what was done until then is listed")]
    Interrupted,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// A store's error.
    pub fn of(store: impl Into<String>, error: StoreError) -> Self {
        Self::Store {
            store: store.into(),
            error: Box::new(error),
        }
    }
}

/// What a store's error means for whoever runs a command, and what to do.
fn of_store(store: &str, error: &StoreError) -> String {
    let told = error.with_causes();
    let help = match error.kind() {
        StoreErrorKind::PermissionDenied(_) => "; call the store as somebody who may, or grant it",
        StoreErrorKind::Unavailable => {
            "; see that the store runs, and that the address is the one at which it is reached from here"
        }
        StoreErrorKind::TimedOut(_) => "; give it more time with --request-timeout",
        StoreErrorKind::Full => "; give the bucket more room",
        StoreErrorKind::TooLarge { .. } => {
            "; make the value smaller, or let the bucket and the server take more"
        }
        StoreErrorKind::NoBucket { .. } => {
            "; make it with `cargo kvguard seed --create-bucket`, or name another one with --bucket"
        }
        _ => "",
    };
    format!("{store}: {told}{help}")
}

/// How many keys a message names.
const MOST_KEYS: usize = 10;

/// Which keys were not read, and why.
fn unread(store: &str, error: &StoreError, keys: &[String]) -> String {
    let why = of_store(store, error);
    let mut names: Vec<String> = keys
        .iter()
        .take(MOST_KEYS)
        .map(|key| format!("`{key}`"))
        .collect();
    if let [name] = names.as_slice() {
        return format!("{name} was not read: {why}");
    }
    if keys.len() > names.len() {
        names.push(format!("and {} more", keys.len() - names.len()));
    }
    format!(
        "{} keys were not read: {}: {why}",
        keys.len(),
        names.join(", ")
    )
}
