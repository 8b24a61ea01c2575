//! Keys of the registry.

use crate::fleet::Fleet;

const REGISTRY: &str = "registry/services.json";
const INGEST: &str = "\"config/ingest.json\"";

#[test]
fn a_key_that_anothers_template_may_become() {
    Fleet::new()
        .edit(REGISTRY, INGEST, "\"stations/north/rain-gauge.json\"")
        .finds(&[
            "KV302 deny registry/services.json: \"kv_key\": \"stations/north/rain-gauge.json\",",
        ])
        .helps("[[shared_key]] with services = [\"rain-gauge\", \"ingest\"]");
}

#[test]
fn two_templates_that_may_become_one_key() {
    Fleet::new()
        .edit(
            REGISTRY,
            "stations/{{station_id}}/rain-gauge.json",
            "stations/north/{{station_id}}.toml",
        )
        .finds(&[
            "KV302 deny registry/services.json: \"kv_key_template\": \"stations/north/{{station_id}}.toml\",",
            "KV311 warn registry/services.json: \"kv_key_template\": \"stations/north/{{station_id}}.toml\",",
        ]);
}

#[test]
fn a_key_to_which_another_service_writes_its_template() {
    Fleet::new()
        .edit(REGISTRY, INGEST, "\"templates/archive.json\"")
        .finds(&["KV302 deny registry/services.json: \"kv_key\": \"templates/archive.json\","]);
}

#[test]
fn a_scoped_key_without_its_variable() {
    let template = "\"kv_key_template\": \"stations/{{station_id}}/agent.toml\"";
    Fleet::new()
        .edit(REGISTRY, template, "\"kv_key\": \"stations/agent.toml\"")
        .finds(&["KV301 deny registry/services.json: \"kv_key\": \"stations/agent.toml\","])
        .helps("such as `stations/{{station_id}}/agent.toml`")
        .edit(REGISTRY, "\"kv_key\": \"stations/agent.toml\"", template)
        .is_clean();
}

#[test]
fn a_key_with_the_extension_of_another_format() {
    Fleet::new()
        .edit(REGISTRY, INGEST, "\"config/ingest.toml\"")
        .finds(&["KV311 warn registry/services.json: \"kv_key\": \"config/ingest.toml\","])
        .helps("write the key as `config/ingest.json`")
        .edit(REGISTRY, "\"config/ingest.toml\"", INGEST)
        .is_clean();
}
