//! What a check says of each mutant.

use std::thread;

use kvguard::finding::Level;

use crate::fleet::{Copy, Fleet};
use crate::mutants::Mutant;

/// What a check says of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It cannot be read, which fails a check.
    Unreadable,
    /// A finding fails the check.
    Denied,
    /// There are warnings alone.
    Warned,
    /// Nothing is found.
    Green,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Denied => "denied",
            Self::Warned => "warned",
            Self::Green => "undecided",
        }
    }
}

/// Checks each mutant, on all processors; the order stays.
pub fn judge(fleet: &Fleet, mutants: &[Mutant]) -> Vec<(Mutant, Outcome)> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let size = mutants.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = mutants
            .chunks(size)
            .map(|part| {
                let copy = Copy::new(fleet);
                scope.spawn(move || -> Vec<Outcome> {
                    part.iter().map(|mutant| outcome(&copy, mutant)).collect()
                })
            })
            .collect();
        let outcomes = parts
            .into_iter()
            .flat_map(|part| part.join().expect("a check does not panic"));
        mutants.iter().cloned().zip(outcomes).collect()
    })
}

fn outcome(copy: &Copy, mutant: &Mutant) -> Outcome {
    let before = copy.text(&mutant.file);
    copy.put(&mutant.file, mutant.text.as_deref());
    let report = copy.check(&[], &[]);
    copy.put(&mutant.file, Some(&before));
    let levels = report.findings.iter().map(|finding| finding.level);
    match levels.max() {
        _ if !report.failures.is_empty() => Outcome::Unreadable,
        Some(Level::Deny) => Outcome::Denied,
        Some(_) => Outcome::Warned,
        None => Outcome::Green,
    }
}
