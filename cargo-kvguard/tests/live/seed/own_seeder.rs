//! `[seed] command`.

use std::fs;

use super::assert_done;
use crate::support::{Backend, Running, Stand, assert_no_secret, until};

const SEEDER: &str = include_str!("../../fixtures/live-seeder/seeder.sh");

/// A stand whose fleet has a seeder of its own.
fn stand(backend: Backend) -> Stand {
    let stand = Stand::new(backend);
    let policy = stand.fleet.read("kvguard.toml");
    let command = r#"command = ["sh", "seeder.sh", "{service}", "{template}", "{output}"]"#;
    stand
        .fleet
        .write("kvguard.toml", &format!("{policy}\n[seed]\n{command}\n"));
    stand.fleet.write("seeder.sh", SEEDER);
    stand.fleet.replace(
        "production.yaml",
        "    image: harbour/meter:v1.0.0\n    environment: *store",
        "    image: harbour/meter:v1.0.0\n    environment:\n      <<: *store\n      METER_UNIT: kWh",
    );
    stand
}

fn start(stand: &Stand) -> Running {
    let command = stand.command("seed").args(["--service", "meter"]);
    command.start()
}

/// Waits until the seeder is run; its arguments.
fn asked(stand: &Stand) -> Vec<String> {
    let path = stand.fleet.path("asked");
    until("the seeder is run", || path.exists());
    let words = stand.fleet.read("asked");
    fs::remove_file(path).unwrap();
    words.lines().map(str::to_owned).collect()
}

/// Has the seeder end.
fn end(stand: &Stand, code: u8) {
    fs::write(stand.fleet.path("answer"), format!("{code}\n")).unwrap();
}

#[test]
fn it_is_run_with_the_environment_of_its_service_and_the_store_as_it_is_reached_from_here() {
    for backend in Backend::ALL {
        let stand = stand(backend);
        let running = start(&stand);
        let words = asked(&stand);
        let template = stand.fleet.path("templates/meter.toml");
        assert_eq!(words[0], "meter");
        assert_eq!(
            words[1],
            template.canonicalize().unwrap().display().to_string()
        );
        stand.put(
            "config/meter.toml",
            stand.fleet.read("templates/meter.toml"),
        );
        end(&stand, 0);
        let run = running.finish();
        run.assert_code(0);
        assert_done(&run, "seeded", "config/meter.toml");
        let environment = stand.fleet.read("environment");
        let has = |line: &str| environment.lines().any(|own| own == line);
        assert!(
            has("METER_UNIT=kWh") && has("CONFIG_SOURCE=kv"),
            "{environment}"
        );
        assert!(!environment.contains("store:50057"), "{environment}");
        let address = &stand.place()[1];
        assert!(has(&format!("KV_ADDRESS={address}")), "{environment}");
        assert_no_secret(&stand, &run, &[]);
    }
}

pub fn writes_otherwise(backend: Backend) {
    let stand = stand(backend);
    stand.fleet.replace(
        "registry.json",
        r#""critical_fields": ["server.address"]"#,
        r#""critical_fields": ["server.address"], "secret_fields": ["password"]"#,
    );
    let running = start(&stand);
    asked(&stand);
    stand.put(
        "config/meter.toml",
        "greeting = \"canary\"\npassword = \"canary\"\n[server]\naddress = \":9000\"\n",
    );
    end(&stand, 0);
    let run = running.finish();
    run.assert_code(1).assert_codes(&["KV704", "KV710"]);
    run.assert_says("at `greeting`, `password`");
    assert_done(&run, "seeded otherwise", "config/meter.toml");
    assert_no_secret(&stand, &run, &[]);
}

pub fn writes_nothing(backend: Backend) {
    let stand = stand(backend);
    let running = start(&stand);
    asked(&stand);
    end(&stand, 0);
    let run = running.finish();
    run.assert_code(1).assert_codes(&["KV701"]);
    assert_done(&run, "not seeded", "config/meter.toml");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn one_that_fails_is_a_failure_and_what_it_wrote_is_judged() {
    let stand = stand(Backend::NatsPlain);
    let running = start(&stand);
    asked(&stand);
    end(&stand, 3);
    let run = running.finish();
    run.assert_code(2).assert_says("exit status: 3");
    assert_done(&run, "failed", "config/meter.toml");
    assert_no_secret(&stand, &run, &[]);

    let running = start(&stand);
    asked(&stand);
    stand.put("config/meter.toml", "greeting = \"canary\"\n");
    end(&stand, 3);
    let run = running.finish();
    run.assert_code(2).assert_codes(&["KV703", "KV710"]);
    assert_done(&run, "failed", "config/meter.toml");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn one_that_cannot_be_started_is_a_failure() {
    let stand = stand(Backend::NatsPlain);
    stand
        .fleet
        .replace("kvguard.toml", r#"["sh", "#, r#"["./no-such-program", "#);
    let run = start(&stand).finish();
    run.assert_code(2).assert_says("cannot be started");
}

#[test]
fn it_is_not_run_for_keys_that_hold_something_nor_in_a_dry_run() {
    let stand = stand(Backend::NatsPlain);
    let dry = stand.command("seed").arg("--dry-run").run();
    dry.assert_code(0)
        .assert_says("with the command of `[seed]`");
    stand.seed();
    stand.command("seed").run().assert_code(0);
    assert!(!stand.fleet.path("asked").exists());
}

#[test]
fn it_ends_with_the_command_that_ran_it() {
    let stand = stand(Backend::NatsPlain);
    let running = start(&stand);
    asked(&stand);
    running.interrupt();
    let run = running.finish();
    run.assert_code(2).assert_says("interrupted");
    assert_done(&run, "not finished", "config/meter.toml");
    // It was the only reader of its pipe.
    until("the seeder is gone", || {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = fs::OpenOptions::new();
        let open = options.write(true).custom_flags(nix::libc::O_NONBLOCK);
        open.open(stand.fleet.path("answer")).is_err()
    });
}
