//! `seed`.

mod cluster;
mod concurrency;
mod faults;
mod files;
mod keys;
mod own_seeder;
mod replacing;
mod stopping;

use crate::matrix::{Fault, Row};
use crate::support::Run;

/// What `seed` does with each fault.
pub const ROWS: [Row; 21] = [
    Row::everywhere(Fault::None, keys::seeded_once),
    Row::everywhere(Fault::Denied, faults::denied),
    Row::everywhere(Fault::Unreachable, faults::unreachable),
    Row::everywhere(Fault::Slow, faults::slow),
    Row::everywhere(Fault::Killed, stopping::killed),
    Row::nats(
        Fault::NoBucket,
        faults::no_bucket,
        "a data service has one bucket, which its clients cannot choose",
    ),
    Row::everywhere(Fault::Full, faults::full),
    Row::everywhere(Fault::Found("KV701"), own_seeder::writes_nothing),
    Row::everywhere(Fault::Found("KV702"), keys::unparsable_value),
    Row::everywhere(Fault::Found("KV703"), keys::missing_field),
    Row::everywhere(Fault::Found("KV704"), keys::secret),
    Row::nowhere(
        Fault::Found("KV705"),
        "`seed` judges keys, not their bucket; `validate` does",
    ),
    Row::nowhere(
        Fault::Found("KV706"),
        "`seed` lists no keys; `validate` does",
    ),
    Row::nowhere(
        Fault::Found("KV707"),
        "`seed` calls the store as somebody who may; `validate --probe-enforcement` as others",
    ),
    KV708_ROW,
    Row::nowhere(
        Fault::Found("KV709"),
        "`seed` writes as a service only what its role promises; `validate --probe-grants` tries the rest",
    ),
    Row::everywhere(Fault::Found("KV710"), own_seeder::writes_otherwise),
    Row::nowhere(
        Fault::Found("KV711"),
        "`seed` reads no logs; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV712"),
        "`seed` reads no logs; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV713"),
        "`seed` watches no processes; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV714"),
        "`seed` looks at no images; `release-check` does",
    ),
];

const KV708_ROW: Row = Row::nowhere(
    Fault::Found("KV708"),
    "a denial is a finding where services act as themselves; `commands::seed::plan` has the test of that",
);

crate::matrix::test_rows!(ROWS);

/// Fails unless a line of the report says that this was done with a key, as `seeded  gateway  config/gateway.json (revision 1)`.
#[track_caller]
fn assert_done(run: &Run, what: &str, key: &str) {
    let is_it = |line: &str| line.starts_with(&format!("{what} ")) && line.contains(key);
    assert!(
        run.output.lines().any(is_it),
        "{}: no line says that `{key}` is {what}:\n{}",
        run.what,
        run.text()
    );
}
