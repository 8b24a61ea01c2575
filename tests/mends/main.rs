//! A patch that is shown is right: it is applied as text, and the fleet is checked again. The finding is gone, and no finding is new at the
//! lines that were pasted. What the mend uncovers elsewhere is listed.
//!
//! How many findings have a patch, and of the others why not, is a snapshot, so that a change of it is seen in review.

#![expect(clippy::expect_used, reason = "these are tests, helpers included")]

#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../mutations/change.rs"]
mod change;
mod drifts;
#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../mutations/fleet.rs"]
mod fleet;
#[path = "../campaign/generated.rs"]
mod generated;
mod mend;
#[path = "../campaign/mutants/mod.rs"]
mod mutants;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod tree;

use std::path::Path;

use fleet::Fleet;
use support::{directories, fixtures};
use tally::Tally;
use tree::Tree;

/// Where a fleet outside of the repository is, whose patches are judged, too: a directory, or several with `:` between them.
/// Its policy is `kvguard.toml` in it, or what stands behind a `=`.
const FLEETS: &str = "KVGUARD_MENDS_FLEETS";

/// How many of the mutants of a fleet are judged, at equal distances; all where [`EVERY`] is set.
const SAMPLE: usize = 150;

/// Asks for every mutant.
const EVERY: &str = "KVGUARD_MENDS_EVERY";

#[test]
fn patches_of_the_bad_fleets_of_every_rule_mend() {
    let mut tally = Tally::default();
    let rules = fixtures().join("rules");
    for rule in directories(&rules) {
        for case in directories(&rules.join(&rule)) {
            if case.starts_with("bad") {
                let fleet = format!("{rule}/{case}");
                let tree = Tree::copy(&rules.join(&fleet), None);
                mend::judge(&tree, &fleet, &mut tally);
            }
        }
    }
    tally.check("fixtures");
}

#[test]
fn patches_for_drifts_of_access_tables_mend() {
    let mut tally = Tally::default();
    let fleet = Fleet::clean();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    for drift in drifts::of(&fleet) {
        let tree = Tree::copy(&root, None);
        tree.write(&drift.file, drift.text.as_deref());
        mend::judge(&tree, &drift.name, &mut tally);
    }
    tally.check("drifts");
}

#[test]
fn patches_for_mutants_mend() {
    let mut tally = Tally::default();
    let generated = generated::write();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    for (fleet, root) in [
        (Fleet::clean(), root.as_path()),
        (Fleet::at(generated.path()), generated.path()),
    ] {
        let all = mutants::of(&fleet);
        let step = if is_set(EVERY) {
            1
        } else {
            all.len().div_ceil(SAMPLE)
        };
        let tree = Tree::copy(root, None);
        for mutant in all.iter().step_by(step) {
            let before = tree.text(&mutant.file);
            tree.write(&mutant.file, mutant.text.as_deref());
            mend::judge(&tree, &mutant.to_string(), &mut tally);
            tree.write(&mutant.file, before.as_deref());
        }
    }
    if is_set(EVERY) {
        tally.hold();
    } else {
        tally.check("mutants");
    }
}

#[test]
fn patches_for_fleets_outside_of_the_repository_mend() {
    #[expect(
        clippy::disallowed_methods,
        reason = "such a fleet is named by who runs the test"
    )]
    let named = std::env::var(FLEETS).unwrap_or_default();
    for fleet in named.split(':').filter(|fleet| !fleet.is_empty()) {
        let (directory, policy) = match fleet.split_once('=') {
            Some((directory, policy)) => (directory, Some(Path::new(policy))),
            None => (fleet, None),
        };
        let mut tally = Tally::default();
        let tree = Tree::copy(Path::new(directory), policy);
        assert!(tree.check().model.is_some(), "{fleet} cannot be read");
        mend::judge(&tree, fleet, &mut tally);
        tally.hold();
        #[expect(
            clippy::disallowed_macros,
            reason = "who names a fleet wants to see its counts"
        )]
        {
            println!("{fleet}\n{}", tally.text());
        }
    }
}

fn is_set(variable: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "who runs the test may ask for more"
    )]
    std::env::var_os(variable).is_some()
}
