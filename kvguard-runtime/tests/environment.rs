//! From the environment to real servers: a service seeds, loads and watches by each security mode.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests share fails as a test does"
)]

use std::time::Duration;

use kvguard_runtime::bootstrap::{BootstrapErrorKind, OnOutage, Source};
use kvguard_runtime::testing::{
    AccessTable, Authority, CertificateRequest, DatasvcServer, NatsPermissions, NatsServer, Role,
    WorkloadApi,
};
use kvguard_runtime::{
    Bootstrap, BootstrapError, Descriptor, Format, Key, KeyDeclaration, KvStore as _, NewBucket,
};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::time::timeout;

const KEY: Key = Key::from_static("config/gauge.json");

const GAUGE: &Descriptor = &Descriptor::new("gauge", KeyDeclaration::Key(KEY), Format::Json)
    .with_critical_fields(&["listen"])
    .with_secret_fields(&["password"]);

const FILE: &str = r#"{"listen": "0.0.0.0:1", "password": "canary"}"#;

const GAUGE_ID: &str = "spiffe://brook.example/services/gauge";
const SERVER_ID: &str = "spiffe://brook.example/services/store";
const SUBJECT: &str = "CN=gauge,O=Brook";
const BUCKET: &str = "config";

#[derive(Debug, Deserialize)]
struct Configuration {
    listen: String,
    password: String,
}

