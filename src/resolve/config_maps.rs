//! What workloads see at a path, and what ConfigMaps hold.

use std::collections::BTreeSet;

use crate::deploy::{ConfigMap, Lost, MountSource, Workload, base_of_generated};
use crate::source::{Node, SourceId, Span};

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
    /// Whether it may be in what could not be read, which is told already.
    pub(super) may_be_lost: bool,
}

/// A deployment's ConfigMaps, and the namespace to look in.
pub(super) struct ConfigMaps<'a> {
    pub(super) all: &'a [ConfigMap],
    pub(super) namespace: Option<&'a str>,
    /// The files that do not parse from end to end.
    pub(super) broken: BTreeSet<SourceId>,
    /// The documents that could not be read.
    pub(super) lost: &'a [Lost],
}

impl<'a> ConfigMaps<'a> {
    /// The value of a key of the ConfigMap with a name.
    pub(super) fn entry(&self, name: &str, key: &str) -> Result<&'a Node, Lacking> {
        self.at(self.position(name)?, key)
    }

    /// The position of the ConfigMap with a name.
    pub(super) fn position(&self, name: &str) -> Result<usize, Lacking> {
        let in_namespace = |map: &ConfigMap| {
            self.namespace
                .is_none_or(|namespace| map.namespace == namespace)
        };
        let all_named = |is_named: &dyn Fn(&str) -> bool| -> Vec<(usize, &'a ConfigMap)> {
            let all = self.all.iter().enumerate();
            all.filter(|(_, map)| in_namespace(map) && is_named(&map.name.value))
                .collect()
        };
        let mut named = all_named(&|own| own == name);
        if named.is_empty() {
            named = all_named(&|own| base_of_generated(own) == Some(name));
        }
        let mut named = named.into_iter();
        let Some((position, first)) = named.next() else {
            let place = self.namespace.map_or_else(String::new, |namespace| {
                format!(" in the namespace `{namespace}`")
            });
            let may_be_lost = self.may_have_lost(Some(name));
            let cause = if may_be_lost {
                "; a file that does not parse may hold it"
            } else {
                ""
            };
            return Err(Lacking {
                span: None,
                text: format!("there is no ConfigMap `{name}`{place}{cause}"),
                may_be_lost,
            });
        };
        if named.next().is_some() {
            return Err(Lacking {
                span: Some(first.name.span),
                text: format!(
                    "there are several ConfigMaps `{name}`; say in which `namespace` to look"
                ),
                may_be_lost: false,
            });
        }
        Ok(position)
    }

    /// Whether a ConfigMap, of a name if one is asked for, may be in what could not be read.
    pub(super) fn may_have_lost(&self, name: Option<&str>) -> bool {
        !self.broken.is_empty()
            || self
                .lost
                .iter()
                .any(|lost| lost.may_be(&["ConfigMap"], name))
    }

    /// Whether a ConfigMap that is there may have had more keys.
    fn is_cut_off(&self, map: &ConfigMap) -> bool {
        let keys = map.data.values().map(|entry| entry.key_span);
        let mut places = std::iter::once(map.name.span).chain(keys);
        let is_it = |lost: &Lost| lost.name.as_ref() == Some(&map.name.value);
        places.any(|span| self.broken.contains(&span.source)) || self.lost.iter().any(is_it)
    }

    /// The value of a key of a ConfigMap.
    pub(super) fn at(&self, config_map: usize, key: &str) -> Result<&'a Node, Lacking> {
        let Some(map) = self.all.get(config_map) else {
            return Err(Lacking {
                span: None,
                text: "there is no such ConfigMap".to_owned(),
                may_be_lost: false,
            });
        };
        match map.data.get(key) {
            Some(entry) => Ok(&entry.value),
            None => Err(Lacking {
                span: Some(map.name.span),
                text: format!("the ConfigMap `{}` has no key `{key}`", map.name.value),
                may_be_lost: self.is_cut_off(map),
            }),
        }
    }
}
