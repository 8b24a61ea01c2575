//! A fleet of one data service and its clients.

use std::time::Duration;

use kvguard_runtime::testing::{
    AccessTable, Authority, CertificateRequest, DatasvcServer, DatasvcServerBuilder, WorkloadApi,
};
use kvguard_runtime::{
    Change, DatasvcOptions, DatasvcStore, Key, MtlsFiles, SpiffeId, SpiffeSource, StoreError,
    StoreErrorKind, Value, Watch,
};
use tempfile::TempDir;
use tokio::time::timeout;

pub const KEY: Key = Key::from_static("config/trapd.json");
pub const OTHER: Key = Key::from_static("config/other.json");

pub const WRITER: &str = "CN=writer,O=Example";
pub const READER: &str = "CN=reader,O=Example";
pub const NOBODY: &str = "CN=nobody,O=Example";

/// How long anything may take that should come at once, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn table() -> AccessTable {
    AccessTable::new()
        .grant(WRITER, "writer")
        .grant(READER, "reader")
}

/// A data service whose clients have certificates in files.
pub struct Fleet {
    pub authority: Authority,
    pub server: DatasvcServer,
    directory: TempDir,
}

impl Fleet {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(set_up: impl FnOnce(DatasvcServerBuilder) -> DatasvcServerBuilder) -> Self {
        let authority = Authority::new();
        let builder = DatasvcServer::builder(&authority).with_access_table(table());
        let server = set_up(builder).start();
        Self {
            authority,
            server,
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    /// Files with a certificate of the fleet's authority.
    pub fn files(&self, request: &CertificateRequest) -> MtlsFiles {
        self.files_of(&self.authority, request)
    }

    /// Files with a certificate of any authority, and the fleet's authority to check the server.
    pub fn files_of(&self, authority: &Authority, request: &CertificateRequest) -> MtlsFiles {
        let directory = tempfile::tempdir_in(&self.directory).expect("a directory");
        let certificate = authority.issue(request);
        let files = certificate.write_to(directory.keep(), &self.authority);
        MtlsFiles::from(&files.expect("files"))
    }

    pub fn options(&self, subject: &str) -> DatasvcOptions {
        let files = self.files(&CertificateRequest::subject(subject));
        DatasvcOptions::new(self.server.address(), files)
    }

    pub async fn store(&self, subject: &str) -> DatasvcStore {
        connected(self.options(subject)).await
    }

    pub async fn store_of(&self, request: &CertificateRequest) -> DatasvcStore {
        connected(DatasvcOptions::new(
            self.server.address(),
            self.files(request),
        ))
        .await
    }
}

pub const SERVER_ID: &str = "spiffe://example.org/services/datasvc";
pub const WRITER_ID: &str = "spiffe://example.org/services/writer";
pub const READER_ID: &str = "spiffe://example.org/services/reader";
pub const NOBODY_ID: &str = "spiffe://example.org/services/nobody";

/// A data service whose clients have identities from the Workload API.
pub struct SpiffeFleet {
    pub authority: Authority,
    pub server: DatasvcServer,
}

impl SpiffeFleet {
    pub fn new() -> Self {
        let authority = Authority::new();
        let server = DatasvcServer::builder(&authority)
            .with_certificate(CertificateRequest::spiffe(SERVER_ID))
            .with_access_table(
                AccessTable::new()
                    .grant(WRITER_ID, "writer")
                    .grant(READER_ID, "reader"),
            )
            .start();
        Self { authority, server }
    }

    pub fn api(&self, id: &str) -> WorkloadApi {
        WorkloadApi::start(&self.authority, id)
    }

    pub fn options(&self, api: &WorkloadApi) -> DatasvcOptions {
        DatasvcOptions::new(
            self.server.address(),
            SpiffeSource::new(api.endpoint(), id(SERVER_ID)),
        )
    }

    pub async fn store(&self, api: &WorkloadApi) -> DatasvcStore {
        connected(self.options(api)).await
    }
}

pub fn id(text: &str) -> SpiffeId {
    text.parse().expect("a SPIFFE ID")
}

pub async fn connected(options: DatasvcOptions) -> DatasvcStore {
    DatasvcStore::connect(options).await.expect("a connection")
}

/// The next item of a watch.
pub async fn next(watch: &mut Watch) -> Option<Result<Change, StoreError>> {
    timeout(PATIENCE, watch.next())
        .await
        .expect("the watch tells something")
}

/// That the next item of a watch is a value.
pub async fn tells(watch: &mut Watch, expected: &str) {
    let change = next(watch).await.expect("the watch goes on");
    let expected = Change::Set {
        value: Value::from(expected),
        revision: None,
    };
    assert_eq!(change.expect("a change"), expected);
}

/// That the next item of a watch is a deletion.
pub async fn tells_deletion(watch: &mut Watch) {
    let change = next(watch).await.expect("the watch goes on");
    let expected = Change::Deleted { revision: None };
    assert_eq!(change.expect("a change"), expected);
}

/// That the next item of a watch is an outage.
pub async fn tells_outage(watch: &mut Watch) {
    let error = next(watch).await.expect("the watch goes on").unwrap_err();
    assert!(error.is_outage(), "{error}");
}

/// The identity and the missing right of a denial.
pub fn denial(error: &StoreError) -> (Option<&str>, Option<&str>) {
    match error.kind() {
        StoreErrorKind::PermissionDenied(denial) => {
            (denial.identity.as_deref(), denial.missing.as_deref())
        }
        _ => panic!("no denial: {error}"),
    }
}
