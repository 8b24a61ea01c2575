//! How a service comes to its configuration: its file, what the store holds over it, and a pinned file on top.
//!
//! ```
//! use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration};
//! # use kvguard_runtime::KvStore;
//!
//! const TRAPD: &Descriptor = &Descriptor::new(
//!     "trapd",
//!     KeyDeclaration::Key(Key::from_static("config/trapd.json")),
//!     Format::Json,
//! )
//! .with_critical_fields(&["listen"])
//! .with_secret_fields(&["database.password"]);
//!
//! #[derive(serde::Deserialize)]
//! struct Configuration {
//!     listen: String,
//! }
//!
//! async fn run(store: impl KvStore + 'static) -> Result<(), kvguard_runtime::BootstrapError> {
//!     let bootstrap = Bootstrap::<Configuration>::new(TRAPD)
//!         .with_store(store)
//!         .with_file("/etc/fleet/trapd.json");
//!     let loaded = bootstrap.load().await?;
//!     let mut updates = bootstrap.watch(&loaded).await?;
//!     let mut configuration = loaded.config;
//!     while let Some(update) = updates.next().await {
//!         match update {
//!             Ok(loaded) => configuration = loaded.config,
//!             Err(error) => eprintln!("the configuration stays as it is: {error}"),
//!         }
//!     }
//!     # let _ = configuration.listen;
//!     Ok(())
//! }
//! ```
//!
//! # What goes over what
//!
//! The file's values are the defaults; the store's go over them; those of the pinned file go over both; what the program
//! [supplies](Bootstrap::with_supplied) goes over all. Mappings are merged, key by key and at every depth. All else, lists and `null` too, takes the place of what was there.
//!
//! The store's value and the template are in the descriptor's format; a file is in that of its extension (`json`, `toml`, `yaml`,
//! `yml`), or else in the descriptor's. A value or file may have at most [`MAX_BYTES`].
//!
//! # What is written
//!
//! Only the service's key, only where it holds nothing, only with what makes a configuration that the service can run with, and only by [`create`](crate::KvStore::create), which never overwrites:
//! if two services seed at once, one wins, and the other reads what it wrote. What is written is the template, or else
//! the file, without its secret fields and without comments, its keys sorted.
//!
//! # Secrets
//!
//! Secret fields are those of the descriptor, those of the policy that the macros compile into it, and those of
//! [`Bootstrap::with_secret_fields`]: dotted paths, in which `*` stands for any one name, and a leading `**.` for any way to it; case does
//! not count, and lists on the way are passed through. Fields that `[[secrets.ignore]]` of the policy names are no secrets. They are never written. Should the store's
//! value carry one all the same, it counts as any other value does, and the event `kv value carries a secret field` names it.
//!
//! No value is ever in an error, a log event or the `Debug` form of a type here, secret or not: they tell names of services, keys,
//! files, fields and variables, positions, and the types that were expected. Field names that stand below a secret field are not
//! told either.
//!
//! # When the store is not there
//!
//! An outage, which is no connection or no answer in time, is an error, unless [`OnOutage::UseFile`] is asked for; then
//! [`Loaded::degraded`] tells the reason, and the event `KV store not initialized, file in use` is logged at `warn`. A denial is no outage: it
//! does not pass by itself, and the service would run on its file until somebody noticed. So it always is an error, and so is
//! a value that does not parse.
//!
//! # Round trips
//!
//! Connecting, where the environment tells the store. One read, if the key holds something; one write more if it
//! does not, and one read more if another service was quicker. Each has the store's own deadline; files are read at once, without
//! yielding. Dropping [`Bootstrap::load`] stops it; its write may or may not have happened.
//!
//! # Events
//!
//! Of `tracing`, with the target `kvguard`; names and fields are part of what this crate promises.
//!
//! | event | level | fields |
//! |---|---|---|
//! | `kv overlay applied` | info | `service`, `key`, `revision` |
//! | `kv key seeded` | info | `service`, `key`, `revision` |
//! | `kv key was seeded by another` | info | `service`, `key` |
//! | `kv value carries a secret field` | warn | `service`, `key`, `field` |
//! | `KV store not initialized, file in use` | warn | `service`, `key`, `reason` |
//! | `kv key missing, file in use` | warn | `service`, `key` |
//! | `KV update detected` | info | `service`, `key`, `revision`, `changed` |
//! | `kv update rejected` | warn | `service`, `key`, `reason` |
//! | `kv watch interrupted` | warn | `service`, `key`, `reason` |
//! | `kv watch ended` | error | `service`, `key`, `reason` |
//!
//! `KV update detected` is logged for each revision after the loaded one that makes a valid configuration, also where the configuration stays the
//! same: then `changed` is `false`, and [`Updates::next`] gives nothing, as there is nothing to apply. So who writes a value anew sees that
//! the service watches its key. The revision is left out where neither the watch nor a read of the key tells it.

