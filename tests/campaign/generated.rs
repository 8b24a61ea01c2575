//! A generated fleet: services that differ in nothing but their names, each in a compose project, in a cluster and as a systemd unit, with
//! all variables written out at each workload.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

const NAMES: [&str; 12] = [
    "anchor", "beacon", "compass", "dinghy", "ensign", "ferry", "galley", "hawser", "island",
    "jetty", "keel", "lantern",
];

const POLICY: &str = r#"
[registry]
file = "services.json"

[[deployment]]
name = "compose"
kind = "compose"
files = ["compose.yaml"]
trust_domain = "harbour.example"
access_table = { workload = "store", mounted_at = "/etc/store.json", pointer = "/rbac/roles" }
templates = ["templates/{service}.{format}"]

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://{trust_domain}/services/{workload}"

[[deployment]]
name = "cluster"
kind = "kubernetes"
files = ["cluster/*.yaml"]
namespace = "harbour"
trust_domain = "harbour.example"
access_table = { workload = "store", mounted_at = "/etc/harbour/store.json", pointer = "/rbac/roles" }
templates = ["templates/{service}.{format}"]

[[deployment]]
name = "systemd"
kind = "systemd"
files = ["units/*.service"]
access_table = { file = "office.json", pointer = "/rbac/roles", mode = "/mode" }
templates = ["templates/{service}.{format}"]

[[deployment.identity]]
form = "subject"
pattern = "CN={certificate}.harbour.example"
"#;

/// Writes the fleet into a directory for temporary files.
pub fn write() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path();
    put(root, "kvguard.toml", POLICY);
    put(root, "services.json", &registry());
    put(root, "compose.yaml", &compose());
    put(
        root,
        "store.json",
        &table("0.0.0.0:50057", &|name| {
            format!("spiffe://harbour.example/services/{name}")
        }),
    );
    put(
        root,
        "office.json",
        &table("0.0.0.0:50057", &|name| {
            format!("CN={name}.harbour.example")
        }),
    );
    put(root, "cluster/store.yaml", &store_of_cluster());
    for name in NAMES {
        put(root, &format!("cluster/{name}.yaml"), &deployment(name));
        put(root, &format!("units/{name}.service"), &unit(name));
        put(
            root,
            &format!("templates/{name}.json"),
            "{\"label\": \"north\"}\n",
        );
    }
    directory
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a file has a parent")).expect("writable");
    fs::write(path, text).expect("writable");
}

fn registry() -> String {
    let services = NAMES.map(|name| {
        format!(
            "  {{\"name\": \"{name}\", \"kv_key\": \"config/{name}.json\", \"critical_fields\": [\"label\"]}}"
        )
    });
    format!("[\n{}\n]\n", services.join(",\n"))
}

fn table(address: &str, identity: &dyn Fn(&str) -> String) -> String {
    let grants = NAMES.map(|name| {
        format!(
            "      {{\"identity\": \"{}\", \"role\": \"writer\"}}",
            identity(name)
        )
    });
    format!(
        "{{\n  \"listen_address\": \"{address}\",\n  \"mode\": \"mtls\",\n  \"rbac\": {{\n    \"roles\": [\n{}\n    ]\n  }}\n}}\n",
        grants.join(",\n")
    )
}

fn compose() -> String {
    let mut text = "services:\n  store:\n    image: harbour/store\n    volumes:\n      - ./store.json:/etc/store.json:ro\n".to_owned();
    for name in NAMES {
        write!(
            text,
            r"  {name}:
    image: harbour/{name}
    environment:
      CONFIG_SOURCE: kv
      KV_ADDRESS: store:50057
      KV_SEC_MODE: spiffe
      KV_TRUST_DOMAIN: harbour.example
      KV_SERVER_SPIFFE_ID: spiffe://harbour.example/services/store
"
        )
        .expect("a text takes all");
    }
    text
}

fn store_of_cluster() -> String {
    let table = table("0.0.0.0:50057", &|name| {
        format!("spiffe://harbour.example/ns/harbour/sa/{name}")
    });
    let table: String = table.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: store
  namespace: harbour
data:
  store.json: |
{table}---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: store
  namespace: harbour
spec:
  selector:
    matchLabels: {{ app: store }}
  template:
    metadata:
      labels: {{ app: store }}
    spec:
      serviceAccountName: store
      containers:
        - name: store
          image: harbour/store
          volumeMounts:
            - name: configuration
              mountPath: /etc/harbour
      volumes:
        - name: configuration
          configMap:
            name: store
---
apiVersion: v1
kind: Service
metadata:
  name: store
  namespace: harbour
spec:
  selector: {{ app: store }}
  ports:
    - port: 50057
---
apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata:
  name: harbour
spec:
  spiffeIDTemplate: "spiffe://{{{{ .TrustDomain }}}}/ns/{{{{ .PodMeta.Namespace }}}}/sa/{{{{ .PodSpec.ServiceAccountName }}}}"
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: harbour
"#
    )
}

fn deployment(name: &str) -> String {
    format!(
        r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: harbour
spec:
  selector:
    matchLabels: {{ app: {name} }}
  template:
    metadata:
      labels: {{ app: {name} }}
    spec:
      serviceAccountName: {name}
      containers:
        - name: {name}
          image: harbour/{name}
          env:
            - name: CONFIG_SOURCE
              value: kv
            - name: KV_ADDRESS
              value: store:50057
            - name: KV_SEC_MODE
              value: spiffe
            - name: KV_TRUST_DOMAIN
              value: harbour.example
            - name: KV_SERVER_SPIFFE_ID
              value: spiffe://harbour.example/ns/harbour/sa/store
"
    )
}

fn unit(name: &str) -> String {
    format!(
        "[Service]\nExecStart=/usr/lib/harbour/{name}\nEnvironment=CONFIG_SOURCE=kv\nEnvironment=KV_ADDRESS=store.harbour.example:50057\nEnvironment=KV_SEC_MODE=mtls\nEnvironment=KV_CERT_FILE=/etc/harbour/{name}.pem\nEnvironment=KV_KEY_FILE=/etc/harbour/{name}-key.pem\nEnvironment=KV_CA_FILE=/etc/harbour/root.pem\n"
    )
}
