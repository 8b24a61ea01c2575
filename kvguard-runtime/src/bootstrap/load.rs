//! Loading.

use std::sync::Arc;

use serde_core::de::DeserializeOwned;

use super::Bootstrap;
use super::error::{BootstrapError, BootstrapErrorKind, Origin};
use super::events::Events;
use super::fields::Over;
use super::files::{Files, MAX_BYTES};
use super::loaded::{Degraded, Loaded, Source};
use super::options::{OnMissing, OnOutage, Plan};
use super::secrets::Secrets;
use crate::format::{self, Mapping};
use crate::{Key, KvStore, Revision, Value};

/// How often a key that is created by another and deleted again is tried.
const ATTEMPTS: usize = 3;

/// What goes over the file.
struct Overlay<T> {
    mapping: Mapping,
    revision: Option<Revision>,
    /// The configuration that a seed makes: it is made before the seed is written.
    seeded: Option<T>,
}

impl<T: DeserializeOwned> Bootstrap<T> {
    /// Loads the configuration. See the [module](super) for what it reads and writes, and how long it may take.
    ///
    /// # Errors
    ///
    /// Any [`BootstrapErrorKind`] but those of watches. Nothing is half loaded: with an error there is no configuration.
    pub async fn load(&self) -> Result<Loaded<T>, BootstrapError> {
        let files = Arc::new(self.plan.read_files()?);
        let key = match self.plan.target {
            super::options::Target::Files => None,
            _ => Some(
                self.plan
                    .key()
                    .map_err(|error| self.plan.error(BootstrapErrorKind::InvalidKey(error)))?,
            ),
        };
        let Some(key) = key else {
            return self.loaded_from_files(files, None, None);
        };
        let events = Events::new(&self.plan.declared.service, &key);
        match self.overlay(&key, &files, &events).await {
            Ok(Some(overlay)) => self.loaded_from_store(files, key, overlay, &events),
            Ok(None) => {
                let loaded =
                    self.loaded_from_files(files, Some(key), Some(Degraded::KeyMissing))?;
                events.key_missing();
                Ok(loaded)
            }
            Err(error) => match (error.store_error(), self.plan.on_outage) {
                (Some(outage), OnOutage::UseFile)
                    if outage.is_outage() && files.defaults.is_some() =>
                {
                    let reason = outage.clone();
                    let degraded = Degraded::Outage(reason.clone());
                    let loaded = self.loaded_from_files(files, Some(key), Some(degraded))?;
                    events.not_initialized(&reason.with_causes());
                    Ok(loaded)
                }
                _ => Err(error),
            },
        }
    }

    fn loaded_from_files(
        &self,
        files: Arc<Files>,
        key: Option<Key>,
        degraded: Option<Degraded>,
    ) -> Result<Loaded<T>, BootstrapError> {
        let merged = self.plan.merged(&files, None);
        Ok(Loaded {
            config: self.plan.typed(&merged, &files, None)?,
            source: Source::File,
            degraded,
            seeded: false,
            key,
            revision: None,
            merged: Arc::new(merged),
            files,
        })
    }

    fn loaded_from_store(
        &self,
        files: Arc<Files>,
        key: Key,
        overlay: Overlay<T>,
        events: &Events,
    ) -> Result<Loaded<T>, BootstrapError> {
        let merged = self.plan.merged(&files, Some(&overlay.mapping));
        let is_seed = overlay.seeded.is_some();
        let config = if let Some(config) = overlay.seeded {
            config
        } else {
            let over = Over::of_key(&key, &overlay.mapping);
            self.plan.typed(&merged, &files, Some(&over))?
        };
        events.overlay_applied(overlay.revision);
        Ok(Loaded {
            config,
            source: Source::Kv,
            degraded: None,
            seeded: is_seed,
            key: Some(key),
            revision: overlay.revision,
            merged: Arc::new(merged),
            files,
        })
    }

