//! The engine of the tests of the discovery, with the images of their projects.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::support::engine::{Engine, go};

/// The server that is the store.
const NATS_SERVER: &str = "github.com/nats-io/nats-server/v2@v2.10.27";

/// The engine that all tests which run now share.
pub fn shared() -> Arc<Engine> {
    static SHARED: Mutex<Weak<Engine>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = shared.upgrade() {
        return engine;
    }
    let engine = Engine::start();
    engine.import("harbour-nats", &nats_server());
    engine.import("harbour-waiting", &waiting());
    let engine = Arc::new(engine);
    *shared = Arc::downgrade(&engine);
    engine
}

/// The store's server, built without what would need libraries.
fn nats_server() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
            go(Command::new("go")
                .args(["install", NATS_SERVER])
                .env("GOBIN", &directory));
            directory.join("nats-server")
        })
        .clone()
}

/// A program that waits.
fn waiting() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs/waiting");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/discovery/programs");
    go(Command::new("go")
        .arg("build")
        .arg("-o")
        .arg(&path)
        .arg(".")
        .current_dir(source));
    path
}
