//! `seed`.

mod concurrency;
mod faults;
mod files;
mod keys;
mod own_seeder;
mod replacing;
mod stopping;

use crate::support::Run;

/// The line about a key of the report, as `seeded  gateway  config/gateway.json (revision 1)`.
#[track_caller]
fn assert_done(run: &Run, what: &str, key: &str) {
    let is_it = |line: &&str| line.starts_with(&format!("{what} ")) && line.contains(key);
    let found = run.output.lines().find(is_it);
    assert!(
        found.is_some(),
        "{}: no line says that `{key}` is {what}:\n{}",
        run.what,
        run.text()
    );
}
