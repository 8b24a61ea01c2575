//! The mutants that stay green because no file decides them, each kind with its reason.

use kvguard::inputs::matches;
use serde::Deserialize;

use crate::mutants::Mutant;
use crate::outcome::Outcome;

const TABLE: &str = include_str!("undecided.yaml");

/// Mutants that stay green, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The kind of mutant.
    kind: String,
    /// The fleet; without it, each.
    fleet: Option<String>,
    /// The files, with `*` for anything; without it, all.
    files: Option<String>,
    /// A part of what is changed; without it, anything.
    of: Option<String>,
    /// Why no file decides it.
    reason: String,
}

impl Entry {
    fn names(&self, mutant: &Mutant) -> bool {
        self.kind == mutant.kind
            && (self.files.as_ref()).is_none_or(|files| matches(files, &mutant.file))
            && (self.of.as_ref()).is_none_or(|of| mutant.what.contains(of.as_str()))
    }
}

/// The entries of one fleet.
pub struct Table(Vec<Entry>);

impl Table {
    pub fn read(fleet: &str) -> Self {
        let entries: Vec<Entry> = serde_yaml::from_str(TABLE).expect("a list of entries");
        let is_of_fleet = |entry: &Entry| entry.fleet.as_ref().is_none_or(|named| named == fleet);
        Self(entries.into_iter().filter(is_of_fleet).collect())
    }

    pub fn names(&self, mutant: &Mutant) -> bool {
        self.0.iter().any(|entry| entry.names(mutant))
    }

    /// The entries that name no mutant of the fleet that stays green. One of every fleet may be about another.
    pub fn stale(&self, judged: &[(Mutant, Outcome)]) -> Vec<String> {
        let green = || {
            let green = judged.iter();
            green.filter(|(_, outcome)| *outcome == Outcome::Green)
        };
        let stale = self.0.iter().filter(|entry| {
            entry.fleet.is_some() && !green().any(|(mutant, _)| entry.names(mutant))
        });
        stale
            .map(|entry| format!("{}: {}", entry.kind, entry.reason))
            .collect()
    }
}
