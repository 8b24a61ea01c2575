//! Stores that do not do what they are asked.

use std::time::Duration;

use kvguard_runtime::NewBucket;

use super::assert_done;
use crate::support::{Backend, Identity, Setup, Stand, assert_no_secret};

pub fn no_bucket(backend: Backend) {
    let setup = Setup {
        bucket: None,
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    let missing = stand.command("seed").run();
    missing.assert_code(2).assert_says("--create-bucket");

    let dry = stand
        .command("seed")
        .args(["--create-bucket", "--dry-run"])
        .run();
    dry.assert_code(0);
    assert_done(&dry, "would seed", "config/gateway.json");
    stand.command("seed").run().assert_code(2);

    let run = stand.command("seed").arg("--create-bucket").run();
    run.assert_code(0);
    assert_done(&run, "seeded", "config/gateway.json");
    stand.command("seed").run().assert_code(0);
    assert_no_secret(&stand, &run, &[]);
}

pub fn unreachable(backend: Backend) {
    let mut stand = Stand::new(backend);
    stand.make_unreachable();
    let run = stand
        .command("seed")
        .args(["--request-timeout", "1s"])
        .run();
    run.assert_code(2).assert_says("5 keys were not read");
    assert_done(&run, "failed", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
}

pub fn slow(backend: Backend) {
    let stand = Stand::new(backend);
    stand.line().stall();
    let run = stand
        .command("seed")
        .args(["--request-timeout", "500ms"])
        .run();
    run.assert_code(2).assert_says("5 keys were not read");
    assert_done(&run, "failed", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
    // A line that is only slow is no fault.
    stand.line().resume();
    stand.line().delay(Duration::from_millis(20));
    let run = stand.command("seed").run();
    run.assert_code(0)
        .assert_says("of 5 expected keys 5 seeded");
}

pub fn full(backend: Backend) {
    let full = Setup {
        bucket: Some(NewBucket::new().max_bytes(1)),
        room: Some(1),
        ..Setup::default()
    };
    let stand = Stand::with(backend, &full);
    let run = stand.command("seed").run();
    run.assert_code(2).assert_says("give the bucket more room");
    assert_done(&run, "failed", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn a_template_that_is_too_large_for_the_bucket_fails_and_the_others_are_seeded() {
    let small = Setup {
        bucket: Some(NewBucket::new().max_value_bytes(400)),
        ..Setup::default()
    };
    let stand = Stand::with(Backend::NatsPlain, &small);
    let long = "canary ".repeat(100);
    stand.fleet.write(
        "templates/meter.toml",
        &format!("greeting = \"{long}\"\n[server]\naddress = \":1\"\n"),
    );
    let run = stand.command("seed").run();
    run.assert_code(2).assert_says("make the value smaller");
    assert_done(&run, "failed", "config/meter.toml");
    assert_done(&run, "seeded", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
}

pub fn denied(backend: Backend) {
    let stand = Stand::new(backend);
    let reader = stand.command_as("seed", Identity::READER).run();
    reader.assert_code(2).assert_says("permission denied");
    assert_done(&reader, "denied", "config/gateway.json");
    assert_eq!(stand.get("config/gateway.json"), None);
    let stranger = stand.command_as("seed", Identity::Stranger).run();
    stranger.assert_code(2).assert_says("permission denied");
    assert_no_secret(&stand, &reader, &[]);
    assert_no_secret(&stand, &stranger, &[]);
}

#[test]
fn a_write_whose_answer_is_lost_is_found_in_the_store() {
    use kvguard_runtime::{Operation, StoreErrorKind};
    let stand = Stand::new(Backend::DatasvcMtls);
    stand.datasvc().lose_answer_of(Operation::Create, 1);
    stand
        .datasvc()
        .fail_nth_of(Operation::Create, 2, StoreErrorKind::Unavailable);
    let run = stand
        .command("seed")
        .args(["--request-timeout", "2s"])
        .run();
    run.assert_code(0);
    run.assert_says("of 5 expected keys 5 seeded");
    assert_no_secret(&stand, &run, &[]);
}
