//! Access tables of deployments that are not all there.

use std::fs;

use super::WITHOUT_UNITS;
use crate::build_script::environment::Switch;
use crate::build_script::tests::{Fleet, errors, warnings};

#[test]
fn a_grant_that_a_deployment_needs_which_is_not_there_is_no_orphan_of_the_table_that_they_share() {
    let fleet = Fleet::new();
    fleet.grant_something_to_a_unit();
    assert_eq!(fleet.optional(Switch::Unset).messages, []);
    let units = "files = [\"deploy/units/*.service\"]\naccess_table = { ";
    let file = format!("{units}file = \"deploy/rbac.json\"");
    let mounted = format!("{units}workload = \"core\", mounted_at = \"/etc/rbac.json\"");
    fleet.without_units();
    // What a unit that is not there would mount may be the same file.
    for table in [&file, &mounted] {
        fleet.edit("kvguard.toml", &file, table);
        let partial = fleet.optional(Switch::Unset);
        assert_eq!(errors(&partial), [""; 0]);
        assert_eq!(warnings(&partial), [WITHOUT_UNITS]);
    }
}

#[test]
fn a_grant_that_nobody_presents_is_an_orphan_of_a_table_that_only_the_checked_deployment_has() {
    let fleet = Fleet::new();
    fleet.grant_something_to_a_unit();
    let table = fleet.path("deploy/rbac.json");
    fs::copy(table, fleet.path("deploy/units/hosts.json")).unwrap();
    let units = "files = [\"deploy/units/*.service\"]\naccess_table = { file = \"deploy/";
    fleet.edit(
        "kvguard.toml",
        &format!("{units}rbac.json"),
        &format!("{units}units/hosts.json"),
    );
    let whole = fleet.optional(Switch::Unset);
    let [orphan] = warnings(&whole)[..] else {
        panic!("{:?}", whole.messages);
    };
    assert!(orphan.contains("orphan-grant"), "{orphan}");
    fleet.without_units();
    let partial = fleet.optional(Switch::Unset);
    assert_eq!(warnings(&partial)[1..], [orphan]);
}

#[test]
fn an_external_identity_may_be_granted_something_in_a_table_that_is_not_there() {
    let fleet = Fleet::new();
    fs::copy(
        fleet.path("deploy/rbac.json"),
        fleet.path("deploy/units/hosts.json"),
    )
    .unwrap();
    fleet.edit("deploy/units/hosts.json", "  \"roles\": [", "  \"roles\": [\n    { \"identity\": \"spiffe://fleet.test/backup\", \"role\": \"reader\" },");
    let units = "files = [\"deploy/units/*.service\"]\naccess_table = { file = \"deploy/";
    fleet.edit(
        "kvguard.toml",
        &format!("{units}rbac.json"),
        &format!("{units}units/hosts.json"),
    );
    let external = "[[external_identity]]\nidentity = \"spiffe://fleet.test/backup\"\nreason = \"nightly\"\n\n[registry]\n";
    fleet.edit("kvguard.toml", "[registry]\n", external);
    fleet.without_units();
    let partial = fleet.optional(Switch::Unset);
    let told = format!("{:?}", partial.messages);
    assert!(
        told.contains("no grant of `compose` is for the external identity"),
        "{told}"
    );
    assert!(
        told.contains("which other deployments may grant something"),
        "{told}"
    );
    assert!(!told.contains("take it away"), "{told}");
}
