mod bounds;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::selectors::Selector;
use super::spiffe::template::{self, Part, Value};
use super::*;
use crate::deploy::{Known, MountSource, Workload};
use crate::source::{Fragment, Sources, Syntax};

struct Outcome {
    sources: Sources,
    found: Workloads,
}

const OPTIONS: Options<'_> = Options {
    namespace: Some("brook"),
    trust_domain: Some("brook.example"),
    cluster_name: Some("west"),
    has_hooks: false,
    secrets: &[],
    spire: None,
    watched: &[],
};

fn documents(yaml: &str) -> (Sources, Vec<Node>) {
    let mut sources = Sources::new();
    let id = sources.add("fleet.yaml", yaml);
    let fragment = Fragment::of_source(&sources, id);
    let documents = crate::source::read(&mut sources, &fragment, Syntax::Yaml);
    (sources, documents.roots)
}

fn outcome(yaml: &str) -> Outcome {
    let (sources, documents) = documents(yaml);
    let found = workloads(documents, &OPTIONS);
    Outcome { sources, found }
}

impl Outcome {
    fn sound(self) -> Self {
        assert_eq!(self.found.invalid, []);
        assert_eq!(self.found.unsupported, []);
        self
    }

    fn workload(&self, name: &str) -> &Workload {
        let mut all = self.found.workloads.iter();
        all.find(|workload| workload.name == name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.names()))
    }

    fn names(&self) -> Vec<&str> {
        let all = self.found.workloads.iter();
        all.map(|workload| workload.name.as_str()).collect()
    }

    fn ids(&self, workload: &str) -> Vec<&str> {
        let pod = self.workload(workload).pod.as_ref().unwrap();
        pod.issued.iter().map(|issued| issued.id.as_str()).collect()
    }

    fn value(&self, workload: &str, variable: &str) -> Option<&str> {
        let variable = self.workload(workload).environment.get(variable)?;
        Some(variable.text().unwrap_or("?"))
    }

    fn place(&self, span: Span) -> String {
        let location = self.sources.location(span);
        format!("{}:{}", location.line, location.column)
    }

    fn invalid(&self) -> Vec<String> {
        let problems = self.found.invalid.iter();
        problems
            .map(|problem| format!("{} {}", self.place(problem.span), problem.message))
            .collect()
    }
}

const FLEET: &str = include_str!("../../../tests/fixtures/kubernetes/fleet.yaml");

#[test]
fn every_kind_that_runs_containers_gives_workloads() {
    let outcome = outcome(FLEET).sound();
    assert_eq!(
        outcome.names(),
        [
            "gauge/gauge",
            "gauge/sidecar",
            "gauge/prepare",
            "archive/archive",
            "probe/probe",
            "seed/seed",
            "nightly/report",
            "once/once",
            "old/old",
        ]
    );
    let gauge = outcome.workload("gauge/gauge");
    assert_eq!(gauge.other_names, ["gauge", "gauge"]);
    let pod = gauge.pod.as_ref().unwrap();
    assert_eq!(
        (
            pod.namespace.as_str(),
            pod.service_account.as_str(),
            pod.is_main
        ),
        ("brook", "gauge-account", true)
    );
    assert!(
        !outcome
            .workload("gauge/prepare")
            .pod
            .as_ref()
            .unwrap()
            .is_main
    );
    // Its annotation names the second container.
    assert!(outcome.workload("once/once").pod.as_ref().unwrap().is_main);
}

