//! Every fault that `watchdog` may meet at a store.

use std::time::Duration;

use kvguard_runtime::NewBucket;

use super::logs;
use super::stage::Stage;
use super::stops;
use crate::matrix::{Fault, Row};
use crate::support::{Backend, Identity, Setup, Stand, assert_no_secret};

/// What it finds of the store's content, it finds by the same function as `validate`, whose rows cover that.
const BY_VALIDATE: &str =
    "it looks at the store with the function of `validate`, whose row covers this";

pub const ROWS: [Row; 21] = [
    Row::everywhere(Fault::None, super::clean),
    Row::everywhere(Fault::Denied, denied),
    Row::everywhere(Fault::Unreachable, unreachable),
    Row::everywhere(Fault::Slow, slow),
    Row::everywhere(Fault::Killed, stops::killed),
    Row::nats(
        Fault::NoBucket,
        no_bucket,
        "a data service has one bucket, which its clients cannot choose",
    ),
    Row::everywhere(Fault::Full, full),
    Row::everywhere(Fault::Found("KV701"), super::missing_key),
    Row::nowhere(Fault::Found("KV702"), BY_VALIDATE),
    Row::nowhere(Fault::Found("KV703"), BY_VALIDATE),
    Row::everywhere(Fault::Found("KV704"), logs::masked_secret),
    Row::nowhere(Fault::Found("KV705"), BY_VALIDATE),
    Row::nowhere(Fault::Found("KV706"), BY_VALIDATE),
    Row::nowhere(
        Fault::Found("KV707"),
        "it probes nothing; `validate --probe-enforcement` does",
    ),
    Row::nowhere(
        Fault::Found("KV708"),
        "it probes nothing; `validate --probe-grants` does",
    ),
    Row::nowhere(
        Fault::Found("KV709"),
        "it probes nothing; `validate --probe-grants` does",
    ),
    Row::nowhere(
        Fault::Found("KV710"),
        "it runs no seeder, so that it has nothing to compare",
    ),
    Row::everywhere(Fault::Found("KV711"), logs::missing_and_forbidden),
    Row::everywhere(Fault::Found("KV712"), logs::missing_and_forbidden),
    Row::nowhere(
        Fault::Found("KV713"),
        "restarts are told by Docker and not by the store; the tests of compose projects show it",
    ),
    Row::nowhere(
        Fault::Found("KV714"),
        "it compares images with those of the run before; `release-check` looks at tags",
    ),
];

fn denied(backend: Backend) {
    let stage = Stage::new(Stand::seeded(backend));
    let run = stage.watchdog_as(Identity::Stranger).run();
    run.assert_code(2).assert_says("permission denied");
    // To touch a key it must be written.
    let run = stage.watchdog_as(Identity::READER).arg("--touch").run();
    run.assert_code(2).assert_says("permission denied");
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

fn unreachable(backend: Backend) {
    let mut stage = Stage::new(Stand::seeded(backend));
    stage.watchdog().run().assert_code(0);
    stage.stand.make_unreachable();
    let run = stage.watchdog().args(["--request-timeout", "1s"]).run();
    run.assert_code(2);
    // It is kept, and no later run is compared with it.
    assert_eq!(stage.runs().len(), 2);
    assert_eq!(stage.snapshot(1)["is_whole"], false);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

fn slow(backend: Backend) {
    let stage = Stage::new(Stand::seeded(backend));
    stage.stand.line().stall();
    let run = stage.watchdog().args(["--request-timeout", "500ms"]).run();
    run.assert_code(2);
    // A line that is only slow is no fault.
    stage.stand.line().resume();
    stage.stand.line().delay(Duration::from_millis(20));
    stage.watchdog().run().assert_code(0).assert_codes(&[]);
}

fn no_bucket(backend: Backend) {
    let setup = Setup {
        bucket: None,
        ..Setup::default()
    };
    let stage = Stage::new(Stand::with(backend, &setup));
    let run = stage.watchdog().run();
    run.assert_code(2)
        .assert_says("no key-value bucket `config`");
}

fn full(backend: Backend) {
    let setup = Setup {
        bucket: Some(NewBucket::new().max_bytes(4_096)),
        room: Some(4_096),
        ..Setup::default()
    };
    let stage = Stage::new(Stand::with(backend, &setup));
    stage.stand.seed();
    stage.stand.fill();
    // Without --touch it only reads.
    stage.watchdog().run().assert_code(0).assert_codes(&[]);
}

crate::matrix::test_rows!(ROWS);