mod critical;
mod error;
mod events;
mod fields;
mod files;
mod load;
mod loaded;
mod merge;
pub(crate) mod options;
mod secret_fields;
pub(crate) mod secrets;
mod watch;
mod watching;

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use error::{BootstrapError, BootstrapErrorKind, FieldError, FieldFault, FileFault, Origin};
pub use files::MAX_BYTES;
pub use loaded::{Degraded, Loaded, Source};
pub use options::{OnMissing, OnOutage};
pub use secret_fields::{SecretFields, Shown};
pub use watch::Updates;

pub use crate::format::{FormatFault, Position};

use crate::environment::{self, ConfigSource, Variables};
use crate::{Descriptor, InvalidKey, Key, KvService, KvStore};
use options::{Declared, Plan, Target, Template};

/// Loads a service's configuration, and watches it. See the [module](self).
///
/// It is made once, at the service's start, and may be used any number of times: nothing but the connection is kept.
pub struct Bootstrap<T> {
    pub(crate) plan: Plan,
    connected: Mutex<Option<Arc<dyn KvStore>>>,
    configuration: PhantomData<fn() -> T>,
}

impl<T> Bootstrap<T> {
    /// A bootstrap of a service that is still to be told where its store is, with [`with_store`](Self::with_store),
    /// [`with_environment`](Self::with_environment) or [`from_files_only`](Self::from_files_only).
    pub fn new(descriptor: &Descriptor) -> Self {
        Self::of_plan(Plan::new(Declared::of(descriptor)))
    }

    /// A bootstrap of the service that the configuration type is of.
    pub fn of_service() -> Self
    where
        T: KvService,
    {
        Self::new(T::DESCRIPTOR)
    }

    /// A bootstrap of a service whose store the process's environment tells, see [`environment`].
    ///
    /// # Errors
    ///
    /// [`BootstrapErrorKind::Environment`] with the names of the variables that are missing, empty or make no sense.
    pub fn from_env(descriptor: &Descriptor) -> Result<Self, BootstrapError> {
        Self::new(descriptor).with_environment(&environment::Process)
    }

    pub(crate) fn of_plan(plan: Plan) -> Self {
        Self {
            plan,
            connected: Mutex::new(None),
            configuration: PhantomData,
        }
    }

