//! `.Capabilities`: what a chart is told of the cluster.

use super::Options;
use super::functions::semver::Version;
use super::objects::Object;
use super::template::value::Value;

/// The version of Kubernetes that Helm assumes where none is named.
const KUBE_VERSION: &str = "v1.32.0";

/// The versions of APIs that Helm assumes.
const API_VERSIONS: [&str; 56] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1alpha1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1alpha1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// The version of Kubernetes, and the object that templates see; none if the version is none.
pub(super) fn read(options: &Options<'_>) -> Option<(Version, Value)> {
    let version = Version::parse(options.kube_version.unwrap_or(KUBE_VERSION))?;
    let kube_version = Object::KubeVersion(
        format!("v{version}"),
        version.major.to_string(),
        version.minor.to_string(),
    );
    let mut all: Vec<String> = API_VERSIONS.iter().map(|&known| known.to_owned()).collect();
    all.extend(options.api_versions.iter().cloned());
    let capabilities = Object::Capabilities {
        kube_version: Value::object(kube_version),
        api_versions: Value::object(Object::ApiVersions(all)),
        helm_version: Value::object(Object::HelmVersion),
    };
    Some((version, Value::object(capabilities)))
}
