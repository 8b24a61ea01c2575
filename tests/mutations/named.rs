//! Drifts of the example fleet that need more than one place to be seen, each by itself: what is changed, which rule finds it, at
//! which line, and what it tells to do.

use kvguard::finding::{Finding, Level};

use crate::fleet::{Copy, Fleet};

const COMPOSE: &str = "deploy/compose/docker-compose.yml";
const WORKLOADS: &str = "deploy/kubernetes/base/workloads.yaml";
const STORE: &str = "deploy/kubernetes/base/store.yaml";
const UNIT: &str = "deploy/systemd/units/brook-ingest.service";
const READINGS: &str = "deploy/helm/brook/templates/readings.yaml";
const POLICY: &str = "kvguard.toml";

/// A drift: in each file, a text that is there and what takes its place.
struct Drift {
    name: &'static str,
    changes: &'static [(&'static str, &'static str, &'static str)],
    rule: &'static str,
    level: Level,
    /// The file and a text of the line to look at.
    place: (&'static str, &'static str),
    /// A part of what the message says.
    message: &'static str,
    /// A part of what to do.
    help: &'static str,
}

const DRIFTS: &[Drift] = &[
    Drift {
        name: "the address names no service",
        changes: &[(
            COMPOSE,
            "KV_ADDRESS: config-store:50057",
            "KV_ADDRESS: config-stor:50057",
        )],
        rule: "store-address-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "config-stor:50057"),
        message: "names the host `config-stor`, which no service of the project has",
        help: "set `KV_ADDRESS` to `config-store:50057`",
    },
    Drift {
        name: "the address names a port on which the store does not listen",
        changes: &[(
            COMPOSE,
            "KV_ADDRESS: config-store:50057",
            "KV_ADDRESS: config-store:50075",
        )],
        rule: "store-address-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "config-store:50075"),
        message: "names the port 50075, and the store listens on 50057",
        help: "set `KV_ADDRESS` to `config-store:50057`",
    },
    Drift {
        name: "the store's service is renamed and its clients are not told",
        changes: &[
            (COMPOSE, "\n  config-store:\n", "\n  kv-store:\n"),
            (
                POLICY,
                "workload = \"config-store\", mounted_at = \"/etc/brook/config-store.json\"",
                "workload = \"kv-store\", mounted_at = \"/etc/brook/config-store.json\"",
            ),
        ],
        rule: "store-address-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "KV_ADDRESS: config-store:50057"),
        message: "names the host `config-store`, which no service of the project has",
        help: "set `KV_ADDRESS` to `kv-store:50057`",
    },
    Drift {
        name: "the address is a placeholder",
        changes: &[(
            COMPOSE,
            "KV_ADDRESS: config-store:50057",
            "KV_ADDRESS: CHANGEME",
        )],
        rule: "placeholder-value",
        level: Level::Deny,
        place: (COMPOSE, "KV_ADDRESS: CHANGEME"),
        message: "still holds the placeholder `CHANGEME`",
        help: "set `KV_ADDRESS` to its value",
    },
    Drift {
        name: "the server's identity keeps a variable that nothing resolves",
        changes: &[(WORKLOADS, "$(BROOK_NAMESPACE)", "$(BROOK_NAMESPCE)")],
        rule: "placeholder-value",
        level: Level::Deny,
        place: (WORKLOADS, "$(BROOK_NAMESPCE)"),
        message: "still holds the placeholder `$(BROOK_NAMESPCE)`",
        help: "set `KV_SERVER_SPIFFE_ID` to its value",
    },
    Drift {
        name: "a critical field is a variable that nobody replaces",
        changes: &[("config/ingest.json", "0.0.0.0:7420", "${LISTEN}")],
        rule: "placeholder-value",
        level: Level::Deny,
        place: ("config/ingest.json", "${LISTEN}"),
        message: "the critical field `listen_address` of service `ingest` is still a placeholder in its template",
        help: "`[[service.ingest.supplied_by]]`, and on lines of their own `field = \"listen_address\"`",
    },
    Drift {
        name: "a critical field is a word that says that it is to be changed",
        changes: &[("config/ingest.json", "0.0.0.0:7420", "CHANGEME")],
        rule: "placeholder-value",
        level: Level::Deny,
        place: ("config/ingest.json", "CHANGEME"),
        message: "the critical field `listen_address` of service `ingest` is still a placeholder in its template",
        help: "write the value",
    },
    Drift {
        name: "the server's identity is nobody's",
        changes: &[(
            COMPOSE,
            "/services/config-store\n\nservices",
            "/services/configstore\n\nservices",
        )],
        rule: "server-identity-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "/services/configstore"),
        message: "is `spiffe://brook.example/services/configstore`, which the store does not present",
        help: "set `KV_SERVER_SPIFFE_ID` to `spiffe://brook.example/services/config-store`",
    },
    Drift {
        name: "the server's identity is of another trust domain",
        changes: &[(
            COMPOSE,
            "spiffe://${TRUST_DOMAIN}/services/config-store\n\nservices",
            "spiffe://brook.test/services/config-store\n\nservices",
        )],
        rule: "server-identity-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "spiffe://brook.test/"),
        message: "is `spiffe://brook.test/services/config-store`, which the store does not present",
        help: "set `KV_SERVER_SPIFFE_ID` to `spiffe://brook.example/services/config-store`",
    },
    Drift {
        name: "the store is no longer registered for an identity",
        changes: &[(
            "deploy/compose/spire/register.sh",
            "register config-store\n",
            "",
        )],
        rule: "server-identity-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "  config-store:"),
        message: "the store, workload `config-store`, presents no SPIFFE ID",
        help: "list the store in `deploy/compose/spire/register.sh`: `register config-store`",
    },
    Drift {
        name: "a trust domain is misspelt",
        changes: &[(
            "deploy/compose/archive.env",
            "KV_TRUST_DOMAIN=brook.example",
            "KV_TRUST_DOMAIN=brook.exmaple",
        )],
        rule: "trust-domain-mismatch",
        level: Level::Deny,
        place: ("deploy/compose/archive.env", "brook.exmaple"),
        message: "is `brook.exmaple`, and the deployment's trust domain is `brook.example`",
        help: "set `KV_TRUST_DOMAIN` to `brook.example`",
    },
    Drift {
        name: "a service is scaled to nothing",
        changes: &[(
            COMPOSE,
            "/ingest:${RELEASE:-latest}\n",
            "/ingest:${RELEASE:-latest}\n    deploy: {replicas: 0}\n",
        )],
        rule: "workload-never-runs",
        level: Level::Deny,
        place: (COMPOSE, "replicas: 0"),
        message: "workload `ingest` of `compose` never runs: its `deploy.replicas` is 0",
        help: "set `deploy.replicas` to 1",
    },
    Drift {
        name: "the store is scaled to nothing",
        changes: &[(
            STORE,
            "spec:\n  selector:",
            "spec:\n  replicas: 0\n  selector:",
        )],
        rule: "workload-never-runs",
        level: Level::Deny,
        place: (STORE, "replicas: 0"),
        message: "the store, workload `config-store/config-store`",
        help: "set `replicas` to 1",
    },
    Drift {
        name: "a unit loses its command",
        changes: &[(UNIT, "ExecStart=/usr/lib/brook/ingest\n", "")],
        rule: "workload-never-runs",
        level: Level::Deny,
        place: (UNIT, "[Service]"),
        message: "never runs, as systemd refuses it: it has no `ExecStart=`",
        help: "add `ExecStart=`",
    },
    Drift {
        name: "a unit gets a second command",
        changes: &[(
            UNIT,
            "ExecStart=/usr/lib/brook/ingest\n",
            "ExecStart=/usr/lib/brook/ingest\nExecStart=/usr/lib/brook/ingest2\n",
        )],
        rule: "workload-never-runs",
        level: Level::Deny,
        place: (UNIT, "ingest2"),
        message: "only `Type=oneshot` may have more than one `ExecStart=`",
        help: "take all but one away",
    },
    Drift {
        name: "a service becomes a hook that runs when the release is removed",
        changes: &[(
            READINGS,
            "  name: ingest\n",
            "  name: ingest\n  annotations: {helm.sh/hook: pre-delete}\n",
        )],
        rule: "workload-never-runs",
        level: Level::Deny,
        place: (READINGS, "pre-delete"),
        message: "never serves: as a `pre-delete` hook",
        help: "take the annotation `helm.sh/hook` away",
    },
    Drift {
        name: "a service moves to a network of its own",
        changes: &[
            (
                COMPOSE,
                "/ingest:${RELEASE:-latest}\n",
                "/ingest:${RELEASE:-latest}\n    networks: [field]\n",
            ),
            (
                COMPOSE,
                "volumes:\n  store-data:\n",
                "volumes:\n  store-data:\nnetworks:\n  field: {}\n",
            ),
        ],
        rule: "store-unreachable",
        level: Level::Deny,
        place: (COMPOSE, "networks: [field]"),
        message: "shares no network with the store: it is in `field`, and the store in `default`",
        help: "the store's network `default` under `networks` of `ingest`",
    },
    Drift {
        name: "a unit gets a network of its own",
        changes: &[(
            UNIT,
            "Restart=on-failure",
            "PrivateNetwork=yes\nRestart=on-failure",
        )],
        rule: "store-unreachable",
        level: Level::Deny,
        place: (UNIT, "PrivateNetwork=yes"),
        message: "reaches no store",
        help: "take `PrivateNetwork=` away",
    },
    Drift {
        name: "the store lets in pods of another label",
        changes: &[(
            STORE,
            "---\napiVersion: v1\nkind: Service\n",
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: of-the-store}\nspec:\n  podSelector: {matchLabels: {app: config-store}}\n  ingress: [{from: [{podSelector: {matchLabels: {client: config-store}}}]}]\n---\napiVersion: v1\nkind: Service\n",
        )],
        rule: "store-unreachable",
        level: Level::Deny,
        place: (STORE, "metadata: {name: of-the-store}"),
        message: "the store's NetworkPolicy `of-the-store` does not let them through",
        help: "add to the list `ingress` of NetworkPolicy `of-the-store`: `- { from: [{ podSelector: { matchLabels: { app: \"ingest\" } } }], ports: [{ port: 50057 }] }`",
    },
    Drift {
        name: "an object gives a service a second identity that is granted nothing",
        changes: &[(
            "deploy/helm/brook/templates/identities.yaml",
            "{{- end }}",
            "---\napiVersion: spire.spiffe.io/v1alpha1\nkind: ClusterSPIFFEID\nmetadata:\n  name: second-{{ $name }}\nspec:\n  spiffeIDTemplate: spiffe://brook.example/second\n  podSelector:\n    matchLabels:\n      app: {{ $name }}\n{{- end }}",
        )],
        rule: "ambiguous-identity",
        level: Level::Deny,
        place: (
            "deploy/helm/brook/templates/identities.yaml",
            "spiffe://brook.example/second",
        ),
        message: "may present any of several SPIFFE IDs, of which `spiffe://brook.example/second` does not have the role `writer`",
        help: "let only one of what gives SPIFFE IDs select each workload",
    },
    Drift {
        name: "a service is the only one without the socket of the Workload API",
        changes: &[(
            COMPOSE,
            "      - ../../config/ingest.json:/etc/brook/ingest.json:ro\n",
            "      - ../../config/ingest.json:/etc/brook/ingest.json:ro\n      - /run/spire:/run/spire\n",
        )],
        rule: "credential-not-mounted",
        level: Level::Warn,
        place: (COMPOSE, "  router:"),
        message: "runs in mode `spiffe`, and no volume brings it the socket of the Workload API",
        help: "mount `/run/spire` at `/run/spire`, as workload `ingest` does",
    },
    Drift {
        name: "a client of a NATS server reads another bucket than the store's",
        changes: &[
            (
                COMPOSE,
                "      KV_ADDRESS: \"config-store:50057\"\n",
                "      KV_ADDRESS: nats://nats.brook.example:4222\n      KV_BUCKET: brook-configs\n",
            ),
            (
                COMPOSE,
                "    volumes:\n      - ./config-store.json",
                "    environment: {KV_BUCKET: brook-config}\n    volumes:\n      - ./config-store.json",
            ),
        ],
        rule: "bucket-mismatch",
        level: Level::Deny,
        place: (COMPOSE, "KV_BUCKET: brook-configs"),
        message: "is `brook-configs`, and the store's bucket is `brook-config`",
        help: "set `KV_BUCKET` to `brook-config`",
    },
    Drift {
        name: "the address comes from a ConfigMap whose name is misspelt",
        changes: &[(
            WORKLOADS,
            "                  name: store-client\n",
            "                  name: store-clientx\n",
        )],
        rule: "dangling-reference",
        level: Level::Deny,
        place: (WORKLOADS, "name: store-clientx"),
        message: "ConfigMap `store-clientx`, without which workload `ingest/ingest` cannot start, is in no file",
        help: "write `store-client` in its place",
    },
];

