//! Workloads that are given several identities.

use crate::fleet::Fleet;

const IDENTITIES: &str = "deploy/kubernetes/base/identities.yaml";
const OF_AGENT: &str = "spiffe://{{ .TrustDomain }}/ns/brook/sa/station-agent
  podSelector:
    matchLabels:
      app: station-agent
";

/// A selector that lost its label selects every pod of the namespace, whichever object stands first.
#[test]
fn an_object_that_gives_everybody_a_second_identity() {
    let to_all = OF_AGENT.replace("sa/station-agent", "sa/all");
    let everybody = to_all.split("  podSelector").next().expect("a selector");
    let second = format!(
        "---
apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata:
  name: everybody
spec:
  spiffeIDTemplate: {everybody}  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: brook
"
    );
    let fleet = Fleet::new();
    let before = fleet.text(IDENTITIES);
    for text in [
        format!("{before}{second}"),
        format!("{second}---\n{before}"),
    ] {
        fleet
            .write(IDENTITIES, &text)
            .finds(&[
                "KV111 deny deploy/kubernetes/overlays/lower-river/kustomization.yaml: fieldPaths: [spec.spiffeIDTemplate]",
                "KV111 deny deploy/kubernetes/overlays/upper-river/kustomization.yaml: fieldPaths: [spec.spiffeIDTemplate]",
            ])
            .helps("let only one of what gives SPIFFE IDs select each workload");
    }
    fleet.write(IDENTITIES, &before).is_clean();
}

#[test]
fn two_identities_that_both_have_the_role() {
    let grant = "      { \"identity\": \"spiffe://brook.example/services/router\", \"role\": \"writer\" },\n";
    let fleet = Fleet::new();
    fleet
        .edit(
            "kvguard.toml",
            "[[deployment.identity]]
form = \"subject\"
pattern = \"CN={certificate}.brook.example,O=Brook River Watch\"
modes = [\"mtls\"]
",
            "[[deployment.identity]]
form = \"subject\"
pattern = \"CN={certificate}.brook.example,O=Brook River Watch\"
modes = [\"mtls\"]

[[deployment.identity]]
form = \"spiffe\"
pattern = \"spiffe://{trust_domain}/second/{workload}\"
modes = [\"spiffe\"]
listed_in = { file = \"deploy/compose/second.txt\", pattern = \"{workload}\" }
",
        )
        .write("deploy/compose/second.txt", "router\n")
        .finds(&[
            "KV111 deny kvguard.toml: pattern = \"spiffe://{trust_domain}/second/{workload}\"",
        ])
        .edit(
            "deploy/compose/config-store.json",
            grant,
            &format!(
                "{grant}{}",
                grant.replace("services/router", "second/router")
            ),
        )
        .is_clean();
}
