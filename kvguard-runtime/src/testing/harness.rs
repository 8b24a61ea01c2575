//! What `#[kv_bootstrap_test]` runs.
//!
//! A tested function is given a [`KvHarness`] and gives what it has loaded: anything that serde serialises, or a [`Boot`] of
//! it, which can say that it was loaded without the store, and show what a watch brings. It may give it in a `Result`, or
//! panic where it fails.
//!
//! An example stands with the attribute, [`kv_bootstrap_test`](crate::kv_bootstrap_test).
//!
//! | case | proves |
//! |---|---|
//! | `reads_its_key` | just the descriptor's key is read; loading without the store fails |
//! | `kv_value_wins` | a value changed in the store is in what was loaded, over the file |
//! | `file_values_survive` | what the store does not set keeps the file's value |
//! | `seeds_missing_key` | an empty store is seeded from the template, without its secrets, once; where the need is lower, nothing is written |
//! | `does_not_overwrite` | a value that is there is never replaced by a seed |
//! | `writes_only_what_it_may` | every write is to a key that the policy knows |
//! | `outage_is_not_silent` | a store that cannot be reached gives an error, or a result marked degraded |
//! | `denied_is_not_silent` | permission denied likewise |
//! | `rejects_malformed_value` | garbage, a value cut off, another format and wrong types are errors that name the key |
//! | `critical_fields_present` | after loading each critical field is there and not empty |
//! | `template_loads` | the deployment's template is a configuration |
//! | `applies_watch_update` | where the service watches: a change arrives, an invalid one does not |
//! | `initial_value_is_no_update` | the value that a watch starts with is no update |
//!
//! # Programs
//!
//! A program is started as it is and judged by what it asks of the store, when it is ready, how it exits and what it logs. Each case first
//! runs it with a store that is well, the control run, and compares its own run with that: same program, environment and ports. A program
//! that does not get ready in the control run lacks something that has nothing to do with the store, and the test fails with
//! "not judged" and what the program logged.
//!
//! It is ready when it logs the text of `ready`, or, on Linux and without that, when it listens on a TCP socket on which it did not when
//! the store saw it read its key. Where nothing shows that it is ready it has to run on for as long as `timeout` says, which is slow, and
//! `template_loads` cannot be judged.
//!
//! It tells of the store by a line with the level `warn` or a more severe one that names the store's address, the key, or one of `words`,
//! and that the control run did not log.
//!
//! # Processes
//!
//! Each test runs in a process of its own, which is this test executable again with the test's exact name. The verdict comes over
//! a connection, so that a service that exits, executes itself or forks cannot pass by it: an end before the verdict is a failure. What
//! the process started is ended with it. The variables of the deployment's workload are set in it.

mod bench;
mod binary;
mod cases;
mod changes;
mod current;
mod document;
mod failed;
mod outcome;
mod pipe;
#[doc(hidden)]
pub mod plan;
mod ports;
mod process;
mod run;
mod scene;
mod setup;
mod stage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bench::Bench;

pub use outcome::{Boot, BootOutcome};
#[doc(hidden)]
pub use outcome::{of_result, of_value};
#[doc(hidden)]
pub use run::run;
pub use setup::Setup;

use crate::{Descriptor, Key, KvStore};

/// Says beside a test's verdict what it did not judge.
#[expect(clippy::disallowed_macros, reason = "a test's own output")]
fn note(text: &str) {
    println!("{text}");
}

/// What a tested function is given: a deployment's store, file, environment and names.
#[derive(Clone)]
pub struct KvHarness(Arc<Given>);

struct Given {
    store: Option<Arc<dyn KvStore>>,
    config_path: PathBuf,
    environment: BTreeMap<String, String>,
    descriptor: &'static Descriptor,
    key: Key,
    variables: BTreeMap<&'static str, String>,
    trial: &'static plan::Trial,
}

impl KvHarness {
    fn new(
        bench: &Bench,
        store: Option<Arc<dyn KvStore>>,
        config_path: PathBuf,
        environment: Vec<(String, String)>,
    ) -> Self {
        let descriptor = bench.suite.descriptor;
        Self(Arc::new(Given {
            store,
            config_path,
            environment: environment.into_iter().collect(),
            descriptor,
            key: bench.key.clone(),
            variables: descriptor
                .variables
                .iter()
                .map(|name| (*name, bench.suite.value(name)))
                .collect(),
            trial: bench.trial,
        }))
    }

    /// The store, as the workload may use it.
    ///
    /// # Panics
    ///
    /// With `from_env`, where the function connects by itself.
    pub fn store(&self) -> Arc<dyn KvStore> {
        match &self.0.store {
            Some(store) => Arc::clone(store),
            None => panic!(
                "with `from_env` the function connects by itself, from `env()`; take `from_env` away to be given a store"
            ),
        }
    }

    /// The configuration file, which holds the deployment's template unless the case changes it. It is gone after the load.
    pub fn config_path(&self) -> &Path {
        &self.0.config_path
    }

    /// The workload's environment; by it, with `from_env`, the store of the test is found. The process has it, too.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.0.environment
    }

    /// The deployment's name.
    pub fn deployment(&self) -> &'static str {
        self.0.trial.deployment
    }

    /// The workload's name.
    pub fn workload(&self) -> &'static str {
        self.0.trial.workload
    }

    /// What the service declares.
    pub fn descriptor(&self) -> &'static Descriptor {
        self.0.descriptor
    }

    /// The service's key, the variables of its template filled.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// The value of a variable of the key's template.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.0.variables.get(name).map(String::as_str)
    }

    /// The workload's security mode.
    pub fn security_mode(&self) -> Option<&'static str> {
        self.0.trial.mode
    }

    /// What the store takes the workload for, if it presents anything.
    pub fn identity(&self) -> Option<&'static str> {
        self.0.trial.identity
    }

    /// The SPIFFE ID that the workload presents, if it has one.
    pub fn spiffe_id(&self) -> Option<&'static str> {
        self.0.trial.spiffe_id
    }

    /// The X.509 subject that the workload presents, if it has one.
    pub fn subject(&self) -> Option<&'static str> {
        self.0.trial.subject
    }
}

impl std::fmt::Debug for KvHarness {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KvHarness")
            .field("service", &self.0.descriptor.name)
            .field("deployment", &self.0.trial.deployment)
            .finish_non_exhaustive()
    }
}
