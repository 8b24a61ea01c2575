//! Compares the store behind a data service, and its double, with gRPC's and SPIFFE's own libraries for Go.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use kvguard_runtime::testing::conformance::{Capabilities, Subject};
use kvguard_runtime::testing::{
    AccessTable, Authority, CertificateFiles, CertificateRequest, DatasvcServer, WorkloadApi,
};
use kvguard_runtime::{DatasvcOptions, DatasvcStore, Key, KvStore, MtlsFiles, StoreErrorKind};
use tempfile::TempDir;

const INSTALL_GO: &str = "install Go: https://go.dev/doc/install, or `apt-get install golang-go`";

/// The oracle's program, built once.
fn oracle() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/datasvc");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("datasvc-oracle");
        let built = Command::new("go")
            .current_dir(source)
            .args(["build", "-o"])
            .arg(&program)
            .arg(".")
            .status()
            .expect(INSTALL_GO);
        assert!(built.success(), "the oracle does not build");
        program
    });
    Command::new(program)
}

const WRITER: &str = "CN=writer,O=Example";
const READER: &str = "CN=reader,O=Example";
const NOBODY: &str = "CN=nobody,O=Example";

/// A data service in Go, which ends with this.
struct GoServer {
    authority: Authority,
    address: String,
    directory: TempDir,
    child: Child,
}

