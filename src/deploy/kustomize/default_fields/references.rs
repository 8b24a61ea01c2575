//! The fields by which objects name others.

use super::super::configuration::{BackReference, FieldSpecs};
use super::{gvk, in_pods, spec};

/// The kinds whose pods' config maps and secrets are renamed.
const WITH_DATA: [&str; 8] = [
    "Pod",
    "PodTemplate",
    "Deployment",
    "ReplicaSet",
    "DaemonSet",
    "StatefulSet",
    "Job",
    "CronJob",
];

/// The kinds whose pods' accounts, claims and priority classes are renamed.
const WITH_ACCOUNT: [&str; 7] = [
    "Pod",
    "StatefulSet",
    "Deployment",
    "ReplicationController",
    "CronJob",
    "Job",
    "DaemonSet",
];

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// All of them.
pub(super) fn references() -> Vec<BackReference> {
    let list = |kind: &str, referrers: FieldSpecs| BackReference {
        gvk: gvk(kind),
        referrers,
    };
    let fields = |fields: &[(&str, &str)]| -> FieldSpecs {
        fields
            .iter()
            .map(|(kind, path)| spec(kind, path, false))
            .collect()
    };
    let scaled = || fields(&[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]);
    let mut references: Vec<BackReference> = [
        "Deployment",
        "ReplicationController",
        "ReplicaSet",
        "StatefulSet",
    ]
    .into_iter()
    .map(|kind| list(kind, scaled()))
    .collect();
    references.push(list("/v1/ConfigMap", config_maps()));
    references.push(list("/v1/Secret", secrets()));
    references.push(list("/v1/Service", services()));
    let role_ref = |kind: &str| spec(&format!("{RBAC}//{kind}"), "roleRef/name", false);
    references.push(list(
        &format!("{RBAC}//Role"),
        vec![role_ref("RoleBinding")],
    ));
    let bindings = vec![role_ref("RoleBinding"), role_ref("ClusterRoleBinding")];
    references.push(list(&format!("{RBAC}//ClusterRole"), bindings));
    let mut accounts = in_pods(&WITH_ACCOUNT, &["serviceAccountName"]);
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        accounts.push(spec(&format!("{RBAC}//{kind}"), "subjects", false));
    }
    references.push(list("/v1/ServiceAccount", accounts));
    let claims = in_pods(&WITH_ACCOUNT, &["volumes/persistentVolumeClaim/claimName"]);
    references.push(list("/v1/PersistentVolumeClaim", claims));
    references.push(list(
        "/v1/PersistentVolume",
        fields(&[
            ("PersistentVolumeClaim", "spec/volumeName"),
            ("ClusterRole", "rules/resourceNames"),
        ]),
    ));
    references.push(list(
        "storage.k8s.io/v1/StorageClass",
        fields(&[
            ("PersistentVolume", "spec/storageClassName"),
            ("PersistentVolumeClaim", "spec/storageClassName"),
            (
                "StatefulSet",
                "spec/volumeClaimTemplates/spec/storageClassName",
            ),
        ]),
    ));
    let priorities = in_pods(&WITH_ACCOUNT, &["priorityClassName"]);
    references.push(list("scheduling.k8s.io/v1/PriorityClass", priorities));
    // The group of an IngressClass is written with its version, so that it names none.
    references.push(list(
        "networking.k8s.io/v1/v1/IngressClass",
        fields(&[("Ingress", "spec/ingressClassName")]),
    ));
    let policy_binding = format!("{ADMISSION}//ValidatingAdmissionPolicyBinding");
    references.push(list(
        &format!("{ADMISSION}//ValidatingAdmissionPolicy"),
        fields(&[(&policy_binding, "spec/policyName")]),
    ));
    references
}

fn config_maps() -> FieldSpecs {
    let mut specs = in_pods(
        &WITH_DATA,
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
    );
    specs.extend([
        spec("Node", "spec/configSource/configMap", false),
        spec("Role", "rules/resourceNames", false),
        spec("ClusterRole", "rules/resourceNames", false),
        spec(
            "Ingress",
            r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
            false,
        ),
    ]);
    specs
}

fn secrets() -> FieldSpecs {
    let mut specs = in_pods(
        &WITH_DATA,
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
    );
    for annotation in [
        r"ingress.kubernetes.io\/auth-secret",
        r"nginx.ingress.kubernetes.io\/auth-secret",
        r"nginx.ingress.kubernetes.io\/auth-tls-secret",
    ] {
        specs.push(spec(
            "Ingress",
            &format!("metadata/annotations/{annotation}"),
            false,
        ));
    }
    for parameter in [
        "secretName",
        "adminSecretName",
        "userSecretName",
        "secretRef",
    ] {
        specs.push(spec(
            "StorageClass",
            &format!("parameters/{parameter}"),
            false,
        ));
    }
    specs.extend([
        spec("Ingress", "spec/tls/secretName", false),
        spec("ServiceAccount", "imagePullSecrets/name", false),
        spec("Role", "rules/resourceNames", false),
        spec("ClusterRole", "rules/resourceNames", false),
        spec(
            "serving.knative.dev/v1/Service",
            "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
            false,
        ),
        spec("PersistentVolume", "spec/azureFile/secretName", false),
    ]);
    specs
}

fn services() -> FieldSpecs {
    let mut specs = vec![
        spec("apps//StatefulSet", "spec/serviceName", false),
        spec(
            "apiregistration.k8s.io//APIService",
            "spec/service/name",
            false,
        ),
    ];
    for path in [
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
    ] {
        specs.push(spec("Ingress", path, false));
    }
    for kind in [
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ] {
        specs.push(spec(
            &format!("{ADMISSION}//{kind}"),
            "webhooks/clientConfig/service",
            false,
        ));
    }
    specs
}
