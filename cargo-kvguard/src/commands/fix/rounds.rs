//! Makes the certain mends in memory, round by round, and checks the fleet again with each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use kvguard::check::{Options, Report, check_inputs};
use kvguard::emit::edited::Change;
use kvguard::finding::{Finding, Fingerprint, Label};
use kvguard::inputs::{InputError, Inputs};
use kvguard::source::{SourceId, Span};

use super::chosen::Chosen;
use super::pieces::Pieces;

/// How often mends that could not be made at once are tried again.
const MAX_ROUNDS: usize = 100;

/// How many of the mends that can be made at once a round makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    All,
    /// Mends that are right by themselves may be wrong together: two that grant one identity different roles.
    One,
}

/// A file with the changes that mend it.
#[derive(Debug)]
pub struct MendedFile {
    /// Its place on the disk, without symbolic links.
    pub path: PathBuf,
    /// The text that it was in before any change.
    pub source: SourceId,
    pub pieces: Pieces,
}

/// A fleet whose findings are mended in memory.
#[derive(Debug)]
pub struct Mended {
    pub files: Vec<MendedFile>,
    /// What the findings are recognised by that are mended.
    pub fixed: Vec<Fingerprint>,
    /// What is found then.
    pub after: Report,
}

/// Why the mends of a fleet must not be made.
#[derive(Debug)]
pub struct Refused {
    /// What would be found that is not found now.
    pub new: Vec<Fingerprint>,
    /// What would still be found.
    pub still_there: Vec<Fingerprint>,
    /// What could no longer be checked, in the words of the check.
    pub failures: Vec<String>,
}

/// What became of the mends.
#[derive(Debug)]
pub enum Outcome {
    /// No finding that is asked for has a mend that is certain.
    Nothing,
    Mended(Box<Mended>),
    Refused(Refused),
}

/// Checks a fleet as it is on the disk, each finding by itself.
pub fn check_apart(options: &Options) -> Result<Report, InputError> {
    Ok(check_inputs(options, Inputs::new(&options.root)?))
}

/// Makes the mends of the findings that are asked for; if not all can be made together, one after the other.
pub fn mend(
    options: &Options,
    before: &Report,
    is_asked: &dyn Fn(&Finding) -> bool,
) -> Result<Outcome, InputError> {
    let known = counted(before);
    let places = places(before);
    let attempt = |pace| {
        let attempt = Attempt {
            options,
            before,
            known: &known,
            places: &places,
            is_asked,
        };
        attempt.run(pace)
    };
    match attempt(Pace::All)? {
        Outcome::Refused(_) => attempt(Pace::One),
        other => Ok(other),
    }
}

struct Attempt<'a> {
    options: &'a Options,
    before: &'a Report,
    known: &'a BTreeMap<Fingerprint, usize>,
    /// The texts of the first check by their real places.
    places: &'a BTreeMap<PathBuf, SourceId>,
    is_asked: &'a dyn Fn(&Finding) -> bool,
}

