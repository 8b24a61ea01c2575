//! Units of systemd, whose journals are made here from entries by `systemd-journal-remote`.

use std::io::Write;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use super::stage::{LINE, SERVICES, Stage};
use crate::support::{Backend, Stand, assert_no_secret};

/// Makes a journal of messages, each with its unit and the number of the unit's invocation.
fn journal(directory: &Path, entries: &[(String, u64, &str)]) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_micros();
    let mut text = String::new();
    for (position, (unit, invocation, message)) in entries.iter().enumerate() {
        let id = "0123456789abcdef0123456789abcdef";
        text.push_str(&format!(
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={id}\n_MACHINE_ID={id}\n_SYSTEMD_UNIT={unit}.service\n_SYSTEMD_INVOCATION_ID={invocation:032}\nMESSAGE={message}\n\n",
            now - 60_000_000 + position as u128,
            position + 1
        ));
    }
    let mut child = Process::new("/lib/systemd/systemd-journal-remote")
        .arg("--output")
        .arg(directory.join("test.journal"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("systemd-journal-remote: {error}; install Debian's package of that name, or run `cargo xtask test`, which does")
        });
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_lines_of_units_are_read_from_a_journal() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let directory = tempfile::tempdir().unwrap();
    let entry = |service: &str, invocation, message| (service.to_owned(), invocation, message);
    let mut entries: Vec<_> = SERVICES
        .iter()
        .map(|service| entry(service, 1, LINE))
        .collect();
    entries.retain(|(service, ..)| service != "billing");
    entries.push(entry("billing", 1, "KV store not initialized"));
    entries.push(entry("billing", 2, LINE));
    journal(directory.path(), &entries);
    let run = stage
        .watchdog_of(&format!("journald:{}", directory.path().display()))
        .run();
    run.assert_code(1).assert_codes(&["KV712"]);
    run.assert_says("the log of service `billing` (unit billing.service");
    assert_eq!(stage.snapshot(0)["services"]["billing"]["restarts"], 1);
    assert_eq!(stage.snapshot(0)["services"]["meter"]["restarts"], 0);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

#[test]
fn a_unit_without_a_line_in_the_journal_is_a_failure() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let directory = tempfile::tempdir().unwrap();
    journal(directory.path(), &[("gateway".to_owned(), 1, LINE)]);
    let run = stage
        .watchdog_of(&format!("journald:{}", directory.path().display()))
        .run();
    run.assert_code(2)
        .assert_says("the journal has no line of `meter.service`");
}
