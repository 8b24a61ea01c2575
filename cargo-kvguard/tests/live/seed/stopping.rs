//! Commands that are stopped half-way.

use std::time::Duration;

use super::assert_done;
use crate::support::{Backend, EXPECTED, Stand, assert_no_secret};

/// A second, and what a busy machine needs to have its processes run at all.
const SOON: Duration = Duration::from_secs(6);

fn ended_by_a_signal(backend: Backend) {
    let stand = Stand::new(backend);
    let out = tempfile::tempdir().unwrap();
    let since = stand.line().seen();
    stand.line().stall_answers();
    let command = stand.command("seed").args(["--request-timeout", "60s"]);
    let running = command.arg("--output").arg(out.path()).start();
    // A NATS server speaks first.
    if backend.is_nats() {
        stand.block_on(stand.line().more_answers(since));
    } else {
        stand.block_on(stand.line().more_requests(since));
    }
    running.interrupt();
    let run = running.finish_within(SOON);
    run.assert_code(2).assert_says("interrupted");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    assert_no_secret(&stand, &run, &[out.path()]);
}

pub fn killed(backend: Backend) {
    ended_by_a_signal(backend);
    killed_at_any_moment(backend);
}

#[test]
fn the_whole_takes_no_longer_than_it_may() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.line().stall();
    let command = stand.command("seed").args(["--request-timeout", "60s"]);
    let run = command.args(["--timeout", "200ms"]).run();
    run.assert_code(2).assert_says("stopped after 200ms");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn what_was_begun_is_said_where_it_is_stopped_while_it_writes() {
    // The store takes the writes, and its answers do not come.
    let stand = Stand::new(Backend::DatasvcMtls);
    let recording = stand.datasvc().recording();
    let command = stand.command("seed").args(["--request-timeout", "60s"]);
    stand.line().delay(Duration::from_millis(100));
    let running = command.start();
    stand.block_on(recording.wait_until(|all| {
        let mut all = all.iter();
        all.any(|one| one.operation == kvguard_runtime::Operation::Create)
    }));
    stand.line().stall_answers();
    running.terminate();
    let run = running.finish_within(SOON);
    run.assert_code(2).assert_says("interrupted");
    assert_done(&run, "not finished", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
    stand.line().resume();
    stand.line().delay(Duration::ZERO);
    stand.command("seed").run().assert_code(0);
}

fn killed_at_any_moment(backend: Backend) {
    let whole = Stand::new(backend);
    whole.command("seed").run().assert_code(0);
    for requests in [1, 3, 5, 7] {
        let stand = Stand::new(backend);
        let out = tempfile::tempdir().unwrap();
        stand.line().delay(Duration::from_millis(5));
        let mut since = stand.line().seen();
        let command = stand.command("seed").arg("--output").arg(out.path());
        let running = command.start();
        for _ in 0..requests {
            stand.block_on(stand.line().more_requests(since));
            since = stand.line().seen();
        }
        running.kill();
        assert_eq!(running.finish().code, None);
        for (key, _) in EXPECTED {
            if let Some(held) = stand.get(key) {
                assert_eq!(Some(held), whole.get(key), "{key}");
            }
        }
        let again = stand.command("seed").arg("--output").arg(out.path()).run();
        again.assert_code(0);
        assert_no_secret(&stand, &again, &[out.path()]);
    }
}
