//! Takes readings. Its configuration is JSON; it reads it when it starts, and restarts when it changes.

use std::error::Error;
use std::path::Path;

use config_bootstrap::{Bootstrap, BootstrapOptions, ConfigFormat, ConfigWatcher, RestartHandle};
use serde::{Deserialize, Serialize};

const KV_KEY: &str = "config/tide.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub listen_addr: String,
    pub station: String,
    pub database: Database,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Database {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub password: String,
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
        service_name: "tide".to_string(),
        config_path: path.display().to_string(),
        format: ConfigFormat::Json,
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
    if let Some(watcher) = bootstrap.watch::<Config>().await? {
        tokio::spawn(restart_at_a_change(watcher));
    }
    let listener = tokio::net::TcpListener::bind(&config.listen_addr).await?;
    println!("INFO tide listens, and reads {}", config.station);
    loop {
        listener.accept().await?;
    }
}

async fn restart_at_a_change(mut watcher: ConfigWatcher<Config>) {
    let restarter = RestartHandle::new("tide", KV_KEY).with_delay(std::time::Duration::ZERO);
    while watcher.recv().await.is_some() {
        restarter.trigger();
    }
}
