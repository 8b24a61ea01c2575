//! A cluster of three that loses a server while keys are seeded.

use std::time::Duration;

use kvguard_runtime::testing::NatsCluster;
use kvguard_runtime::{Key, KvStore, NewBucket};

use crate::support::{BUCKET, Command, EXPECTED, Fleet};

/// Each of the three is lost in turn, so that one of them is the leader, whoever that is.
#[test]
fn a_server_that_is_lost_meanwhile_keeps_no_key_from_being_seeded() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    for lost in 0..3 {
        // What is missing, and how to get it, is said by the error.
        let cluster = runtime.block_on(async { NatsCluster::start() });
        let mut cluster = cluster.unwrap_or_else(|error| panic!("{error}"));
        let options = cluster.admin(BUCKET).deadline(Duration::from_secs(60));
        let options = options.create_bucket(NewBucket::new().replicas(3));
        let store = runtime.block_on(options.connect()).unwrap();
        let first = Key::new(EXPECTED[0].0.to_owned()).unwrap();
        let mut watch = runtime.block_on(store.watch(&first)).unwrap();

        let fleet = Fleet::new();
        let urls = cluster.urls().join(",");
        let seed = || {
            Command::new("seed", fleet.root())
                .args(["--deployment", "production"])
                .args(["--nats", &urls])
        };
        let running = seed().start();
        runtime.block_on(watch.next()).unwrap().unwrap();
        cluster.servers()[lost].kill();
        running.finish().assert_code(0);
        for (key, _) in EXPECTED {
            let key = Key::new(key.to_owned()).unwrap();
            let held = runtime.block_on(store.get(&key)).unwrap();
            assert!(held.is_some(), "{key}");
        }
        // With two of three it is the same.
        let again = seed().run();
        again.assert_code(0);
        again.assert_says("of 5 expected keys 5 already there");
    }
}
