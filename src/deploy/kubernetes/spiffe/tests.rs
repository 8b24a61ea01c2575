mod bounds;

use super::super::{Options, workloads};
use crate::deploy::{Pod, Workloads};
use crate::policy::SpirePolicy;
use crate::registry::Spanned;
use crate::source::{Fragment, Sources, Syntax};

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: gauge, namespace: brook, labels: {app: gauge, tier: back}, annotations: {id: special}}
spec:
  serviceAccountName: keeper
  containers: [{name: gauge}, {name: sidecar}]
";

/// What is made of the pod and other documents, by a policy for SPIRE.
fn found(documents: &str, spire: &SpirePolicy) -> Workloads {
    let mut sources = Sources::new();
    let id = sources.add("fleet.yaml", &*format!("{POD}---\n{documents}"));
    let fragment = Fragment::of_source(&sources, id);
    let read = crate::source::read(&mut sources, &fragment, Syntax::Yaml);
    assert_eq!(read.problems, [], "{documents}");
    let options = Options {
        trust_domain: Some("brook.example"),
        spire: Some(spire),
        ..Options::default()
    };
    workloads(read.roots, &options)
}

fn pod(found: &Workloads, container: &str) -> Pod {
    let mut pods = found
        .workloads
        .iter()
        .filter_map(|workload| workload.pod.as_deref());
    let found = pods.find(|pod| pod.container == container);
    found.cloned().unwrap()
}

/// The SPIFFE IDs of the pod's first container, without their trust domain, or why that is not known.
fn ids(documents: &str, spire: &SpirePolicy) -> Result<Vec<String>, String> {
    let found = found(documents, spire);
    let pod = pod(&found, "gauge");
    if let Some((_, why)) = pod.undecided {
        return Err(why);
    }
    let ids = pod.issued.iter().map(|issued| {
        let path = issued.id.strip_prefix("spiffe://brook.example/");
        path.unwrap_or(&issued.id).to_owned()
    });
    Ok(ids.collect())
}

fn cluster_id(template: &str, more: &str) -> String {
    format!(
        "apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata: {{name: one}}
spec:
  spiffeIDTemplate: 'spiffe://brook.example/{template}'
{more}"
    )
}

#[cfg(feature = "helm")]
fn of_template(template: &str) -> Result<Vec<String>, String> {
    ids(&cluster_id(template, ""), &SpirePolicy::default())
}

#[cfg(feature = "helm")]
#[test]
fn templates_may_hold_all_that_go_has() {
    for (template, id) in [
        (
            "{{ with index .PodMeta.Annotations \"id\" }}{{ . }}{{ else }}none{{ end }}",
            "special",
        ),
        (
            "{{ with index .PodMeta.Annotations \"no\" }}{{ . }}{{ else }}none{{ end }}",
            "none",
        ),
        (
            "{{ if .PodMeta.Labels.tier }}{{ .PodMeta.Labels.tier }}{{ else }}front{{ end }}",
            "back",
        ),
        (
            "{{ if eq .PodSpec.ServiceAccountName \"keeper\" }}k{{ else if .PodMeta.Name }}n{{ end }}",
            "k",
        ),
        (
            "{{ if and .PodMeta.Labels.app (ne .PodMeta.Namespace \"x\") }}a{{ end }}",
            "a",
        ),
        (
            "{{ printf \"%s-%s\" .PodMeta.Namespace .PodMeta.Name }}",
            "brook-gauge",
        ),
        ("{{ with .PodMeta }}{{ .Namespace }}{{ end }}", "brook"),
        ("{{ $name := .PodMeta.Name }}{{ $name }}", "gauge"),
        (
            "{{ or (index .PodMeta.Labels \"no\") .PodMeta.Name }}",
            "gauge",
        ),
    ] {
        assert_eq!(of_template(template), Ok(vec![id.to_owned()]), "{template}");
    }
}

#[cfg(feature = "helm")]
#[test]
fn a_template_that_cannot_be_evaluated_says_why() {
    for (template, why) in [
        (
            "{{ if .NodeMeta.Name }}a{{ else }}b{{ end }}",
            "depends on what only the cluster knows",
        ),
        (
            "{{ if eq .ClusterName \"west\" }}a{{ else }}b{{ end }}",
            "depends on what only the cluster knows",
        ),
        (
            "{{ printf \"%.1s\" .PodMeta.UID }}",
            "depends on what only the cluster knows",
        ),
        ("{{ .PodMeta.Name | upper }}", "cannot be evaluated"),
        (
            "{{ range .PodSpec.Containers }}{{ .Name }}{{ end }}",
            "cannot be evaluated",
        ),
        ("{{ if .PodMeta.Name }}a", "cannot be evaluated"),
    ] {
        let told = of_template(template).unwrap_err();
        assert!(told.contains(why), "{template}: {told}");
    }
    // What is printed as it is stays open.
    let open = of_template("{{ if .PodMeta.Name }}{{ .ClusterName }}{{ end }}").unwrap();
    assert_eq!(open, ["{{ unknown }}"]);
}

