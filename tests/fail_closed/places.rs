//! A failure points at the text of the file that asks for what is not there.

use crate::fleet::Fleet;

#[test]
fn a_file_that_is_missing_is_told_where_the_policy_names_it() {
    for (missing, text) in [
        ("registry.json", "\"registry.json\""),
        ("docker-compose.yml", "\"docker-compose.yml\""),
        ("compose.env", "\"compose.env\""),
        ("store.json", "\"store.json\""),
    ] {
        let fleet = Fleet::new();
        fleet.remove(missing);
        let with = format!("`{missing}` does not exist");
        fleet.fails_at(("kvguard.toml", text), &with);
    }
}

#[test]
fn a_table_that_a_mount_leads_to_is_told_where_it_is_mounted() {
    let fleet = Fleet::new();
    fleet.remove("store.json");
    fleet.fails_at(
        ("docker-compose.yml", "./store.json:/etc/store.json:ro"),
        "deployment `compose`: the access table's file `store.json` does not exist",
    );
}

#[test]
fn an_environment_file_that_is_missing_is_told_where_the_unit_names_it() {
    let fleet = Fleet::new();
    fleet.remove("etc/kv.env");
    fleet.fails_at(
        ("systemd/api.service", "/etc/acme/kv.env"),
        "`etc/kv.env` does not exist",
    );
}

#[test]
fn what_the_policy_asks_for_in_vain_is_told_at_its_own_words() {
    for (from, to, text, with) in [
        (
            "\"systemd/*.service\"",
            "\"units/*.service\"",
            "\"units/*.service\"",
            "matches no `.service` file",
        ),
        (
            "workload = \"store\"",
            "workload = \"stor\"",
            "\"stor\"",
            "there is no workload `stor`, whose access table is to be read",
        ),
        (
            "mounted_at = \"/etc/store.json\"",
            "mounted_at = \"/etc/table.json\"",
            "\"/etc/table.json\"",
            "nothing is mounted into workload `store` at `/etc/table.json`",
        ),
    ] {
        let fleet = Fleet::new();
        fleet.edit("kvguard.toml", from, to);
        fleet.fails_at(("kvguard.toml", text), with);
    }
}

#[test]
fn a_registry_and_a_deployment_without_anything_are_told_at_their_names() {
    let fleet = Fleet::new();
    fleet.write("registry.json", "[]");
    fleet.fails_at(
        ("kvguard.toml", "\"registry.json\""),
        "`registry.json` declares no service, so nothing would be checked",
    );
    let fleet = Fleet::new();
    fleet.write("docker-compose.yml", "services: {}\n");
    fleet.fails_at(
        ("kvguard.toml", "\"compose\""),
        "deployment `compose` has no workload, so nothing would be checked",
    );
}
