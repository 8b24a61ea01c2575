//! The crate that the harbour's services share to load their configuration, as it was before kvguard: it goes on with the file, by
//! design, whenever something is wrong with the store.
//!
//! Of kvguard it uses the client of the data service alone, where another fleet has a client of its own.

mod overlay;
mod restart;
mod store;
mod watch;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use restart::RestartHandle;
pub use watch::ConfigWatcher;

use store::Kv;

/// Why there is no configuration.
#[derive(Debug)]
pub enum BootstrapError {
    File(std::io::Error),
    Parse(String),
}

pub type Result<T> = std::result::Result<T, BootstrapError>;

impl std::fmt::Display for BootstrapError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(error) => {
                write!(formatter, "failed to read the configuration file: {error}")
            }
            Self::Parse(error) => write!(formatter, "failed to parse the configuration: {error}"),
        }
    }
}

impl std::error::Error for BootstrapError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigFormat {
    Json,
    Toml,
}

impl ConfigFormat {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Json => "json",
            Self::Toml => "toml",
        }
    }
}

#[derive(Debug, Clone)]
pub struct BootstrapOptions {
    pub service_name: String,
    pub config_path: String,
    pub format: ConfigFormat,
    pub kv_key: Option<String>,
    pub seed_kv: bool,
    pub watch_kv: bool,
}

pub struct Bootstrap {
    options: BootstrapOptions,
    kv: Option<Kv>,
}

impl Bootstrap {
    /// Connects to the store; where that fails, there is none.
    pub async fn new(options: BootstrapOptions) -> Result<Self> {
        let kv = match &options.kv_key {
            Some(key) => match Kv::connect(key).await {
                Ok(kv) => Some(kv),
                Err(error) => {
                    tracing::warn!(%error, "failed to connect to KV; running with disk config only");
                    None
                }
            },
            None => None,
        };
        Ok(Self { options, kv })
    }

    /// Loads the file and lays the store's value over it.
    pub async fn load<T: Serialize + DeserializeOwned>(&mut self) -> Result<T> {
        let format = self.options.format;
        let file = std::fs::read(&self.options.config_path).map_err(BootstrapError::File)?;
        let config: T = overlay::parse(format, &file)?;
        let Some(kv) = &self.kv else {
            return Ok(config);
        };
        match kv.get().await {
            Ok(Some(value)) => overlay::over(format, &config, &value),
            Ok(None) => {
                if self.options.seed_kv {
                    let seed = overlay::seed(format, &config)?;
                    if let Err(error) = kv.put(seed).await {
                        tracing::warn!(%error, "failed to seed config to KV");
                    }
                }
                Ok(config)
            }
            Err(error) => {
                tracing::warn!(%error, "failed to fetch from KV; using disk config");
                Ok(config)
            }
        }
    }

    /// Watches the key, if the options ask for it and there is a store.
    pub async fn watch<T>(&mut self) -> Result<Option<ConfigWatcher<T>>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let Some(kv) = self.kv.as_ref().filter(|_| self.options.watch_kv) else {
            return Ok(None);
        };
        Ok(ConfigWatcher::new(kv, self.options.format).await)
    }
}
