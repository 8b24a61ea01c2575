//! Mends that can be made at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kvguard::emit::edited::Change;
use kvguard::finding::Fingerprint;

/// Changes of files of which no two meet, with what the findings are recognised by that they mend.
#[derive(Debug, Default)]
pub struct Chosen {
    fingerprints: Vec<Fingerprint>,
    files: BTreeMap<PathBuf, Vec<Change>>,
}

impl Chosen {
    /// Adds the changes that mend a finding together, unless one of them meets another change; whether they are added.
    ///
    /// Two findings may ask for the very same change, which is made once. What is inserted at one place all stands there, in the order
    /// of the findings.
    pub fn add(&mut self, fingerprints: &[Fingerprint], changes: Vec<(PathBuf, Change)>) -> bool {
        let meets_another = changes.iter().any(|(path, change)| {
            let others = self.files.get(path).into_iter().flatten();
            others
                .filter(|other| !is_same(other, change))
                .any(|other| meets(other, change))
        });
        if meets_another {
            return false;
        }
        for (path, change) in changes {
            let of_file = self.files.entry(path).or_default();
            if of_file.iter().any(|other| is_same(other, &change)) {
                continue;
            }
            let key = |change: &Change| (change.range.start, change.range.end);
            let at = of_file.partition_point(|other| key(other) <= key(&change));
            of_file.insert(at, change);
        }
        self.fingerprints.extend_from_slice(fingerprints);
        true
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn fingerprints(&self) -> impl Iterator<Item = &Fingerprint> {
        self.fingerprints.iter()
    }

    /// Each file's changes in the order of their places.
    pub fn by_file(&self) -> impl Iterator<Item = (&PathBuf, &[Change])> {
        self.files
            .iter()
            .map(|(path, changes)| (path, changes.as_slice()))
    }
}

fn is_same(one: &Change, other: &Change) -> bool {
    one.range == other.range && one.replacement == other.replacement
}

/// Whether two changes are about the same bytes. What is inserted beside bytes that are replaced is not.
fn meets(one: &Change, other: &Change) -> bool {
    let (one, other) = (&one.range, &other.range);
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::path::PathBuf;

    use kvguard::emit::edited::Change;

    use super::Chosen;

    fn change(range: Range<usize>, replacement: &str) -> (PathBuf, Change) {
        let change = Change {
            range,
            replacement: replacement.to_owned(),
            shown: true,
        };
        (PathBuf::from("file"), change)
    }

    fn chosen(chosen: &Chosen) -> Vec<(Range<usize>, &str)> {
        let changes = chosen.by_file().flat_map(|(_, changes)| changes);
        changes
            .map(|change| (change.range.clone(), change.replacement.as_str()))
            .collect()
    }

    #[test]
    fn what_is_inserted_at_one_place_all_stands_there_once_and_in_order() {
        let mut all = Chosen::default();
        for text in ["first", "second", "first", "third"] {
            assert!(all.add(&[], vec![change(4..4, text)]));
        }
        assert_eq!(
            chosen(&all),
            [(4..4, "first"), (4..4, "second"), (4..4, "third")]
        );
    }

    #[test]
    fn changes_of_the_same_bytes_are_not_made_at_once() {
        let mut all = Chosen::default();
        assert!(all.add(&[], vec![change(4..8, "one")]));
        for range in [4..8, 2..5, 7..9, 5..6, 0..20, 5..5] {
            let both = vec![change(30..31, "other"), change(range.clone(), "another")];
            assert!(!all.add(&[], both), "{range:?}");
        }
        assert_eq!(chosen(&all), [(4..8, "one")]);
        // The same change, and what is inserted beside it.
        for (range, text) in [(4..8, "one"), (4..4, "before"), (8..8, "behind")] {
            assert!(all.add(&[], vec![change(range, text)]));
        }
        assert_eq!(
            chosen(&all),
            [(4..4, "before"), (4..8, "one"), (8..8, "behind")]
        );
    }
}
