//! Which reader reads which kind of deployment.

use super::{Failure, Workloads};
use crate::inputs::Inputs;
use crate::policy::{
    ClusterPolicy, ComposePolicy, DeploymentPolicy, HelmPolicy, KindPolicy, Policy,
};

/// Reads a deployment's workloads. What could not be looked at is added to the failures.
pub fn read(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    policy: &Policy,
    failures: &mut Vec<Failure>,
) -> Workloads {
    let watched = policy.contract.names();
    let (mut found, failed) = match &deployment.of_kind {
        KindPolicy::Compose(own) => compose(inputs, deployment, own),
        KindPolicy::Helm(own, cluster) => helm(inputs, deployment, own, cluster, &watched),
        KindPolicy::Kubernetes(cluster) => kubernetes(inputs, deployment, cluster, &watched),
        KindPolicy::Kustomize(cluster) => kustomize(inputs, deployment, cluster, &watched),
        KindPolicy::Systemd => systemd(inputs, deployment, policy),
    };
    failures.extend(failed);
    super::command::apply(&mut found.workloads, inputs.sources_mut());
    found
}

#[cfg(feature = "compose")]
fn compose(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    own: &ComposePolicy,
) -> (Workloads, Vec<Failure>) {
    let options = super::compose::Options {
        files: &deployment.files,
        interpolation_files: &own.interpolation_files,
        variables: &own.environment,
        profiles: own.profiles.as_deref(),
    };
    super::compose::read(inputs, &options)
}

#[cfg(not(feature = "compose"))]
fn compose(
    _: &mut Inputs,
    deployment: &DeploymentPolicy,
    _: &ComposePolicy,
) -> (Workloads, Vec<Failure>) {
    lacks_feature(deployment, "compose")
}

#[cfg(feature = "kubernetes")]
fn kubernetes(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    cluster: &ClusterPolicy,
    watched: &[&str],
) -> (Workloads, Vec<Failure>) {
    super::kubernetes::read(
        inputs,
        &deployment.files,
        &in_cluster(deployment, cluster, watched),
    )
}

#[cfg(feature = "kubernetes")]
fn in_cluster<'a>(
    deployment: &'a DeploymentPolicy,
    cluster: &'a ClusterPolicy,
    watched: &'a [&'a str],
) -> super::kubernetes::Options<'a> {
    super::kubernetes::Options {
        namespace: deployment.namespace(),
        trust_domain: deployment
            .trust_domain
            .as_ref()
            .map(|stated| stated.value.as_str()),
        cluster_name: cluster.name.as_deref(),
        has_hooks: matches!(deployment.of_kind, KindPolicy::Helm(..)),
        secrets: &cluster.secrets,
        spire: Some(&cluster.spire),
        watched,
    }
}

#[cfg(not(feature = "kubernetes"))]
fn kubernetes(
    _: &mut Inputs,
    deployment: &DeploymentPolicy,
    _: &ClusterPolicy,
    _: &[&str],
) -> (Workloads, Vec<Failure>) {
    lacks_feature(deployment, "kubernetes")
}

/// A chart is rendered first; from there on its documents are manifests.
#[cfg(feature = "helm")]
fn helm(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    own: &HelmPolicy,
    cluster: &ClusterPolicy,
    watched: &[&str],
) -> (Workloads, Vec<Failure>) {
    let [chart] = deployment.files.as_slice() else {
        // Refused when the policy was read.
        return (Workloads::default(), Vec::new());
    };
    let options = super::helm::Options {
        chart,
        values_files: &own.values_files,
        set: &own.set,
        release_name: own.release.as_deref().unwrap_or(&deployment.name.value),
        namespace: deployment.namespace().unwrap_or("default"),
        kube_version: own.kube_version.as_deref(),
        api_versions: &own.api_versions,
    };
    let (rendered, failures) = super::helm::render(inputs, &options);
    let mut found = super::kubernetes::workloads(
        rendered.documents,
        &in_cluster(deployment, cluster, watched),
    );
    // A values file that could not be read may set any variable.
    for workload in &mut found.workloads {
        workload.is_unread = !failures.is_empty();
    }
    found.printed = rendered.printed;
    if rendered.is_partial {
        found.lost.push(super::Lost::default());
    }
    found.is_partial = rendered.is_partial || !rendered.unsupported.is_empty();
    found.malformed.extend(rendered.malformed);
    found.invalid.extend(rendered.invalid);
    found.unsupported.extend(rendered.unsupported);
    (found, failures)
}

#[cfg(not(feature = "helm"))]
fn helm(
    _: &mut Inputs,
    deployment: &DeploymentPolicy,
    _: &HelmPolicy,
    _: &ClusterPolicy,
    _: &[&str],
) -> (Workloads, Vec<Failure>) {
    lacks_feature(deployment, "helm")
}

/// An overlay is rendered first; from there on its documents are manifests.
#[cfg(feature = "kustomize")]
fn kustomize(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    cluster: &ClusterPolicy,
    watched: &[&str],
) -> (Workloads, Vec<Failure>) {
    let [directory] = deployment.files.as_slice() else {
        // Refused when the policy was read.
        return (Workloads::default(), Vec::new());
    };
    let (rendered, failures) = super::kustomize::render(inputs, directory);
    let mut found = super::kubernetes::workloads(
        rendered.documents,
        &in_cluster(deployment, cluster, watched),
    );
    found.removed = rendered.removed;
    // A generator that kvguard does not run, a resource that is no manifest.
    found.is_partial = !rendered.unsupported.is_empty() || !rendered.invalid.is_empty();
    found.malformed.extend(rendered.malformed);
    found.invalid.extend(rendered.invalid);
    found.unsupported.extend(rendered.unsupported);
    (found, failures)
}

#[cfg(not(feature = "kustomize"))]
fn kustomize(
    _: &mut Inputs,
    deployment: &DeploymentPolicy,
    _: &ClusterPolicy,
    _: &[&str],
) -> (Workloads, Vec<Failure>) {
    lacks_feature(deployment, "kustomize")
}

#[cfg(feature = "systemd")]
fn systemd(
    inputs: &mut Inputs,
    deployment: &DeploymentPolicy,
    policy: &Policy,
) -> (Workloads, Vec<Failure>) {
    let path_map = |target: &str| policy.map_path(&deployment.name.value, target);
    let options = super::systemd::Options {
        units: &deployment.files,
        path_map: &path_map,
    };
    super::systemd::read(inputs, &options)
}

#[cfg(not(feature = "systemd"))]
fn systemd(_: &mut Inputs, deployment: &DeploymentPolicy, _: &Policy) -> (Workloads, Vec<Failure>) {
    lacks_feature(deployment, "systemd")
}

/// A kind whose reader was left out of the build cannot be checked.
#[cfg(not(all(
    feature = "compose",
    feature = "helm",
    feature = "kubernetes",
    feature = "kustomize",
    feature = "systemd"
)))]
fn lacks_feature(deployment: &DeploymentPolicy, feature: &str) -> (Workloads, Vec<Failure>) {
    let message = format!(
        "deployment `{}` is of the kind `{feature}`, which this build of kvguard leaves out; turn its feature on: kvguard = {{ version = \"{}\", features = [\"{feature}\"] }}",
        deployment.name.value,
        env!("CARGO_PKG_VERSION")
    );
    (
        Workloads::default(),
        vec![Failure::new(message, Some(deployment.kind_span))],
    )
}
