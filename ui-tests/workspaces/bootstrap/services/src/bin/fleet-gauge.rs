//! A service in the shape of a real fleet's: all of it in `main`.

use services::config_bootstrap::{Bootstrap, BootstrapOptions};
use services::configuration::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut config_path = "/etc/fleet/gauge.json".to_owned();
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            config_path = arguments.next().ok_or("a path belongs behind --config")?;
        }
    }
    let bootstrap = Bootstrap::new(BootstrapOptions {
        service_name: "gauge".to_owned(),
        config_path,
        kv_key: Some("config/gauge.json".to_owned()),
        seed_kv: true,
        watch_kv: false,
    })
    .await?;
    let config: Config = bootstrap.load().await?;
    println!("INFO gauge listening on {}", config.listen);
    std::future::pending::<()>().await;
    Ok(())
}
