//! Which servers of a cluster hold a bucket, for tests.

use serde::Deserialize;
use serde_json::json;

use super::NatsStore;
use crate::{Operation, StoreError};

/// Which servers hold a bucket, as one of them reports it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Placement {
    /// The name of the server that leads it, if there is one just now.
    #[serde(default)]
    pub leader: Option<String>,
    /// The other servers that hold it.
    #[serde(default)]
    pub replicas: Vec<Replica>,
}

/// A server that holds a bucket and does not lead it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Replica {
    pub name: String,
    /// Whether it has what the leader has.
    #[serde(default)]
    pub current: bool,
}

impl NatsStore {
    /// Where the bucket is; nowhere if its server is of no cluster.
    pub(crate) async fn placement(&self) -> Result<Placement, StoreError> {
        #[derive(Deserialize)]
        struct Described {
            #[serde(default)]
            cluster: Placement,
        }
        let bucket = &self.bucket;
        let task = bucket.wire.task(Operation::DescribeBucket, None);
        let asked = bucket.api("STREAM.INFO");
        let body = json!({});
        match bucket
            .wire
            .ask_json::<Described>(&task, asked, &body)
            .await?
        {
            Ok(described) => Ok(described.cluster),
            Err(error) => Err(task.error(error.kind(None)).with_source(error)),
        }
    }
}
