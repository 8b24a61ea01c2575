//! The bootstrap in the shape that existing services call, so that one shared crate mends them all.
//!
//! Some fleets have a shared crate whose services call `Bootstrap::new(BootstrapOptions { … }).await?`, then `load::<T>().await?`
//! and `watch::<T>().await?`, and hand what the watch brings to a [`RestartHandle`]. Such a crate becomes a re-export, and its
//! services stay as they are:
//!
//! ```
//! pub use kvguard_runtime::adapter::*;
//! ```
//!
//! A service may also import from here itself; only the crate's name in its `use` changes:
//!
//! ```
//! use kvguard_runtime::adapter::{Bootstrap, BootstrapOptions, ConfigFormat, RestartHandle};
//! ```
//!
//! Where the shared crate's `BootstrapOptions` have a `pinned_path`, those of [`pinned`] take the place of the ones here.
//!
//! What changes is what happens when something is wrong:
//!
//! - A store that cannot be reached, a denial, and an environment that is half set are errors. They were logged, and the service went on
//!   with its file. Who wants that says [`Bootstrap::on_outage`], and sees it in [`Bootstrap::degraded`].
//! - Seeding never overwrites, and never writes a secret field: those of [`SECRET_FIELDS`] and of
//!   [`Bootstrap::with_secret_fields`], or the descriptor's of [`Bootstrap::with_descriptor`].
//! - An update is the whole configuration, merged and checked. The value that a watch begins with is no update, and neither is one that is
//!   written anew as it was: the event `KV update detected` tells of that alone.
//! - A restart keeps the process, so that it loses neither its place under a supervisor nor its number: see [`RestartHandle`].
//!
//! The store is that of the process's environment, see [`environment`](mod@crate::environment), or one that is given. A service without
//! `kv_key` has no store.

mod bootstrap;
mod options;
mod restart;
#[cfg(feature = "toml")]
mod sanitize;
mod watcher;

pub use crate::Format as ConfigFormat;
pub use crate::bootstrap::BootstrapError;
pub use bootstrap::Bootstrap;
pub use options::{BootstrapOptions, pinned, pinned_path_from_env};
pub use restart::RestartHandle;
#[cfg(feature = "toml")]
pub use sanitize::{
    SanitizationRules, TomlPath, load_sanitization_rules, load_sanitization_rules_from,
    sanitize_toml,
};
pub use watcher::{ConfigWatcher, TryRecvError};

/// What the functions of a bootstrap give.
pub type Result<T, E = BootstrapError> = std::result::Result<T, E>;

/// The secret fields of services that declare none: names that mean a secret wherever they stand.
pub const SECRET_FIELDS: &[&str] = &[
    "**.token",
    "**.secret",
    "**.password",
    "**.passphrase",
    "**.api_key",
    "**.apiKey",
    "**.private_key",
    "**.privateKey",
    "**.secret_key",
    "**.secretKey",
    "**.access_key",
    "**.accessKey",
    "**.client_secret",
    "**.clientSecret",
    "**.credentials",
    "**.jwt",
    "security",
];
