//! `--force`.

use super::assert_done;
use crate::support::{Backend, Stand, assert_no_secret};

const OLD: &str = r#"{"listen_addr": ":1", "upstream": {"address": "canary-old"}, "greeting": "canary-gateway-template"}"#;

#[test]
fn a_value_is_written_over_only_with_consent_and_the_paths_that_change_are_named() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::seeded(backend);
        stand.put("config/gateway.json", OLD);

        let asked = stand.command("seed").arg("--force").run();
        asked.assert_code(2).assert_says("--yes");
        assert_done(&asked, "not replaced", "config/gateway.json");
        asked.assert_says("changes `listen_addr`, `upstream.address`");
        assert_eq!(stand.get("config/gateway.json").as_deref(), Some(OLD));

        let told = stand.command("seed").args(["--force", "--dry-run"]).run();
        told.assert_code(0);
        assert_done(&told, "would replace", "config/gateway.json");
        assert_eq!(stand.get("config/gateway.json").as_deref(), Some(OLD));

        let run = stand.command("seed").args(["--force", "--yes"]).run();
        run.assert_code(0);
        assert_done(&run, "replaced", "config/gateway.json");
        run.assert_says("changes `listen_addr`, `upstream.address`");
        assert_done(&run, "already there", "config/meter.toml");
        let held = stand.get("config/gateway.json").expect("a value");
        assert!(held.contains(":8080"), "{held}");
        for run in [asked, told, run] {
            run.assert_silent_about(":8080");
            assert_no_secret(&stand, &run, &[]);
        }
    }
}

#[test]
fn a_value_that_cannot_be_read_is_written_over_too() {
    let stand = Stand::seeded(Backend::NatsPlain);
    stand.put("config/gateway.json", "canary, no JSON");
    let run = stand.command("seed").args(["--force", "--yes"]).run();
    run.assert_code(0);
    assert_done(&run, "replaced", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn a_value_that_is_equal_to_its_template_is_not_written_again() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.command("seed").run().assert_code(0);
    let run = stand.command("seed").args(["--force", "--yes"]).run();
    run.assert_code(0);
    run.assert_says("of 5 expected keys 5 already there");
}
