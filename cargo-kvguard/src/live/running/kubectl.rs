//! Pods, asked of kubectl.

use std::time::SystemTime;

use serde::Deserialize;

use super::log::Log;
use super::{Handle, Unit, Watched, ask, nothing_runs};
use crate::live::failure::Failure;

/// The pods of a namespace.
#[derive(Debug)]
pub struct Kubectl {
    namespace: Option<String>,
    since: SystemTime,
}

#[derive(Deserialize)]
struct Pods {
    items: Vec<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    owner_references: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    container_statuses: Vec<Container>,
    #[serde(default)]
    init_container_statuses: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    #[serde(default)]
    ready: bool,
    #[serde(default)]
    restart_count: u64,
    #[serde(default)]
    image: String,
    #[serde(default, rename = "imageID")]
    image_id: String,
}

impl Kubectl {
    pub(super) fn new(namespace: Option<String>, since: SystemTime) -> Self {
        Self { namespace, since }
    }

    /// The words that name the namespace. Without one kubectl takes that of its context.
    fn namespace(&self) -> Vec<&str> {
        let namespace = self.namespace.as_deref();
        namespace.map_or_else(Vec::new, |namespace| vec!["--namespace", namespace])
    }

    pub(super) async fn units(&self, watched: &[Watched]) -> Result<Vec<Unit>, Failure> {
        let mut words = vec!["get", "pods", "--output", "json"];
        words.extend(self.namespace());
        let told = ask("kubectl", &words).await?;
        let pods: Pods = serde_json::from_slice(&told.output).map_err(|error| {
            Failure::Other(format!(
                "what `kubectl get pods` printed is not understood: {error}"
            ))
        })?;
        let mut units = Vec::new();
        for watched in watched {
            let before = units.len();
            for workload in &watched.workloads {
                // A workload is `<object>/<container>`.
                let (object, name) = workload.rsplit_once('/').unwrap_or((workload, workload));
                for pod in pods.items.iter().filter(|pod| pod.object() == object) {
                    let Status {
                        container_statuses,
                        init_container_statuses,
                    } = &pod.status;
                    let all = container_statuses.iter().chain(init_container_statuses);
                    let own = all.filter(|container| container.name == name);
                    units.extend(own.map(|container| container.unit(&watched.service, pod)));
                }
            }
            if units.len() == before {
                let looked_for = format!(
                    "no pod of `{}` is in {}; name the namespace with --logs kubectl:NAMESPACE",
                    watched.workloads.join("` or `"),
                    match &self.namespace {
                        Some(namespace) => format!("namespace `{namespace}`"),
                        None => "the namespace of kubectl's context".to_owned(),
                    }
                );
                return Err(nothing_runs(&watched.service, &looked_for));
            }
        }
        Ok(units)
    }

    pub(super) async fn log(
        &self,
        pod: &str,
        container: &str,
        was_restarted: bool,
    ) -> Result<Log, Failure> {
        let since = humantime::format_rfc3339_seconds(self.since).to_string();
        let since = format!("--since-time={since}");
        let mut words = vec![
            "logs",
            pod,
            "--container",
            container,
            "--timestamps",
            &since,
        ];
        words.extend(self.namespace());
        let told = ask("kubectl", &words).await?;
        let log = Log::timed(&told.output);
        if !was_restarted {
            return Ok(log);
        }
        // The container before this one may have logged the line and ended with it.
        words.push("--previous");
        let before = ask("kubectl", &words).await?;
        Ok(Log::timed(&before.output).with(log))
    }
}

impl Pod {
    /// The name of the object that made it.
    fn object(&self) -> &str {
        let Some(owner) = self.metadata.owner_references.first() else {
            return &self.metadata.name;
        };
        match owner.kind.as_str() {
            // A Deployment names its ReplicaSets, and a CronJob its Jobs, with one more part.
            "ReplicaSet" => without_last_part(&owner.name),
            "Job" => {
                let shorter = without_last_part(&owner.name);
                let last = owner.name.get(shorter.len() + 1..).unwrap_or_default();
                let is_scheduled =
                    last.len() >= 8 && last.bytes().all(|byte| byte.is_ascii_digit());
                if is_scheduled { shorter } else { &owner.name }
            }
            _ => &owner.name,
        }
    }
}

fn without_last_part(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(shorter, _)| shorter)
}

impl Container {
    fn unit(&self, service: &str, pod: &Pod) -> Unit {
        let pod = &pod.metadata.name;
        let handle = Handle::Pod {
            pod: pod.clone(),
            container: self.name.clone(),
            was_restarted: self.restart_count > 0,
        };
        let mut unit = Unit::new(
            service,
            format!("container {} of pod {pod}", self.name),
            handle,
        );
        unit.image = Some(format!("{} ({})", self.image, self.image_id));
        unit.restarts = Some(self.restart_count);
        unit.unready = (!self.ready).then(|| "is not ready".to_owned());
        unit
    }
}

#[cfg(test)]
mod tests {
    use super::Pod;

    #[test]
    fn a_pod_is_known_by_the_object_that_made_it() {
        for (name, kind, owner, object) in [
            (
                "trapd-6d4cf56db6-x7k2p",
                "ReplicaSet",
                "trapd-6d4cf56db6",
                "trapd",
            ),
            ("store-0", "StatefulSet", "store", "store"),
            ("sync-29012345-abcde", "Job", "sync-29012345", "sync"),
            ("import-once-abcde", "Job", "import-once", "import-once"),
        ] {
            let text = format!(
                r#"{{"metadata": {{"name": "{name}", "ownerReferences": [{{"kind": "{kind}", "name": "{owner}"}}]}}}}"#
            );
            let pod: Pod = serde_json::from_str(&text).unwrap();
            assert_eq!(pod.object(), object);
        }
        let alone: Pod = serde_json::from_str(r#"{"metadata": {"name": "alone-1"}}"#).unwrap();
        assert_eq!(alone.object(), "alone-1");
    }
}
