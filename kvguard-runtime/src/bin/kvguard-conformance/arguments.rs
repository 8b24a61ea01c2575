//! What is said on the command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use kvguard_runtime::{DatasvcOptions, DatasvcStore, MtlsFiles};

/// Run the conformance suite against a data service, and print for each check whether it holds
///
/// Exit codes: 0 all checks hold; 1 a check fails, or a key could not be removed; 2 not everything could be checked.
///
/// The checks write, read and watch keys `PREFIX/RUN/NUMBER/…`, with another RUN each time, and remove them; they touch no other key.
/// All identities reach the same data service and trust the same authority.
#[derive(Debug, Parser)]
#[command(name = "kvguard-conformance")]
pub struct Arguments {
    /// Where the data service listens: HOST:PORT
    #[arg(long)]
    address: String,
    /// The certificate of one who may read and write, a PEM file
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Its key, a PEM file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The authorities that the data service's certificate is checked against, a PEM file
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// The name in the data service's certificate, if it is not the host of the address
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// The certificate of one who may only read, for the checks of a reader's access
    #[arg(long, value_name = "FILE", requires = "reader_key")]
    reader_cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", requires = "reader_cert")]
    reader_key: Option<PathBuf>,
    /// A certificate that the data service trusts and grants nothing, for the checks of what nobody may do
    #[arg(long, value_name = "FILE", requires = "nobody_key")]
    nobody_cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", requires = "nobody_cert")]
    nobody_key: Option<PathBuf>,
    /// The bytes of the longest value that the data service takes, for the checks of that limit
    #[arg(long, value_name = "BYTES")]
    pub value_limit: Option<usize>,
    /// What the keys that are written begin with
    #[arg(long, default_value = "kvguard-conformance")]
    pub prefix: String,
    /// How long one operation may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    deadline: u64,
}

/// The data service as each identity reaches it.
pub struct Stores {
    pub writer: Arc<DatasvcStore>,
    pub reader: Option<Arc<DatasvcStore>>,
    pub nobody: Option<Arc<DatasvcStore>>,
}

impl Arguments {
    /// Connects as each identity that is given.
    pub async fn connect(&self) -> Result<Stores, String> {
        let writer = self.connect_with(Some(&self.cert), Some(&self.key));
        let reader = self.connect_with(self.reader_cert.as_ref(), self.reader_key.as_ref());
        let nobody = self.connect_with(self.nobody_cert.as_ref(), self.nobody_key.as_ref());
        Ok(Stores {
            writer: writer.await?.ok_or("no certificate is given")?,
            reader: reader.await?,
            nobody: nobody.await?,
        })
    }

    async fn connect_with(
        &self,
        certificate: Option<&PathBuf>,
        key: Option<&PathBuf>,
    ) -> Result<Option<Arc<DatasvcStore>>, String> {
        let Some((certificate, key)) = certificate.zip(key) else {
            return Ok(None);
        };
        let mut files = MtlsFiles::new(certificate, key, &self.ca);
        if let Some(name) = &self.server_name {
            files = files.with_server_name(name);
        }
        let options = DatasvcOptions::new(&self.address, files)
            .with_deadline(Duration::from_secs(self.deadline.max(1)));
        match DatasvcStore::connect(options).await {
            Ok(store) => Ok(Some(Arc::new(store))),
            Err(error) => Err(format!(
                "with the certificate `{}` there is no connection to {}: {}",
                certificate.display(),
                self.address,
                error.with_causes()
            )),
        }
    }
}
