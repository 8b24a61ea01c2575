//! A mapping of a compose file.

use std::collections::{BTreeMap, btree_map};
use std::iter::Chain;
use std::vec;

use super::tree::Entry;

/// The most entries that are kept side by side: beyond, putting one in between would move too many.
const FEW: usize = 16;

/// Entries by name, in the order of their names.
///
/// A service has a handful of fields, of which a tree's node would take up a kilobyte, and a project any
/// number of services.
#[derive(Debug, Clone)]
pub struct Map(Entries);

#[derive(Debug, Clone)]
enum Entries {
    Few(Vec<(String, Entry)>),
    Many(BTreeMap<String, Entry>),
}

impl Map {
    pub fn new() -> Self {
        Self(Entries::Few(Vec::new()))
    }

    /// One that so many entries will be put into.
    pub fn with_capacity(count: usize) -> Self {
        Self(if count <= FEW {
            Entries::Few(Vec::with_capacity(count))
        } else {
            Entries::Many(BTreeMap::new())
        })
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        match &self.0 {
            Entries::Few(few) => few.get(position(few, name).ok()?).map(|(_, entry)| entry),
            Entries::Many(many) => many.get(name),
        }
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Entry> {
        match &mut self.0 {
            Entries::Few(few) => {
                let at = position(few, name).ok()?;
                few.get_mut(at).map(|(_, entry)| entry)
            }
            Entries::Many(many) => many.get_mut(name),
        }
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Puts an entry in, in place of the one of the same name.
    pub fn insert(&mut self, name: String, entry: Entry) {
        match &mut self.0 {
            Entries::Few(few) => match position(few, &name) {
                Ok(at) => few[at].1 = entry,
                Err(at) if few.len() < FEW => few.insert(at, (name, entry)),
                Err(_) => {
                    let all = few.drain(..).chain([(name, entry)]);
                    self.0 = Entries::Many(all.collect());
                }
            },
            Entries::Many(many) => {
                many.insert(name, entry);
            }
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        match &mut self.0 {
            Entries::Few(few) => {
                let at = position(few, name).ok()?;
                Some(few.remove(at).1)
            }
            Entries::Many(many) => many.remove(name),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Entry)> {
        let (few, many) = match &self.0 {
            Entries::Few(few) => (few.as_slice(), None),
            Entries::Many(many) => (&[][..], Some(many)),
        };
        let few = few.iter().map(|(name, entry)| (name, entry));
        few.chain(many.into_iter().flatten())
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Entry)> {
        let (few, many) = match &mut self.0 {
            Entries::Few(few) => (few.as_mut_slice(), None),
            Entries::Many(many) => (&mut [][..], Some(many)),
        };
        let few = few.iter_mut().map(|(name, entry)| (&*name, entry));
        few.chain(many.into_iter().flatten())
    }

    pub fn values(&self) -> impl Iterator<Item = &Entry> {
        self.iter().map(|(_, entry)| entry)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.iter_mut().map(|(_, entry)| entry)
    }
}

/// Where a name is, or would be put.
fn position(few: &[(String, Entry)], name: &str) -> Result<usize, usize> {
    few.binary_search_by(|(own, _)| own.as_str().cmp(name))
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<(String, Entry)> for Map {
    fn extend<I: IntoIterator<Item = (String, Entry)>>(&mut self, entries: I) {
        for (name, entry) in entries {
            self.insert(name, entry);
        }
    }
}

impl FromIterator<(String, Entry)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Self::with_capacity(entries.size_hint().0);
        map.extend(entries);
        map
    }
}

impl IntoIterator for Map {
    type Item = (String, Entry);
    type IntoIter = Chain<vec::IntoIter<Self::Item>, btree_map::IntoIter<String, Entry>>;

    fn into_iter(self) -> Self::IntoIter {
        let (few, many) = match self.0 {
            Entries::Few(few) => (few, BTreeMap::new()),
            Entries::Many(many) => (Vec::new(), many),
        };
        few.into_iter().chain(many)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tree::{Tree, Value};
    use super::*;
    use crate::source::{Sources, Span};

    fn places() -> (Span, Span) {
        let mut sources = Sources::new();
        let id = sources.add("compose.yaml", "xy");
        let whole = sources.whole(id);
        (whole, Span { end: 1, ..whole })
    }

    proptest! {
        #[test]
        fn few_entries_and_many_are_the_same_map(
            steps in prop::collection::vec(("[a-e]{1,2}", 0..4_u8), 0..120),
        ) {
            let (one, other) = places();
            let (mut map, mut expected) = (Map::new(), BTreeMap::new());
            for (name, step) in steps {
                if step == 0 {
                    let removed = map.remove(&name).map(|entry| entry.key);
                    prop_assert_eq!(removed, expected.remove(&name));
                } else {
                    let key = if step == 1 { one } else { other };
                    let value = Tree::new(key, Value::Null);
                    map.insert(name.clone(), Entry { key, value });
                    expected.insert(name.clone(), key);
                }
                let found = map.get(&name).map(|entry| entry.key);
                prop_assert_eq!(found, expected.get(&name).copied());
                prop_assert_eq!(map.get_mut(&name).is_some(), map.contains_key(&name));
            }
            prop_assert!(map.iter().map(|(name, entry)| (name, &entry.key)).eq(&expected));
            prop_assert_eq!(map.iter_mut().count(), expected.len());
            let moved: Map = map.into_iter().collect();
            prop_assert!(moved.into_iter().map(|(name, entry)| (name, entry.key)).eq(expected));
        }
    }
}