    /// With the store that these variables tell, instead of the process's, see [`environment`].
    ///
    /// The variables have the names that the descriptor's contract gives them, the policy's own where it has some. `CONFIG_KV_KEY` is the
    /// key, in place of the descriptor's. With `CONFIG_SOURCE=file` there is no store.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn with_environment(
        mut self,
        variables: &(impl Variables + ?Sized),
    ) -> Result<Self, BootstrapError> {
        let wrong = |plan: &Plan, error| plan.error(BootstrapErrorKind::Environment(error));
        let declared = &self.plan.declared;
        let source = environment::read_by(declared.contract, Some(&declared.service), variables)
            .map_err(|error| wrong(&self.plan, error))?;
        self.plan.target = match source {
            ConfigSource::File => Target::Files,
            ConfigSource::Kv(found) => {
                if let Some(key) = &found.key {
                    self.plan.key = Some(key.clone());
                }
                Target::Environment(found)
            }
        };
        Ok(self)
    }

    /// With a store to load from.
    #[must_use]
    pub fn with_store(mut self, store: impl KvStore + 'static) -> Self {
        self.plan.target = Target::Store(Arc::new(store));
        self
    }

    /// Without a store: the configuration is that of the files, and says so.
    #[must_use]
    pub fn from_files_only(mut self) -> Self {
        self.plan.target = Target::Files;
        self
    }

    /// With the value of a variable of the key template.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.plan.variables.push((name.into(), value.to_string()));
        self
    }

    /// With a key in place of the descriptor's.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.plan.key = Some(key);
        self
    }

    /// With the file of defaults. It must be there.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan.file = Some(path.into());
        self
    }

    /// With the file whose values go over all others. It must be there.
    #[must_use]
    pub fn with_pinned_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan.pinned_file = Some(path.into());
        self
    }

    /// With the file that seeds the key, in place of the file of defaults. It is read only where it is needed, and must be
    /// there then.
    #[must_use]
    pub fn with_template_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan.template = Some(Template::File(path.into()));
        self
    }

    /// With the text that seeds the key, in the descriptor's format, in place of the file of defaults.
    #[must_use]
    pub fn with_template(mut self, text: impl Into<String>) -> Self {
        self.plan.template = Some(Template::Text(text.into()));
        self
    }

    /// With the text of a field that something else than a file or the store supplies, as a password from a variable. It goes over all,
    /// and is never written. The field is a dotted path through mappings.
    #[must_use]
    pub fn with_supplied(mut self, field: impl Into<String>, text: impl Into<String>) -> Self {
        self.plan.supplied.push((field.into(), text.into()));
        self
    }

    /// With more secret fields than the descriptor's, as the policy has for all services.
    #[must_use]
    pub fn with_secret_fields<Field: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = Field>,
    ) -> Self {
        let more = fields.into_iter().map(|field| field.as_ref().to_owned());
        self.plan.declared.secret_fields.extend(more);
        self
    }

    /// With what to do while the store cannot be reached; [`OnOutage::Fail`] otherwise.
    #[must_use]
    pub fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.plan.on_outage = on_outage;
        self
    }

    /// With what to do if the key holds nothing; [`OnMissing::Seed`] otherwise.
    #[must_use]
    pub fn on_missing(mut self, on_missing: OnMissing) -> Self {
        self.plan.on_missing = on_missing;
        self
    }

    /// The key that is loaded.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if a variable of the key template has no value, or one that makes no key.
    pub fn key(&self) -> Result<Key, InvalidKey> {
        self.plan.key()
    }

    /// The store, which is connected to once.
    pub(crate) async fn store(&self) -> Result<Option<Arc<dyn KvStore>>, BootstrapError> {
        let environment = match &self.plan.target {
            Target::Unknown => return Err(self.plan.error(BootstrapErrorKind::NoStore)),
            Target::Files => return Ok(None),
            Target::Store(store) => return Ok(Some(Arc::clone(store))),
            Target::Environment(environment) => environment,
        };
        if let Some(store) = self.connected() {
            return Ok(Some(store));
        }
        let store = environment::connect(environment)
            .await
            .map_err(|kind| self.plan.error(kind))?;
        // Of two that connect at once one connection is kept.
        Ok(Some(Arc::clone(self.connection().get_or_insert(store))))
    }

    /// The store of the environment, if it was connected to.
    pub(crate) fn connected(&self) -> Option<Arc<dyn KvStore>> {
        self.connection().clone()
    }

    fn connection(&self) -> MutexGuard<'_, Option<Arc<dyn KvStore>>> {
        self.connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Bootstrap<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bootstrap")
            .field("service", &self.plan.declared.service)
            .field("file", &self.plan.file)
            .field("pinned_file", &self.plan.pinned_file)
            .field("on_outage", &self.plan.on_outage)
            .field("on_missing", &self.plan.on_missing)
            .finish_non_exhaustive()
    }
}
