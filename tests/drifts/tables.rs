//! Files in JSON as the store reads them: Go ignores the case of names, and of several the last one holds.

use crate::fleet::Fleet;

const TABLE: &str = "deploy/compose/config-store.json";
const POLICY: &str = "kvguard.toml";
const GRANT: &str = "services/ingest\", \"role\": \"writer\"";

#[test]
fn a_role_in_two_cases_is_the_last_one() {
    let both = format!("{GRANT}, \"Role\": \"reader\"");
    let line = "{ \"identity\": \"spiffe://brook.example/services/ingest\", \"role\": \"writer\", \"Role\": \"reader\" },";
    Fleet::new()
        .edit(TABLE, GRANT, &both)
        .finds(&[
            &format!("KV401 deny {TABLE}: {line}"),
            &format!("KV102 deny {TABLE}: {line}"),
        ])
        .edit(TABLE, ", \"Role\": \"reader\"", "")
        .is_clean();
}

#[test]
fn a_table_in_two_cases_is_the_last_one() {
    Fleet::new()
        .edit(TABLE, "    ]\n  }", "    ],\n    \"Roles\": []\n  }")
        .finds(&[
            &format!("KV401 deny {TABLE}: \"Roles\": []"),
            &format!("KV109 deny {TABLE}: \"Roles\": []"),
        ]);
}

#[test]
fn one_name_in_another_case_is_the_same_name() {
    Fleet::new()
        .edit(TABLE, "\"rbac\"", "\"RBAC\"")
        .edit(TABLE, GRANT, &GRANT.replace("role", "Role"))
        .is_clean();
}

#[test]
fn a_store_that_reads_exactly_sees_only_the_name_itself() {
    let fleet = Fleet::new();
    let table = "mounted_at = \"/etc/brook/config-store.json\", pointer = \"/rbac/roles\", bucket_ttl = \"/bucket_ttl\" }\n# A template";
    fleet
        .edit(
            POLICY,
            table,
            &table.replace("bucket_ttl\" }", "bucket_ttl\", json = \"exact\" }"),
        )
        .edit(TABLE, GRANT, &format!("{GRANT}, \"Role\": \"reader\""))
        .is_clean()
        .edit(TABLE, "\"rbac\"", "\"RBAC\"")
        .finds(&[&format!("KV109 deny {TABLE}: {{")]);
}

#[test]
fn a_secret_is_one_in_any_case() {
    Fleet::new()
        .edit(
            "config/ingest.json",
            "\"token\": \"\"",
            "\"Token\": \"hunter2hunter2\"",
        )
        .finds(&["KV306 deny config/ingest.json: \"Token\": \"hunter2hunter2\""])
        .edit("config/ingest.json", "\"hunter2hunter2\"", "\"\"")
        .is_clean();
}

#[test]
fn a_critical_field_in_another_case_is_there_only_for_a_client_that_ignores_case() {
    Fleet::new()
        .edit(
            "config/ingest.json",
            "\"listen_address\"",
            "\"Listen_Address\"",
        )
        .finds(&["KV305 deny config/ingest.json: {"])
        .edit(
            POLICY,
            "[service.ingest]\n",
            "[service.ingest]\njson = \"go\"\n",
        )
        .is_clean();
}

#[test]
fn a_store_whose_mode_is_no_text_is_not_judged_in_silence() {
    let systemd = "deploy/systemd/etc/config-store.json";
    for (mode, is) in [
        ("null", "is null"),
        ("\" \"", "is empty"),
        ("[\"mtls\"]", "is a list"),
    ] {
        Fleet::new()
            .edit(systemd, "\"mode\": \"mtls\"", &format!("\"mode\": {mode}"))
            .fails(&format!(
                "the store's security mode at `/security/mode` {is}"
            ));
    }
}

#[test]
fn a_workload_without_an_identity_is_told_although_the_table_is_missing() {
    let fleet = Fleet::new();
    fleet
        .edit("deploy/compose/spire/register.sh", "register router\n", "")
        .edit(TABLE, "\"rbac\"", "\"access\"")
        .finds(&[
            &format!("KV109 deny {TABLE}: {{"),
            "KV108 deny deploy/compose/docker-compose.yml: router:",
        ]);
}
