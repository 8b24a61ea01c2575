//! The artifact directory.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::stage::{Stage, wait_until};
use crate::support::{Backend, Stand};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_may_read_what_is_kept() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.watchdog().run().assert_code(0);
    let run = &stage.runs()[0];
    assert_eq!(mode(run), 0o700);
    assert_eq!(mode(&run.join("logs")), 0o700);
    for directory in [run.clone(), run.join("logs")] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
    assert_eq!(mode(&stage.artifacts().join(".hash-secret")), 0o600);
}

#[test]
fn so_many_runs_are_kept() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    for _ in 0..3 {
        stage.watchdog().args(["--keep", "2"]).run().assert_code(0);
    }
    assert_eq!(stage.runs().len(), 2);
}

#[test]
fn a_second_run_does_not_begin_while_the_first_one_is_under_way() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.log("meter", "");
    let first = stage.patient_watchdog().start();
    // It has locked the directory once its own directory is there.
    wait_until("its own directory is there", || {
        let mut entries = std::fs::read_dir(stage.artifacts()).unwrap();
        entries.any(|entry| {
            let name = entry.unwrap().file_name();
            name.to_string_lossy().starts_with(".kvguard-run-")
        })
    });
    let second = stage.watchdog().run();
    second
        .assert_code(2)
        .assert_says("another run of the watchdog is under way");
    drop(first);
}
