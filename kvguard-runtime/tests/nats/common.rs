//! What the tests start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kvguard_runtime::testing::{
    Authority, CertificateFiles, CertificateRequest, NatsPermissions, NatsServer,
    NatsServerBuilder, NatsServerError,
};
use kvguard_runtime::{Key, NatsStore, NewBucket, StoreError, StoreErrorKind};

use crate::heard::always_heard;

pub const BUCKET: &str = "config";
/// The key that users with [`all_but_forbidden`] may not write to, so that a denial tells who is logged in.
pub const FORBIDDEN: Key = Key::from_static("forbidden");
pub const KEY: Key = Key::from_static("config/trapd.json");

/// To do everything, but write to [`FORBIDDEN`].
pub fn all_but_forbidden() -> NatsPermissions {
    NatsPermissions::everything().publish_not(format!("$KV.*.{FORBIDDEN}"))
}

/// What is started, or nothing where the environment says that it may be missing.
pub fn started<T>(outcome: Result<T, NatsServerError>) -> Option<T> {
    always_heard();
    match outcome {
        Ok(started) => Some(started),
        Err(error) if error.is_not_run() => {
            note(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Tells what a test saw, for those who run it with `--nocapture`.
#[expect(clippy::disallowed_macros, reason = "a test's own output")]
pub fn note(text: &str) {
    eprintln!("{text}");
}

/// A server with a bucket, and a store of one who may do everything.
pub async fn server(builder: NatsServerBuilder) -> Option<(NatsServer, NatsStore)> {
    server_with(builder, NewBucket::new()).await
}

/// The same with a bucket that is set up in a certain way.
pub async fn server_with(
    builder: NatsServerBuilder,
    bucket: NewBucket,
) -> Option<(NatsServer, NatsStore)> {
    let server = started(builder.start())?;
    let store = server
        .admin(BUCKET)
        .create_bucket(bucket)
        .deadline(Duration::from_secs(60))
        .connect()
        .await
        .unwrap_or_else(|error| panic!("{}", told(&error)));
    Some((server, store))
}

/// An error with what led to it.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[track_caller]
pub fn is_denied(error: &StoreError, identity: Option<&str>) {
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(error));
    };
    assert_eq!(denial.identity.as_deref(), identity);
}

pub fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("it is written");
    path
}

/// A certificate in a directory of its own, which lives as long as that.
pub fn issued(
    authority: &Authority,
    request: &CertificateRequest,
) -> (tempfile::TempDir, CertificateFiles) {
    let directory = tempfile::tempdir().expect("a directory");
    let issued = authority.issue(request);
    let files = issued.write_to(directory.path(), authority);
    (directory, files.expect("they are written"))
}
