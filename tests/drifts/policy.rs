//! What the policy says: excuses that excuse nothing, and statements that would make checks pass whatever the files say.

use crate::fleet::Fleet;

const POLICY: &str = "kvguard.toml";

#[test]
fn an_alias_stands_for_one_service() {
    Fleet::new()
        .edit(
            POLICY,
            "[service.alert-mailer]\n",
            "[service.alert-mailer]\naliases = [\"router\"]\n",
        )
        .fails("`router` is an alias of service `alert-router`, too");
}

#[test]
fn an_alias_is_not_the_name_of_another_service() {
    Fleet::new()
        .edit(
            POLICY,
            "aliases = [\"router\"]",
            "aliases = [\"router\", \"ingest\"]",
        )
        .fails("the alias `ingest` of service `alert-router` is the name of another service");
    // The registry declares it, and the policy says nothing of it.
    Fleet::new()
        .edit(
            "registry/services.json",
            "\"name\": \"forecast\"",
            "\"name\": \"outlook\"",
        )
        .edit(POLICY, "[service.forecast]", "[service.outlook]")
        .edit(
            POLICY,
            "aliases = [\"router\"]",
            "aliases = [\"router\", \"outlook\"]",
        )
        .fails("the alias `outlook` of service `alert-router` is the name of another service");
    let fleet = Fleet::new();
    let statement = "[service.forecast]\nexpected_source = \"file\"\n";
    fleet
        .edit(POLICY, statement, "")
        .edit(
            POLICY,
            "aliases = [\"router\"]",
            "aliases = [\"router\", \"forecast\"]",
        )
        .fails("the alias `forecast` of service `alert-router` is the name of another service");
}

#[test]
fn an_external_identity_is_somebody() {
    for pattern in ["*", "spiffe://*", "CN=*"] {
        Fleet::new()
            .edit(
                POLICY,
                "CN=operator-*,OU=Operators,O=Brook River Watch",
                pattern,
            )
            .fails("matches every identity");
    }
}

#[test]
fn a_field_that_is_no_secret_has_a_name() {
    Fleet::new()
        .edit(POLICY, "field = \"siren.token_length\"", "field = \"**.*\"")
        .fails("this path is that of every field");
}

#[test]
fn a_carrier_that_reads_a_file_everywhere_carries_nobody() {
    let fleet = Fleet::new();
    for (file, from, to) in [
        (
            "deploy/compose/docker-compose.yml",
            "- CONFIG_SOURCE=kv",
            "- CONFIG_SOURCE=file",
        ),
        (
            "deploy/helm/brook/charts/station/templates/agent.yaml",
            "value: {{ .Values.global.kv.source }}",
            "value: file",
        ),
        (
            "deploy/systemd/units/brook-station-agent@.service",
            "Environment=CONFIG_SOURCE=kv",
            "Environment=CONFIG_SOURCE=file",
        ),
        (
            "deploy/kubernetes/base/workloads.yaml",
            "image: registry.brook.example/station-agent
          env:
            - name: CONFIG_SOURCE
              value: kv",
            "image: registry.brook.example/station-agent
          env:
            - name: CONFIG_SOURCE
              value: file",
        ),
        (
            POLICY,
            "[service.station-agent]\n",
            "[service.station-agent]\nexpected_source = \"file\"\n",
        ),
    ] {
        fleet.edit(file, from, to);
    }
    fleet
        .finds(&["KV601 warn kvguard.toml: carried_by = { service = \"station-agent\", reason = \"the agent loads the plug-in and passes it its configuration\" }"])
        .helps("run `station-agent` from the store");
}

#[test]
fn a_name_that_shares_no_key_is_not_named_as_sharing_one() {
    let services = "services = [\"alert-router\", \"alert-mailer\"";
    Fleet::new()
        .edit(POLICY, services, &format!("{services}, \"ingest\""))
        .finds(&["KV601 warn kvguard.toml: [[shared_key]]"])
        .helps("take `\"ingest\"` out of `services`")
        .edit(POLICY, ", \"ingest\"", "")
        .is_clean();
}

#[test]
fn an_external_identity_whose_grant_is_gone_in_one_deployment() {
    let table = "deploy/compose/config-store.json";
    let grant = "      { \"identity\": \"CN=operator-duty,OU=Operators,O=Brook River Watch\", \"role\": \"writer\" },\n";
    Fleet::new()
        .edit(table, grant, "")
        .finds(&["KV601 warn kvguard.toml: identity = \"CN=operator-*,OU=Operators,O=Brook River Watch\""])
        .edit(
            table,
            "      { \"identity\": \"spiffe://brook.example/tools/backup\"",
            &format!("{grant}      {{ \"identity\": \"spiffe://brook.example/tools/backup\""),
        )
        .is_clean();
}
