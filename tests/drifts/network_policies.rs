//! NetworkPolicies between clients and their store.

use crate::fleet::Fleet;

const STORE: &str = "deploy/kubernetes/base/store.yaml";

/// A policy that lets everybody but the archive in.
const WITHOUT_ARCHIVE: &str = "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: clients-of-the-store
spec:
  podSelector:
    matchLabels: { app: config-store }
  ingress:
    - from:
        - podSelector:
            matchExpressions:
              - { key: app, operator: In, values: [ingest, alert-router, alert-mailer, station-agent] }
      ports:
        - port: 50057
";

/// The archive of `lower-river` calls an address of its own network, which the policy does not concern.
#[test]
fn a_client_that_the_stores_policy_does_not_name() {
    Fleet::new()
        .append(STORE, WITHOUT_ARCHIVE)
        .finds(&["KV211 deny deploy/kubernetes/base/store.yaml: name: clients-of-the-store"])
        .helps("add to the list `ingress` of NetworkPolicy `clients-of-the-store`: `- { from: [{ podSelector: { matchLabels: { app: \"archive\" } } }], ports: [{ port: 50057 }] }`")
        .append(
            STORE,
            "    - { from: [{ podSelector: { matchLabels: { app: \"archive\" } } }], ports: [{ port: 50057 }] }
",
        )
        .is_clean();
}

#[test]
fn a_port_that_the_stores_policy_does_not_name() {
    let all = WITHOUT_ARCHIVE.replace("values: [", "values: [archive, ");
    Fleet::new()
        .append(STORE, &all)
        .is_clean()
        .edit(STORE, "        - port: 50057\n", "        - port: 50075\n")
        .finds(&["KV211 deny deploy/kubernetes/base/store.yaml: name: clients-of-the-store"]);
}

#[test]
fn clients_that_may_call_nobody() {
    let closed = "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: closed
spec:
  podSelector: {}
  policyTypes: [Egress]
";
    // One for each client, as the help says.
    let clients = [
        "ingest",
        "archive",
        "alert-router",
        "alert-mailer",
        "station-agent",
    ];
    let open = clients.map(|client| {
        format!(
            "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{ name: {client}-calls-the-store }}
spec: {{ podSelector: {{ matchLabels: {{ app: \"{client}\" }} }}, policyTypes: [Egress], egress: [{{ to: [{{ podSelector: {{ matchLabels: {{ app: \"config-store\" }} }} }}], ports: [{{ port: 50057 }}] }}] }}
"
        )
    });
    Fleet::new()
        .append(STORE, closed)
        .finds(&["KV211 deny deploy/kubernetes/base/store.yaml: name: closed"])
        .helps("`{ podSelector: { matchLabels: { app: \"ingest\" } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: \"config-store\" } } }], ports: [{ port: 50057 }] }] }`")
        .append(STORE, &open.concat())
        .is_clean();
}