#[test]
fn all_selectors_of_workloads_must_hold() {
    for (selectors, expected) in [
        ("[]", Ok([true, true])),
        (
            "['k8s:ns:brook', 'k8s:sa:keeper', 'k8s:pod-label:app:gauge']",
            Ok([true, true]),
        ),
        ("['k8s:ns:{{ .PodMeta.Namespace }}']", Ok([true, true])),
        (
            "['k8s:pod-label:app:{{ index .PodMeta.Labels \"app\" }}']",
            Ok([true, true]),
        ),
        ("['k8s:ns:other']", Ok([false, false])),
        ("['k8s:sa:gauge']", Ok([false, false])),
        ("['k8s:pod-label:app:other']", Ok([false, false])),
        ("['k8s:pod-label:none:gauge']", Ok([false, false])),
        ("['k8s:container-name:sidecar']", Ok([false, true])),
        (
            "['k8s:ns:brook', 'k8s:container-name:gauge']",
            Ok([true, false]),
        ),
        (
            "['k8s:container-name:gauge', 'k8s:container-name:sidecar']",
            Ok([false, false]),
        ),
        ("['unix:uid:1000']", Err("of the kind `unix:uid`")),
        (
            "['k8s:pod-uid:{{ .PodMeta.UID }}']",
            Err("only the cluster knows"),
        ),
        // What does not hold decides, whatever the others are.
        ("['unix:uid:1000', 'k8s:ns:other']", Ok([false, false])),
    ] {
        let more = format!("  workloadSelectorTemplates: {selectors}\n");
        let found = found(&cluster_id("x", &more), &SpirePolicy::default());
        let pods = ["gauge", "sidecar"].map(|container| pod(&found, container));
        match expected {
            Ok(expected) => {
                assert_eq!(
                    pods.map(|pod| !pod.issued.is_empty()),
                    expected,
                    "{selectors}"
                );
                assert_eq!(found.unsupported, [], "{selectors}");
            }
            Err(why) => {
                let [first, _] = pods;
                let (_, told) = first.undecided.unwrap();
                assert!(told.contains(why), "{selectors}: {told}");
                assert_eq!(found.unsupported.len(), 1, "{selectors}");
            }
        }
    }
}

fn configuration(text: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: controller, namespace: spire}}
data:
  config.yaml: |
    apiVersion: spire.spiffe.io/v1alpha1
    kind: ControllerManagerConfig
    clusterName: west
{text}---
"
    )
}

#[test]
fn a_class_that_nobody_tells_is_called_its_own() {
    let policy = SpirePolicy {
        watch_classless: Some(false),
        ..SpirePolicy::default()
    };
    let (_, why) = pod(&found(&cluster_id("x", ""), &policy), "gauge")
        .nearest
        .unwrap();
    assert!(
        why.ends_with("looks only at objects of its own class"),
        "{why}"
    );
}

#[test]
fn the_class_decides_which_objects_count() {
    let west = "    className: west\n";
    let both = "    className: west\n    watchClassless: true\n";
    let stated = |class: &str, classless: Option<bool>| SpirePolicy {
        class: Some(class.to_owned()),
        watch_classless: classless,
        ignore_namespaces: None,
    };
    let nothing = SpirePolicy::default();
    for (configured, policy, class, counts, warns) in [
        (None, nothing.clone(), None, true, false),
        // Nobody tells: it counts, and one warning says so.
        (None, nothing.clone(), Some("west"), true, true),
        (Some(""), nothing.clone(), None, true, false),
        (Some(""), nothing.clone(), Some("west"), false, false),
        (Some(west), nothing.clone(), Some("west"), true, false),
        (Some(west), nothing.clone(), Some("east"), false, false),
        (Some(west), nothing.clone(), None, false, false),
        (Some(both), nothing, None, true, false),
        (None, stated("west", None), Some("west"), true, false),
        (None, stated("west", None), None, false, false),
        (None, stated("west", Some(true)), None, true, false),
        (None, stated("east", None), Some("west"), false, false),
        // The policy holds before the configuration.
        (Some(west), stated("east", None), Some("east"), true, false),
    ] {
        let class = class.map_or_else(String::new, |class| format!("  className: {class}\n"));
        let configured = configured.map(configuration).unwrap_or_default();
        let documents = format!("{configured}{}", cluster_id("x", &class));
        let found = found(&documents, &policy);
        let is_given = !pod(&found, "gauge").issued.is_empty();
        assert_eq!(is_given, counts, "{documents}");
        assert_eq!(
            found.untold_identities.len(),
            usize::from(warns),
            "{documents}"
        );
        assert!(found.issues_identities);
        let why = pod(&found, "gauge").nearest;
        assert_eq!(
            why.is_some_and(|(_, why)| why.contains("looks only at")),
            !counts
        );
    }
}

