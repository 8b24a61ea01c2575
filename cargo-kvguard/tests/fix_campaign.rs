//! Random combinations of drift in the example fleet's access tables: `fix` mends them all, and where only one text is right, that is there
//! again.
//!
//! A sample of the combinations is judged; all where [`EVERY`] is set, as `cargo xtask campaign` does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test cannot do without fails it"
)]

#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../../tests/mutations/change.rs"]
mod change;
#[path = "../../tests/mends/drifts.rs"]
mod drifts;
#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../../tests/mutations/fleet.rs"]
mod fleet;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use drifts::Drift;
use fleet::{Copy, Fleet};

/// Asks for every combination.
const EVERY: &str = "KVGUARD_MENDS_EVERY";

const COMBINATIONS: usize = 500;
const SAMPLE: usize = 25;

/// How many drifts of each kind have a mend that is certain.
const CERTAIN: [&str; 4] = [
    "a lower role: 24 of 29",
    "an unknown role: 25 of 30",
    "another name: 15 of 20",
    "no grant: 20 of 30",
];

/// The most drifts of one combination.
const MOST: usize = 4;

/// A drift as a change of a clean file.
#[derive(Debug, Clone)]
struct Slip {
    name: String,
    file: String,
    range: Range<usize>,
    replacement: String,
}

impl Slip {
    fn new(drift: Drift, clean: &str) -> Self {
        let text = drift.text.expect("these drifts remove no file");
        let same = |one: &str, other: &str| {
            let pairs = one.chars().zip(other.chars());
            let same = pairs.take_while(|(one, other)| one == other);
            same.map(|(sign, _)| sign.len_utf8()).sum::<usize>()
        };
        let reversed = |text: &str| text.chars().rev().collect::<String>();
        let start = same(clean, &text);
        let end = same(&reversed(&clean[start..]), &reversed(&text[start..]));
        Self {
            name: drift.name,
            file: drift.file,
            range: start..clean.len() - end,
            replacement: text[start..text.len() - end].to_owned(),
        }
    }

    /// Whether two slips can be made in one text: what one takes out does not reach to the other.
    fn is_apart_from(&self, other: &Self) -> bool {
        self.file != other.file
            || self.range.end + 1 < other.range.start
            || other.range.end + 1 < self.range.start
    }

    /// Whether what it changed can only be written as it was. A grant that is lost can be put at several places of the list.
    fn has_one_mend(&self) -> bool {
        !self.name.contains(": no grant of ")
    }
}

/// Numbers that are random enough, and the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % end as u64).unwrap()
    }
}

/// The clean fleet that a mended one is compared with.
struct Clean {
    texts: BTreeMap<String, String>,
    grants: BTreeMap<String, Vec<(String, String)>>,
}

impl Clean {
    fn new(fleet: &Fleet) -> Self {
        let sources = fleet.sources().iter();
        let texts =
            sources.map(|(_, source)| (source.path().to_owned(), source.text().to_string()));
        Self {
            texts: texts.collect(),
            grants: grants(fleet),
        }
    }
}

/// The slips of which every finding has a mend that is certain.
fn certain(fleet: &Fleet, clean: &BTreeMap<String, String>, slips: Vec<Slip>) -> Vec<Slip> {
    let copy = Copy::new(fleet);
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut certain = Vec::new();
    for slip in slips {
        let text = &clean[&slip.file];
        let mut slipped = text.clone();
        slipped.replace_range(slip.range.clone(), &slip.replacement);
        copy.put(&slip.file, Some(&slipped));
        let findings = copy.check(&[], &[]).findings;
        copy.put(&slip.file, Some(text));
        let is_certain = !findings.is_empty() && findings.iter().all(|one| one.mend().is_ok());
        let (_, kind) = slip.name.split_once(": ").expect("a deployment and a kind");
        let (kind, _) = kind.split_once(" of ").expect("a kind and an identity");
        let [all, of_them] = counts.entry(kind.to_owned()).or_default();
        *all += 1;
        *of_them += usize::from(is_certain);
        certain.extend(is_certain.then_some(slip));
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(kind, [all, certain])| format!("{kind}: {certain} of {all}"))
        .collect();
    // The others are of identities outside of the fleet, whose needs only the policy's author knows.
    assert_eq!(counts, CERTAIN);
    certain
}

