//! The data service that the environment tells of.

use kvguard_runtime::{DatasvcOptions, DatasvcStore, Key, KvStore, MtlsFiles, Watch};

type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Kv {
    store: DatasvcStore,
    key: Key,
}

impl Kv {
    pub(crate) async fn connect(key: &str) -> Result<Self, Error> {
        let files = MtlsFiles::new(
            std::env::var("KV_CERT_FILE")?,
            std::env::var("KV_KEY_FILE")?,
            std::env::var("KV_CA_FILE")?,
        );
        let name = std::env::var("KV_SERVER_NAME").unwrap_or_else(|_| "datasvc.harbour".to_owned());
        let options =
            DatasvcOptions::new(std::env::var("KV_ADDRESS")?, files.with_server_name(name));
        Ok(Self {
            store: DatasvcStore::connect(options).await?,
            key: Key::new(key.to_owned())?,
        })
    }

    pub(crate) async fn get(&self) -> Result<Option<Vec<u8>>, Error> {
        let entry = self.store.get(&self.key).await?;
        Ok(entry.map(|entry| entry.value.into_bytes()))
    }

    pub(crate) async fn put(&self, value: Vec<u8>) -> Result<(), Error> {
        self.store.put(&self.key, value.into()).await?;
        Ok(())
    }

    pub(crate) async fn watch(&self) -> Result<Watch, Error> {
        Ok(self.store.watch(&self.key).await?)
    }
}