    /// What the key holds, seeded if it holds nothing; nothing if it holds nothing and is to stay so.
    async fn overlay(
        &self,
        key: &Key,
        files: &Files,
        events: &Events,
    ) -> Result<Option<Overlay<T>>, BootstrapError> {
        let plan = &self.plan;
        let failed = |error| plan.error(BootstrapErrorKind::Store(error));
        let Some(store) = self.store().await? else {
            return Ok(None);
        };
        let mut conflict = None;
        for _ in 0..ATTEMPTS {
            if let Some(entry) = store.get(key).await.map_err(failed)? {
                if conflict.is_some() {
                    events.seeded_by_another();
                }
                let mapping = plan.overlay(key, &entry.value, events)?;
                return Ok(Some(Overlay {
                    mapping,
                    revision: Some(entry.revision),
                    seeded: None,
                }));
            }
            let (mapping, value) = match plan.on_missing {
                OnMissing::Seed => plan.seed(key, files)?,
                OnMissing::UseFile if files.defaults.is_some() => return Ok(None),
                OnMissing::UseFile | OnMissing::Fail => {
                    return Err(plan.error(BootstrapErrorKind::KeyMissing { key: key.clone() }));
                }
            };
            // What the service could not run with is not written.
            let over = Over {
                key,
                origin: plan.template_origin(),
                mapping: &mapping,
            };
            let merged = plan.merged(files, Some(&mapping));
            let config = plan.typed(&merged, files, Some(&over))?;
            match store.create(key, value).await {
                Ok(revision) => {
                    events.key_seeded(revision);
                    return Ok(Some(Overlay {
                        mapping,
                        revision,
                        seeded: Some(config),
                    }));
                }
                Err(error) if error.is_conflict() => conflict = Some(error),
                Err(error) => return Err(failed(error)),
            }
        }
        match conflict {
            Some(error) => Err(failed(error)),
            None => Ok(None),
        }
    }
}

impl Plan {
    /// The mapping that a key's value is. It tells of the secret fields that the value carries.
    pub(super) fn overlay(
        &self,
        key: &Key,
        value: &Value,
        events: &Events,
    ) -> Result<Mapping, BootstrapError> {
        if value.len() > MAX_BYTES {
            return Err(self.error(BootstrapErrorKind::ValueTooLarge { key: key.clone() }));
        }
        let origin = Origin::Key(key.clone());
        let mapping = self.parse(self.declared.format, value.as_bytes(), origin)?;
        for field in self.secrets().carried(&mapping) {
            events.carries_secret(&field);
        }
        Ok(mapping)
    }

    /// What the key is seeded with: the template without its secret fields.
    fn seed(&self, key: &Key, files: &Files) -> Result<(Mapping, Value), BootstrapError> {
        let Some(mut mapping) = self.read_template(files)? else {
            return Err(self.error(BootstrapErrorKind::NoTemplate { key: key.clone() }));
        };
        self.secrets().remove(&mut mapping);
        let format = self.declared.format;
        let bytes = format::write(format, &mapping).map_err(|fault| {
            self.error(BootstrapErrorKind::Malformed {
                origin: self.template_origin(),
                format,
                fault,
            })
        })?;
        Ok((mapping, Value::from(bytes)))
    }

    fn template_origin(&self) -> Origin {
        use super::options::Template;
        match (&self.template, &self.file) {
            (Some(Template::File(path)), _) => Origin::TemplateFile(path.clone()),
            (None, Some(path)) => Origin::File(path.clone()),
            (Some(Template::Text(_)), _) | (None, None) => Origin::Template,
        }
    }

    pub(super) fn secrets(&self) -> Secrets {
        Secrets::new(
            &self.declared.secret_fields,
            &self.declared.not_secret_fields,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bootstrap;

    #[test]
    fn a_bootstrap_may_be_shared_and_its_futures_sent() {
        fn is_shared<T: Send + Sync>() {}
        fn is_sent<T: Send>(_: &T) {}
        is_shared::<Bootstrap<String>>();
        let bootstrap = Bootstrap::<String>::new(&crate::Descriptor::new(
            "a",
            crate::KeyDeclaration::Key(crate::Key::from_static("a")),
            crate::Format::Json,
        ));
        is_sent(&bootstrap.load());
    }
}
