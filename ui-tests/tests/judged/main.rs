//! Services of the real shape, in Rust and in Go: a sound one, and one for each defect. `table.rs` asks the judge of programs about each;
//! `by_hand.rs` shows without it that each is what it is said to be.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

mod by_hand;
#[path = "../workspaces/go.rs"]
mod go;
#[path = "../workspaces/table.rs"]
mod rows;
#[path = "../workspaces/service.rs"]
mod service;
mod table;
#[path = "../workspaces/verdicts.rs"]
mod verdicts;
#[path = "../workspaces/workspace.rs"]
mod workspace;

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use workspace::{Build, Workspace};

/// All that is tested, built once.
struct Fleet {
    workspace: Workspace,
    build: Build,
    /// Held by a test that uses the ports that are built in.
    built_in_ports: Mutex<()>,
}

impl Fleet {
    fn built() -> &'static Self {
        static FLEET: OnceLock<Fleet> = OnceLock::new();
        FLEET.get_or_init(|| {
            let workspace = Workspace::copy_of("judged");
            go::build(&workspace.path().join("go"), "needle");
            let suites = ["--no-run", "--test", "gauge", "--test", "needle"];
            let build = workspace.cargo_with("test", "gauge", &[], &suites);
            assert!(build.passed, "{}", build.output);
            Self {
                workspace,
                build,
                built_in_ports: Mutex::default(),
            }
        })
    }

    /// The gauge of a kind.
    fn gauge(&self, kind: &str) -> PathBuf {
        self.build.program(kind)
    }

    fn needle(&self) -> PathBuf {
        self.workspace.path().join("go/needle")
    }
}
