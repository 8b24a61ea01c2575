//! What is missing, unreadable, unrecognised or empty is never a pass.
//!
//! Every test breaks one thing of a clean fleet and asserts what is told, and that the exit code is not 0.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod clients;
mod fleet;
mod places;
mod pointers;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod unread;

use std::collections::BTreeSet;

use fleet::{Fleet, STORE};
use kvguard::check::Options;

#[test]
fn the_fleet_that_the_tests_break_is_clean() {
    let told = Fleet::new().tell();
    assert_eq!(told.report.exit_code(), 0, "{}", told.human);
    assert_eq!(told.report.findings, [], "{}", told.human);
    let model = told.report.model.expect("a model");
    assert_eq!(model.kv_sourced().count(), 4);
}

#[test]
fn no_policy() {
    let fleet = Fleet::new();
    fleet.remove("kvguard.toml");
    fleet.fails("there is no policy: `kvguard.toml` does not exist");
}

#[test]
fn no_root() {
    let mut fleet = Fleet::new();
    fleet.options.root = fleet.path().join("nowhere");
    fleet.fails("the root");
}

#[test]
fn no_registry() {
    let fleet = Fleet::new();
    fleet.remove("registry.json");
    fleet.fails("the registry `registry.json` does not exist");
}

#[test]
fn a_registry_of_nothing() {
    for text in ["", "null", "[]", "{}", "{\"services\": []}"] {
        let fleet = Fleet::new();
        fleet.write("registry.json", text);
        fleet.fails("declares no service, so nothing would be checked");
        fleet.tells("malformed-file", "the registry: ");
    }
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"registry.json\"",
        "directory = \"none\"",
    );
    fleet.fails("the registry `none` holds no JSON, YAML or TOML file");
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "\"registry.json\"",
        "\"systemd/api.service\"",
    );
    fleet.fails("neither JSON, YAML, TOML nor Go by its extension");
}

/// A fleet of forty services whose keys look alike.
fn with_keys_that_look_alike() -> Fleet {
    let fleet = Fleet::new();
    let template = |number: u32| {
        let tail = "a".repeat(900);
        format!(
            r#"{{"name": "s{number}", "scope": "agent", "kv_key_template": "agents/{{{{agent_id}}}}{tail}{number}/s.json"}}"#
        )
    };
    let templates: Vec<String> = (0..40).map(template).collect();
    fleet.write("registry.json", &format!("[{}]", templates.join(",")));
    fleet
}

#[test]
fn keys_that_look_too_much_alike_to_compare_each_with_each() {
    with_keys_that_look_alike().tells(
        "duplicate-key",
        "the keys of 40 services are too many that look alike",
    );
}

#[test]
fn keys_that_look_too_much_alike_to_say_whether_services_share_one() {
    let fleet = with_keys_that_look_alike();
    let names: Vec<String> = (0..40).map(|number| format!("\"s{number}\"")).collect();
    let shared = format!(
        "[[shared_key]]\nservices = [{}]\nreason = \"they are one program\"\n\n[[deployment]]",
        names.join(", ")
    );
    fleet.edit("kvguard.toml", "[[deployment]]", &shared);
    fleet.tells(
        "unused-excuse",
        "these services and those before them have too many keys that look alike",
    );
}

#[test]
fn a_registry_pointer_that_leads_nowhere() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"registry.json\"",
        "file = \"registry.json\"\npointer = \"/fleet\"",
    );
    fleet.fails("declares no service, so nothing would be checked");
    fleet.tells("malformed-file", "nothing at the pointer `/fleet`");
}

#[test]
fn no_deployment_file() {
    let fleet = Fleet::new();
    fleet.remove("docker-compose.yml");
    fleet.fails("`docker-compose.yml` does not exist");
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "systemd/*.service",
        "systemd/api-v2.service",
    );
    fleet.fails("`systemd/api-v2.service` does not exist");
}

#[test]
fn a_pattern_that_matches_nothing() {
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "systemd/*.service", "units/*.service");
    fleet.fails("`units/*.service` matches no `.service` file");
}

#[test]
fn a_deployment_without_a_workload() {
    for text in ["services: {}\n", "name: acme\n"] {
        let fleet = Fleet::new();
        fleet.write("docker-compose.yml", text);
        fleet.fails("deployment `compose` has no workload, so nothing would be checked");
    }
}

#[test]
fn a_deployment_file_of_another_kind() {
    for (text, with) in [
        ("", "this compose file is empty"),
        (
            "null\n",
            "a compose file must be a mapping with `services`, not null",
        ),
        (
            "- api\n",
            "a compose file must be a mapping with `services`, not a list",
        ),
        ("services:\n", "`services` is empty"),
    ] {
        let fleet = Fleet::new();
        fleet.write("docker-compose.yml", text);
        let told = fleet.tell();
        assert_ne!(told.report.exit_code(), 0, "{text:?}");
        // It is the cause of there being no workload.
        let without = "has no workload, so nothing would be checked";
        assert!(!told.human.contains(without), "{}", told.human);
        fleet.tells("invalid-resource", with);
    }
}

#[test]
fn a_required_environment_file_that_is_not_mapped_or_not_there() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "from = \"/etc/acme\"",
        "from = \"/etc/other\"",
    );
    fleet.fails("/etc/acme/kv.env");
    let fleet = Fleet::new();
    fleet.remove("etc/kv.env");
    fleet.fails("`etc/kv.env` does not exist");
}

