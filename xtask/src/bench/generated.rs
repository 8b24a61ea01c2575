//! A fleet of any size: a compose project and systemd units, each service with a grant and a template in both.

use std::fmt::Write as _;
use std::path::Path;

use crate::Failure;
use crate::run::write;

const POLICY: &str = r#"
[registry]
file = "services.json"

[[deployment]]
name = "compose"
kind = "compose"
files = ["compose.yaml"]
trust_domain = "bench.example"
templates = ["templates/compose/{service}.{format}"]
access_table = { file = "compose-store.json", pointer = "/rbac/roles", bucket_ttl = "/bucket_ttl" }

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://{trust_domain}/services/{workload}"

[[deployment]]
name = "systemd"
kind = "systemd"
files = ["systemd/*.service"]
templates = ["templates/systemd/{service}.{format}"]
access_table = { file = "systemd-store.json", pointer = "/rbac/roles", bucket_ttl = "/bucket_ttl" }

[[deployment.identity]]
form = "subject"
pattern = "CN={certificate}.bench,O=Bench"
"#;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No finding.
    Clean,
    /// Every grant names another trust domain or host than its service presents.
    Drifted,
}

/// Writes a fleet with so many services.
pub fn write_fleet(directory: &Path, services: usize, state: State) -> Result<(), Failure> {
    let names: Vec<String> = (0..services).map(name).collect();
    let put = |path: &str, text: &str| write(&directory.join(path), text);
    put("kvguard.toml", POLICY)?;
    put("services.json", &registry(&names))?;
    put("compose.yaml", &compose(&names))?;
    let (domain, host) = match state {
        State::Clean => ("bench.example", "bench"),
        State::Drifted => ("bench.test", "bench.test"),
    };
    let spiffe = |name: &str| format!("spiffe://{domain}/services/{name}");
    let subject = |name: &str| format!("CN={name}.{host},O=Bench");
    put("compose-store.json", &store(&names, spiffe))?;
    put("systemd-store.json", &store(&names, subject))?;
    for name in &names {
        put(&format!("systemd/{name}.service"), &unit(name))?;
        for deployment in ["compose", "systemd"] {
            put(
                &format!("templates/{deployment}/{name}.json"),
                &template(name, deployment),
            )?;
        }
    }
    Ok(())
}

/// Names as unlike each other as those of a real fleet.
pub fn name(index: usize) -> String {
    const WORDS: [&str; 10] = [
        "ledger", "mapper", "poller", "sync", "trap", "flow", "agent", "probe", "writer", "gate",
    ];
    let (first, second) = (WORDS[index % 10], WORDS[index / 10 % 10]);
    format!("{first}-{second}-{index}")
}

fn registry(names: &[String]) -> String {
    let entries = names.iter().map(|name| {
        format!(
            r#"    {{ "name": "{name}", "scope": "global", "kv_key": "config/{name}.json", "format": "json", "critical_fields": ["listen_addr", "database.host"], "secret_fields": ["database.password"] }}"#
        )
    });
    format!("{{\n  \"services\": [\n{}\n  ]\n}}\n", joined(entries))
}

fn store(names: &[String], identity: impl Fn(&str) -> String) -> String {
    let grants = names.iter().map(|name| {
        format!(
            r#"      {{ "identity": "{}", "role": "writer" }}"#,
            identity(name)
        )
    });
    format!(
        "{{\n  \"bucket_ttl\": \"0s\",\n  \"rbac\": {{\n    \"roles\": [\n{}\n    ]\n  }}\n}}\n",
        joined(grants)
    )
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join(",\n")
}

fn compose(names: &[String]) -> String {
    let mut text = "name: bench\nservices:\n".to_owned();
    for name in names {
        let _ = write!(
            text,
            "  {name}:
    image: registry.example/{name}:${{VERSION:-1.0}}
    restart: unless-stopped
    environment:
      CONFIG_SOURCE: kv
      KV_ADDRESS: store:50057
      KV_SEC_MODE: spiffe
      KV_TRUST_DOMAIN: bench.example
      KV_SERVER_SPIFFE_ID: spiffe://bench.example/services/store
    volumes:
      - ./templates/compose/{name}.json:/etc/bench/{name}.json:ro
"
        );
    }
    text
}

fn unit(name: &str) -> String {
    format!(
        "[Unit]
Description=Bench {name}
After=network.target

[Service]
ExecStart=/usr/bin/{name}
Environment=CONFIG_SOURCE=kv KV_ADDRESS=localhost:50057
Environment=\"KV_SEC_MODE=mtls\"
Environment=KV_CERT_FILE=/etc/bench/certs/{name}.pem
Environment=KV_KEY_FILE=/etc/bench/certs/{name}-key.pem
Environment=KV_CA_FILE=/etc/bench/certs/root.pem

[Install]
WantedBy=multi-user.target
"
    )
}

fn template(name: &str, deployment: &str) -> String {
    format!(
        r#"{{
  "listen_addr": "0.0.0.0:8080",
  "service": "{name}",
  "deployment": "{deployment}",
  "database": {{ "host": "db", "port": 5432, "password": "" }},
  "intervals": {{ "poll": "30s", "sweep": "5m" }},
  "targets": ["10.0.0.0/24", "10.0.1.0/24"]
}}
"#
    )
}
