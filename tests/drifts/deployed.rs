//! Which service a workload runs, from where, and whether it is deployed at all.

use crate::fleet::Fleet;

const COMPOSE: &str = "deploy/compose/docker-compose.yml";
const POLICY: &str = "kvguard.toml";

/// A workload of the compose project, with its lines, and what it needs of the store's files.
const SECOND_ROUTER: &str = "  router-2:
    image: registry.brook.example/alert-router
    environment:
      <<: *kv
      CONFIG_SERVICE: alert-router

  dashboard:
";

fn with_second_router() -> Fleet {
    let fleet = Fleet::new();
    fleet.edit(COMPOSE, "  dashboard:\n", SECOND_ROUTER);
    fleet.append("deploy/compose/spire/register.sh", "register router-2\n");
    fleet.edit(
        "deploy/compose/config-store.json",
        "services/router\", \"role\": \"writer\" },\n",
        "services/router\", \"role\": \"writer\" },
      { \"identity\": \"spiffe://brook.example/services/router-2\", \"role\": \"writer\" },\n",
    );
    fleet.is_clean();
    fleet
}

#[test]
fn a_workload_that_says_that_it_runs_another_service_than_it_is_called() {
    let fleet = Fleet::new();
    let own = "    env_file: archive.env
    environment:
";
    let said = format!("{own}      CONFIG_SERVICE: ingest\n");
    fleet
        .edit(COMPOSE, own, &said)
        .finds(&["KV201 deny deploy/compose/docker-compose.yml: CONFIG_SERVICE: ingest"])
        .helps("set `CONFIG_SERVICE` to `archive`")
        .edit(COMPOSE, "CONFIG_SERVICE: ingest", "CONFIG_SERVICE: archive")
        .is_clean();
}

#[test]
fn two_workloads_that_say_each_others_service_are_two_findings() {
    Fleet::new()
        .edit(
            COMPOSE,
            "      LOG_LEVEL: info\n",
            "      CONFIG_SERVICE: archive\n      DATABASE_PASSWORD: x\n",
        )
        .edit(
            COMPOSE,
            "      DATABASE_PASSWORD: ${",
            "      CONFIG_SERVICE: ingest\n      DATABASE_PASSWORD: ${",
        )
        .finds(&[
            "KV201 deny deploy/compose/docker-compose.yml: CONFIG_SERVICE: archive",
            "KV201 deny deploy/compose/docker-compose.yml: CONFIG_SERVICE: ingest",
        ]);
}

#[test]
fn a_unit_is_called_as_its_service_without_the_prefix() {
    Fleet::new()
        .append(
            "deploy/systemd/units/brook-ingest.service",
            "\n[Service]\nEnvironment=CONFIG_SERVICE=archive\n",
        )
        .finds(&[
            "KV201 deny deploy/systemd/units/brook-ingest.service: Environment=CONFIG_SERVICE=archive",
        ]);
}

#[test]
fn an_alias_is_no_name_that_a_client_knows() {
    let fleet = with_second_router();
    fleet
        .edit(
            COMPOSE,
            "CONFIG_SERVICE: alert-router",
            "CONFIG_SERVICE: router",
        )
        .finds(&["KV201 deny deploy/compose/docker-compose.yml: CONFIG_SERVICE: router"])
        .helps("set `CONFIG_SERVICE` to `alert-router`");
}

/// Saying that a file is meant in one deployment leaves the others as they are.
#[test]
fn a_service_that_reads_a_file_in_one_deployment_on_purpose() {
    let fleet = Fleet::new();
    fleet
        .edit(
            COMPOSE,
            "    env_file: archive.env\n    environment:\n      CONFIG_SOURCE: kv\n",
            "    env_file: archive.env\n    environment:\n      CONFIG_SOURCE: file\n",
        )
        .finds(&["KV203 deny deploy/compose/docker-compose.yml: CONFIG_SOURCE: file"])
        .helps("`[[service.archive.expected_source]]`")
        .append(
            POLICY,
            "\n[[service.archive.expected_source]]\nsource = \"file\"\ndeployment = \"compose\"\nreason = \"a test\"\n",
        )
        .is_clean();
}

#[test]
fn one_of_two_instances_that_loses_its_source() {
    let fleet = with_second_router();
    fleet
        .edit(
            COMPOSE,
            "      CONFIG_SERVICE: alert-router\n",
            "      CONFIG_SERVICE: alert-router\n      CONFIG_SOURCE: \"\"\n",
        )
        .finds(&["KV203 deny deploy/compose/docker-compose.yml: CONFIG_SOURCE: \"\""])
        .helps("set `CONFIG_SOURCE` to `kv`")
        .helps("`[[allow]]`");
    fleet
        .append(
            POLICY,
            "\n[[allow]]\nrule = \"source-drift\"\nservice = \"alert-router\"\ndeployment = \"compose\"\nreason = \"a test\"\n",
        )
        .is_clean();
}

#[test]
fn one_of_two_instances_that_changes_its_source() {
    let fleet = with_second_router();
    fleet
        .edit(
            COMPOSE,
            "      CONFIG_SERVICE: alert-router\n",
            "      CONFIG_SERVICE: alert-router\n      CONFIG_SOURCE: file\n",
        )
        .finds(&["KV203 deny deploy/compose/docker-compose.yml: CONFIG_SOURCE: file"])
        .edit(
            COMPOSE,
            "alert-router\n      CONFIG_SOURCE: file\n",
            "alert-router\n      CONFIG_SOURCE: kv\n",
        )
        .is_clean();
}

#[test]
fn an_instance_that_reads_a_file_and_is_not_set_up_for_the_store_is_meant() {
    let fleet = with_second_router();
    fleet
        .edit(
            COMPOSE,
            "      <<: *kv\n      CONFIG_SERVICE: alert-router\n",
            "      CONFIG_SERVICE: alert-router\n      CONFIG_SOURCE: file\n",
        )
        .is_clean();
}

/// The lines of one of the project's services, from its name to the blank line behind it.
fn lines_of<'t>(text: &'t str, service: &str) -> &'t str {
    let start = text
        .find(&format!("\n  {service}:\n"))
        .expect("the project has the service");
    let length = text[start + 1..]
        .find("\n\n")
        .expect("a blank line is behind it");
    &text[start..=start + length]
}

#[test]
fn a_service_that_is_deleted_whole_is_missed_in_its_deployment() {
    let fleet = Fleet::new();
    let text = fleet.text(COMPOSE);
    fleet
        .edit(COMPOSE, lines_of(&text, "router"), "")
        .finds(&["KV202 deny registry/services.json: \"name\": \"alert-router\","])
        .helps("`[[service.alert-router.not_in]]`")
        .append(
            POLICY,
            "\n[[service.alert-router.not_in]]\ndeployment = \"compose\"\nreason = \"a test\"\n",
        )
        .is_clean();
}

#[test]
fn a_level_that_the_policy_states_goes_before_the_findings_own() {
    let fleet = Fleet::new();
    let text = fleet.text(COMPOSE);
    fleet
        .edit(COMPOSE, lines_of(&text, "router"), "")
        .edit(
            POLICY,
            "[levels]\n",
            "[levels]\nundeployed-service = \"warn\"\n",
        )
        .finds(&["KV202 warn registry/services.json: \"name\": \"alert-router\","])
        .edit(
            POLICY,
            "undeployed-service = \"warn\"",
            "undeployed-service = \"allow\"",
        )
        .is_clean();
}
