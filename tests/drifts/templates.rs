//! Templates, and the keys that they are seeded to.

use crate::fleet::Fleet;

const COMPOSE: &str = "deploy/compose/docker-compose.yml";
const CHART: &str = "deploy/helm/brook/files/seeds/station-agent.toml";

#[test]
fn a_workload_whose_environment_names_the_key_of_another_service() {
    let own = "      LOG_LEVEL: info\n";
    Fleet::new()
        .edit(
            COMPOSE,
            own,
            &format!("{own}      CONFIG_KV_KEY: config/archive.json\n"),
        )
        .finds(&[
            "KV308 deny deploy/compose/docker-compose.yml: CONFIG_KV_KEY: config/archive.json",
        ])
        .helps("take `CONFIG_KV_KEY` away")
        .edit(COMPOSE, "      CONFIG_KV_KEY: config/archive.json\n", "")
        .is_clean();
}

#[test]
fn a_workload_whose_environment_names_no_key() {
    let own = "      LOG_LEVEL: info\n";
    Fleet::new()
        .edit(
            COMPOSE,
            own,
            &format!("{own}      CONFIG_KV_KEY: config//ingest.json\n"),
        )
        .finds(&[
            "KV308 deny deploy/compose/docker-compose.yml: CONFIG_KV_KEY: config//ingest.json",
        ]);
}

#[test]
fn an_instance_of_ones_own_key_template_is_ones_own_key() {
    let fleet = Fleet::new();
    let own = "      - CONFIG_SOURCE=kv\n";
    fleet
        .edit(
            COMPOSE,
            own,
            &format!("{own}      - CONFIG_KV_KEY=stations/north/agent.toml\n"),
        )
        .is_clean()
        .edit(
            COMPOSE,
            "stations/north/agent.toml",
            "stations/north/rain-gauge.json",
        )
        .is_clean()
        .edit(
            COMPOSE,
            "stations/north/rain-gauge.json",
            "config/alerts.json",
        )
        .finds(&[
            "KV308 deny deploy/compose/docker-compose.yml: - CONFIG_KV_KEY=config/alerts.json",
        ]);
}

#[test]
fn a_critical_field_of_another_type() {
    Fleet::new()
        .edit(CHART, "poll_seconds = 60", "poll_seconds = \"60\"")
        .finds(&[&format!("KV309 warn {CHART}: poll_seconds = \"60\"")])
        .helps("write `poll_seconds` as a number")
        .edit(CHART, "poll_seconds = \"60\"", "poll_seconds = 60.5")
        .is_clean();
}

#[test]
fn a_template_that_is_larger_than_the_store_takes() {
    let fleet = Fleet::new();
    let padding = "x".repeat(1_200_000);
    let text = fleet.text("config/archive.json");
    let large = text.replacen('{', &format!("{{\n  \"padding\": \"{padding}\","), 1);
    fleet
        .write("config/archive.json", &large)
        .finds(&["KV310 deny config/archive.json: {"])
        .helps(&format!("`max_value = {}`", large.len()));
    let policy = fleet.text("kvguard.toml");
    fleet
        .write(
            "kvguard.toml",
            &format!("max_value = {}\n{policy}", large.len()),
        )
        .is_clean();
}
