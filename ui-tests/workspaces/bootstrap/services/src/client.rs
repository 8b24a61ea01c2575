//! The store that the environment tells.

use std::error::Error;
use std::path::{Path, PathBuf};

use kvguard_runtime::{DatasvcOptions, DatasvcSecurity, DatasvcStore, MtlsFiles, SpiffeSource};

pub async fn of_environment() -> Result<DatasvcStore, Box<dyn Error>> {
    of_modes(&["mtls", "spiffe"]).await
}

/// As [`of_environment`], where the client knows some modes only.
pub async fn of_modes(modes: &[&str]) -> Result<DatasvcStore, Box<dyn Error>> {
    let mode = variable("KV_SEC_MODE")?;
    if !modes.contains(&mode.as_str()) {
        return Err(format!("the mode {mode} is not known").into());
    }
    let security: DatasvcSecurity = match mode.as_str() {
        "mtls" => {
            let directory = PathBuf::from(variable("KV_CERT_DIR").unwrap_or_default());
            let file = |name| variable(name).map(|file| directory.join(Path::new(&file)));
            MtlsFiles::new(
                file("KV_CERT_FILE")?,
                file("KV_KEY_FILE")?,
                file("KV_CA_FILE")?,
            )
            .with_server_name(variable("KV_SERVER_NAME")?)
            .into()
        }
        _ => SpiffeSource::new(
            variable("KV_WORKLOAD_SOCKET")?,
            variable("KV_SERVER_SPIFFE_ID")?.parse()?,
        )
        .into(),
    };
    let options = DatasvcOptions::new(variable("KV_ADDRESS")?, security);
    Ok(DatasvcStore::connect(options).await?)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}
