//! What workloads see at a path, and what ConfigMaps hold.

use crate::deploy::{ConfigMap, MountSource, Workload};
use crate::source::{Node, Span};

/// What a workload sees at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// A file of the project.
    File(String),
    /// A key of a ConfigMap, by its position.
    Key {
        /// The ConfigMap's position.
        config_map: usize,
        /// The key.
        key: String,
    },
    /// Something that no file of the project tells.
    Other,
}

/// What a workload sees at a path, and where it is mounted: of several mounts the one that lies deepest.
pub(super) fn seen(workload: &Workload, path: &str) -> Option<(Seen, Span)> {
    let mut nearest: Option<(usize, Seen, Span)> = None;
    for mount in &workload.mounts {
        let target = mount.target.trim_end_matches('/');
        let Some(rest) = path.strip_prefix(target) else {
            continue;
        };
        if !(rest.is_empty() || rest.starts_with('/')) {
            continue;
        }
        let found = match &mount.source {
            MountSource::Path(source) => Seen::File(format!("{source}{rest}")),
            MountSource::ConfigMap(volume) => match volume.key(rest) {
                Some(key) => Seen::Key {
                    config_map: volume.config_map,
                    key,
                },
                None => Seen::Other,
            },
            MountSource::Host(_) | MountSource::Volume(_) | MountSource::Inline(_) => Seen::Other,
        };
        let is_nearer = nearest.as_ref().is_none_or(|(length, before, _)| {
            // Several sources may be put together at one path.
            target.len() > *length || target.len() == *length && *before == Seen::Other
        });
        if is_nearer {
            nearest = Some((target.len(), found, mount.span));
        }
    }
    nearest.map(|(_, found, span)| (found, span))
}

/// Why a key is not there.
#[derive(Debug)]
pub(super) struct Lacking {
    /// The ConfigMap, if there is one.
    pub(super) span: Option<Span>,
    /// In a few words.
    pub(super) text: String,
}

/// A deployment's ConfigMaps, and the namespace to look in.
pub(super) struct ConfigMaps<'a> {
    pub(super) all: &'a [ConfigMap],
    pub(super) namespace: Option<&'a str>,
    /// Whether a file of the deployment could not be read in full.
    pub(super) some_broken: bool,
}

impl<'a> ConfigMaps<'a> {
    /// The value of a key of the ConfigMap with a name.
    pub(super) fn entry(&self, name: &str, key: &str) -> Result<&'a Node, Lacking> {
        let mut named = self.all.iter().enumerate().filter(|(_, map)| {
            map.name.value == name
                && self
                    .namespace
                    .is_none_or(|namespace| map.namespace == namespace)
        });
        let Some((position, first)) = named.next() else {
            let place = self.namespace.map_or_else(String::new, |namespace| {
                format!(" in the namespace `{namespace}`")
            });
            let cause = if self.some_broken {
                "; a file that does not parse may hold it"
            } else {
                ""
            };
            return Err(Lacking {
                span: None,
                text: format!("there is no ConfigMap `{name}`{place}{cause}"),
            });
        };
        if named.next().is_some() {
            return Err(Lacking {
                span: Some(first.name.span),
                text: format!(
                    "several namespaces have a ConfigMap `{name}`; say which with `namespace`"
                ),
            });
        }
        self.at(position, key)
    }

    /// The value of a key of a ConfigMap.
    pub(super) fn at(&self, config_map: usize, key: &str) -> Result<&'a Node, Lacking> {
        let Some(map) = self.all.get(config_map) else {
            return Err(Lacking {
                span: None,
                text: "there is no such ConfigMap".to_owned(),
            });
        };
        match map.data.get(key) {
            Some(entry) => Ok(&entry.value),
            None => Err(Lacking {
                span: Some(map.name.span),
                text: format!("the ConfigMap `{}` has no key `{key}`", map.name.value),
            }),
        }
    }
}
