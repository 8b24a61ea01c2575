//! References to objects that no file has.

use crate::fleet::Fleet;

const WORKLOADS: &str = "deploy/kubernetes/base/workloads.yaml";
const STORE: &str = "deploy/kubernetes/base/store.yaml";
const CLIENT: &str = "deploy/kubernetes/base/client.yaml";
const READINGS: &str = "deploy/helm/brook/templates/readings.yaml";
const COMPOSE: &str = "deploy/compose/docker-compose.yml";
const POLICY: &str = "kvguard.toml";

/// The reference of `ingest`, which is the first one.
const OF_INGEST: &str = "          image: registry.brook.example/ingest
          env:
            - name: CONFIG_SOURCE
              value: kv
            - name: KV_ADDRESS
              valueFrom:
                configMapKeyRef:
                  name: store-client
";

#[test]
fn an_address_from_a_config_map_whose_name_is_misspelt() {
    let misspelt = OF_INGEST.replace("store-client", "store-clientx");
    Fleet::new()
        .edit(WORKLOADS, OF_INGEST, &misspelt)
        .finds(&["KV213 deny deploy/kubernetes/base/workloads.yaml: name: store-clientx"])
        .helps("write `store-client` in its place")
        .edit(WORKLOADS, &misspelt, OF_INGEST)
        .is_clean();
}

#[test]
fn a_config_map_of_another_namespace_is_not_there() {
    Fleet::new()
        .edit(
            "deploy/helm/brook/templates/readings.yaml",
            "            {{- include \"brook.kv\" . | nindent 12 }}
---",
            "            {{- include \"brook.kv\" . | nindent 12 }}
          envFrom:
            - configMapRef: { name: client }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: client, namespace: elsewhere }
data: { LOG_LEVEL: info }
---",
        )
        .finds(&[
            "KV213 deny deploy/helm/brook/templates/readings.yaml: - configMapRef: { name: client }",
        ])
        .edit(READINGS, "name: client, namespace: elsewhere", "name: client")
        .is_clean();
}

#[test]
fn a_config_map_that_is_deleted_is_one_finding_for_all_who_need_it() {
    let fleet = Fleet::new();
    let text = fleet.text(CLIENT);
    fleet
        .edit(CLIENT, "name: store-client", "name: settings-of-clients")
        .finds(&["KV213 deny deploy/kubernetes/base/workloads.yaml: name: store-client"])
        .helps("add ConfigMap `store-client` to the deployment's files")
        .write(CLIENT, &text)
        .is_clean();
}

#[test]
fn a_key_that_an_overlay_removes_is_one_finding_for_all_who_need_it() {
    const OVERLAY: &str = "deploy/kubernetes/overlays/upper-river/kustomization.yaml";
    let fleet = Fleet::new();
    let before = fleet.text(OVERLAY);
    fleet
        .append(
            OVERLAY,
            "patches:
  - target: { kind: ConfigMap, name: store-client }
    patch: |
      - op: remove
        path: /data/address
",
        )
        .finds(&[&format!("KV402 deny {OVERLAY}: path: /data/address")])
        .write(OVERLAY, &before)
        .is_clean();
}

#[test]
fn a_volume_of_the_store_that_no_file_has() {
    Fleet::new()
        .edit(
            STORE,
            "          configMap:\n            name: config-store\n",
            "          configMap:\n            name: config-store\n        - name: limits\n          configMap:\n            name: limits\n",
        )
        .finds(&["KV213 deny deploy/kubernetes/base/store.yaml: name: limits"])
        .edit(STORE, "            name: limits\n", "            name: limits\n            optional: true\n")
        .is_clean();
}

#[test]
fn a_secret_is_only_warned_of_until_the_policy_says_where_it_comes_from() {
    let fleet = Fleet::new();
    let text = fleet.text(POLICY);
    let stated = text.replace(
        "name = \"archive-database\"",
        "name = \"archive-databases\"",
    );
    fleet
        .write(POLICY, &stated)
        .finds(&[
            "KV213 warn deploy/kubernetes/base/workloads.yaml: name: archive-database",
            "KV601 warn kvguard.toml: name = \"archive-databases\"",
            "KV601 warn kvguard.toml: name = \"archive-databases\"",
            "KV601 warn kvguard.toml: name = \"archive-databases\"",
            "KV601 warn kvguard.toml: name = \"archive-databases\"",
        ])
        .helps("`[[deployment.outside_object]]`, and on lines of their own `kind = \"Secret\"`, `name = \"archive-database\"`")
        .write(POLICY, &text)
        .is_clean();
}

#[test]
fn a_config_of_compose_whose_file_is_not_there() {
    Fleet::new()
        .edit(
            COMPOSE,
            "      LOG_LEVEL: info\n",
            "      LOG_LEVEL: info\n    configs: [limits]\n",
        )
        .edit(
            COMPOSE,
            "volumes:\n  store-data:\n",
            "volumes:\n  store-data:\nconfigs:\n  limits:\n    file: limits.json\n",
        )
        .finds(&["KV213 deny deploy/compose/docker-compose.yml: file: limits.json"])
        .write("deploy/compose/limits.json", "{}")
        .is_clean();
}

/// What is behind it is not looked at: it may be there on the machine that runs the project.
#[cfg(unix)]
#[test]
fn a_config_of_compose_whose_file_is_a_link_out_of_the_project() {
    let outside = tempfile::tempdir().expect("a temporary directory");
    let fleet = Fleet::new();
    fleet
        .edit(
            COMPOSE,
            "      LOG_LEVEL: info\n",
            "      LOG_LEVEL: info\n    configs: [limits, sites]\n",
        )
        .edit(
            COMPOSE,
            "volumes:\n  store-data:\n",
            "volumes:\n  store-data:\nconfigs:\n  limits:\n    file: limits.json\n  sites:\n    file: sites.json\n",
        )
        .link("deploy/compose/limits.json", outside.path())
        .link("deploy/compose/sites.json", &outside.path().join("none.json"))
        .is_clean();
}

/// What generates objects and is not understood may generate the one that is missing: that is told, and no more.
#[test]
fn a_generator_that_is_not_understood_may_make_what_is_missing() {
    let fleet = Fleet::new();
    fleet
        .edit(CLIENT, "name: store-client", "name: settings-of-clients")
        .append(
            "deploy/kubernetes/base/kustomization.yaml",
            "helmCharts:\n  - name: clients\n",
        );
    let report = fleet.check();
    let codes: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.rule().code)
        .collect();
    assert!(codes.contains(&"KV403"), "{codes:?}");
    assert!(!codes.contains(&"KV213"), "{codes:?}");
}

#[test]
fn a_resource_that_is_missing_may_hold_what_is_missing() {
    let fleet = Fleet::new();
    fleet
        .edit(
            "deploy/kubernetes/base/kustomization.yaml",
            "  - client.yaml\n",
            "  - clients.yaml\n",
        )
        .fails("clients.yaml");
    let report = fleet.check();
    let mut findings = report.findings.iter();
    assert!(
        !findings.any(|finding| finding.rule.rule().code == "KV213"),
        "{}",
        kvguard::emit::human::report(&report, kvguard::emit::human::Style::default())
    );
}
