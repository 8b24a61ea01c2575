//! The fields that kustomize's transformers write without being told.

mod references;

use super::configuration::{Configuration, FieldSpecs};
use super::field_path::FieldSpec;
use super::resource::Gvk;
use references::references;

/// The kinds of objects that run pods, and where the pod's specification is.
const PODS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// The kinds in whose pods variables are replaced.
const WITH_VARIABLES: [&str; 7] = [
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "StatefulSet",
];

/// A kind as `group/version/Kind`, either of the first two empty if it does not count.
fn gvk(text: &str) -> Gvk {
    let mut parts = text.rsplit('/');
    let kind = parts.next().unwrap_or_default().to_owned();
    let version = parts.next().unwrap_or_default().to_owned();
    let group: Vec<&str> = parts.collect();
    let group = group.into_iter().rev().collect::<Vec<_>>().join("/");
    Gvk {
        group,
        version,
        kind,
    }
}

fn spec(kind: &str, path: &str, create: bool) -> FieldSpec {
    FieldSpec::new(gvk(kind), path, create)
}

/// Fields of the pods of some kinds.
fn in_pods(kinds: &[&str], paths: &[&str]) -> FieldSpecs {
    let mut specs = FieldSpecs::new();
    for (kind, pod) in PODS {
        if kinds.contains(&kind) {
            for path in paths {
                specs.push(spec(kind, &format!("{pod}/{path}"), false));
            }
        }
    }
    specs
}

pub fn configuration() -> Configuration {
    let mut configuration = Configuration {
        name_prefix: vec![spec("", "metadata/name", false)],
        name_suffix: vec![spec("", "metadata/name", false)],
        namespace: vec![
            spec("Namespace", "metadata/name", true),
            spec(
                "apiregistration.k8s.io//APIService",
                "spec/service/namespace",
                true,
            ),
            spec(
                "apiextensions.k8s.io//CustomResourceDefinition",
                "spec/conversion/webhook/clientConfig/service/namespace",
                false,
            ),
        ],
        common_labels: selectors(),
        labels: FieldSpecs::new(),
        template_labels: metadata_labels(),
        common_annotations: annotations(),
        name_reference: references(),
        var_reference: variables(),
        images: ["spec", "spec/template/spec"]
            .iter()
            .flat_map(|pod| {
                ["containers", "initContainers"].map(|list| format!("{pod}/{list}[]/image"))
            })
            .map(|path| spec("", &path, true))
            .collect(),
        replicas: [
            "Deployment",
            "ReplicationController",
            "ReplicaSet",
            "StatefulSet",
        ]
        .map(|kind| spec(kind, "spec/replicas", true))
        .to_vec(),
    };
    configuration.common_labels.extend(metadata_labels());
    configuration
}

fn selectors() -> FieldSpecs {
    let mut specs = vec![
        spec("/v1/Service", "spec/selector", true),
        spec("/v1/ReplicationController", "spec/selector", true),
        spec("Deployment", "spec/selector/matchLabels", true),
        spec("ReplicaSet", "spec/selector/matchLabels", true),
        spec("DaemonSet", "spec/selector/matchLabels", true),
        spec("apps//StatefulSet", "spec/selector/matchLabels", true),
        spec("batch//Job", "spec/selector/matchLabels", false),
        spec(
            "batch//CronJob",
            "spec/jobTemplate/spec/selector/matchLabels",
            false,
        ),
        spec(
            "policy//PodDisruptionBudget",
            "spec/selector/matchLabels",
            false,
        ),
    ];
    for path in [
        "podSelector",
        "ingress/from/podSelector",
        "egress/to/podSelector",
    ] {
        let path = format!("spec/{path}/matchLabels");
        specs.push(spec("networking.k8s.io//NetworkPolicy", &path, false));
    }
    for kind in ["apps//Deployment", "apps//StatefulSet"] {
        for affinity in ["podAffinity", "podAntiAffinity"] {
            for term in [
                "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
                "requiredDuringSchedulingIgnoredDuringExecution",
            ] {
                let path = format!(
                    "spec/template/spec/affinity/{affinity}/{term}/labelSelector/matchLabels"
                );
                specs.push(spec(kind, &path, false));
            }
        }
        let path = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels";
        specs.push(spec(kind, path, false));
    }
    specs
}

fn metadata_labels() -> FieldSpecs {
    vec![
        spec("", "metadata/labels", true),
        spec(
            "/v1/ReplicationController",
            "spec/template/metadata/labels",
            true,
        ),
        spec("Deployment", "spec/template/metadata/labels", true),
        spec("ReplicaSet", "spec/template/metadata/labels", true),
        spec("DaemonSet", "spec/template/metadata/labels", true),
        spec("apps//StatefulSet", "spec/template/metadata/labels", true),
        spec(
            "apps//StatefulSet",
            "spec/volumeClaimTemplates[]/metadata/labels",
            true,
        ),
        spec("batch//Job", "spec/template/metadata/labels", true),
        spec("batch//CronJob", "spec/jobTemplate/metadata/labels", true),
        spec(
            "batch//CronJob",
            "spec/jobTemplate/spec/template/metadata/labels",
            true,
        ),
    ]
}

fn annotations() -> FieldSpecs {
    vec![
        spec("", "metadata/annotations", true),
        spec(
            "/v1/ReplicationController",
            "spec/template/metadata/annotations",
            true,
        ),
        spec("Deployment", "spec/template/metadata/annotations", true),
        spec("ReplicaSet", "spec/template/metadata/annotations", true),
        spec("DaemonSet", "spec/template/metadata/annotations", true),
        spec("StatefulSet", "spec/template/metadata/annotations", true),
        spec("batch//Job", "spec/template/metadata/annotations", true),
        spec(
            "batch//CronJob",
            "spec/jobTemplate/metadata/annotations",
            true,
        ),
        spec(
            "batch//CronJob",
            "spec/jobTemplate/spec/template/metadata/annotations",
            true,
        ),
    ]
}

fn variables() -> FieldSpecs {
    let mut paths = Vec::new();
    for list in ["containers", "initContainers"] {
        for field in ["args", "command", "env/value", "volumeMounts/mountPath"] {
            paths.push(format!("{list}/{field}"));
        }
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut specs = in_pods(&WITH_VARIABLES, &paths);
    let servers = ["DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet"];
    specs.extend(in_pods(&servers, &["volumes/nfs/server"]));
    specs.extend([
        spec(
            "CronJob",
            "spec/jobTemplate/spec/template/volumes/nfs/server",
            false,
        ),
        spec("Deployment", "spec/template/metadata/annotations", false),
        spec("Ingress", "spec/rules/host", false),
        spec("Ingress", "spec/tls/hosts", false),
        spec("Ingress", "spec/tls/secretName", false),
        spec("Service", "spec/ports/port", false),
        spec("Service", "spec/ports/targetPort", false),
        spec(
            "StatefulSet",
            "spec/volumeClaimTemplates/spec/nfs/server",
            false,
        ),
        spec("PersistentVolume", "spec/nfs/server", false),
        spec("", "metadata/labels", false),
        spec("", "metadata/annotations", false),
    ]);
    specs
}
