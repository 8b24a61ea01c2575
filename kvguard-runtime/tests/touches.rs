//! A write of the bytes that a key holds is told by its revision, and is no update, whichever store the service has.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share fails as a test does"
)]

use std::time::Duration;

use kvguard_runtime::bootstrap::Updates;
use kvguard_runtime::testing::{
    AccessTable, Authority, CertificateRequest, DatasvcServer, NatsServer,
};
use kvguard_runtime::{
    Bootstrap, DatasvcOptions, DatasvcStore, Descriptor, Format, Key, KeyDeclaration, KvStore,
    MtlsFiles, NewBucket, Revision,
};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::heard::always_heard;
use crate::log::Log;

#[path = "support/heard.rs"]
mod heard;
#[path = "support/log.rs"]
mod log;

const KEY: Key = Key::from_static("config/gauge.json");
const GAUGE: &Descriptor = &Descriptor::new("gauge", KeyDeclaration::Key(KEY), Format::Json);
const LONG: Duration = Duration::from_secs(30);

#[derive(serde::Deserialize)]
struct Configuration {
    level: u8,
}

/// A service that has loaded its configuration and watches it.
struct Service {
    updates: Updates<Configuration>,
    log: Log,
    _listening: tracing::subscriber::DefaultGuard,
    _directory: TempDir,
}

impl Service {
    async fn start(store: impl KvStore + 'static) -> Self {
        let (log, listening) = Log::capture();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gauge.json");
        std::fs::write(&file, r#"{"level": 0}"#).unwrap();
        let bootstrap = Bootstrap::new(GAUGE).with_file(file).with_store(store);
        let loaded = bootstrap.load().await.unwrap();
        let updates = bootstrap.watch(&loaded).await.unwrap();
        Self {
            updates,
            log,
            _listening: listening,
            _directory: directory,
        }
    }

    /// Waits for updates, as a service does, until so many were detected, and none of them is given to the service. Outages are
    /// passed over. Each wait is given up soon, which must lose nothing.
    async fn has_detected(&mut self, count: usize) {
        let until = Instant::now() + LONG;
        while self.detected().len() < count {
            assert!(Instant::now() < until, "{:?}", self.log.lines());
            self.waits_for(Duration::from_millis(5)).await;
        }
    }

    /// Waits for an update for some time; none is given to the service.
    async fn waits_for(&mut self, time: Duration) {
        match timeout(time, self.updates.next()).await {
            Err(_) => {}
            Ok(Some(Err(error))) => assert!(error.is_outage(), "{error}"),
            Ok(Some(Ok(_))) => panic!("an equal configuration is no update"),
            Ok(None) => panic!("the watch has ended"),
        }
    }

    /// Waits for the next configuration, through outages.
    async fn next(&mut self) -> u8 {
        let waiting = async {
            loop {
                match self.updates.next().await.unwrap() {
                    Ok(loaded) => return loaded.config.level,
                    Err(error) => assert!(error.is_outage(), "{error}"),
                }
            }
        };
        timeout(LONG, waiting).await.unwrap()
    }

    fn detected(&self) -> Vec<String> {
        self.log.of("KV update detected")
    }
}

fn event(revision: Revision, changed: bool) -> String {
    format!("service=gauge key={KEY} revision={revision} changed={changed}")
}

/// Writes what the key holds again, as it is.
async fn touch(store: &impl KvStore) -> Revision {
    let held = store.get(&KEY).await.unwrap().unwrap();
    let touched = store.update(&KEY, held.value, held.revision).await;
    touched.unwrap()
}

/// The store is the service's and the operator's; `interrupt` takes it away for a moment.
async fn tells_each_touch_once(
    service: impl KvStore + 'static,
    operator: impl KvStore,
    mut interrupt: impl FnMut(),
) {
    let mut service = Service::start(service).await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push(event(touch(&operator).await, false));
        service.has_detected(expected.len()).await;
    }
    operator.put(&KEY, r#"{"level": 2}"#.into()).await.unwrap();
    assert_eq!(service.next().await, 2);
    let held = operator.get(&KEY).await.unwrap().unwrap();
    expected.push(event(held.revision, true));

    // The value that the watch begins with again was told before.
    interrupt();
    let interrupted = timeout(LONG, service.updates.next()).await.unwrap();
    assert!(interrupted.unwrap().unwrap_err().is_outage());
    operator.put(&KEY, r#"{"level": 3}"#.into()).await.unwrap();
    assert_eq!(service.next().await, 3);
    let held = operator.get(&KEY).await.unwrap().unwrap();
    expected.push(event(held.revision, true));
    expected.push(event(touch(&operator).await, false));
    service.has_detected(expected.len()).await;
    assert_eq!(service.detected(), expected);
}

#[tokio::test]
async fn of_a_nats_server_each_touch_is_told_once() {
    always_heard();
    let mut server = match NatsServer::start() {
        Ok(server) => server,
        Err(error) if error.is_not_run() => return,
        Err(error) => panic!("{error}"),
    };
    let options = server.admin("config").create_bucket(NewBucket::new());
    let operator = options.deadline(LONG).connect().await.unwrap();
    operator.put(&KEY, r#"{"level": 1}"#.into()).await.unwrap();
    let service = server.options("config").connect().await.unwrap();
    tells_each_touch_once(service, operator, || {
        server.kill();
        server.restart().unwrap();
    })
    .await;
}

/// A data service, and what makes stores of it.
struct Datasvc {
    server: DatasvcServer,
    authority: Authority,
    directory: TempDir,
}

impl Datasvc {
    fn start() -> Self {
        always_heard();
        let authority = Authority::new();
        let table = AccessTable::new().grant("CN=gauge", "writer");
        Self {
            server: DatasvcServer::builder(&authority)
                .with_access_table(table)
                .start(),
            authority,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    async fn store(&self) -> DatasvcStore {
        let certificate = self
            .authority
            .issue(&CertificateRequest::subject("CN=gauge"));
        let directory = tempfile::tempdir_in(&self.directory).unwrap().keep();
        let files = certificate.write_to(directory, &self.authority).unwrap();
        let options = DatasvcOptions::new(self.server.address(), MtlsFiles::from(&files));
        DatasvcStore::connect(options).await.unwrap()
    }
}

#[tokio::test]
async fn of_a_data_service_each_touch_is_told_once() {
    let datasvc = Datasvc::start();
    datasvc.server.set(&KEY, r#"{"level": 1}"#);
    let (service, operator) = (datasvc.store().await, datasvc.store().await);
    tells_each_touch_once(service, operator, || datasvc.server.restart()).await;
}

#[tokio::test]
async fn what_a_service_seeded_in_a_data_service_is_no_update_and_a_touch_of_it_is_told() {
    let datasvc = Datasvc::start();
    // A data service does not tell which revision the seed has, so that a write before the watch tells the seed counts as the seed.
    let mut service = Service::start(datasvc.store().await).await;
    let operator = datasvc.store().await;
    let mut touched = Vec::new();
    while service.detected().is_empty() {
        touched.push(event(touch(&operator).await, false));
        service.waits_for(Duration::from_millis(50)).await;
    }
    let detected = service.detected();
    assert!(touched.contains(&detected[0]), "{detected:?}, {touched:?}");
}
