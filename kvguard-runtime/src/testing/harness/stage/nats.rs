//! Values in a bucket of a real `nats-server`, with a user for each identity of the access table.

use std::sync::Arc;

use super::wrapped::{Hand, Wrapped};
use super::{NOBODY, access_table};
use crate::testing::harness::failed::Failed;
use crate::testing::harness::plan::Trial;
use crate::testing::{AccessTable, NatsPermissions, NatsServer, NatsServerError, Recording};
use crate::{Key, KvStore, NatsStore, NewBucket};

/// The bucket that all values are in.
const BUCKET: &str = "kvguard-test";

pub(in crate::testing::harness) struct Nats {
    server: NatsServer,
    /// The test's own hand.
    admin: Arc<NatsStore>,
    identity: &'static str,
    recording: Recording,
    /// The last store that was made, through which others may be quicker.
    given: Option<Wrapped>,
}

impl Nats {
    /// One that grants what the table says, or nothing but to connect.
    pub(super) async fn open(trial: &'static Trial, is_denied: bool) -> Result<Self, Failed> {
        let identity = trial.identity.unwrap_or(NOBODY);
        let others = |table: AccessTable| -> AccessTable {
            table
                .rules()
                .filter(|(known, _)| *known != identity)
                .map(|(known, role)| (known.to_owned(), role.to_owned()))
                .collect()
        };
        let table = access_table(trial);
        let is_known = table.role_of(identity).is_some();
        let builder = NatsServer::builder();
        let builder = if is_known && !is_denied {
            builder.access(BUCKET, &table)
        } else {
            // Whoever may do nothing still has to be told so.
            builder
                .access(BUCKET, &others(table))
                .user(identity, &NatsPermissions::connecting(BUCKET))
        };
        let server = builder.start().map_err(|error| not_started(&error))?;
        let admin = server
            .admin(BUCKET)
            .create_bucket(NewBucket::new().in_memory());
        let admin = admin.connect().await.map_err(|error| {
            Failed::new(format!(
                "the test's own `nats-server` cannot be reached: {error}"
            ))
        })?;
        Ok(Self {
            server,
            admin: Arc::new(admin),
            identity,
            recording: Recording::new(),
            given: None,
        })
    }

    pub(super) async fn set(&self, key: &Key, value: &[u8]) -> Result<(), Failed> {
        let put = self.admin.put(key, value.into()).await;
        put.map(|_| ())
            .map_err(|error| Failed::new(format!("the test cannot set `{key}`: {error}")))
    }

    pub(super) async fn contents(&self) -> Result<Vec<(String, Vec<u8>)>, Failed> {
        let cannot = |error: crate::StoreError| {
            Failed::new(format!("the test cannot look into its own bucket: {error}"))
        };
        let Some(list) = self.admin.list_keys() else {
            return Ok(Vec::new());
        };
        let mut contents = Vec::new();
        for key in list.keys("").await.map_err(cannot)? {
            if let Some(entry) = self.admin.get(&key).await.map_err(cannot)? {
                contents.push((key.as_str().to_owned(), entry.value.into_bytes()));
            }
        }
        Ok(contents)
    }

    pub(super) fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(super) fn cut(&mut self) {
        self.server.kill();
    }

    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) -> bool {
        match &self.given {
            Some(given) => given.let_another_be_quicker(key, value),
            None => false,
        }
    }

    pub(super) async fn store(&mut self) -> Result<Arc<dyn KvStore>, Failed> {
        let store = self.server.user(BUCKET, self.identity).connect().await;
        let store = store.map_err(|error| {
            Failed::new(format!(
                "the test's own `nats-server` cannot be reached as `{}`: {error}",
                self.identity
            ))
        })?;
        let admin = Arc::clone(&self.admin);
        let hand: Hand = Arc::new(move |key, value| {
            let admin = Arc::clone(&admin);
            Box::pin(async move {
                // A test that fails for it says that the value is not what it was set to.
                let _ = admin.put(&key, value).await;
            })
        });
        let wrapped = Wrapped::new(Arc::new(store), hand, Some(self.recording.clone()));
        self.given = Some(wrapped.clone());
        Ok(Arc::new(wrapped))
    }
}

fn not_started(error: &NatsServerError) -> Failed {
    let failed = Failed::new(error.to_string());
    if error.is_not_run() {
        failed.not_run()
    } else {
        failed
    }
}