type Variables = Vec<(&'static str, String)>;

fn bootstrap(
    variables: &Variables,
    directory: &TempDir,
) -> Result<Bootstrap<Configuration>, BootstrapError> {
    let file = directory.path().join("gauge.json");
    std::fs::write(&file, FILE).unwrap();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Bootstrap::new(GAUGE)
        .with_file(file)
        .with_environment(variables.as_slice())
}

/// A start, a second start, and an update.
async fn works(
    variables: &Variables,
    value: impl AsyncFn() -> Vec<u8>,
    set: impl AsyncFn(&'static str),
) {
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = bootstrap(variables, &directory).unwrap();
    let loaded = bootstrap.load().await.unwrap();
    assert!(loaded.seeded);
    assert_eq!(loaded.source, Source::Kv);
    assert_eq!(loaded.config.password, "canary");
    let seed = String::from_utf8(value().await).unwrap();
    assert!(
        seed.contains("listen") && !seed.contains("canary"),
        "{seed}"
    );
    let loaded = bootstrap.load().await.unwrap();
    assert!(!loaded.seeded);
    let mut updates = bootstrap.watch(&loaded).await.unwrap();
    set(r#"{"listen": "kv"}"#).await;
    let update = timeout(Duration::from_secs(20), updates.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(update.config.listen, "kv");
    assert_eq!(update.config.password, "canary");
}

struct Datasvc {
    authority: Authority,
    server: DatasvcServer,
    directory: TempDir,
}

impl Datasvc {
    fn start(role: &str) -> Self {
        let authority = Authority::new();
        let table = AccessTable::from_iter([(GAUGE_ID, role), (SUBJECT, role)]);
        let server = DatasvcServer::builder(&authority)
            .with_certificate(
                CertificateRequest::spiffe(SERVER_ID)
                    .with_dns_name("localhost")
                    .with_address([127, 0, 0, 1]),
            )
            .with_access_table(table)
            .start();
        Self {
            authority,
            server,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn mtls(&self) -> Variables {
        let certificate = self.authority.issue(&CertificateRequest::subject(SUBJECT));
        certificate
            .write_to(&self.directory, &self.authority)
            .unwrap();
        vec![
            ("CONFIG_SOURCE", "kv".to_owned()),
            ("KV_ADDRESS", self.server.address()),
            ("KV_SEC_MODE", "mtls".to_owned()),
            ("KV_CERT_DIR", self.directory.path().display().to_string()),
            ("KV_CERT_FILE", "tls.crt".to_owned()),
            ("KV_KEY_FILE", "tls.key".to_owned()),
            ("KV_CA_FILE", "ca.crt".to_owned()),
        ]
    }

    async fn works(&self, variables: &Variables) {
        works(
            variables,
            async || self.server.value(&KEY).unwrap().into_bytes(),
            async |value| self.server.set(&KEY, value),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_uses_the_data_service_with_certificates_in_files() {
    let datasvc = Datasvc::start("writer");
    datasvc.works(&datasvc.mtls()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_uses_the_data_service_with_an_identity_of_the_workload_api() {
    let datasvc = Datasvc::start("writer");
    let api = WorkloadApi::start(&datasvc.authority, GAUGE_ID);
    let variables = vec![
        ("CONFIG_SOURCE", "kv".to_owned()),
        ("KV_ADDRESS", datasvc.server.address()),
        ("KV_SEC_MODE", "spiffe".to_owned()),
        ("KV_TRUST_DOMAIN", "brook.example".to_owned()),
        ("KV_SERVER_SPIFFE_ID", SERVER_ID.to_owned()),
        ("KV_WORKLOAD_SOCKET", api.endpoint()),
    ];
    datasvc.works(&variables).await;
    let mut wrong = variables.clone();
    wrong[4].1 = "canary".to_owned();
    let directory = tempfile::tempdir().unwrap();
    let error = bootstrap(&wrong, &directory).unwrap_err();
    let BootstrapErrorKind::Environment(_) = error.kind() else {
        panic!("{error}");
    };
    assert!(
        error
            .to_string()
            .contains("`KV_SERVER_SPIFFE_ID` is not a SPIFFE ID")
    );
    assert!(!error.to_string().contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_uses_a_bucket_of_nats_with_an_nkey() {
    let pair = nkeys::KeyPair::new_user();
    let server = NatsServer::builder()
        .nkey(
            &pair.public_key(),
            &NatsPermissions::of(Role::Writer, BUCKET),
        )
        .start();
    let server = match server {
        Err(error) if error.is_not_run() => return,
        server => server.unwrap_or_else(|error| panic!("{error}")),
    };
    let admin = server
        .admin(BUCKET)
        .create_bucket(NewBucket::new())
        .connect()
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("gauge.nk");
    std::fs::write(&seed, pair.seed().unwrap()).unwrap();
    let variables = vec![
        ("CONFIG_SOURCE", "kv".to_owned()),
        ("KV_ADDRESS", server.url()),
        ("KV_BUCKET", BUCKET.to_owned()),
        ("KV_SEC_MODE", "nkey".to_owned()),
        ("KV_NKEY_FILE", seed.display().to_string()),
    ];
    works(
        &variables,
        async || admin.get(&KEY).await.unwrap().unwrap().value.into_bytes(),
        async |value| {
            admin.put(&KEY, value.into()).await.unwrap();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_may_only_read_is_denied_its_seed_and_told_what_is_missing() {
    let datasvc = Datasvc::start("reader");
    let directory = tempfile::tempdir().unwrap();
    let error = bootstrap(&datasvc.mtls(), &directory)
        .unwrap()
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(SUBJECT) && text.contains("`writer`"),
        "{text}"
    );
    assert!(datasvc.server.value(&KEY).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_service_that_is_down_is_an_outage_or_a_degraded_start() {
    let datasvc = Datasvc::start("writer");
    datasvc.server.stop();
    let directory = tempfile::tempdir().unwrap();
    let bootstrap = bootstrap(&datasvc.mtls(), &directory).unwrap();
    let error = bootstrap.load().await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    let bootstrap = bootstrap.on_outage(OnOutage::UseFile);
    let loaded = bootstrap.load().await.unwrap();
    assert!(loaded.degraded.is_some());
    // It connects once the data service is there.
    datasvc.server.restart();
    let loaded = bootstrap.load().await.unwrap();
    assert!(loaded.degraded.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_there_is_no_outage() {
    let datasvc = Datasvc::start("writer");
    let mut variables = datasvc.mtls();
    for (name, value) in &mut variables {
        if *name == "KV_KEY_FILE" {
            *value = "missing.key".to_owned();
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let error = bootstrap(&variables, &directory)
        .unwrap()
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap_err();
    assert!(!error.is_outage(), "{error}");
    assert!(error.to_string().contains("missing.key"), "{error}");
}
