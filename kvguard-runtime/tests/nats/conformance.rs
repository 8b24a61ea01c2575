//! The store does what every store does.

use kvguard_runtime::testing::conformance::{CASES, Capabilities, Subject};
use kvguard_runtime::testing::{AccessTable, NatsPermissions, NatsServer};
use kvguard_runtime::{NatsStore, NewBucket};

use crate::common::{BUCKET, server_with};

const LIMIT: u32 = 4096;

async fn subject(bucket: NewBucket) -> Option<Subject> {
    let table = AccessTable::from_iter([("writer", "writer"), ("reader", "reader")]);
    let builder = NatsServer::builder()
        .access(BUCKET, &table)
        .user("nobody", &NatsPermissions::connecting(BUCKET));
    let (server, _) = server_with(builder, bucket.max_value_bytes(LIMIT)).await?;
    let connect = async |user| -> NatsStore {
        let options = server.user(BUCKET, user);
        options.connect().await.expect("the user may connect")
    };
    let subject = Subject::new(connect("writer").await)
        .with_reader(connect("reader").await)
        .with_nobody(connect("nobody").await);
    Some(subject.keeping(server))
}

fn capabilities() -> Capabilities {
    Capabilities::new()
        .lists_keys()
        .takes_empty_values()
        .put_tells_revision()
        .watch_tells_revision()
        .tells_creation()
        .tells_limits()
        .value_limit(LIMIT as usize)
}

/// The one case that a bucket has no part in: it takes keys below `domains/` as it takes others.
const OF_A_DATA_SERVICE: &str = "a_key_of_another_domain_is_refused_and_named";

/// Runs every case against a server of its own; each is a test of its own only where all of them have one.
async fn all_cases(bucket: NewBucket) {
    let mut failures = Vec::new();
    for case in CASES {
        let Some(subject) = subject(bucket.clone()).await else {
            return;
        };
        match case.run(&subject, &capabilities()).await {
            Ok(has_part) => {
                let is_left_out = case.name == OF_A_DATA_SERVICE;
                assert!(has_part != is_left_out, "`{}` has to be run", case.name);
            }
            Err(failure) => failures.push(format!("{}: {failure}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_files_does_what_every_store_does() {
    all_cases(NewBucket::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_memory_with_a_history_does_what_every_store_does() {
    all_cases(NewBucket::new().in_memory().history(5)).await;
}
