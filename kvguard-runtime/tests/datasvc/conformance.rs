//! The store does what every store does, by certificates in files and by those of the Workload API.

use kvguard_runtime::testing::conformance::{Capabilities, Subject};

use crate::support::{
    Fleet, NOBODY, NOBODY_ID, READER, READER_ID, SpiffeFleet, WRITER, WRITER_ID, connected,
};

const LIMIT: usize = 64 * 1024;

fn capabilities() -> Capabilities {
    Capabilities::new().other_domains().value_limit(LIMIT)
}

mod by_files {
    use super::*;

    async fn subject() -> Subject {
        let fleet = Fleet::new();
        let store = connected(fleet.options(WRITER).with_value_limit(LIMIT)).await;
        Subject::new(store)
            .with_reader(fleet.store(READER).await)
            .with_nobody(fleet.store(NOBODY).await)
            .keeping(fleet)
    }

    kvguard_runtime::conformance_tests!(subject, capabilities());
}

/// The limit is that of the store behind the data service.
mod by_files_where_the_server_has_the_limit {
    use super::*;

    async fn subject() -> Subject {
        let fleet = Fleet::with(|builder| builder.with_value_limit(LIMIT));
        Subject::new(fleet.store(WRITER).await).keeping(fleet)
    }

    kvguard_runtime::conformance_tests!(subject, capabilities());
}

mod by_spiffe {
    use super::*;

    async fn subject() -> Subject {
        let fleet = SpiffeFleet::new();
        let apis = [WRITER_ID, READER_ID, NOBODY_ID].map(|id| fleet.api(id));
        let [writer, reader, nobody] = &apis;
        let store = connected(fleet.options(writer).with_value_limit(LIMIT)).await;
        Subject::new(store)
            .with_reader(fleet.store(reader).await)
            .with_nobody(fleet.store(nobody).await)
            .keeping(fleet)
            .keeping(apis)
    }

    kvguard_runtime::conformance_tests!(subject, capabilities());
}
