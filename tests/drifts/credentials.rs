//! What a client logs in with, and the bucket that it reads.

use crate::fleet::Fleet;

const COMPOSE: &str = "deploy/compose/docker-compose.yml";
const POLICY: &str = "kvguard.toml";

const OF_INGEST: &str = "      - ../../config/ingest.json:/etc/brook/ingest.json:ro\n";

/// Only whoever else mounts the socket tells that it is not part of the image.
#[test]
fn a_client_without_the_socket_that_others_mount() {
    let socket = "      - /run/spire/sockets:/run/spire/sockets:ro\n";
    let fleet = Fleet::new();
    let of_kv = ["forecast", "router", "mail-1"];
    let with_socket =
        |service: &str| format!("\n  {service}:\n    volumes: [/run/spire:/run/spire:ro]\n");
    for service in of_kv {
        fleet.edit(COMPOSE, &format!("\n  {service}:\n"), &with_socket(service));
    }
    fleet
        .edit(COMPOSE, OF_INGEST, &format!("{OF_INGEST}{socket}"))
        .finds(&[
            "KV215 warn deploy/compose/docker-compose.yml: archive:",
            "KV215 warn deploy/compose/docker-compose.yml: station-agent:",
        ])
        .helps("mount `/run/spire/sockets` at `/run/spire/sockets`, as workload `ingest` does")
        .edit(
            COMPOSE,
            "      - ../../config/archive.json:/etc/brook/archive.json:ro\n",
            &format!("      - ../../config/archive.json:/etc/brook/archive.json:ro\n{socket}"),
        )
        .edit(
            COMPOSE,
            "\n  station-agent:\n",
            &with_socket("station-agent"),
        )
        .is_clean();
}

/// The dashboard in mode `mtls` and a second one, which mounts its certificates.
#[test]
fn a_client_without_the_certificates_that_others_mount() {
    let certificates = "    volumes: [./certs:/etc/brook/certs:ro]\n";
    let fleet = Fleet::new();
    let text = fleet.text(COMPOSE);
    let start = text
        .find("\n  dashboard:\n")
        .expect("the project has the service");
    let own = &text[start..start + text[start + 1..].find("\n\n").expect("a blank line") + 2];
    let second = own
        .replace("  dashboard:\n", "  dashboard-2:\n")
        .replace("    ports:\n      - \"8080:8080\"\n", certificates)
        .replace(
            "    environment:\n",
            "    environment:\n      CONFIG_SERVICE: dashboard\n",
        );
    fleet
        .edit(COMPOSE, own, &format!("{own}{second}"))
        .finds(&[
            "KV215 warn deploy/compose/docker-compose.yml: KV_CERT_FILE: /etc/brook/certs/dashboard.pem",
        ])
        .helps("mount `./certs` at `/etc/brook/certs`, as workload `dashboard-2` does")
        .edit(COMPOSE, own, &own.replace("    ports:\n", &format!("{certificates}    ports:\n")))
        .is_clean();
}

/// The dashboard reads a bucket of a NATS server, of which the policy tells the bucket.
#[test]
fn a_client_of_another_bucket() {
    let address = "      KV_ADDRESS: \"config-store:50057\"\n";
    let of_nats =
        "      KV_ADDRESS: nats://nats.brook.example:4222\n      KV_BUCKET: brook-configs\n";
    Fleet::new()
        .edit(COMPOSE, address, of_nats)
        .edit(
            POLICY,
            "# Only who is registered has a SPIFFE ID.\n",
            "[[deployment.store]]
addresses = [\"nats.brook.example:4222\"]
bucket = \"brook-config\"

",
        )
        .finds(&["KV214 deny deploy/compose/docker-compose.yml: KV_BUCKET: brook-configs"])
        .helps("set `KV_BUCKET` to `brook-config`")
        .edit(
            COMPOSE,
            "KV_BUCKET: brook-configs",
            "KV_BUCKET: brook-config",
        )
        .is_clean();
}
