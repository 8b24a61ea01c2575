//! Several at once.

use std::time::Duration;

use kvguard_runtime::Operation;

use super::assert_done;
use crate::support::{Backend, EXPECTED, Running, Stand, assert_no_secret};

#[test]
fn two_seeds_at_once_write_each_key_once() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::new(backend);
        let both = [stand.command("seed").start(), stand.command("seed").start()];
        let both = both.map(Running::finish);
        for (key, _) in EXPECTED {
            let lines = both.iter().flat_map(|run| run.output.lines());
            let seeded = lines.filter(|line| line.starts_with("seeded ") && line.contains(key));
            assert_eq!(seeded.count(), 1, "{key}: {}", both[0].text());
        }
        for run in both {
            run.assert_code(0);
            assert_no_secret(&stand, &run, &[]);
        }
    }
}

/// A NATS server does not tell when it was read from, so this is shown with a data service. With both, two commands at once do the same above.
#[test]
fn a_key_that_appears_between_the_look_and_the_write_is_left_alone() {
    let stand = Stand::new(Backend::DatasvcMtls);
    let own = "greeting = \"canary-own\"\n[server]\naddress = \":7\"\n";
    // The answer, and the write that follows it, are on their way for a second in all.
    stand.line().delay(Duration::from_millis(500));
    let command = stand.command("seed").args(["--service", "meter"]);
    let running = command.args(["--request-timeout", "60s"]).start();
    let recording = stand.datasvc().recording();
    stand.block_on(recording.wait_until(|all| {
        let mut all = all.iter();
        all.any(|one| one.operation == Operation::Get)
    }));
    stand.put("config/meter.toml", own);
    let run = running.finish();
    run.assert_code(0);
    assert_done(&run, "already there", "config/meter.toml");
    run.assert_says("written by somebody else at the same time");
    assert_eq!(stand.get("config/meter.toml").as_deref(), Some(own));
    assert_no_secret(&stand, &run, &[]);
}
