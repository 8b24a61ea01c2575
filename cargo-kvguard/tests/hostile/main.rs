//! No input crashes the command, stalls it, or is taken for a clean fleet: every kind of file, spoilt in
//! every way, with a limit on memory and time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the files that the command reads"
)]

#[path = "../support/mod.rs"]
mod support;

mod bombs;
mod bytes;
mod charts;
mod files;
mod syntax;

use support::Fleet;

/// Every file that the clean fleet hangs on; registries in other formats instead of the first.
const FILES: &[&str] = &[
    "kvguard.toml",
    "registry.json",
    "registries/registry.yaml",
    "registries/registry.toml",
    "registries/registry.go",
    "compose.yaml",
    "included.yaml",
    "base.yaml",
    "compose.env",
    "service.env",
    "identities.txt",
    "secrets.json",
    "store.json",
    "store.yaml",
    "templates/api.json",
    "templates/agent.toml",
    "templates/worker.yaml",
    "units/agent.service",
    "units/agent.service.d/10-kv.conf",
    "etc/agent.env",
];

/// The clean fleet, with the registry in `file` if it is one.
fn fleet_with(name: &str, file: &str) -> Fleet {
    let name = format!("{name} {file}");
    if file.starts_with("registries/") {
        Fleet::with_registry(&name, file)
    } else {
        Fleet::new(&name)
    }
}

#[test]
fn the_fleet_is_clean_before_it_is_spoilt_and_reads_every_file() {
    let mut read = String::new();
    for registry in ["registry.json"].into_iter().chain(
        FILES
            .iter()
            .copied()
            .filter(|file| file.starts_with("registries/")),
    ) {
        let fleet = Fleet::with_registry("clean", registry);
        fleet.check().assert_clean();
        read += &fleet.run(&["inputs"]).assert_clean().output;
    }
    for file in FILES {
        assert!(read.lines().any(|line| line == *file), "{file} is not read");
    }
}
