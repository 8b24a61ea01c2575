//! What workloads see at a path, and what ConfigMaps hold.

use std::collections::{BTreeMap, BTreeSet};

use super::templates::NearName;
use crate::deploy::{ConfigMap, Lost, Mount, MountSource, Workload, base_of_generated};
use crate::source::{Node, SourceId, Span};
use crate::suggest::nearest;

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

/// What a workload sees at a path, and where it is mounted.
pub(super) fn seen(workload: &Workload, path: &str) -> Option<(Seen, Span)> {
    Mounts::of(&workload.mounts).seen(path)
}

/// A workload's mounts, by where they are, for those who ask for many paths.
pub(super) struct Mounts<'w> {
    by_target: BTreeMap<&'w str, Vec<&'w Mount>>,
    /// How long the targets are.
    lengths: BTreeSet<usize>,
}

impl<'w> Mounts<'w> {
    pub(super) fn of(mounts: &'w [Mount]) -> Self {
        let mut by_target: BTreeMap<&str, Vec<&Mount>> = BTreeMap::new();
        for mount in mounts {
            let target = mount.target.trim_end_matches('/');
            by_target.entry(target).or_default().push(mount);
        }
        let lengths = by_target.keys().map(|target| target.len()).collect();
        Self { by_target, lengths }
    }

    /// Where something is mounted.
    pub(super) fn targets(&self) -> impl Iterator<Item = &'w str> {
        self.by_target.keys().copied()
    }

    /// What is seen at a path, and where it is mounted: of several mounts the one that lies deepest.
    pub(super) fn seen(&self, path: &str) -> Option<(Seen, Span)> {
        let holds = |length: &&usize| {
            let rest = path.as_bytes().get(**length..);
            rest.is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
        };
        let lengths = self.lengths.iter().rev().filter(holds);
        let (mounts, rest) = lengths.copied().find_map(|length| {
            let (target, rest) = path.split_at_checked(length)?;
            Some((self.by_target.get(target)?, rest))
        })?;
        let mut found = mounts
            .iter()
            .map(|mount| (seen_of(mount, rest), mount.span));
        // Several sources may be put together at one path.
        let is_told = |(seen, _): &(Seen, Span)| *seen != Seen::Other;
        found.clone().find(is_told).or_else(|| found.next_back())
    }
}

/// What a mount shows at a path below it.
fn seen_of(mount: &Mount, path: &str) -> Seen {
    match &mount.source {
        MountSource::Path(source) => Seen::File(format!("{source}{path}")),
        MountSource::ConfigMap(volume) => match volume.key(path) {
            Some(key) => Seen::Key {
                config_map: volume.config_map,
                key,
            },
            None => Seen::Other,
        },
        MountSource::Host(_) | MountSource::Volume(_) | MountSource::Inline(_) => Seen::Other,
    }
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
    /// Where a patch removed it.
    pub(super) removed: Option<Span>,
    /// The key that may be meant.
    pub(super) near: Option<Box<NearName>>,
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
                removed: None,
                near: None,
            });
        };
        if named.next().is_some() {
            return Err(Lacking {
                span: Some(first.name.span),
                text: format!(
                    "there are several ConfigMaps `{name}`; say in which `namespace` to look"
                ),
                may_be_lost: false,
                removed: None,
                near: None,
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
                removed: None,
                near: None,
            });
        };
        match map.data.get(key) {
            Some(entry) => Ok(&entry.value),
            None => Err(Lacking {
                span: Some(map.name.span),
                text: format!(
                    "the ConfigMap `{}` has no key `{key}`{}",
                    map.name.value,
                    keys_of(map)
                ),
                may_be_lost: self.is_cut_off(map),
                removed: map.removed.get(key).copied(),
                near: near_key(map, key),
            }),
        }
    }
}

/// The key of a ConfigMap that is nearly the one that is looked for.
fn near_key(map: &ConfigMap, wanted: &str) -> Option<Box<NearName>> {
    let is = nearest(wanted, map.data.keys().map(String::as_str))?;
    let entry = map.data.get(is)?;
    Some(Box::new(NearName {
        is: is.to_owned(),
        wanted: wanted.to_owned(),
        key: Some((entry.key_span, entry.value.span)),
    }))
}

