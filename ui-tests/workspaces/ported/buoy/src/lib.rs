//! Collects logs. Its configuration is TOML; it reads it when it starts, and restarts when it changes.

use std::error::Error;
use std::path::Path;

use config_bootstrap::{Bootstrap, BootstrapOptions, ConfigFormat, RestartHandle};
use serde::{Deserialize, Serialize};

const KV_KEY: &str = "config/buoy.toml";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub listen_addr: String,
    pub flush_seconds: u32,
    pub outputs: Outputs,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outputs {
    pub kind: String,
    #[serde(default)]
    pub token: String,
}

impl Config {
    fn validate(&self) -> Result<(), String> {
        match self.listen_addr.as_str() {
            "" => Err("listen_addr is required".to_owned()),
            _ => Ok(()),
        }
    }
}

/// The configuration, and what watches it.
pub async fn load(path: &Path) -> Result<(Config, Bootstrap), Box<dyn Error>> {
    let use_kv = std::env::var("CONFIG_SOURCE").ok().as_deref() == Some("kv");
    let mut bootstrap = Bootstrap::new(BootstrapOptions {
        service_name: "buoy".to_string(),
        config_path: path.display().to_string(),
        format: ConfigFormat::Toml,
        kv_key: use_kv.then(|| KV_KEY.to_string()),
        seed_kv: use_kv,
        watch_kv: use_kv,
    })
    .await?;
    let config: Config = bootstrap.load().await?;
    config.validate()?;
    Ok((config, bootstrap))
}

pub async fn run(path: &Path) -> Result<(), Box<dyn Error>> {
    let (config, mut bootstrap) = load(path).await?;
    if let Some(mut watcher) = bootstrap.watch::<Config>().await? {
        let restarter = RestartHandle::new("buoy", KV_KEY);
        tokio::spawn(async move {
            while watcher.recv().await.is_some() {
                restarter.trigger();
            }
        });
    }
    let listener = tokio::net::TcpListener::bind(&config.listen_addr).await?;
    println!(
        "INFO buoy listens, and flushes to {} every {} s",
        config.outputs.kind, config.flush_seconds
    );
    loop {
        listener.accept().await?;
    }
}
