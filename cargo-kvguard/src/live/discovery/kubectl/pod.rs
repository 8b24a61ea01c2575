//! Pods as `kubectl get` describes them, and which Secrets and ConfigMaps their files come from.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvguard::resolve::ResolvedWorkload;
use serde::Deserialize;

/// The pods of a namespace.
#[derive(Debug, Deserialize)]
pub(super) struct Pods {
    items: Vec<Pod>,
}

/// A pod.
#[derive(Debug, Deserialize)]
pub(super) struct Pod {
    metadata: Metadata,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    owner_references: Vec<Owner>,
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    phase: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Vec<Container>,
    #[serde(default)]
    volumes: Vec<Volume>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    #[serde(default)]
    volume_mounts: Vec<Mount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mount {
    name: String,
    #[serde(rename = "mountPath")]
    path: String,
    sub_path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    secret: Option<SecretVolume>,
    config_map: Option<Projection>,
    projected: Option<Projected>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretVolume {
    secret_name: String,
    items: Option<Vec<Item>>,
}

#[derive(Debug, Deserialize)]
struct Projection {
    name: String,
    items: Option<Vec<Item>>,
}

#[derive(Debug, Deserialize)]
struct Projected {
    #[serde(default)]
    sources: Vec<ProjectedSource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectedSource {
    secret: Option<Projection>,
    config_map: Option<Projection>,
}

#[derive(Debug, Deserialize)]
struct Item {
    key: String,
    path: String,
}

/// What a file is a key of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A Secret.
    Secret {
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// A ConfigMap.
    ConfigMap {
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
}

impl Pods {
    /// The pods that `kubectl get pods` printed.
    pub(super) fn read(printed: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(printed)
    }

    /// A running pod of a workload.
    pub(super) fn of(&self, workload: &ResolvedWorkload) -> Result<&Pod, String> {
        let Some(own) = &workload.workload.pod else {
            return Err("it runs in no pod".to_owned());
        };
        self.running(&own.object)
    }

    /// A running pod that an object of this name made, or that has this name.
    pub(super) fn running(&self, object: &str) -> Result<&Pod, String> {
        let mut own = self.items.iter().filter(|pod| pod.is_of(object)).peekable();
        let Some(first) = own.peek().copied() else {
            return Err(
                "the namespace has no pod of it; name the one that it runs in: --from-kubectl NAMESPACE"
                    .to_owned(),
            );
        };
        own.find(|pod| pod.is_running()).ok_or_else(|| {
            format!(
                "its pod `{0}` does not run; `kubectl describe pod {0}` may tell why",
                first.name()
            )
        })
    }

    /// What a file of a workload is a key of.
    pub(super) fn mounted(
        &self,
        workload: &ResolvedWorkload,
        path: &str,
    ) -> Result<Source, String> {
        let pod = self.of(workload)?;
        let own = workload.workload.pod.as_ref();
        let container = own.map_or("", |own| own.container.as_str());
        pod.mounted(container, path)
    }
}

impl Pod {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.metadata.name
    }

    fn is_running(&self) -> bool {
        self.status.phase == "Running" && self.metadata.deletion_timestamp.is_none()
    }

    /// Whether an object made it: itself, or by a ReplicaSet, whose name is the object's with a hash.
    fn is_of(&self, object: &str) -> bool {
        let hash = self.metadata.labels.get("pod-template-hash");
        let of_deployment = hash.map(|hash| format!("{object}-{hash}"));
        self.metadata.name == object
            || self
                .metadata
                .owner_references
                .iter()
                .any(|owner| owner.name == object || of_deployment.as_deref() == Some(&owner.name))
    }

    /// What a file that a container sees is a key of.
    pub(super) fn mounted(&self, container: &str, path: &str) -> Result<Source, String> {
        let mut containers = self.spec.containers.iter();
        let container = containers
            .find(|own| own.name == container)
            .ok_or_else(|| format!("its pod `{}` has no container `{container}`", self.name()))?;
        let mounts = container.volume_mounts.iter();
        let below = mounts.filter_map(|mount| Some((mount, mount.below(path)?)));
        let nearest = below.max_by_key(|(mount, _)| mount.path.trim_end_matches('/').len());
        let Some((mount, in_mount)) = nearest else {
            return Err(format!(
                "its file `{path}` is in no volume of its pod `{}`, so that it is not reached from here",
                self.name()
            ));
        };
        let in_volume = match &mount.sub_path {
            Some(sub_path) if in_mount.is_empty() => sub_path.clone(),
            Some(sub_path) => format!("{sub_path}/{in_mount}"),
            None => in_mount.to_owned(),
        };
        let mut volumes = self.spec.volumes.iter();
        let volume = volumes.find(|volume| volume.name == mount.name);
        volume
            .and_then(|volume| volume.source(&in_volume))
            .ok_or_else(|| {
                format!(
                    "its file `{path}` is in the volume `{}` of its pod `{}`, which has it from no Secret and no ConfigMap, so that it is not reached from here",
                    mount.name,
                    self.name()
                )
            })
    }
}

impl Mount {
    /// The rest of a path that is at this mount or below it.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.path.trim_end_matches('/'))?;
        if rest.is_empty() {
            return Some(rest);
        }
        rest.strip_prefix('/')
    }
}

impl Volume {
    fn source(&self, path: &str) -> Option<Source> {
        let secret = |name: &str, items: Option<&[Item]>| {
            Some(Source::Secret {
                name: name.to_owned(),
                key: key(items, path)?,
            })
        };
        let config_map = |projection: &Projection| {
            Some(Source::ConfigMap {
                name: projection.name.clone(),
                key: key(projection.items.as_deref(), path)?,
            })
        };
        if let Some(volume) = &self.secret {
            return secret(&volume.secret_name, volume.items.as_deref());
        }
        if let Some(volume) = &self.config_map {
            return config_map(volume);
        }
        let sources = self.projected.iter().flat_map(|volume| &volume.sources);
        let found: Vec<(Source, bool)> = sources
            .filter_map(|source| match (&source.secret, &source.config_map) {
                (Some(own), _) => Some((
                    secret(&own.name, own.items.as_deref())?,
                    own.items.is_some(),
                )),
                (None, Some(own)) => Some((config_map(own)?, own.items.is_some())),
                (None, None) => None,
            })
            .collect();
        // Of several sources one may have the key without listing it; then it is not known which.
        let listed = found.iter().position(|(_, is_listed)| *is_listed);
        match (listed, found.len()) {
            (Some(position), _) => found.into_iter().nth(position).map(|(source, _)| source),
            (None, 1) => found.into_iter().next().map(|(source, _)| source),
            (None, _) => None,
        }
    }
}

/// The key that is at a path of a volume.
fn key(items: Option<&[Item]>, path: &str) -> Option<String> {
    match items {
        None => (!path.is_empty() && !path.contains('/')).then(|| path.to_owned()),
        Some(items) => {
            let item = items.iter().find(|item| item.path == path)?;
            Some(item.key.clone())
        }
    }
}

/// A Secret or a ConfigMap.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    kind: String,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    binary_data: BTreeMap<String, String>,
}

impl Object {
    /// What `kubectl get` printed.
    pub(super) fn read(printed: &[u8]) -> Result<Self, &'static str> {
        // The parser's own words may hold what a Secret holds.
        serde_json::from_slice(printed).map_err(|_| "it is no object in JSON")
    }

    /// What a key holds, if it has it.
    pub(super) fn bytes(&self, key: &str) -> Option<Result<Vec<u8>, String>> {
        let decoded = |text: &String| {
            STANDARD
                .decode(text)
                .map_err(|_| format!("the key `{key}` of the {} is not in base64", self.kind))
        };
        match self.data.get(key) {
            Some(text) if self.kind == "Secret" => Some(decoded(text)),
            Some(text) => Some(Ok(text.clone().into_bytes())),
            None => self.binary_data.get(key).map(decoded),
        }
    }
}
