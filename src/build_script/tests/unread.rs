//! What does not parse, in trees in which files are missing.

use std::fs;

use super::{Fleet, errors, warnings};
use crate::build_script::Guard;
use crate::build_script::environment::Switch;
use crate::build_script::verdict::Verdict;

#[test]
fn what_does_not_parse_is_told_even_where_files_are_missing() {
    let fleet = Fleet::new();
    fs::remove_dir_all(fleet.path("deploy/units")).unwrap();
    fleet.edit("deploy/compose.yaml", "services:", "services: [");
    let environment = fleet.environment("trapd", Switch::Unset);
    let verdict = Verdict::of(&Guard::new().optional(), &environment);
    assert_eq!(
        warnings(&verdict),
        [
            "not checked: deployment `systemd`: this tree lacks `deploy/units/*.service`; checked: deployment `compose`"
        ]
    );
    assert!(errors(&verdict).iter().all(|text| text.starts_with("KV4")));
    assert!(!errors(&verdict).is_empty());
}

#[test]
fn what_does_not_parse_is_told_of_a_deployment_that_is_left_out_too() {
    let fleet = Fleet::new();
    let files = "files = [\"deploy/compose.yaml\"";
    let more = format!("{files}, \"deploy/more.yaml\"");
    fleet.edit("kvguard.toml", files, &more);
    fleet.edit("deploy/compose.yaml", "services:", "services: [");
    let environment = fleet.environment("gate", Switch::Unset);
    let verdict = Verdict::of(&Guard::new().optional(), &environment);
    assert_eq!(
        warnings(&verdict),
        [
            "not checked: deployment `compose`: this tree lacks `deploy/more.yaml`; checked: deployment `systemd`"
        ]
    );
    let errors = errors(&verdict);
    assert!(!errors.is_empty(), "{:?}", verdict.messages);
    for error in errors {
        assert!(
            error.starts_with("KV401") && error.contains("compose.yaml:"),
            "{error}"
        );
    }
}

#[test]
fn what_does_not_parse_is_told_even_where_nothing_else_is_checked() {
    let fleet = Fleet::new();
    let import =
        "[secrets]\nimport = [{ file = \"deny.json\", pointer = \"/deny\" }]\n[registry]\n";
    fleet.edit("kvguard.toml", "[registry]\n", import);
    fleet.edit("deploy/compose.yaml", "services:", "services: [");
    let environment = fleet.environment("gate", Switch::Unset);
    let verdict = Verdict::of(&Guard::new().optional(), &environment);
    assert_eq!(
        warnings(&verdict),
        ["nothing is checked: this tree lacks `deny.json`"]
    );
    let errors = errors(&verdict);
    assert!(!errors.is_empty(), "{:?}", verdict.messages);
    for error in errors {
        assert!(error.starts_with("KV401"), "{error}");
    }
}
