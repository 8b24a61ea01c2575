//! What keeps `validate` from looking.

use std::time::Duration;

use kvguard_runtime::{NewBucket, Operation};

use crate::support::{Backend, Identity, Setup, Stand, assert_no_secret};

/// How soon a command ends that is told to.
const AT_ONCE: Duration = Duration::from_secs(1);

pub fn denied(backend: Backend) {
    let stand = Stand::seeded(backend);
    let run = stand.command_as("validate", Identity::Stranger).run();
    run.assert_code(2)
        .assert_codes(&[])
        .assert_says("permission denied");
    assert_no_secret(&stand, &run, &[]);
    // Reading is all that it needs.
    let run = stand.command_as("validate", Identity::READER).run();
    run.assert_code(0).assert_codes(&[]);
}

pub fn unreachable(backend: Backend) {
    let mut stand = Stand::seeded(backend);
    stand.make_unreachable();
    let run = stand
        .command("validate")
        .args(["--request-timeout", "1s"])
        .run();
    run.assert_code(2).assert_codes(&[]);
    run.assert_says("5 keys were not read")
        .assert_says("0 of 5 expected keys looked at");
    assert_no_secret(&stand, &run, &[]);
}

pub fn slow(backend: Backend) {
    let stand = Stand::seeded(backend);
    stand.line().stall();
    let run = stand
        .command("validate")
        .args(["--request-timeout", "500ms"])
        .run();
    run.assert_code(2).assert_codes(&[]);
    run.assert_says("5 keys were not read")
        .assert_says("0 of 5 expected keys looked at");
    let run = stand.command("validate").args(["--timeout", "500ms"]).run();
    run.assert_code(2).assert_says("--timeout");
    // A line that is only slow is no fault.
    stand.line().resume();
    stand.line().delay(Duration::from_millis(20));
    let run = stand.command("validate").run();
    run.assert_code(0).assert_codes(&[]);
}

pub fn stopped(backend: Backend) {
    let stand = Stand::seeded(backend);
    stand.line().stall();
    for signal in [
        crate::support::Running::interrupt,
        crate::support::Running::terminate,
    ] {
        let running = stand.start_and_wait_for_call(stand.command("validate"));
        signal(&running);
        let run = running.finish_within(AT_ONCE * 2);
        run.assert_code(2).assert_says("interrupted");
        assert!(run.took < AT_ONCE, "{:?}", run.took);
        assert_no_secret(&stand, &run, &[]);
    }
    let running = stand.start_and_wait_for_call(stand.command("validate"));
    running.kill();
    assert_eq!(running.finish().code, None);
    stand.line().resume();
    stand
        .command("validate")
        .run()
        .assert_code(0)
        .assert_codes(&[]);
}

pub fn no_bucket(backend: Backend) {
    let setup = Setup {
        bucket: None,
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    let run = stand.command("validate").run();
    run.assert_code(2).assert_codes(&[]);
    run.assert_says("no key-value bucket `config`")
        .assert_says("--create-bucket");
}

pub fn full(backend: Backend) {
    // It only reads, so that a store without room is as good as any other.
    let setup = Setup {
        bucket: Some(NewBucket::new().max_bytes(4_096)),
        room: Some(4_096),
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    stand.seed();
    stand.fill();
    let run = stand.command("validate").run();
    run.assert_code(0).assert_codes(&[]);
}

#[test]
fn a_request_that_is_not_answered_keeps_no_other_key_from_being_looked_at() {
    for backend in Backend::DATASVC {
        let stand = Stand::seeded(backend);
        // All keys are asked for in one request, and then, as that is not answered, each in one of its own.
        stand.datasvc().lose_answer_of(Operation::Get, 1);
        stand.datasvc().lose_answer_of(Operation::Get, 3);
        let run = stand
            .command("validate")
            .args(["--request-timeout", "5s"])
            .run();
        run.assert_code(2).assert_codes(&[]);
        run.assert_says("4 of 5 expected keys looked at")
            .assert_says("was not read");
    }
}

#[test]
fn an_instance_that_fits_no_key_template_is_refused() {
    let stand = Stand::seeded(Backend::NatsPlain);
    for given in ["senser_id=s1", "sensor_id=s1,site=north"] {
        let run = stand.command("validate").args(["--instance", given]).run();
        run.assert_code(2)
            .assert_says("no key template has just that")
            .assert_says("--instance sensor_id=…");
    }
}

#[test]
fn a_key_that_services_share_is_named_once_where_it_cannot_be_read() {
    let stand = Stand::with(
        Backend::NatsPlain,
        &Setup {
            bucket: None,
            ..Setup::default()
        },
    );
    let fleet = &stand.fleet;
    fleet.replace(
        "registry.json",
        "config/dashboard.json",
        "config/gateway.json",
    );
    let run = stand.command("validate").run();
    run.assert_code(2).assert_says("4 keys were not read");
}
