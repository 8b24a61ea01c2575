//! What the services of a fleet share to load their configuration, in the shape of a real one: the connection's error is swallowed.

use std::error::Error;
use std::sync::Arc;

use kvguard_runtime::{Key, KvStore};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::configuration::merge;

pub struct BootstrapOptions {
    pub service_name: String,
    pub config_path: String,
    pub kv_key: Option<String>,
    pub seed_kv: bool,
    pub watch_kv: bool,
}

pub struct Bootstrap {
    options: BootstrapOptions,
    kv: Option<Arc<dyn KvStore>>,
}

impl Bootstrap {
    pub async fn new(options: BootstrapOptions) -> Result<Self, Box<dyn Error>> {
        let is_kv = std::env::var("CONFIG_SOURCE").is_ok_and(|source| source == "kv");
        let kv: Option<Arc<dyn KvStore>> = if is_kv {
            match crate::client::of_modes(&modes()).await {
                Ok(store) => Some(Arc::new(store)),
                Err(_) => None,
            }
        } else {
            None
        };
        Ok(Self { options, kv })
    }

    pub async fn load<T: DeserializeOwned>(&self) -> Result<T, Box<dyn Error>> {
        let mut tree: Value =
            serde_json::from_str(&std::fs::read_to_string(&self.options.config_path)?)?;
        if let (Some(kv), Some(key)) = (&self.kv, &self.options.kv_key) {
            let key = Key::new(key.clone())?;
            match kv.get(&key).await {
                Ok(Some(entry)) => {
                    if let Ok(over) = serde_json::from_slice(entry.value.as_bytes()) {
                        merge(&mut tree, over);
                    }
                }
                Ok(None) if self.options.seed_kv => {
                    let _ = kv
                        .create(&key, crate::configuration::seed(tree.clone()).into())
                        .await;
                }
                _ => {}
            }
        }
        Ok(serde_json::from_value(tree)?)
    }
}

/// The modes that the client knows: an old one knows none of SPIFFE.
fn modes() -> Vec<&'static str> {
    match std::env::args().any(|argument| argument == "--old-client") {
        true => vec!["mtls"],
        false => vec!["mtls", "spiffe"],
    }
}
