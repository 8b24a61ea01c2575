//! `--touch`

use std::io::Write;

use super::stage::{LINE, Stage};
use crate::support::{Backend, Stand, assert_no_secret};

#[test]
fn a_line_from_before_the_touch_does_not_show_that_a_service_listens() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stage = Stage::new(Stand::seeded(backend));
        let text = stage.stand.get("config/gateway.json");
        let run = stage.watchdog().arg("--touch").run();
        run.assert_code(1).assert_codes(&["KV711"; 5]);
        run.assert_says("touched");
        assert_eq!(
            stage.stand.get("config/gateway.json"),
            text,
            "the bytes stay the same"
        );
        assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
    }
}

#[test]
fn services_that_log_after_the_touch_are_found_listening() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let revision = stage.revision();
    let running = stage.patient_watchdog().arg("--touch").start();
    stage.wait_for_touch(revision);
    for service in super::stage::SERVICES {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(stage.log_file(service))
            .unwrap();
        writeln!(file, "{LINE}").unwrap();
    }
    let run = running.finish();
    run.assert_code(0).assert_codes(&[]);
    run.assert_says("5 touched");
}