#[test]
fn the_environment_is_the_one_that_the_kubelet_makes() {
    let outcome = outcome(FLEET).sound();
    for (variable, value) in [
        ("FROM_MAP", Some("map")),
        ("MAP_PREFIXED", Some("map")),
        // `env` wins over `envFrom`, and the later item over the earlier.
        ("BOTH", Some("own")),
        ("TWICE", Some("second")),
        ("KEY", Some("map")),
        ("ABSENT_OPTIONAL", None),
        ("TOKEN", Some("?")),
        ("SECRET_token", Some("?")),
        ("POD_NAMESPACE", Some("brook")),
        ("ACCOUNT", Some("gauge-account")),
        ("APP", Some("gauge")),
        ("NO_LABEL", Some("")),
        ("POD_NAME", Some("?")),
        ("MEMORY", Some("?")),
        ("NOTHING", Some("")),
        ("EXPANDED", Some("own in brook")),
        ("ESCAPED", Some("$(BOTH)")),
        ("TOO_EARLY", Some("$(LATE)")),
        ("OF_SECRET", Some("?")),
    ] {
        assert_eq!(outcome.value("gauge/gauge", variable), value, "{variable}");
    }
    assert!(outcome.workload("gauge/sidecar").environment.is_empty());
    let key = outcome
        .workload("gauge/gauge")
        .environment
        .get("KEY")
        .unwrap();
    assert_eq!(outcome.sources.text(key.value_span), "map");
    assert_eq!(outcome.place(key.value_span), "8:13");
}

#[test]
fn what_comes_from_a_secret_that_no_file_holds_is_not_told() {
    let outcome = outcome(
        "apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: a
    envFrom:
    - secretRef: {name: elsewhere}
    - secretRef: {name: perhaps, optional: true}
    env:
    - {name: X, value: $(FROM_SECRET)}
",
    )
    .sound();
    let workload = outcome.workload("a/a");
    assert_eq!(workload.untold.len(), 1);
    assert_eq!(outcome.place(workload.untold[0].span), "8:25");
    assert_eq!(workload.environment.get("X").unwrap().value, Known::Opaque);
}

