//! The store in memory does what every store does.

use kvguard_runtime::testing::conformance::{Capabilities, Subject};
use kvguard_runtime::testing::{AccessTable, MemoryStore};

const LIMIT: usize = 4096;

fn store() -> MemoryStore {
    let table = AccessTable::from_iter([("writer", "writer"), ("reader", "reader")]);
    MemoryStore::new()
        .with_value_limit(LIMIT)
        .with_access_table(table)
}

fn subject(store: &MemoryStore) -> Subject {
    Subject::new(store.handle_of("writer"))
        .with_reader(store.handle_of("reader"))
        .with_nobody(store.handle_of("nobody"))
}

fn capabilities() -> Capabilities {
    Capabilities::new()
        .lists_keys()
        .takes_empty_values()
        .tells_creation()
        .tells_limits()
        .value_limit(LIMIT)
}

mod with_revisions {
    use super::{capabilities, store, subject};

    kvguard_runtime::conformance_tests!(
        async || subject(&store()),
        capabilities().put_tells_revision().watch_tells_revision()
    );
}

mod without_revisions {
    use super::{capabilities, store, subject};

    kvguard_runtime::conformance_tests!(
        async || subject(&store().without_revisions()),
        capabilities()
    );
}
