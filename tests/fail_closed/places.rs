//! A failure points at the text of the file that asks for what is not there.

use crate::fleet::{Fleet, POLICY};

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
fn what_does_not_exist_is_told_with_what_to_restore_and_where_to_write_its_new_name() {
    let policy_line = |text: &str| {
        let lines = POLICY.lines();
        1 + lines.take_while(|line| !line.contains(text)).count()
    };
    for (missing, line) in [
        ("registry.json", policy_line("registry.json")),
        ("docker-compose.yml", policy_line("docker-compose.yml")),
        ("compose.env", policy_line("compose.env")),
        ("store.json", policy_line("file = \"store.json\"")),
    ] {
        let fleet = Fleet::new();
        fleet.remove(missing);
        fleet.fails(&format!(
            "`{missing}` does not exist; restore `{missing}`, or write its new name at kvguard.toml:{line}"
        ));
    }
    let fleet = Fleet::new();
    fleet.remove("etc/kv.env");
    fleet.fails("restore `etc/kv.env`, or write its new name at systemd/api.service:3");
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "systemd/*.service", "units/*.service");
    let line = policy_line("systemd/*.service");
    fleet.fails(&format!(
        "matches no `.service` file; restore the files that it matched, or write a pattern that matches some at kvguard.toml:{line}"
    ));
}

/// A chart is looked for by the file that makes a directory one.
#[test]
fn of_a_directory_that_is_no_chart_it_is_told_to_write_the_directory_where_the_chart_is_now() {
    let fleet = Fleet::new();
    let chart = "kind = \"helm\"\nfiles = [\"chart\"]";
    fleet.edit(
        "kvguard.toml",
        "kind = \"systemd\"\nfiles = [\"systemd/*.service\"]",
        chart,
    );
    fleet.fails(
        "restore `chart/Chart.yaml`, or write the directory in which it is now at kvguard.toml:",
    );
}

/// What stands in the policy is no secret; any other file may hold some.
#[test]
fn a_failure_shows_a_value_of_the_policy_and_of_other_files_only_the_place() {
    let fleet = Fleet::new();
    fleet.remove("docker-compose.yml");
    let human = fleet.tell().human;
    assert!(
        human.contains("| files = [\"docker-compose.yml\"]"),
        "{human}"
    );
    let fleet = Fleet::new();
    fleet.remove("etc/kv.env");
    let human = fleet.tell().human;
    assert!(human.contains("--> systemd/api.service:3:"), "{human}");
    assert!(!human.contains("EnvironmentFile=/etc"), "{human}");
}

#[test]
fn a_file_that_was_renamed_is_suggested_where_nothing_else_names_it() {
    let fleet = Fleet::new();
    fleet.remove("docker-compose.yml");
    fleet.write("docker-compose.yaml", "services: {}\n");
    fleet.fails("did you mean `docker-compose.yaml`?");
    // The other template is named by the same pattern, and the store's file by both deployments.
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"store.json\"",
        "file = \"stor.json\"",
    );
    let told = fleet.tell();
    assert!(told.human.contains("restore `stor.json`"), "{}", told.human);
    assert!(!told.human.contains("did you mean"), "{}", told.human);
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
fn what_two_deployments_lack_at_one_line_is_told_once_of_both() {
    let fleet = Fleet::new();
    let (head, others) = POLICY.split_once("[[deployment]]").expect("deployments");
    let (packages, _) = others.split_once("[[deployment]]").expect("two of them");
    let spare = packages.replace("\"packages\"", "\"spare\"");
    let policy = format!("{head}[[deployment]]{packages}[[deployment]]{spare}");
    fleet.write("kvguard.toml", &policy);
    fleet.remove("etc/kv.env");
    let failures = fleet.tell().report.failures.into_iter();
    let missing =
        failures.filter(|failure| failure.message.contains("`etc/kv.env` does not exist"));
    let told: Vec<Vec<String>> = missing.map(|failure| failure.deployments).collect();
    // One for each unit that names the file.
    assert_eq!(told, [["packages", "spare"], ["packages", "spare"]]);
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
