//! `watchdog` and `diff`.

mod artifacts;
mod changes;
mod compose;
mod engine;
mod faults;
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

pub use faults::ROWS;

fn clean(backend: Backend) {
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
    assert_eq!(stage.snapshot(0)["is_whole"], true);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

fn missing_key(backend: Backend) {
    let stage = Stage::new(Stand::seeded(backend));
    stage.stand.delete("config/meter.toml");
    let run = stage.watchdog().run();
    run.assert_code(1).assert_codes(&["KV701"]);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}
