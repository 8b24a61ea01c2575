//! The data service that the environment tells of.

use kvguard_runtime::{DatasvcOptions, DatasvcStore, Key, KvStore, MtlsFiles, StoreError, Watch};

use crate::Error;

pub struct Client {
    store: DatasvcStore,
    address: String,
    key: Key,
}

/// The name that the store's certificate is for.
pub fn server_name() -> Result<String, Error> {
    variable("KV_SERVER_NAME")
}

impl Client {
    pub async fn connect(key: Key, server_name: String) -> Result<Self, Error> {
        if variable("KV_SEC_MODE")? != "mtls" {
            return Err(Error::Variable("KV_SEC_MODE=mtls"));
        }
        let files = MtlsFiles::new(
            variable("KV_CERT_FILE")?,
            variable("KV_KEY_FILE")?,
            variable("KV_CA_FILE")?,
        );
        let address = variable("KV_ADDRESS")?;
        let options = DatasvcOptions::new(&*address, files.with_server_name(server_name));
        match DatasvcStore::connect(options).await {
            Ok(store) => Ok(Self {
                store,
                address,
                key,
            }),
            Err(error) => Err(Error::Store {
                address,
                key,
                error,
            }),
        }
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    pub async fn get(&self) -> Result<Option<Vec<u8>>, Error> {
        let entry = self.store.get(&self.key).await;
        let entry = entry.map_err(|error| self.failed(error))?;
        Ok(entry.map(|entry| entry.value.into_bytes()))
    }

    /// Writes a value where there is none; whether there was none.
    pub async fn create(&self, text: String) -> Result<bool, Error> {
        match self.store.create(&self.key, text.into()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub async fn put(&self, text: String) -> Result<(), Error> {
        let put = self.store.put(&self.key, text.into()).await;
        put.map(drop).map_err(|error| self.failed(error))
    }

    pub async fn watch(&self) -> Result<Watch, Error> {
        let watch = self.store.watch(&self.key).await;
        watch.map_err(|error| self.failed(error))
    }

    /// An error that names the key and the address.
    pub fn failed(&self, error: StoreError) -> Error {
        Error::Store {
            address: self.address.clone(),
            key: self.key.clone(),
            error,
        }
    }
}

fn variable(name: &'static str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| Error::Variable(name))
}