#[test]
fn each_named_drift_is_found_at_its_place_with_what_to_do() {
    let fleet = Fleet::clean();
    let copy = Copy::new(&fleet);
    let failures: Vec<String> = DRIFTS
        .iter()
        .filter_map(|drift| drift.judge(&copy).err())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

impl Drift {
    fn judge(&self, copy: &Copy) -> Result<(), String> {
        let before: Vec<(&str, String)> = self
            .changes
            .iter()
            .map(|(file, _, _)| (*file, copy.text(file)))
            .collect();
        for (file, from, to) in self.changes {
            let text = copy.text(file);
            assert!(text.contains(from), "{}: {file} lacks {from:?}", self.name);
            copy.put(file, Some(&text.replacen(from, to, 1)));
        }
        let (place, text) = self.place;
        let line = copy
            .text(place)
            .lines()
            .position(|line| line.contains(text));
        let line = line.unwrap_or_else(|| panic!("{}: {place} lacks {text:?}", self.name)) + 1;
        let report = copy.check(&[], &[]);
        for (file, text) in before.into_iter().rev() {
            copy.put(file, Some(&text));
        }
        let is_meant = |finding: &&Finding| {
            let at = report.sources().location(finding.primary.span);
            finding.rule.rule().name == self.rule
                && finding.level == self.level
                && (at.file.as_str(), at.line as usize) == (place, line)
                && finding.message.contains(self.message)
                && finding
                    .help
                    .iter()
                    .any(|help| help.message.contains(self.help))
        };
        if report.findings.iter().any(|finding| is_meant(&finding)) {
            return Ok(());
        }
        let found: Vec<String> = report
            .findings
            .iter()
            .map(|finding| {
                let at = report.sources().location(finding.primary.span);
                let help: Vec<&str> = finding
                    .help
                    .iter()
                    .map(|help| help.message.as_str())
                    .collect();
                let rule = finding.rule.rule().name;
                format!(
                    "{rule} at {}:{}: {}; {}",
                    at.file,
                    at.line,
                    finding.message,
                    help.join("; ")
                )
            })
            .collect();
        Err(format!(
            "{}: expected {} at {place}:{line}, found\n{}",
            self.name,
            self.rule,
            found.join("\n")
        ))
    }
}
