//! Who leads a bucket, once a cluster is whole.

use std::time::{Duration, Instant};

use super::{NatsCluster, NatsServer, NatsServerError};
use crate::{Key, KvStore, StoreError};

/// How long a cluster may take to be whole, on a machine that does much else.
const WHOLE: Duration = Duration::from_secs(120);

/// How long a server that was started may take until it has what the others have: some seconds, and more where much else is done.
const TAKEN_IN: Duration = Duration::from_secs(15);

/// How long one server may take to answer.
const ANSWER: Duration = Duration::from_secs(4);

/// What is removed again and again: of a server that caught up the leader learns with a write only.
const PROBE: Key = Key::from_static("kvguard/cluster-probe");

/// What a cluster lacks to be whole.
struct Missing {
    what: String,
    /// The server that is behind the others, if it is one.
    server: Option<String>,
}

impl NatsCluster {
    /// The name of the server that leads a bucket of three replicas, `node-0` to `node-2`, once the cluster is whole: all servers have what
    /// the leader has, and each passes a write on to it. To be asked before a server is killed, and after it was restarted.
    ///
    /// A server that is killed is waited for in vain. It leaves nothing in the bucket, which counts some revisions more.
    ///
    /// # Errors
    ///
    /// If the cluster is not whole within two minutes: what it lacks, and what its servers logged.
    pub async fn leader(&mut self, bucket: &str) -> Result<String, NatsServerError> {
        let until = Instant::now() + WHOLE;
        let mut started = Instant::now();
        loop {
            let missing = match self.leader_if_whole(bucket).await {
                Ok(leader) => return Ok(leader),
                Err(missing) => missing,
            };
            if Instant::now() > until {
                let logs = self.servers().iter().flat_map(NatsServer::log).collect();
                return Err(NatsServerError::not_whole(missing.what, logs));
            }
            // After a restart both sides dial. Where that crosses, a server may end with lines by which it does not learn what another one
            // listens to (seen with nats-server 2.10), and stands still however long one waits: it is started once more.
            let behind = missing.server.and_then(|name| self.server(&name));
            if let Some(server) = behind
                && server.is_running()
                && started.elapsed() > TAKEN_IN
            {
                server.restart()?;
                started = Instant::now();
            }
            // Nobody tells when it is whole.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn leader_if_whole(&self, bucket: &str) -> Result<String, Missing> {
        let mut leader = None;
        let others = self.all().len() - 1;
        for server in self.all() {
            let named = |error: StoreError| Missing {
                what: format!("{}: {}", server.url(), error.with_causes()),
                server: server.member_name().map(str::to_owned),
            };
            let options = server.admin(bucket).only_these_servers();
            let store = options.deadline(ANSWER).connect().await.map_err(named)?;
            store.delete(&PROBE).await.map_err(named)?;
            let placement = store.placement().await.map_err(named)?;
            leader = placement.leader.filter(|leader| !leader.is_empty());
            let behind = placement.replicas.iter().find(|replica| !replica.current);
            let what = match (&leader, behind) {
                (None, _) => "the bucket has no leader".to_owned(),
                (_, Some(replica)) => format!("`{}` does not have all writes", replica.name),
                (_, None) if placement.replicas.len() != others => format!(
                    "{} servers hold the bucket besides its leader, and {others} should",
                    placement.replicas.len()
                ),
                _ => {
                    store.purge(&PROBE).await.map_err(named)?;
                    continue;
                }
            };
            return Err(Missing {
                what,
                server: behind.map(|replica| replica.name.clone()),
            });
        }
        leader.ok_or_else(|| Missing {
            what: "the cluster has no server".to_owned(),
            server: None,
        })
    }
}
