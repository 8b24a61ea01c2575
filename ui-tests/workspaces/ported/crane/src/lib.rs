//! Moves events. Its configuration is JSON, and it applies a change while it runs.

use std::error::Error;
use std::path::Path;

use config_bootstrap::{Bootstrap, BootstrapError, BootstrapOptions, ConfigFormat};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    pub listen_addr: String,
    pub stream_name: String,
    pub batch_size: u32,
    #[serde(default)]
    pub api_key: String,
}

impl Config {
    fn validate(&self) -> Result<(), String> {
        for (name, value) in [
            ("listen_addr", &self.listen_addr),
            ("stream_name", &self.stream_name),
        ] {
            if value.is_empty() {
                return Err(format!("{name} is required"));
            }
        }
        Ok(())
    }
}

async fn bootstrap(path: &Path) -> Result<Bootstrap, BootstrapError> {
    let use_kv = std::env::var("CONFIG_SOURCE").ok().as_deref() == Some("kv");
    Bootstrap::new(BootstrapOptions {
        service_name: "crane".to_string(),
        config_path: path.display().to_string(),
        format: ConfigFormat::Json,
        kv_key: use_kv.then(|| "config/crane.json".to_string()),
        seed_kv: use_kv,
        watch_kv: use_kv,
    })
    .await
}

/// The configuration, and what watches it.
pub async fn load(path: &Path) -> Result<(Config, Bootstrap), Box<dyn Error>> {
    let mut bootstrap = bootstrap(path).await?;
    let config: Config = bootstrap.load().await?;
    config.validate()?;
    Ok((config, bootstrap))
}

pub async fn run(path: &Path) -> Result<(), Box<dyn Error>> {
    let (config, mut bootstrap) = load(path).await?;
    let watcher = bootstrap.watch::<Config>().await?;
    let listener = tokio::net::TcpListener::bind(&config.listen_addr).await?;
    println!("INFO crane listens, and moves {}", config.stream_name);
    if let Some(mut watcher) = watcher {
        tokio::spawn(async move {
            while let Some(config) = watcher.recv().await {
                match config.validate() {
                    Ok(()) => println!("INFO crane moves {} now", config.stream_name),
                    Err(error) => {
                        eprintln!("WARN the update of config/crane.json is not applied: {error}")
                    }
                }
            }
        });
    }
    loop {
        listener.accept().await?;
    }
}