fn combinations(slips: &[Slip]) -> Vec<Vec<&Slip>> {
    let mut numbers = Numbers(20_261_130);
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    while all.len() < COMBINATIONS {
        let count = 1 + numbers.below(MOST);
        let mut chosen: Vec<&Slip> = Vec::new();
        for _ in 0..count {
            let slip = &slips[numbers.below(slips.len())];
            if chosen.iter().all(|other| slip.is_apart_from(other)) {
                chosen.push(slip);
            }
        }
        chosen.sort_by_key(|slip| (&slip.file, slip.range.start));
        let names: Vec<&str> = chosen.iter().map(|slip| slip.name.as_str()).collect();
        if seen.insert(names.join("; ")) {
            all.push(chosen);
        }
    }
    all
}

/// The grants of every deployment, sorted: two lists in another order grant the same.
fn grants(fleet: &Fleet) -> BTreeMap<String, Vec<(String, String)>> {
    let deployments = fleet.model().deployments.iter();
    deployments
        .map(|deployment| {
            let table = deployment.table.table().expect("the fleet has its tables");
            let grants = table.grants.iter();
            let mut grants: Vec<(String, String)> = grants
                .map(|grant| (grant.identity.value.clone(), grant.role.value.clone()))
                .collect();
            grants.sort();
            (deployment.name().to_owned(), grants)
        })
        .collect()
}

/// A file's text with some slips made in it.
fn slipped(file: &str, clean: &str, slips: &[&Slip]) -> String {
    let mut text = clean.to_owned();
    for slip in slips.iter().filter(|slip| slip.file == file).rev() {
        text.replace_range(slip.range.clone(), &slip.replacement);
    }
    text
}

/// Whether a text is another one with something inserted, or the same.
fn is_longer_form(longer: &str, text: &str) -> bool {
    let mut signs = longer.chars();
    text.chars().all(|sign| signs.any(|other| other == sign))
}

/// What is wrong after a combination was mended.
fn judge(slips: &[&Slip], clean: &Clean) -> Result<(), String> {
    let copy = support::Fleet::example("combination");
    for (file, text) in &clean.texts {
        copy.write(file, slipped(file, text, slips));
    }
    let run = copy.run(&["fix", "--yes"]);
    if run.code != Some(0) {
        return Err(run.text());
    }
    if grants(&Fleet::at(&copy.path(""))) != clean.grants {
        return Err(format!("the grants are not the same:\n{}", run.text()));
    }
    let lost: Vec<&Slip> = slips
        .iter()
        .copied()
        .filter(|slip| !slip.has_one_mend())
        .collect();
    for (file, text) in &clean.texts {
        let now = String::from_utf8(copy.read(file)).unwrap();
        // A grant that was lost may be added in another file of the table.
        let is_right = if lost.is_empty() {
            now == *text
        } else {
            is_longer_form(&now, &slipped(file, text, &lost))
        };
        if !is_right {
            return Err(format!("{file} is not as it was:\n{}", run.text()));
        }
    }
    Ok(())
}

#[test]
fn combinations_of_drift_are_mended() {
    let fleet = Fleet::clean();
    let clean = Clean::new(&fleet);
    let slips: Vec<Slip> = drifts::of(&fleet)
        .into_iter()
        .map(|drift| {
            let text = &clean.texts[&drift.file];
            Slip::new(drift, text)
        })
        .collect();
    let slips = certain(&fleet, &clean.texts, slips);
    let combinations = combinations(&slips);
    #[expect(
        clippy::disallowed_methods,
        reason = "who runs the test may ask for more"
    )]
    let step = match std::env::var_os(EVERY) {
        Some(_) => 1,
        None => COMBINATIONS / SAMPLE,
    };
    let mut wrong = String::new();
    for slips in combinations.iter().step_by(step) {
        if let Err(why) = judge(slips, &clean) {
            let names: Vec<&str> = slips.iter().map(|slip| slip.name.as_str()).collect();
            writeln!(wrong, "{}\n{why}\n", names.join("\n")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
