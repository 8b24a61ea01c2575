//! `kvguard-baseline.toml`: the findings that were there when a fleet adopted kvguard. Only new ones are reported.
//!
//! A finding is recognised by its [`Fingerprint`], so that moved lines and reworded messages change nothing.

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{AllowedBy, AllowedKind};
use crate::finding::{Finding, Fingerprint};
use crate::source::Span;

pub(super) use read::read;

/// The baseline's name, at the root.
pub const BASELINE_FILE: &str = "kvguard-baseline.toml";

/// Findings that are not reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Fingerprint, Entry>,
}

/// A finding of the baseline, apart from what it is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// How many findings are alike.
    pub(crate) count: usize,
    /// Why it was accepted later.
    pub(crate) reason: Option<String>,
    /// Its table in the file; none before it was written.
    span: Option<Span>,
}

impl Baseline {
    /// How many findings it holds.
    pub fn len(&self) -> usize {
        self.entries.values().map(|entry| entry.count).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The findings, sorted.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &Entry)> {
        self.entries.iter()
    }

    /// Adds findings, with the reason why they are accepted now.
    pub fn add<'f>(
        &mut self,
        found: impl IntoIterator<Item = &'f Fingerprint>,
        reason: Option<&str>,
    ) {
        let mut added: BTreeMap<&Fingerprint, usize> = BTreeMap::new();
        for fingerprint in found {
            *added.entry(fingerprint).or_default() += 1;
        }
        for (fingerprint, count) in added {
            let reason = reason.map(str::to_owned);
            let entry = self.entries.entry(fingerprint.clone()).or_insert(Entry {
                count: 0,
                reason: None,
                span: None,
            });
            entry.count = entry.count.max(count);
            entry.reason = reason.or(entry.reason.take());
        }
    }

    /// Takes the findings that it holds out of a list. Where there are more findings of one kind than it holds, nobody can say which are
    /// new, so all of them stay.
    pub(crate) fn take(&self, findings: &mut Vec<Finding>) -> Vec<(Finding, AllowedBy)> {
        let found = counted(findings.iter().flat_map(|finding| &finding.fingerprints));
        let held = self.entries.iter().filter(|(fingerprint, entry)| {
            let count = found.get(fingerprint).copied().unwrap_or(0);
            (1..=entry.count).contains(&count)
        });
        let held: BTreeMap<&Fingerprint, &Entry> = held.collect();
        let mut kept = Vec::new();
        let mut taken = Vec::new();
        for finding in std::mem::take(findings) {
            match allowed_by(&finding, &held) {
                Some(by) => taken.push((finding, by)),
                None => kept.push(finding),
            }
        }
        *findings = kept;
        taken
    }

    /// The entries of which it holds more than was found, with the difference. Entries that `is_unseen` accepts are left out: nobody looked for them.
    pub fn gone<'f>(
        &self,
        found: impl IntoIterator<Item = &'f Fingerprint>,
        is_unseen: impl Fn(&Fingerprint) -> bool,
    ) -> Vec<(&Fingerprint, usize)> {
        let found = counted(found);
        let judged = self.entries.iter().filter(|(one, _)| !is_unseen(one));
        judged
            .filter_map(|(fingerprint, entry)| {
                let left = found.get(fingerprint).copied().unwrap_or(0);
                let gone = entry.count.checked_sub(left)?;
                (gone > 0).then_some((fingerprint, gone))
            })
            .collect()
    }

    /// Removes what [`Self::gone`] gives; gives how many findings it no longer holds.
    pub fn prune<'f>(
        &mut self,
        found: impl IntoIterator<Item = &'f Fingerprint>,
        is_unseen: impl Fn(&Fingerprint) -> bool,
    ) -> usize {
        let gone = self.gone(found, is_unseen).into_iter();
        let gone: Vec<(Fingerprint, usize)> =
            gone.map(|(one, count)| (one.clone(), count)).collect();
        let before = self.len();
        for (fingerprint, count) in gone {
            if let Some(entry) = self.entries.get_mut(&fingerprint) {
                entry.count -= count;
            }
        }
        self.entries.retain(|_, entry| entry.count > 0);
        before - self.len()
    }
}

/// What allows a finding: the baseline that was read from a file, if it holds all that the finding is about.
fn allowed_by(finding: &Finding, held: &BTreeMap<&Fingerprint, &Entry>) -> Option<AllowedBy> {
    let mut fingerprints = finding.fingerprints.iter();
    let entry = held.get(fingerprints.next()?)?;
    if !fingerprints.all(|fingerprint| held.contains_key(fingerprint)) {
        return None;
    }
    Some(AllowedBy {
        kind: AllowedKind::Baseline,
        span: entry.span?,
        reason: entry.reason.clone().unwrap_or_default(),
        until: None,
    })
}

fn counted<'f>(
    found: impl IntoIterator<Item = &'f Fingerprint>,
) -> BTreeMap<&'f Fingerprint, usize> {
    let mut counts = BTreeMap::new();
    for fingerprint in found {
        *counts.entry(fingerprint).or_default() += 1;
    }
    counts
}
