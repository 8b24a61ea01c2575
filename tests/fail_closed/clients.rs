//! A deployment in which nothing is recognised as a client of the store.

use crate::fleet::Fleet;

const NOBODY: &str = "so none loads its configuration from the store and nothing would be checked";

/// The fleet with a line under `[contract]`.
fn with_contract(line: &str) -> Fleet {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "[[path_map]]",
        &format!("[contract]\n{line}\n\n[[path_map]]"),
    );
    fleet
}

/// The fleet whose clients are set up by variables of other names.
fn with_other_names() -> Fleet {
    let fleet = Fleet::new();
    fleet.write("etc/kv.env", "DEPOT_SETTINGS=bucket\nPASSWORD=canary\n");
    let compose = "services:
  api: {image: api, environment: {DEPOT_SETTINGS: bucket, TOKEN: canary}}
  worker: {image: worker, environment: {DEPOT_ORIGIN: kv}}
  store:
    image: store
    volumes: [\"./store.json:/etc/store.json:ro\"]
";
    fleet.write("docker-compose.yml", compose);
    fleet
}

/// The failures that tell of such a deployment.
fn told(fleet: &Fleet) -> Vec<String> {
    let failures = fleet.tell().report.failures.into_iter();
    failures
        .map(|failure| failure.message)
        .filter(|message| message.contains(NOBODY))
        .collect()
}

#[test]
fn a_misspelt_source_variable_is_told_of_each_deployment_with_the_near_name() {
    let fleet = with_contract("source_variable = \"CONFIG_SUORCE\"");
    fleet.fails("no workload of deployment `packages` sets `CONFIG_SUORCE`");
    fleet.fails("no workload of deployment `compose` sets `CONFIG_SUORCE`");
    fleet.fails("(variables there that may mean it: `CONFIG_SOURCE`)");
}

#[test]
fn a_fleet_with_other_names_is_told_the_variables_that_look_like_the_source() {
    let fleet = with_other_names();
    fleet.fails("(variables there that may mean it: `DEPOT_SETTINGS`)");
    // One that holds the value comes before one whose name has a usual word.
    fleet.fails("(variables there that may mean it: `DEPOT_ORIGIN`, `DEPOT_SETTINGS`)");
    assert_eq!(told(&fleet).len(), 2);
}

#[test]
fn a_fleet_in_which_no_variable_looks_like_the_source_is_told_of_none() {
    let fleet = with_other_names();
    fleet.write("etc/kv.env", "PASSWORD=canary\n");
    fleet.edit(
        "docker-compose.yml",
        "DEPOT_SETTINGS: bucket",
        "DEPOT: bucket",
    );
    fleet.edit("docker-compose.yml", "DEPOT_ORIGIN: kv", "DEPOT: bucket");
    let told = told(&fleet);
    assert_eq!(told.len(), 2);
    for message in told {
        assert!(
            message.contains("nothing would be checked; state"),
            "{message}"
        );
    }
}

#[test]
fn it_is_told_whatever_part_of_the_fleet_is_asked_for() {
    let mut fleet = with_other_names();
    fleet.options.deployments = vec!["compose".to_owned()];
    fleet.options.services = vec!["api".to_owned()];
    fleet.fails("no workload of deployment `packages`");
}

#[test]
fn it_is_told_beside_another_failure_that_leaves_all_files_read() {
    let mut fleet = with_other_names();
    fleet.options.services = vec!["ap".to_owned()];
    fleet.fails("`ap`");
    assert_eq!(told(&fleet).len(), 2);
}

#[test]
fn a_source_that_the_contract_does_not_know_is_a_finding_or_a_failure() {
    let fleet = with_contract("source_value = \"bucket\"");
    fleet.denies("source-drift", "a source that the contract does not know");
    assert_eq!(told(&fleet), [] as [&str; 0]);
    let allowed = with_contract("source_value = \"bucket\"\n\n[levels]\nsource-drift = \"warn\"");
    allowed.fails("sets `CONFIG_SOURCE` to `bucket`, so none loads");
}

#[test]
fn a_deployment_whose_services_read_files_on_purpose_is_no_failure() {
    let fleet = with_other_names();
    for deployment in ["packages", "compose"] {
        let name = format!("name = \"{deployment}\"");
        let stated = format!("{name}\nexpected_source = \"file\"");
        fleet.edit("kvguard.toml", &name, &stated);
    }
    assert_eq!(told(&fleet), [] as [&str; 0]);

    // Of single services it must be said of each that the deployment runs.
    let fleet = with_other_names();
    let stated = "[service.api]\nexpected_source = \"file\"\n\n[[path_map]]";
    fleet.edit("kvguard.toml", "[[path_map]]", stated);
    assert_eq!(told(&fleet).len(), 2);
    let stated = "[service.worker]\nexpected_source = \"file\"\n\n[[path_map]]";
    fleet.edit("kvguard.toml", "[[path_map]]", stated);
    assert_eq!(told(&fleet), [] as [&str; 0]);

    // Of a service that the deployment does not run nothing need be said.
    let fleet = with_other_names();
    let stated = "[service.api]\nexpected_source = \"file\"\n\n[[path_map]]";
    fleet.edit("kvguard.toml", "[[path_map]]", stated);
    fleet.edit("docker-compose.yml", "  worker: {", "  clock: {");
    let told = told(&fleet);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("deployment `packages`"), "{told:?}");
}

#[test]
fn the_last_line_says_what_was_judged_and_what_was_left_out() {
    let mut fleet = Fleet::new();
    let all = fleet.tell().human;
    let counts = "ok (2 services, 2 deployments, 5 workloads: 4 from the store, 1 other)";
    assert!(all.contains(counts), "{all}");
    assert!(!all.contains("left out"), "{all}");
    fleet.options.deployments = vec!["compose".to_owned()];
    fleet.options.services = vec!["api".to_owned()];
    let part = fleet.tell().human;
    let left_out = "; left out as not asked for: 1 of 2 deployments, 1 of 2 services";
    assert!(part.contains(counts) && part.contains(left_out), "{part}");
}

#[test]
fn the_last_line_says_once_that_no_service_declares_a_critical_field() {
    const NOTE: &str = "; critical fields: not judged, as no service declares any";
    let fleet = Fleet::new();
    assert_eq!(fleet.tell().human.matches(NOTE).count(), 1);
    let registry = r#"[{"name": "api", "kv_key": "config/api.json", "critical_fields": ["greeting"]}, {"name": "worker", "kv_key": "config/worker.json"}]"#;
    fleet.write("registry.json", registry);
    assert!(!fleet.tell().human.contains(NOTE));
    let fleet = Fleet::new();
    let levels = "[levels]\nmissing-critical-field = \"allow\"\n\n[[path_map]]";
    fleet.edit("kvguard.toml", "[[path_map]]", levels);
    assert!(!fleet.tell().human.contains(NOTE));
}

#[test]
fn the_last_line_says_that_what_lies_behind_an_allowed_fault_is_not_judged() {
    let fleet = Fleet::new();
    fleet.write(
        "systemd/clock.service",
        "[Service]\nExecStart /usr/bin/clock\n",
    );
    let allow = "[[allow]]\nrule = \"malformed-file\"\ndeployment = \"packages\"\nreason = \"to be mended\"\n\n[[path_map]]";
    fleet.edit("kvguard.toml", "[[path_map]]", allow);
    let told = fleet.tell().human;
    let behind = "1 by `[[allow]]` (--show-allowed lists them); what lies behind 1 allowed fault is not judged";
    assert!(told.contains(behind), "{told}");
}
