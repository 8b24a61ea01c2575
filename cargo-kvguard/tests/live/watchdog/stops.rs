//! Runs that are stopped or killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::stage::Stage;
use crate::support::{Backend, Stand, assert_no_secret};

/// Every file of the runs that are kept, with what it holds.
fn contents(stage: &Stage) -> BTreeMap<String, Vec<u8>> {
    fn collect(directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    for run in stage.runs() {
        collect(&run, &mut found);
    }
    found
}

#[test]
fn an_interrupted_run_ends_within_a_second_and_keeps_nothing() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.watchdog().run().assert_code(0);
    let before = contents(&stage);
    stage.log("meter", "");
    let revision = stage.revision();
    let running = stage.patient_watchdog().arg("--touch").start();
    stage.wait_for_touch(revision);
    running.interrupt();
    let began = Instant::now();
    let run = running.finish();
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    run.assert_code(2).assert_says("interrupted");
    run.assert_says("touched");
    assert_eq!(contents(&stage), before);
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

#[test]
fn a_run_that_is_killed_damages_no_earlier_one() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let whole = stage.watchdog().run();
    whole.assert_code(0);
    // Ten moments within a run, chosen by a generator with a fixed seed.
    let mut state: u64 = 0x5eed;
    for _ in 0..10 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let part = u32::try_from(state >> 40).unwrap();
        let moment = whole.took.mul_f64(f64::from(part) / f64::from(1 << 24));
        let before = contents(&stage);
        let began = Instant::now();
        let running = stage.watchdog().start();
        while began.elapsed() < moment {
            std::thread::yield_now();
        }
        running.kill();
        running.finish();
        let after = contents(&stage);
        for (path, bytes) in &before {
            assert_eq!(
                after.get(path),
                Some(bytes),
                "{path}, killed after {moment:?}"
            );
        }
        // Whatever is there by the name of a run is whole.
        for run in stage.runs() {
            for file in ["snapshot.json", "report.json", "report.xml", "report.html"] {
                assert!(
                    run.join(file).is_file(),
                    "{} killed after {moment:?}",
                    run.display()
                );
            }
        }
    }
    let next = stage.watchdog().run();
    next.assert_code(0);
    let left = std::fs::read_dir(stage.artifacts()).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".kvguard-run-")
    });
    assert_eq!(left.count(), 0, "what killed runs left is removed");
}