#[test]
fn keys_of_config_maps_are_seen_where_they_are_mounted() {
    let outcome = outcome(FLEET).sound();
    let seen: Vec<_> = outcome
        .workload("gauge/gauge")
        .mounts
        .iter()
        .map(|mount| match &mount.source {
            MountSource::ConfigMap(volume) => {
                let name = &outcome.found.config_maps[volume.config_map].name.value;
                let keys = ["", "a.json", "renamed/a.json"].map(|path| volume.key(path));
                format!("{} {name} {keys:?}", mount.target)
            }
            other => format!("{} {other:?}", mount.target),
        })
        .collect();
    insta::assert_debug_snapshot!(seen, @r#"
    [
        "/etc/all settings [Some(\"\"), Some(\"a.json\"), Some(\"renamed/a.json\")]",
        "/etc/one.json settings [Some(\"a.json\"), Some(\"a.json/a.json\"), Some(\"a.json/renamed/a.json\")]",
        "/etc/items settings [None, None, Some(\"a.json\")]",
        "/etc/projected settings [Some(\"\"), Some(\"a.json\"), Some(\"renamed/a.json\")]",
        "/etc/projected Volume(\"projected\")",
        "/run/host Host(\"/run/spire/socket\")",
        "/secret Volume(\"secret\")",
    ]
    "#);
}

#[test]
fn selectors_match_as_label_selectors_do() {
    for (selector, matches) in [
        ("null", true),
        ("{}", true),
        ("{matchLabels: null}", true),
        ("{matchLabels: {app: gauge}}", true),
        ("{matchLabels: {app: gauge, tier: back}}", true),
        ("{matchLabels: {app: gauge, tier: front}}", false),
        ("{matchLabels: {absent: x}}", false),
        (
            "{matchExpressions: [{key: app, operator: In, values: [a, gauge]}]}",
            true,
        ),
        (
            "{matchExpressions: [{key: app, operator: In, values: [a]}]}",
            false,
        ),
        (
            "{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}",
            true,
        ),
        (
            "{matchExpressions: [{key: app, operator: NotIn, values: [gauge]}]}",
            false,
        ),
        (
            "{matchExpressions: [{key: absent, operator: NotIn, values: [gauge]}]}",
            true,
        ),
        ("{matchExpressions: [{key: app, operator: Exists}]}", true),
        (
            "{matchExpressions: [{key: absent, operator: Exists}]}",
            false,
        ),
        (
            "{matchExpressions: [{key: absent, operator: DoesNotExist}]}",
            true,
        ),
        (
            "{matchExpressions: [{key: app, operator: DoesNotExist}]}",
            false,
        ),
        (
            "{matchLabels: {app: gauge}, matchExpressions: [{key: tier, operator: Exists}, {key: x, operator: DoesNotExist}]}",
            true,
        ),
    ] {
        let (_, documents) = documents(&format!("s: {selector}\n"));
        let mut problems = Problems::default();
        let selector_read = Selector::read(documents[0].get("s"), &mut problems);
        let labels = BTreeMap::from([("app", "gauge"), ("tier", "back")]);
        assert_eq!(selector_read.matches(&labels), matches, "{selector}");
        assert_eq!(problems.invalid, [], "{selector}");
    }
}

#[test]
fn a_selector_that_the_api_refuses_matches_nothing_and_is_told() {
    for selector in [
        "{matchExpressions: [{key: app, operator: In}]}",
        "{matchExpressions: [{key: app, operator: Exists, values: [x]}]}",
        "{matchExpressions: [{key: app, operator: Equals, values: [gauge]}]}",
        "{matchExpressions: [{operator: Exists}]}",
        "{matchLabels: {app: 1}}",
    ] {
        let (_, documents) = documents(&format!("s: {selector}\n"));
        let mut problems = Problems::default();
        let selector_read = Selector::read(documents[0].get("s"), &mut problems);
        assert!(
            !selector_read.matches(&BTreeMap::from([("app", "gauge")])),
            "{selector}"
        );
        assert_eq!(problems.invalid.len(), 1, "{selector}");
    }
}

#[test]
fn templates_are_rendered_as_go_renders_them() {
    let value_of = |path: &[String]| match path.join(".").as_str() {
        "TrustDomain" => Value::Text("brook.example"),
        "PodMeta.Labels.app" => Value::Text("gauge"),
        "PodMeta.Labels.a.b/c" => Value::Text("long"),
        path if path.starts_with("PodMeta.Labels.") => Value::Absent,
        "PodMeta.UID" => Value::Unknown,
        _ => Value::NoField,
    };
    for (template, rendered) in [
        (
            "spiffe://{{.TrustDomain}}/x",
            Ok("spiffe://brook.example/x"),
        ),
        ("{{ .TrustDomain }}", Ok("brook.example")),
        ("a {{- .TrustDomain -}} b", Ok("abrook.exampleb")),
        ("{{ $.TrustDomain }}", Ok("brook.example")),
        ("a{{/* no */}}b", Ok("ab")),
        ("{{ \"a}}b\" }}", Ok("a}}b")),
        ("{{ .PodMeta.Labels.app }}", Ok("gauge")),
        ("{{ index .PodMeta.Labels \"a.b/c\" }}", Ok("long")),
        ("{{ index .PodMeta.Labels \"none\" }}|", Ok("|")),
        ("{{ .PodMeta.Labels.none }}", Ok("<no value>")),
        ("x/{{ .PodMeta.UID }}", Ok("x/{{ .PodMeta.UID }}")),
        ("no action", Ok("no action")),
        ("{{ .Nothing }}", Err(())),
        ("{{ .PodMeta.Labels.app | upper }}", Err(())),
        ("{{ if .TrustDomain }}x{{ end }}", Err(())),
        ("{{ printf \"%s\" .TrustDomain }}", Err(())),
        ("{{ .TrustDomain", Err(())),
        ("{{ }}", Err(())),
        ("{{ . }}", Err(())),
    ] {
        let result = template::parse(template)
            .and_then(|parts: Vec<Part>| template::render(&parts, value_of));
        assert_eq!(result.as_deref().map_err(|_| ()), rendered, "{template}");
    }
}

#[test]
fn pods_are_given_the_identities_whose_selectors_match_them() {
    let outcome = outcome(FLEET).sound();
    assert_eq!(
        outcome.ids("gauge/gauge"),
        [
            "spiffe://brook.example/ns/brook/sa/gauge-account",
            "spiffe://brook.example/west/gauge",
        ]
    );
    // Of a container that the selectors of workloads name.
    assert_eq!(
        outcome.ids("gauge/sidecar"),
        ["spiffe://brook.example/ns/brook/sa/gauge-account"]
    );
    // A fallback is for whoever has no other.
    assert_eq!(outcome.ids("seed/seed"), ["spiffe://brook.example/anybody"]);
    assert!(outcome.found.issues_identities);
    let spare = &outcome.found.spare_identities;
    let spare: Vec<_> = spare.iter().map(|issued| issued.id.as_str()).collect();
    assert_eq!(spare, ["spiffe://brook.example/services/elsewhere"]);
}

const NO_IDENTITY: &str = "apiVersion: v1
kind: Pod
metadata: {name: gauge, labels: {app: gauge}}
spec:
  serviceAccountName: gauge
  containers: [{name: gauge}]
---
apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata: {name: one}
spec:
  spiffeIDTemplate: spiffe://brook.example/sa/gauge
  podSelector: {matchLabels: {app: APP}}
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
";

#[test]
fn a_pod_that_none_selects_is_told_of_the_nearest() {
    for (app, namespace, place, text) in [
        (
            "gauge",
            "other",
            "14:66",
            "ClusterSPIFFEID `one` does not select the namespace `brook`",
        ),
        (
            "gouge",
            "brook",
            "13:36",
            "ClusterSPIFFEID `one` selects pods by the label `app`",
        ),
    ] {
        let yaml = NO_IDENTITY
            .replace("APP", app)
            .replace("NAMESPACE", namespace);
        let outcome = outcome(&yaml).sound();
        let pod = outcome.workload("gauge/gauge").pod.as_ref().unwrap();
        assert_eq!(pod.issued, []);
        let (span, said) = pod.nearest.as_ref().unwrap();
        assert_eq!(
            (outcome.place(*span).as_str(), said.as_str()),
            (place, text)
        );
    }
    let yaml = NO_IDENTITY
        .replace("APP", "gauge")
        .replace("NAMESPACE", "brook");
    assert_eq!(
        outcome(&yaml).ids("gauge/gauge"),
        ["spiffe://brook.example/sa/gauge"]
    );
}

#[test]
fn what_is_unknown_of_a_template_stays_visible() {
    let (_, documents) = documents(
        &NO_IDENTITY
            .replace("APP", "gauge")
            .replace("NAMESPACE", "brook")
            .replace("brook.example", "{{ .TrustDomain }}"),
    );
    let found = workloads(
        documents,
        &Options {
            trust_domain: None,
            ..OPTIONS
        },
    );
    let pod = found.workloads[0].pod.as_ref().unwrap();
    assert_eq!(pod.issued[0].id, "spiffe://{{ .TrustDomain }}/sa/gauge");
}

#[test]
fn what_the_api_refuses_is_told_at_its_place() {
    let outcome = outcome(include_str!(
        "../../../tests/fixtures/kubernetes/refused.yaml"
    ));
    insta::assert_debug_snapshot!(outcome.invalid());
    let unsupported: Vec<_> = outcome
        .found
        .unsupported
        .iter()
        .map(|problem| format!("{} {}", outcome.place(problem.span), problem.message))
        .collect();
    insta::assert_debug_snapshot!(unsupported);
}

#[test]
fn equal_names_of_workloads_are_told_apart() {
    let pod = |kind: &str, namespace: &str, version: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a, namespace: {namespace}}}\nspec:\n  template:\n    spec:\n      containers: [{{name: a}}, {{name: a}}]\n---\n"
        )
    };
    let outcome = outcome(&(pod("Job", "x", "batch/v1") + &pod("Job", "z", "batch/v1")));
    assert_eq!(
        outcome.names(),
        ["a/a", "job/a/a", "z/job/a/a", "z/job/a/a#2"]
    );
}

proptest! {
    #[test]
    fn any_manifest_is_read(text in "[-a-z{}\\[\\]:,\\n \"$()|?.#&*!]{0,200}") {
        let yaml = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    env: {text}\n");
        let (_, documents) = documents(&yaml);
        workloads(documents, &OPTIONS);
    }

    #[test]
    fn any_template_is_read(text in "[-{}. a-zA-Z\"`$|]{0,60}") {
        if let Ok(parts) = template::parse(&text) {
            let _ = template::render(&parts, |_| Value::Unknown);
        }
    }
}