#[test]
fn what_a_file_may_set_that_could_not_be_read_is_not_told_as_missing() {
    let of_unit = Fleet::new();
    of_unit.remove("etc/kv.env");
    let of_service = Fleet::new();
    of_service.edit(
        "docker-compose.yml",
        "api: {image: api,",
        "api: {image: api, env_file: api.env,",
    );
    let of_project = Fleet::new();
    let files = "files = [\"docker-compose.yml\"";
    of_project.edit("kvguard.toml", files, &format!("{files}, \"more.yml\""));
    for (fleet, missing) in [
        (of_unit, "etc/kv.env"),
        (of_service, "api.env"),
        (of_project, "more.yml"),
    ] {
        // The compose project has these of no other file.
        for variable in ["KV_SEC_MODE: spiffe", "KV_TRUST_DOMAIN: ${TRUST_DOMAIN}"] {
            if missing != "etc/kv.env" {
                fleet.edit("docker-compose.yml", &format!("  {variable}\n"), "");
            }
        }
        fleet.fails(&format!("`{missing}` does not exist"));
        let told = fleet.tell();
        // The other service does not read the file that is missing.
        let findings = &told.report.findings;
        let others = findings.iter().flat_map(|finding| &finding.workloads);
        let others: BTreeSet<&str> = others.map(String::as_str).collect();
        let expected = BTreeSet::from_iter((missing == "api.env").then_some("worker"));
        assert_eq!(others, expected, "{missing}\n{}", told.human);
        assert_eq!(findings.is_empty(), expected.is_empty(), "{missing}");
    }
}

#[test]
fn names_that_do_not_exist() {
    let mut fleet = Fleet::new();
    fleet.options.deployments = vec!["compos".to_owned()];
    fleet.options.services = vec!["workr".to_owned()];
    fleet.fails("there is no deployment `compos`; did you mean `compose`?");
    fleet.fails("there is no service `workr`; did you mean `worker`?");
}

#[test]
fn no_interpolation_file() {
    let fleet = Fleet::new();
    fleet.remove("compose.env");
    fleet.fails("`compose.env` does not exist");
}

#[test]
fn a_source_that_only_the_host_knows() {
    let fleet = Fleet::new();
    fleet.edit(
        "docker-compose.yml",
        "CONFIG_SOURCE: kv",
        "CONFIG_SOURCE: ${SOURCE:?}",
    );
    fleet.fails("the files do not tell what `CONFIG_SOURCE` of workload `api` is");
}

#[test]
fn a_secret_import_that_is_not_there_or_of_another_shape() {
    let import =
        "[secrets]\nimport = [{ file = \"secrets.json\", pointer = \"/fields\" }]\n\n[registry]";
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "[registry]", import);
    fleet.fails("the secret fields' file `secrets.json` does not exist");
    for text in [
        "",
        "{}",
        "{\"fields\": []}",
        "{\"fields\": {}}",
        "{\"fields\": [\"canary\"]}",
        "{\"fields\": [{\"table\": \"*\", \"key\": \"password\"}, {\"table\": \"*\"}]}",
        "{\"fields\": [{\"table\": \"*\", \"key\": \"password\"}",
    ] {
        fleet.write("secrets.json", text);
        fleet.fails("`secrets.json` ");
    }
}

#[test]
fn a_list_of_identities_that_lists_none() {
    let listed = "pattern = \"spiffe://acme.dev/{workload}\"\nlisted_in = { file = \"register.sh\", pattern = \"register {workload} *\" }";
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "pattern = \"spiffe://acme.dev/{workload}\"",
        listed,
    );
    fleet.fails("`register.sh` does not exist");
    fleet.write("register.sh", "#!/bin/sh\n# canary\n");
    fleet.fails("no line of `register.sh` is like `register {workload} *`");
}

#[test]
fn narrowing_hides_neither_a_malformed_file_nor_a_missing_table() {
    for narrow in [
        |options: &mut Options| options.services = vec!["api".to_owned()],
        |options: &mut Options| options.deployments = vec!["packages".to_owned()],
        |options: &mut Options| {
            options.services = vec!["api".to_owned()];
            options.deployments = vec!["packages".to_owned()];
        },
    ] {
        let mut fleet = Fleet::new();
        narrow(&mut fleet.options);
        assert_eq!(fleet.tell().report.exit_code(), 0);
        fleet.write("store.json", "{\"rbac\": {}}");
        fleet.denies("access-table-missing", "`packages`");
        fleet.remove("store.json");
        fleet.fails("deployment `packages`: the access table's file");
        fleet.write("store.json", STORE);
        fleet.write("systemd/worker.service", "[Service]\nno assignment\n");
        fleet.denies("malformed-file", "a line without `=`");
    }
}

#[test]
fn narrowing_to_one_service_hides_the_findings_of_others_only() {
    let mut fleet = Fleet::new();
    fleet.edit(
        "store.json",
        "spiffe://acme.dev/worker",
        "spiffe://acme.dev/other-thing",
    );
    assert_eq!(fleet.tell().report.exit_code(), 1);
    fleet.options.services = vec!["api".to_owned()];
    assert_eq!(fleet.tell().report.exit_code(), 0);
    fleet.options.services = vec!["api".to_owned(), "worker".to_owned()];
    fleet.denies("missing-grant", "workload `worker`");
}
