//! Services of a fleet whose shared crate goes on with the file whenever something is wrong, before and after that crate becomes a
//! re-export of `kvguard_runtime::adapter`. Nothing else of them changes. `docs/port-a-service.md` shows them.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

mod behaviour;
mod page;
#[path = "../workspaces/table.rs"]
mod rows;
#[path = "../workspaces/service.rs"]
mod service;
mod suites;
#[path = "../workspaces/verdicts.rs"]
mod verdicts;
#[path = "../workspaces/workspace.rs"]
mod workspace;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use workspace::Workspace;

const SERVICES: [&str; 3] = ["buoy", "crane", "tide"];

/// The line of the workspace's manifest that names the shared crate, and what it becomes.
const UNPORTED: &str = r#"config-bootstrap = { path = "config-bootstrap" }"#;
const PORTED: &str = r#"config-bootstrap = { path = "config-bootstrap-kvguard", package = "config-bootstrap-kvguard" }"#;

/// Before or after the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Unported,
    Ported,
}

/// The programs in both states, and what their suites told.
struct Fleet {
    directory: tempfile::TempDir,
    outputs: BTreeMap<(State, &'static str), String>,
}

impl Fleet {
    fn built() -> &'static Self {
        static FLEET: OnceLock<Fleet> = OnceLock::new();
        FLEET.get_or_init(|| {
            let mut fleet = Self {
                directory: tempfile::tempdir().unwrap(),
                outputs: BTreeMap::new(),
            };
            // One state after the other, as both build into the same place.
            fleet.build(State::Unported);
            fleet.build(State::Ported);
            fleet
        })
    }

    fn build(&mut self, state: State) {
        let workspace = Workspace::copy_of("ported");
        if state == State::Ported {
            workspace.edit("Cargo.toml", |text| text.replace(UNPORTED, PORTED));
        }
        for service in SERVICES {
            let suite = ["--no-run", "--test", "boots"];
            let build = workspace.cargo_with("test", service, &[], &suite);
            assert!(build.passed, "{state:?}: {}", build.output);
            std::fs::copy(build.program(service), self.program(state, service)).unwrap();
            let tests = build.tests();
            let [(_, executable)] = tests.as_slice() else {
                panic!("one executable has the suites: {tests:?}");
            };
            let output = verdicts::run(executable, &["--test-threads=6"]);
            self.outputs.insert((state, service), output);
        }
    }

    fn program(&self, state: State, service: &str) -> PathBuf {
        self.directory.path().join(format!("{service}-{state:?}"))
    }
}