/// The keys that a ConfigMap has, for a message.
fn keys_of(map: &ConfigMap) -> String {
    const SHOWN: usize = 5;
    let keys = map.data.keys().take(SHOWN).map(|key| format!("`{key}`"));
    let shown = keys.collect::<Vec<_>>().join(", ");
    match map.data.len() {
        0 => String::new(),
        count if count <= SHOWN => format!("; it has {shown}"),
        _ => format!("; it has {shown}, …"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::{Mounts, Seen, keys_of};
    use crate::deploy::{ConfigEntry, ConfigMap, ConfigVolume, Mount, MountSource};
    use crate::registry::Spanned;
    use crate::source::{Fragment, Sources, Span, Syntax, read};

    /// Mounts of files that have their numbers as names, or of ConfigMaps without any key.
    fn mounts<'t>(targets: impl IntoIterator<Item = (&'t str, bool)>) -> Vec<Mount> {
        let source = Sources::new().add("compose.yml", "");
        let mount = |(position, (target, is_file)): (usize, (&str, bool))| Mount {
            target: target.to_owned(),
            source: if is_file {
                MountSource::Path(position.to_string())
            } else {
                MountSource::ConfigMap(ConfigVolume {
                    config_map: 0,
                    items: Some([].into()),
                    sub_path: None,
                })
            },
            span: Span {
                source,
                start: 0,
                end: 0,
            },
        };
        targets.into_iter().enumerate().map(mount).collect()
    }

    fn seen(mounts: &[Mount], path: &str) -> Option<Seen> {
        Mounts::of(mounts).seen(path).map(|(seen, _)| seen)
    }

    #[test]
    fn of_several_mounts_the_deepest_one_is_seen() {
        let mounts = mounts([
            ("/etc/acme/", true),
            ("/etc/acme/store.json", true),
            ("/etc", true),
            ("/put/together", false),
            ("/put/together", true),
            ("/put/together", true),
            ("/put", true),
            ("/hidden/below", false),
            ("/hidden", true),
        ]);
        let file = |name: &str| Some(Seen::File(name.to_owned()));
        for (path, expected) in [
            ("/etc/acme/store.json", file("1")),
            ("/etc/acme/other.json", file("0/other.json")),
            ("/etc/acme", file("0")),
            ("/etc/acmes", file("2/acmes")),
            ("/put/together/x", file("4/x")),
            ("/hidden/below/x", Some(Seen::Other)),
            ("/var", None),
            ("etc", None),
        ] {
            assert_eq!(seen(&mounts, path), expected, "{path}");
        }
        assert_eq!(
            seen(&super::tests::mounts([("/", true)]), "/etc"),
            file("0/etc")
        );
    }

    #[test]
    fn of_many_keys_of_a_config_map_the_first_five_are_told_and_that_there_are_more() {
        let mut sources = Sources::new();
        let source = sources.add("cluster.yaml", "canary");
        let fragment = Fragment::of_source(&sources, source);
        let documents = read(&mut sources, &fragment, Syntax::Yaml);
        let value = documents.single().unwrap();
        let told = |keys: &str| {
            let entry = |key: char| {
                let entry = ConfigEntry {
                    key_span: value.span,
                    value: value.clone(),
                };
                (key.to_string(), entry)
            };
            keys_of(&ConfigMap {
                name: Spanned::new("store".to_owned(), value.span),
                namespace: "acme".to_owned(),
                data: keys.chars().map(entry).collect(),
                removed: [].into(),
            })
        };
        assert_eq!(told(""), "");
        assert_eq!(told("a"), "; it has `a`");
        assert_eq!(told("abcde"), "; it has `a`, `b`, `c`, `d`, `e`");
        assert_eq!(told("abcdef"), "; it has `a`, `b`, `c`, `d`, `e`, …");
    }

    #[test]
    fn as_many_paths_are_asked_for_as_there_are_mounts() {
        let targets: Vec<String> = (0..100_000)
            .map(|number| format!("/etc/{number}"))
            .collect();
        let mounts = mounts(targets.iter().map(|target| (target.as_str(), true)));
        let began = Instant::now();
        let mounts = Mounts::of(&mounts);
        assert!(targets.iter().all(|target| mounts.seen(target).is_some()));
        // One comparison of each with each takes minutes.
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    proptest! {
        #[test]
        fn what_is_seen_is_what_each_mount_for_itself_says(
            targets in prop::collection::vec(("(/[ab]{1,2}){0,3}/?", any::<bool>()), 0..8),
            path in "(/[ab]{1,2}){1,4}",
        ) {
            let mounts = mounts(targets.iter().map(|(target, is_file)| (target.as_str(), *is_file)));
            let mut nearest: Option<(usize, Seen)> = None;
            for mount in &mounts {
                let target = mount.target.trim_end_matches('/');
                let Some(found) = seen(std::slice::from_ref(mount), &path) else {
                    continue;
                };
                let is_nearer = nearest.as_ref().is_none_or(|(length, before)| {
                    target.len() > *length || target.len() == *length && *before == Seen::Other
                });
                if is_nearer {
                    nearest = Some((target.len(), found));
                }
            }
            prop_assert_eq!(seen(&mounts, &path), nearest.map(|(_, seen)| seen));
        }
    }
}