impl Attempt<'_> {
    fn run(&self, pace: Pace) -> Result<Outcome, InputError> {
        let mut files: BTreeMap<PathBuf, Pieces> = BTreeMap::new();
        let mut tried: BTreeSet<Fingerprint> = BTreeSet::new();
        let mut checked: Option<Report> = None;
        for _ in 0..MAX_ROUNDS {
            let chosen = self.choose(checked.as_ref().unwrap_or(self.before), &tried, pace);
            if chosen.is_empty() {
                break;
            }
            tried.extend(chosen.fingerprints().cloned());
            for (path, changes) in chosen.by_file() {
                let text = || self.before.sources().get(self.places[path]).text().clone();
                let pieces = files.entry(path.clone());
                let pieces = pieces.or_insert_with(|| Pieces::new(text()));
                // From the end, so that the places of the others stay what they are.
                for change in changes.iter().rev() {
                    pieces.change(change);
                }
            }
            let report = checked.insert(self.check(&files)?);
            if !report.failures.is_empty() {
                break;
            }
        }
        Ok(match checked {
            Some(after) => self.judge(files, &tried, after),
            None => Outcome::Nothing,
        })
    }

    /// Checks the fleet with the changes made so far.
    fn check(&self, files: &BTreeMap<PathBuf, Pieces>) -> Result<Report, InputError> {
        let texts: HashMap<PathBuf, String> = files
            .iter()
            .map(|(path, pieces)| (path.clone(), pieces.text()))
            .collect();
        let inputs = Inputs::with_texts(&self.options.root, texts)?;
        Ok(check_inputs(self.options, inputs))
    }

    /// The mends that can be made at once, in the order of the findings.
    fn choose(&self, report: &Report, tried: &BTreeSet<Fingerprint>, pace: Pace) -> Chosen {
        let mut chosen = Chosen::default();
        let mut real_places: HashMap<SourceId, Option<PathBuf>> = HashMap::new();
        for finding in &report.findings {
            let is_tried = finding.fingerprints.iter().any(|one| tried.contains(one));
            let Ok(edits) = finding.mend() else {
                continue;
            };
            if is_tried || !(self.is_asked)(finding) {
                continue;
            }
            let mut changes = Vec::new();
            for edit in edits {
                let place = real_places.entry(edit.span.source).or_insert_with(|| {
                    let inputs = report.inputs.as_ref()?;
                    let place = inputs.real_place(edit.span.source)?;
                    self.places.contains_key(&place).then_some(place)
                });
                let change = Change {
                    range: edit.span.start as usize..edit.span.end as usize,
                    replacement: edit.replacement.clone(),
                    shown: may_be_shown(finding, edit.span),
                };
                changes.push(place.clone().map(|place| (place, change)));
            }
            // What lies outside of the root is not written.
            let Some(changes) = changes.into_iter().collect() else {
                continue;
            };
            let is_added = chosen.add(&finding.fingerprints, changes);
            if is_added && pace == Pace::One {
                break;
            }
        }
        chosen
    }

    fn judge(
        &self,
        files: BTreeMap<PathBuf, Pieces>,
        tried: &BTreeSet<Fingerprint>,
        after: Report,
    ) -> Outcome {
        let left = counted(&after);
        let is_new = |(one, count): &(&Fingerprint, &usize)| {
            self.known.get(*one).copied().unwrap_or(0) < **count
        };
        let new: Vec<Fingerprint> = left
            .iter()
            .filter(is_new)
            .map(|(one, _)| one.clone())
            .collect();
        let still_there: Vec<Fingerprint> = tried
            .iter()
            .filter(|one| left.contains_key(one) && !new.contains(one))
            .cloned()
            .collect();
        if !new.is_empty() || !still_there.is_empty() || !after.failures.is_empty() {
            let failures = after.failures.into_iter();
            return Outcome::Refused(Refused {
                new,
                still_there,
                failures: failures.map(|failure| failure.message).collect(),
            });
        }
        let files = files.into_iter().map(|(path, pieces)| MendedFile {
            source: self.places[&path],
            path,
            pieces,
        });
        let fixed = self.known.keys().filter(|one| !left.contains_key(one));
        Outcome::Mended(Box::new(Mended {
            files: files.collect(),
            fixed: fixed.cloned().collect(),
            after,
        }))
    }
}

/// What a report's findings are recognised by, and how many there are of each.
fn counted(report: &Report) -> BTreeMap<Fingerprint, usize> {
    let mut counts = BTreeMap::new();
    for fingerprint in report.findings.iter().flat_map(|one| &one.fingerprints) {
        *counts.entry(fingerprint.clone()).or_default() += 1;
    }
    counts
}

/// The texts that changes may be made in, by their real places.
fn places(report: &Report) -> BTreeMap<PathBuf, SourceId> {
    let Some(inputs) = &report.inputs else {
        return BTreeMap::new();
    };
    let sources = inputs.sources().iter();
    // What is no text is not changed.
    let texts = sources.filter(|(_, source)| source.defect().is_none());
    texts
        .filter_map(|(id, _)| Some((inputs.real_place(id)?, id)))
        .collect()
}

/// Whether a label of the finding shows what stands at a place.
fn may_be_shown(finding: &Finding, span: Span) -> bool {
    let mut labels = std::iter::once(&finding.primary).chain(&finding.related);
    labels.any(|label: &Label| label.shown && label.span.contains(span))
}
