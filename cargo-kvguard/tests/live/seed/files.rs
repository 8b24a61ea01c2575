//! `--output` and `--watch`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Backend, Stand, assert_no_secret, until};

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn what_the_keys_hold_is_written_with_all_values_masked_for_their_owner_alone() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::new(backend);
        let out = tempfile::tempdir().unwrap();
        let directory = out.path().join("new/");
        let run = stand.command("seed").arg("--output").arg(&directory).run();
        run.assert_code(0);
        assert_eq!(
            names(&directory),
            [
                "billing.yaml",
                "dashboard.json",
                "gateway.json",
                "meter.toml",
                "sensor-s1.json"
            ]
        );
        assert_eq!(
            text(&directory.join("meter.toml")),
            "greeting = \"***\"\n\n[server]\naddress = \"***\"\n"
        );
        for name in names(&directory) {
            let mode = fs::metadata(directory.join(&name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_no_secret(&stand, &run, &[out.path()]);
    }
}

#[test]
fn with_values_only_secret_fields_are_masked() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.put(
        "config/gateway.json",
        r#"{"listen_addr": ":1", "upstream": {"address": "a", "token": "canary-token"}}"#,
    );
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("gateway.json");
    let run = stand
        .command("seed")
        .args(["--service", "gateway", "--with-values", "--output"])
        .arg(&file)
        .run();
    run.assert_code(1).assert_codes(&["KV704"]);
    let written = text(&file);
    assert!(
        written.contains(":1") && written.contains("***"),
        "{written}"
    );
    assert_no_secret(&stand, &run, &[out.path()]);
}

#[test]
fn one_file_for_several_keys_is_refused_before_anything_is_written() {
    let stand = Stand::new(Backend::NatsPlain);
    let out = tempfile::tempdir().unwrap();
    let run = stand
        .command("seed")
        .arg("--output")
        .arg(out.path().join("all.json"))
        .run();
    run.assert_code(2).assert_says("there are 5 keys");
    assert_eq!(stand.keys(), Vec::<String>::new());
    assert_eq!(names(out.path()), Vec::<String>::new());
}

#[test]
fn a_value_that_cannot_be_read_is_not_written_out() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.put("config/gateway.json", "canary, no JSON");
    let out = tempfile::tempdir().unwrap();
    let run = stand.command("seed").arg("--output").arg(out.path()).run();
    run.assert_code(2).assert_codes(&["KV702"]);
    assert!(!names(out.path()).contains(&"gateway.json".to_owned()));
    assert!(names(out.path()).contains(&"meter.toml".to_owned()));
    assert_no_secret(&stand, &run, &[out.path()]);
}

#[test]
fn a_watch_writes_each_change_until_it_is_ended_by_a_signal() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::new(backend);
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("meter.toml");
        let running = stand
            .command("seed")
            .args([
                "--service",
                "meter",
                "--timeout",
                "60s",
                "--watch",
                "--output",
            ])
            .arg(&file)
            .start();
        until("the file is written", || text(&file).contains("address"));
        let key = "config/meter.toml";
        stand.put(key, "more = \"canary\"\n[server]\naddress = \":1\"\n");
        until("the change is written", || text(&file).contains("more"));
        // What cannot be read leaves the file as it is, and the watch goes on.
        stand.put(key, "canary = canary");
        stand.put(key, "most = \"canary\"\n[server]\naddress = \":1\"\n");
        until("the change is written", || text(&file).contains("most"));
        running.terminate();
        let run = running.finish();
        run.assert_code(0);
        assert_eq!(
            names(out.path()),
            ["meter.toml"],
            "nothing is left beside it"
        );
        assert_no_secret(&stand, &run, &[out.path()]);
    }
}

#[test]
fn a_watch_outlives_an_outage_of_the_store() {
    let mut stand = Stand::new(Backend::NatsPlain);
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("meter.toml");
    let running = stand
        .command("seed")
        .args(["--service", "meter", "--watch", "--output"])
        .arg(&file)
        .start();
    until("the file is written", || text(&file).contains("address"));
    stand.nats().restart().unwrap();
    until("the store is there again", || {
        let put = stand.try_put(
            "config/meter.toml",
            "more = 1\n[server]\naddress = \":1\"\n",
        );
        put.is_ok()
    });
    until("the change is written", || text(&file).contains("more"));
    running.interrupt();
    running.finish().assert_code(0);
}

#[test]
fn what_is_not_in_order_is_not_followed() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.fleet.remove("templates/meter.toml");
    let out = tempfile::tempdir().unwrap();
    let run = stand
        .command("seed")
        .args(["--watch", "--output"])
        .arg(out.path())
        .run();
    run.assert_code(1).assert_codes(&["KV303"]);
}