#[test]
fn pods_of_ignored_namespaces_are_given_nothing() {
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", "");
    let span = sources.whole(id);
    let stated = |texts: &[&str]| SpirePolicy {
        ignore_namespaces: Some(
            texts
                .iter()
                .map(|text| Spanned::new((*text).to_owned(), span))
                .collect(),
        ),
        ..SpirePolicy::default()
    };
    let nothing = SpirePolicy::default();
    for (configured, policy, namespace, is_ignored) in [
        (None, nothing.clone(), "brook", false),
        (None, nothing.clone(), "kube-system", true),
        (None, nothing.clone(), "kube-public", true),
        (None, nothing.clone(), "spire-system", true),
        // The expressions fit anywhere.
        (None, nothing.clone(), "my-kube-system-2", true),
        (None, nothing.clone(), "spire-server", false),
        (None, stated(&["^brook$"]), "brook", true),
        (None, stated(&["^brook$"]), "brook-2", false),
        (None, stated(&["br"]), "brook-2", true),
        (None, stated(&[]), "kube-system", false),
        (
            Some("    ignoreNamespaces: [brook, 'openshift-*']\n"),
            nothing.clone(),
            "brook",
            true,
        ),
        (
            Some("    ignoreNamespaces: [brook, 'openshift-*']\n"),
            nothing.clone(),
            "openshift",
            true,
        ),
        (
            Some("    ignoreNamespaces: [brook, 'openshift-*']\n"),
            nothing.clone(),
            "kube-system",
            false,
        ),
        (Some(""), nothing, "kube-system", true),
    ] {
        let configured = configured.map(configuration).unwrap_or_default();
        let documents = format!("{configured}{}", cluster_id("x", ""));
        let documents = POD.replace("namespace: brook", &format!("namespace: {namespace}"))
            + "---\n"
            + &documents;
        let found = found(&documents, &policy);
        let pods = found
            .workloads
            .iter()
            .filter_map(|workload| workload.pod.as_deref());
        let own = pods
            .filter(|pod| pod.namespace == namespace)
            .collect::<Vec<_>>();
        assert!(!own.is_empty());
        let last = own.last().unwrap();
        assert_eq!(
            last.issued.is_empty(),
            is_ignored,
            "{namespace}: {documents}"
        );
        let why = last
            .nearest
            .as_ref()
            .is_some_and(|(_, why)| why.contains("ignores"));
        assert_eq!(why, is_ignored, "{namespace}");
    }
    let unread = found(&cluster_id("x", ""), &stated(&["(?<=x)"]));
    assert_eq!(unread.unsupported.len(), 1);
}

fn static_entry(selectors: &str) -> String {
    format!(
        "apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: {{name: fixed}}
spec:
  spiffeID: spiffe://brook.example/fixed
  parentID: spiffe://brook.example/node
  selectors: {selectors}
"
    )
}

#[test]
fn static_entries_give_identities_to_the_pods_that_they_select() {
    let nothing = SpirePolicy::default();
    let fixed = Ok(vec!["fixed".to_owned()]);
    assert_eq!(
        ids(&static_entry("['k8s:ns:brook', 'k8s:sa:keeper']"), &nothing),
        fixed
    );
    assert_eq!(
        ids(&static_entry("['k8s:container-name:gauge']"), &nothing),
        fixed
    );
    assert_eq!(ids(&static_entry("['k8s:ns:other']"), &nothing), Ok(vec![]));
    assert!(ids(&static_entry("['k8s:ns:brook', 'unix:uid:1']"), &nothing).is_err());
    // One for something outside of the cluster is nobody's here, and takes nothing from the policy's patterns.
    let outside = found(&static_entry("['unix:uid:1000']"), &nothing);
    assert!(!outside.issues_identities);
    let spare: Vec<_> = outside
        .spare_identities
        .iter()
        .map(|issued| &*issued.id)
        .collect();
    assert_eq!(spare, ["spiffe://brook.example/fixed"]);
    let broken = found(
        &static_entry("[]").replace("spiffe://brook.example/fixed", "brook.example/fixed"),
        &nothing,
    );
    assert_eq!(broken.invalid.len(), 1);
}
