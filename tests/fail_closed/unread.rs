//! What could not be read may be what something else asks for: only that it could not be read is told.

use crate::fleet::Fleet;

const POLICY: &str = r#"
[registry]
file = "registry.json"

[[service.api.not_in]]
deployment = "cluster"
reason = "it runs on hosts"

[[service.worker.not_in]]
deployment = "hosts"
reason = "it runs in the cluster"

[[deployment]]
name = "hosts"
kind = "systemd"
files = ["units/*.service"]
access_table = { file = "store.json", pointer = "/rbac/roles" }

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://acme.dev/{workload}"

[[deployment]]
name = "cluster"
kind = "kubernetes"
files = ["cluster.yaml"]
namespace = "acme"
trust_domain = "acme.dev"
access_table = { file = "store.json", pointer = "/rbac/roles" }
"#;

const UNIT: &str = "[Service]
ExecStart=/usr/bin/api
Environment=CONFIG_SOURCE=kv KV_ADDRESS=kv:50057 KV_SEC_MODE=spiffe KV_TRUST_DOMAIN=acme.dev
Environment=KV_SERVER_SPIFFE_ID=spiffe://acme.dev/store TOKEN=canary
";

const CLUSTER: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  selector:
    matchLabels: {app: worker}
  template:
    metadata:
      labels: {app: worker}
    spec:
      serviceAccountName: worker
      containers:
      - name: worker
        image: worker
        env:
        - {name: CONFIG_SOURCE, value: kv}
        - {name: KV_ADDRESS, value: \"kv:50057\"}
        - {name: KV_SEC_MODE, value: spiffe}
        - {name: KV_TRUST_DOMAIN, value: acme.dev}
        - {name: KV_SERVER_SPIFFE_ID, value: \"spiffe://acme.dev/store\"}
        - {name: TOKEN, value: canary}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: clock
spec:
  selector:
    matchLabels: {app: clock}
  template:
    metadata:
      labels: {app: clock}
    spec:
      serviceAccountName: clock
      containers:
      - name: clock
        image: clock
---
apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata:
  name: workers
spec:
  spiffeIDTemplate: spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/{{ .PodSpec.ServiceAccountName }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  token: canary
";

const TABLE: &str = r#"{"rbac": {"roles": [
  {"identity": "spiffe://acme.dev/api", "role": "writer"},
  {"identity": "spiffe://acme.dev/ns/acme/sa/worker", "role": "writer"},
  {"identity": "spiffe://acme.dev/ns/acme/sa/clock", "role": "reader"}
]}}"#;

/// A fleet on hosts and in a cluster, which have one access table.
fn fleet() -> Fleet {
    let fleet = Fleet::new();
    fleet.write("kvguard.toml", POLICY);
    fleet.write("units/api.service", UNIT);
    fleet.write("cluster.yaml", CLUSTER);
    fleet.write("store.json", TABLE);
    fleet
}

/// The rules that find something.
fn found(fleet: &Fleet) -> Vec<&'static str> {
    let findings = fleet.tell().report.findings.into_iter();
    let mut rules: Vec<_> = findings.map(|own| own.rule.rule().name).collect();
    rules.dedup();
    rules
}

#[test]
fn whose_object_has_no_name_is_not_told_to_be_missing() {
    assert_eq!(found(&fleet()), [""; 0]);
    for name in ["worker", "clock", "workers"] {
        let fleet = fleet();
        let metadata = format!("metadata:\n  name: {name}\n");
        fleet.edit("cluster.yaml", &metadata, "metadata: {}\n");
        assert_eq!(found(&fleet), ["invalid-resource"], "{name}");
    }
}

#[test]
fn an_object_of_another_kind_without_a_name_hides_nothing() {
    let fleet = fleet();
    let objects: Vec<&str> = CLUSTER.split("---\n").collect();
    let [_worker, _clock, identities, notes] = objects.as_slice() else {
        panic!("{objects:?}");
    };
    let nameless = notes.replace("  name: notes\n", "  labels: {}\n");
    fleet.write(
        "cluster.yaml",
        &[identities, nameless.as_str()].join("---\n"),
    );
    let found = found(&fleet);
    for rule in ["invalid-resource", "undeployed-service", "orphan-grant"] {
        assert!(found.contains(&rule), "{rule}: {found:?}");
    }
}

#[test]
fn clients_that_may_be_in_a_file_that_is_missing_are_not_told_to_be_missing() {
    let fleet = fleet();
    fleet.edit(
        "kvguard.toml",
        "\"cluster.yaml\"",
        "\"cluster.yaml\", \"more.yaml\"",
    );
    let (_worker, others) = CLUSTER.split_once("---\n").expect("several documents");
    fleet.write("cluster.yaml", others);
    fleet.fails("`more.yaml` does not exist");
    let told = fleet.tell();
    assert_eq!(told.report.failures.len(), 1, "{}", told.human);
}
