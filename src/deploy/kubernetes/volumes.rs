//! What containers see of volumes.

use std::collections::HashMap;
use std::sync::Arc;

use super::config_maps::Store;
use super::pods::Pod;
use super::{Problems, shown, string_at};
use crate::deploy::{ConfigVolume, Mount, MountSource};
use crate::source::Node;

/// What a volume holds, in parts where it is put together from several.
pub(super) type Volumes<'d> = HashMap<&'d str, Vec<MountSource>>;

/// The volumes of a pod, by name.
pub(super) fn volumes<'d>(
    pod: &Pod<'d>,
    store: &Store<'_>,
    problems: &mut Problems,
) -> Volumes<'d> {
    let mut volumes = Volumes::new();
    for volume in problems.list(pod.spec.get("volumes"), "`volumes`") {
        let Some(name) = string_at(volume, "/name") else {
            problems.invalid(volume.span, "a volume without its `name`");
            continue;
        };
        let namespace = pod.object.namespace;
        let parts = if let Some(config_map) = volume.get("configMap") {
            vec![part(config_map, namespace, name, store)]
        } else if let Some(projected) = volume.get("projected") {
            problems
                .list(projected.get("sources"), "`sources`")
                .iter()
                .map(|source| match source.get("configMap") {
                    Some(config_map) => part(config_map, namespace, name, store),
                    None => MountSource::Volume(name.to_owned()),
                })
                .collect()
        } else if let Some(path) = string_at(volume, "/hostPath/path") {
            vec![MountSource::Host(path.to_owned())]
        } else {
            vec![MountSource::Volume(name.to_owned())]
        };
        volumes.insert(name, parts);
    }
    volumes
}

fn part(reference: &Node, namespace: &str, volume: &str, store: &Store<'_>) -> MountSource {
    let found = string_at(reference, "/name").and_then(|name| store.config_map(namespace, name));
    let Some((config_map, _)) = found else {
        return MountSource::Volume(volume.to_owned());
    };
    let items = reference
        .get("items")
        .and_then(Node::as_sequence)
        .map(|items| {
            let items = items.iter().filter_map(|item| {
                let key = string_at(item, "/key")?;
                Some((key.to_owned(), string_at(item, "/path")?.to_owned()))
            });
            Arc::from(items.collect::<Vec<_>>())
        });
    MountSource::ConfigMap(ConfigVolume {
        config_map,
        items,
        sub_path: None,
    })
}

/// What a container sees at which path.
pub(super) fn mounts(
    container: &Node,
    volumes: &Volumes<'_>,
    problems: &mut Problems,
) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for item in problems.list(container.get("volumeMounts"), "`volumeMounts`") {
        let target = item.get("mountPath");
        let (Some(name), Some(target), Some(span)) = (
            string_at(item, "/name"),
            target.and_then(Node::as_str),
            target.map(|target| target.span),
        ) else {
            problems.invalid(item.span, "a mount needs a `name` and a `mountPath`");
            continue;
        };
        let Some(parts) = volumes.get(name) else {
            // A StatefulSet makes volumes from its claims.
            mounts.push(Mount {
                target: target.to_owned(),
                source: MountSource::Volume(shown(name)),
                span,
            });
            continue;
        };
        let sub_path = string_at(item, "/subPath").map(str::to_owned);
        for part in parts {
            let source = match part {
                MountSource::ConfigMap(volume) => MountSource::ConfigMap(ConfigVolume {
                    sub_path: sub_path.clone(),
                    ..volume.clone()
                }),
                MountSource::Host(path) => MountSource::Host(match &sub_path {
                    Some(sub_path) => format!("{path}/{sub_path}"),
                    None => path.clone(),
                }),
                other => other.clone(),
            };
            mounts.push(Mount {
                target: target.to_owned(),
                source,
                span,
            });
        }
    }
    mounts
}