impl GoServer {
    fn start() -> Self {
        let authority = Authority::new();
        let directory = tempfile::tempdir().expect("a directory");
        let request = CertificateRequest::subject("CN=datasvc").with_address([127, 0, 0, 1]);
        let files = authority.issue(&request).write_to(&directory, &authority);
        let files = files.expect("files");
        let mut child = oracle()
            .arg("serve")
            .args([&files.certificate, &files.key, &files.authorities])
            .args([WRITER, READER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle runs");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("it prints");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("an address");
        Self {
            authority,
            address: address.trim().to_owned(),
            directory,
            child,
        }
    }

    fn files_of(&self, authority: &Authority, request: &CertificateRequest) -> CertificateFiles {
        let directory = tempfile::tempdir_in(&self.directory).expect("a directory");
        let certificate = authority.issue(request);
        certificate
            .write_to(directory.keep(), &self.authority)
            .expect("files")
    }

    async fn store_of(&self, request: &CertificateRequest) -> DatasvcStore {
        let files = MtlsFiles::from(&self.files_of(&self.authority, request));
        let options = DatasvcOptions::new(&*self.address, files).with_value_limit(LIMIT);
        DatasvcStore::connect(options).await.expect("a connection")
    }

    async fn store(&self, subject: &str) -> DatasvcStore {
        self.store_of(&CertificateRequest::subject(subject)).await
    }
}

impl Drop for GoServer {
    fn drop(&mut self) {
        // It ends when its input does; a child that has ended cannot be killed, and that is well.
        drop(self.child.stdin.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const LIMIT: usize = 64 * 1024;

mod conformance {
    use super::{Capabilities, GoServer, LIMIT, NOBODY, READER, Subject, WRITER};

    async fn subject() -> Subject {
        let server = GoServer::start();
        Subject::new(server.store(WRITER).await)
            .with_reader(server.store(READER).await)
            .with_nobody(server.store(NOBODY).await)
            .keeping(server)
    }

    kvguard_runtime::conformance_tests!(
        subject,
        Capabilities::new().other_domains().value_limit(LIMIT)
    );
}

#[tokio::test]
async fn a_value_over_the_limit_of_a_server_in_go_is_too_large_and_tells_the_values_limit() {
    const KEY: Key = Key::from_static("key");
    let server = GoServer::start();
    let files = server.files_of(&server.authority, &CertificateRequest::subject(WRITER));
    let options = DatasvcOptions::new(&*server.address, MtlsFiles::from(&files));
    let options = options.with_value_limit(usize::MAX);
    let store = DatasvcStore::connect(options).await.expect("a connection");
    let put = async |bytes: usize| store.put(&KEY, vec![b'x'; bytes].into()).await;
    let error = put(5_000_000).await.expect_err("it is too long");
    let StoreErrorKind::TooLarge { limit: Some(limit) } = *error.kind() else {
        panic!("{error}");
    };
    put(limit).await.expect("a put");
    let error = put(limit + 1).await.expect_err("it is too long");
    let expected = StoreErrorKind::TooLarge { limit: Some(limit) };
    assert_eq!(error.kind(), &expected);
    let entry = store.get(&KEY).await.expect("a get").expect("an entry");
    assert_eq!(entry.value.len(), limit);
}

#[tokio::test]
async fn an_identity_is_what_go_makes_of_the_certificate() {
    const KEY: Key = Key::from_static("key");
    let server = GoServer::start();
    let whole = "CN=trapd,OU=Edge,O=Example,L=Oslo,ST=Oslo,C=NO";
    for request in [
        CertificateRequest::subject(whole),
        CertificateRequest::subject("C=NO,ST=Oslo,L=Oslo,O=Example,OU=Edge,CN=trapd"),
        CertificateRequest::subject("CN=a+b;c\"d\\e<f>g,O= padded #1 "),
        CertificateRequest::subject("CN=#first,OU=Zoë"),
        CertificateRequest::subject("O=nobody"),
        CertificateRequest::subject(whole).with_uri("spiffe://example.org/services/trapd"),
        CertificateRequest::subject(whole).with_uri("https://example.org"),
        CertificateRequest::spiffe("spiffe://example.org"),
    ] {
        let store = server.store_of(&request).await;
        let denied = store.get(&KEY).await.expect_err("nothing is granted");
        let StoreErrorKind::PermissionDenied(denial) = denied.kind() else {
            panic!("{denied}");
        };
        assert_eq!(denial.identity, store.identity());
        let asked = oracle()
            .arg("identity")
            .arg(server.files_of(&server.authority, &request).certificate)
            .output()
            .expect("the oracle runs");
        let expected = String::from_utf8(asked.stdout).expect("UTF-8");
        let identity = store.identity().expect("an identity");
        assert_eq!(identity, expected.trim_end_matches('\n'), "{request:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_go_refuses_is_a_denial() {
    let server = GoServer::start();
    let subject = CertificateRequest::subject(WRITER);
    for files in [
        server.files_of(&Authority::new(), &subject),
        server.files_of(&server.authority, &subject.clone().expired()),
    ] {
        for _ in 0..10 {
            let options = DatasvcOptions::new(&*server.address, MtlsFiles::from(&files));
            let error = match DatasvcStore::connect(options).await {
                Ok(store) => store
                    .get(&Key::from_static("key"))
                    .await
                    .expect_err("it is refused"),
                Err(error) => error,
            };
            assert!(error.is_permission_denied(), "{error} {error:?}");
        }
    }
}

/// What one of each call gives, as the reference would answer.
const ANSWERS: &str = "\
Health SERVING OK
Info OK bucket=kvguard-test object_bucket=kvguard-test-objects
Get OK
Put OK
Get OK value=one found=true revision=1
PutIfAbsent AlreadyExists
Update Aborted
Update OK revision=2
PutMany OK
BatchGet OK [ key=other value=four found=true revision=3 ] [ key=absent ] [ key=key value=three found=true revision=2 ]
Watch OK value=three
Put OK
Watch OK value=five
Delete OK
Watch OK
Get OK
";

fn answers(asking: &mut Command) -> String {
    let output = asking.output().expect("the oracle runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_double_answers_a_client_in_go() {
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority)
        .with_access_table(AccessTable::new().grant(WRITER, "writer"))
        .start();
    let directory = tempfile::tempdir().expect("a directory");
    let certificate = authority.issue(&CertificateRequest::subject(WRITER));
    let files = certificate.write_to(&directory, &authority).expect("files");
    let mut asking = oracle();
    asking.args(["ask", &server.address()]).args([
        &files.certificate,
        &files.key,
        &files.authorities,
    ]);
    assert_eq!(answers(&mut asking), ANSWERS);
}

#[test]
fn the_double_denies_a_client_in_go() {
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority).start();
    let directory = tempfile::tempdir().expect("a directory");
    let certificate = authority.issue(&CertificateRequest::subject(WRITER));
    let files = certificate.write_to(&directory, &authority).expect("files");
    let mut asking = oracle();
    asking.args(["ask", &server.address()]).args([
        &files.certificate,
        &files.key,
        &files.authorities,
    ]);
    let told = answers(&mut asking);
    let (health, others) = told.split_once('\n').expect("lines");
    assert_eq!(health, "Health SERVING OK");
    assert!(
        others
            .lines()
            .all(|line| line.ends_with("PermissionDenied")),
        "{others}"
    );
}

#[test]
fn the_double_of_the_workload_api_gives_a_client_in_go_its_identity() {
    const SERVER: &str = "spiffe://example.org/services/datasvc";
    const CLIENT: &str = "spiffe://example.org/services/writer";
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority)
        .with_certificate(CertificateRequest::spiffe(SERVER))
        .with_access_table(AccessTable::new().grant(CLIENT, "writer"))
        .start();
    let api = WorkloadApi::start(&authority, CLIENT);
    let mut asking = oracle();
    asking.args(["ask-spiffe", &server.address(), &api.endpoint(), SERVER]);
    assert_eq!(answers(&mut asking), ANSWERS);
}
