//! The store and the logins in a namespace of a cluster, as `kubectl` tells them.
//!
//! The variables of a workload are those that the deployment's files say. What it logs in with is taken from the Secrets and the ConfigMaps
//! that its running pod mounts, and the store is reached by `kubectl port-forward`.

mod forward;
mod pod;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use kvguard::policy::DeploymentKind;
use kvguard::resolve::{ResolvedWorkload, is_loopback};
use kvguard_runtime::contract::Contract;
use kvguard_runtime::contract::syntax::Address;
use tokio::sync::{Mutex, OnceCell};

use super::{FILE_BYTES, Reached, Running};
use crate::live::failure::Failure;
use crate::live::program::Program;
use crate::live::target::Target;
use forward::Forward;
use pod::{Object, Pods, Source};

/// A namespace of a cluster.
pub(super) struct Namespace {
    name: String,
    pods: Pods,
    /// The variables by which services find their store.
    names: Vec<String>,
    objects: Once<(&'static str, String), Object>,
    forwards: Once<Called, Forward>,
}

/// Things that are made once, when they are asked for first.
type Once<K, T> = Mutex<BTreeMap<K, Arc<OnceCell<T>>>>;

/// What is called: a pod or a Service, its namespace, and the port.
type Called = (String, String, u16);

impl Namespace {
    /// The namespace of this name.
    pub(super) async fn find(target: &Target, name: &str) -> Result<Self, Failure> {
        let kind = target.deployment().policy.kind();
        if !matches!(
            kind,
            DeploymentKind::Helm | DeploymentKind::Kubernetes | DeploymentKind::Kustomize
        ) {
            return Err(Failure::BadPlace(format!(
                "--from-kubectl looks into a cluster, and the deployment `{}` is in none; name one that is with --deployment",
                target.deployment().name()
            )));
        }
        let program = kubectl(name, ["get", "pods", "--output=json"]);
        let printed = program.output().await?;
        let pods = Pods::read(&printed).map_err(|error| program.not_understood(&error))?;
        let contract: &Contract = &target.model().policy.contract;
        Ok(Self {
            name: name.to_owned(),
            pods,
            names: contract.names().into_iter().map(str::to_owned).collect(),
            objects: Mutex::default(),
            forwards: Mutex::default(),
        })
    }

    /// A Secret or a ConfigMap, asked for once.
    async fn object(
        &self,
        kind: &'static str,
        name: &str,
    ) -> Result<Arc<OnceCell<Object>>, String> {
        let cell = {
            let mut objects = self.objects.lock().await;
            Arc::clone(objects.entry((kind, name.to_owned())).or_default())
        };
        let read = || async {
            let program = kubectl(&self.name, ["get", kind, name, "--output=json"]);
            let printed = program.output().await.map_err(|error| error.to_string())?;
            Object::read(&printed).map_err(|error| program.not_understood(&error).to_string())
        };
        cell.get_or_try_init(read).await?;
        Ok(cell)
    }

    /// A port of this machine that leads to something in the cluster.
    async fn forwarded(&self, target: Called) -> Result<u16, String> {
        let cell = {
            let mut forwards = self.forwards.lock().await;
            Arc::clone(forwards.entry(target.clone()).or_default())
        };
        let (what, namespace, port) = target;
        let begin = || async {
            Forward::begin(&namespace, &what, port)
                .await
                .map_err(|error| error.to_string())
        };
        Ok(cell.get_or_try_init(begin).await?.port())
    }
}

impl Running for Namespace {
    fn variables(&self, workload: &ResolvedWorkload) -> Result<BTreeMap<String, String>, String> {
        self.pods.of(workload)?;
        let mut variables = BTreeMap::new();
        for name in &self.names {
            let Some(variable) = workload.variable(name) else {
                continue;
            };
            let text = variable.text().ok_or_else(|| {
                format!(
                    "the deployment's files do not tell what its variable `{name}` is, by which it finds its store; set it in a file that is no Secret"
                )
            })?;
            variables.insert(name.clone(), text.to_owned());
        }
        Ok(variables)
    }

    async fn file(&self, workload: &ResolvedWorkload, path: &str) -> Result<Vec<u8>, String> {
        let mounted = self.pods.mounted(workload, path)?;
        let (kind, name, key) = match &mounted {
            Source::Secret { name, key } => ("secret", name, key),
            Source::ConfigMap { name, key } => ("configmap", name, key),
        };
        let cell = self.object(kind, name).await?;
        let bytes = cell.get().and_then(|object| object.bytes(key));
        let bytes = bytes.ok_or_else(|| {
            format!(
                "its file `{path}` is the key `{key}` of the {kind} `{name}`, which has no such key; `kubectl --namespace={} describe {kind} {name}` lists its keys",
                self.name
            )
        })??;
        if bytes.len() > FILE_BYTES {
            return Err(format!(
                "its file `{path}` is longer than {FILE_BYTES} bytes, which no certificate and no key is"
            ));
        }
        Ok(bytes)
    }

    async fn reach(
        &self,
        workload: &ResolvedWorkload,
        called: &Address,
    ) -> Result<Option<Reached>, String> {
        let host = called.host.as_str();
        let target = if is_loopback(host) {
            let pod = self.pods.of(workload)?;
            Some((format!("pod/{}", pod.name()), self.name.clone()))
        } else {
            in_cluster(host, &self.name)
        };
        let Some((what, namespace)) = target else {
            return Ok(None);
        };
        let found = format!("`{what}` in the namespace `{namespace}`");
        let port = self.forwarded((what, namespace, called.port)).await?;
        Ok(Some(Reached {
            address: format!("127.0.0.1:{port}"),
            found,
        }))
    }
}

/// What a name in a cluster stands for, and its namespace; `None`: it is a name outside.
fn in_cluster(host: &str, namespace: &str) -> Option<(String, String)> {
    let host = host.trim_end_matches('.');
    if host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let within = host.strip_suffix(".cluster.local").unwrap_or(host);
    let (within, is_qualified) = match within.strip_suffix(".svc") {
        Some(rest) => (rest, true),
        None => (within, false),
    };
    let parts: Vec<&str> = within.split('.').collect();
    match (parts.as_slice(), is_qualified) {
        ([service], false) => Some((format!("service/{service}"), namespace.to_owned())),
        ([service, own], _) => Some((format!("service/{service}"), (*own).to_owned())),
        // A pod of a StatefulSet, by its Service.
        ([pod, _, own], true) => Some((format!("pod/{pod}"), (*own).to_owned())),
        _ => None,
    }
}

fn kubectl<const COUNT: usize>(namespace: &str, arguments: [&str; COUNT]) -> Program {
    Program::new("kubectl")
        .args([format!("--namespace={namespace}")])
        .args(arguments)
}
