//! Loads a service's configuration, and watches it.

use std::fmt;
use std::path::PathBuf;

use kvguard_contract::Contract;
use serde_core::de::DeserializeOwned;

use super::{BootstrapError, ConfigWatcher, SECRET_FIELDS, pinned};
use crate::bootstrap::options::{Declared, Plan, Target};
use crate::bootstrap::{self, BootstrapErrorKind, Degraded, Loaded};
use crate::environment::{self, Variables};
use crate::{Descriptor, Key, KeyDeclaration, KvStore, OnMissing, OnOutage};

/// Loads a service's configuration, and watches it.
pub struct Bootstrap {
    options: pinned::BootstrapOptions,
    plan: Plan,
    /// What was loaded last, without the configuration.
    loaded: Option<Loaded<()>>,
}

impl Bootstrap {
    /// A bootstrap with the store that the process's environment tells. It is connected to by [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// An environment that is half set, and a key that the store does not accept.
    #[expect(
        clippy::unused_async,
        reason = "services await it; to connect is part of loading, where an outage is told"
    )]
    pub async fn new(options: impl Into<pinned::BootstrapOptions>) -> Result<Self, BootstrapError> {
        Self::with_variables(options, &environment::Process)
    }

    /// A bootstrap with what the service declares, and with the store that these variables tell by the names of the fleet's policy; the
    /// process's own are [`environment::Process`]. [`new`](Self::new) knows the standard names alone.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of_descriptor(
        descriptor: &Descriptor,
        options: impl Into<pinned::BootstrapOptions>,
        variables: &(impl Variables + ?Sized),
    ) -> Result<Self, BootstrapError> {
        let mut this = Self::without_store(options.into())?.with_descriptor(descriptor);
        this.plan.declared.contract = Declared::of(descriptor).contract;
        this.with_environment(variables)
    }

    /// A bootstrap with the store that these variables tell.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_variables(
        options: impl Into<pinned::BootstrapOptions>,
        variables: &(impl Variables + ?Sized),
    ) -> Result<Self, BootstrapError> {
        Self::without_store(options.into())?.with_environment(variables)
    }

    fn with_environment(
        mut self,
        variables: &(impl Variables + ?Sized),
    ) -> Result<Self, BootstrapError> {
        if self.options.kv_key.is_some() {
            let told =
                bootstrap::Bootstrap::<()>::of_plan(self.plan).with_environment(variables)?;
            self.plan = told.plan;
        }
        Ok(self)
    }

    /// A bootstrap with a store, whatever the environment says.
    ///
    /// # Errors
    ///
    /// A key that the store does not accept.
    pub fn with_store(
        options: impl Into<pinned::BootstrapOptions>,
        store: impl KvStore + 'static,
    ) -> Result<Self, BootstrapError> {
        let mut this = Self::without_store(options.into())?;
        if this.options.kv_key.is_some() {
            this.plan.target = Target::Store(std::sync::Arc::new(store));
        }
        Ok(this)
    }

    fn without_store(options: pinned::BootstrapOptions) -> Result<Self, BootstrapError> {
        let mut plan = Plan::new(Declared {
            service: options.service_name.clone(),
            key: None,
            format: options.format,
            critical_fields: Vec::new(),
            secret_fields: SECRET_FIELDS
                .iter()
                .map(|field| (*field).to_owned())
                .collect(),
            not_secret_fields: Vec::new(),
            contract: Contract::STANDARD_REF,
        });
        plan.target = Target::Files;
        plan.file = Some(PathBuf::from(&options.config_path));
        plan.pinned_file = options.pinned_file().map(PathBuf::from);
        plan.on_missing = if options.seed_kv {
            OnMissing::Seed
        } else {
            OnMissing::UseFile
        };
        if let Some(key) = &options.kv_key {
            let key = Key::new(key.clone())
                .map_err(|error| plan.error(BootstrapErrorKind::InvalidKey(error)))?;
            plan.declared.key = Some(KeyDeclaration::Key(key));
        }
        Ok(Self {
            options,
            plan,
            loaded: None,
        })
    }

    /// With the critical and secret fields that the service declares, in place of [`SECRET_FIELDS`].
    #[must_use]
    pub fn with_descriptor(mut self, descriptor: &Descriptor) -> Self {
        let declared = Declared::of(descriptor);
        self.plan.declared.critical_fields = declared.critical_fields;
        self.plan.declared.secret_fields = declared.secret_fields;
        self.plan.declared.not_secret_fields = declared.not_secret_fields;
        self
    }

    /// With more secret fields, see [`bootstrap`](crate::bootstrap#secrets).
    #[must_use]
    pub fn with_secret_fields<Field: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = Field>,
    ) -> Self {
        let more = fields.into_iter().map(|field| field.as_ref().to_owned());
        self.plan.declared.secret_fields.extend(more);
        self
    }

    /// With the file whose values go over all others. It must be there.
    #[must_use]
    pub fn with_pinned_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan.pinned_file = Some(path.into());
        self
    }

    /// With what to do while the store cannot be reached; [`OnOutage::Fail`] otherwise.
    #[must_use]
    pub fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.plan.on_outage = on_outage;
        self
    }

    /// Why the configuration that was loaded last comes from the file alone although it was to come from the store, if so.
    pub fn degraded(&self) -> Option<&Degraded> {
        self.loaded.as_ref()?.degraded.as_ref()
    }

    /// Loads the configuration, see [`bootstrap::Bootstrap::load`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn load<T: DeserializeOwned>(&mut self) -> Result<T, BootstrapError> {
        let bootstrap = bootstrap::Bootstrap::<T>::of_plan(self.plan.clone());
        let loaded = bootstrap.load().await?;
        // Another load, or a watch, uses the same connection.
        if let Some(store) = bootstrap.connected() {
            self.plan.target = Target::Store(store);
        }
        let (config, loaded) = loaded.split();
        self.loaded = Some(loaded);
        Ok(config)
    }

    /// Watches the key for configurations that follow the loaded one; nothing if the options do not ask for it, or there is no store.
    /// What was not loaded yet is loaded first.
    ///
    /// # Errors
    ///
    /// As [`bootstrap::Bootstrap::watch`], and as [`load`](Self::load).
    pub async fn watch<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<ConfigWatcher<T>>, BootstrapError> {
        if !self.options.watch_kv || matches!(self.plan.target, Target::Files) {
            return Ok(None);
        }
        if self.loaded.is_none() {
            self.load::<T>().await?;
        }
        let Some(loaded) = &self.loaded else {
            return Ok(None);
        };
        let bootstrap = bootstrap::Bootstrap::<T>::of_plan(self.plan.clone());
        let updates = bootstrap.watch_after(loaded).await?;
        Ok(Some(ConfigWatcher::new(updates)))
    }
}

impl fmt::Debug for Bootstrap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bootstrap")
            .field("options", &self.options)
            .field("loaded", &self.loaded)
            .finish_non_exhaustive()
    }
}
