//! `watchdog` and `diff`.

mod artifacts;
mod changes;
mod compose;
mod engine;
mod journald;
mod kubectl;
mod logs;
mod page;
mod runtime_services;
mod stage;
mod stops;
mod touch;

use crate::support::{Backend, Stand, assert_no_secret};
use stage::Stage;

#[test]
fn a_fleet_that_runs_as_it_should_is_found_clean_and_kept() {
    for backend in Backend::ALL {
        let stage = Stage::new(Stand::seeded(backend));
        let run = stage.watchdog().run();
        run.assert_code(0).assert_codes(&[]);
        run.assert_says("5 of 5 expected keys looked at");
        let kept = stage.runs();
        let [only] = kept.as_slice() else {
            panic!("one run is kept, not {kept:?}");
        };
        for file in ["snapshot.json", "report.json", "report.xml", "report.html"] {
            assert!(only.join(file).is_file(), "{file}");
        }
        assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
    }
}

#[test]
fn a_store_that_cannot_be_reached_is_a_failure_that_is_kept_and_that_no_later_run_is_compared_with()
{
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let mut stage = Stage::new(Stand::seeded(backend));
        stage.watchdog().run().assert_code(0);
        stage.stand.make_unreachable();
        let run = stage.watchdog().args(["--request-timeout", "1s"]).run();
        run.assert_code(2);
        assert_eq!(stage.runs().len(), 2);
        assert!(!stage.snapshot(1)["is_whole"].as_bool().unwrap());
        assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
    }
}

#[test]
fn what_validate_finds_the_watchdog_finds() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.stand.delete("config/meter.toml");
    let run = stage.watchdog().run();
    run.assert_code(1).assert_codes(&["KV701"]);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}
