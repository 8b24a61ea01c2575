//! `validate`.

mod faults;
mod findings;
mod grants;
mod probes;

use crate::matrix::{Fault, Row};
use crate::support::{Backend, Stand, assert_no_secret};

/// What `validate` does with each fault.
pub const ROWS: [Row; 21] = [
    Row::everywhere(Fault::None, clean),
    Row::everywhere(Fault::Denied, faults::denied),
    Row::everywhere(Fault::Unreachable, faults::unreachable),
    Row::everywhere(Fault::Slow, faults::slow),
    Row::everywhere(Fault::Killed, faults::stopped),
    Row::nats(
        Fault::NoBucket,
        faults::no_bucket,
        "a data service has one bucket, which its clients cannot choose",
    ),
    Row::everywhere(Fault::Full, faults::full),
    Row::everywhere(Fault::Found("KV701"), findings::missing_key),
    Row::everywhere(Fault::Found("KV702"), findings::unparsable_value),
    Row::everywhere(Fault::Found("KV703"), findings::missing_field),
    Row::everywhere(Fault::Found("KV704"), findings::secret),
    Row::nats(
        Fault::Found("KV705"),
        findings::expiring,
        "a data service does not tell how long values live; the report says so",
    ),
    Row::nats(
        Fault::Found("KV706"),
        findings::unowned,
        "a data service cannot list its keys; the report says so",
    ),
    Row::everywhere(Fault::Found("KV707"), probes::unenforced),
    Row::everywhere(Fault::Found("KV708"), grants::denied),
    Row::everywhere(Fault::Found("KV709"), grants::excess),
    Row::nowhere(
        Fault::Found("KV710"),
        "`validate` runs no seeder, so that it has nothing to compare",
    ),
    Row::nowhere(
        Fault::Found("KV711"),
        "`validate` reads no logs; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV712"),
        "`validate` reads no logs; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV713"),
        "`validate` watches no processes; `watchdog` does",
    ),
    Row::nowhere(
        Fault::Found("KV714"),
        "`validate` looks at no images; `release-check` does",
    ),
];

crate::matrix::test_rows!(ROWS);

fn clean(backend: Backend) {
    let stand = Stand::seeded(backend);
    let run = stand.command("validate").run();
    run.assert_code(0).assert_codes(&[]);
    run.assert_says("5 of 5 expected keys looked at");
    run.assert_says("excused: importer: it loads its configuration from a file");
    if backend.is_nats() {
        run.assert_silent_about("not checked");
    } else {
        run.assert_says("it cannot list its keys")
            .assert_says("whether its values expire");
    }
    assert_no_secret(&stand, &run, &[]);

    let run = stand.command("validate").args(["--format", "json"]).run();
    run.assert_code(0).assert_says("\"config/gateway.json\"");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn the_fleet_of_these_tests_is_clean() {
    let fleet = crate::support::Fleet::new();
    let run = crate::support::Command::new("check", fleet.root()).run();
    run.assert_code(0).assert_codes(&[]);
}

#[test]
fn another_deployment_expects_its_own_keys() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.put(
        "config/gateway.json",
        stand.fleet.read("templates/gateway.json"),
    );
    let staging = |stand: &Stand| {
        crate::support::Command::new("validate", stand.fleet.root())
            .args(["--deployment", "staging"])
            .args(stand.place())
            .args(stand.login("", crate::support::Identity::Operator))
    };
    let run = staging(&stand).run();
    run.assert_code(0)
        .assert_says("1 of 1 expected key looked at");
    run.assert_says("excused: meter");
}

#[test]
fn a_deployment_must_be_named_where_there_are_several() {
    let stand = Stand::seeded(Backend::NatsPlain);
    let run = crate::support::Command::new("validate", stand.fleet.root())
        .args(stand.place())
        .args(stand.login("", crate::support::Identity::Operator))
        .run();
    run.assert_code(2)
        .assert_says("--deployment: production, staging");
}

#[test]
fn only_the_services_that_are_asked_for_are_looked_at() {
    let stand = Stand::seeded(Backend::NatsPlain);
    stand.delete("config/meter.toml");
    stand.put("config/other.json", "{}");
    let run = stand
        .command("validate")
        .args(["--service", "gateway"])
        .run();
    run.assert_code(0)
        .assert_says("1 of 1 expected key looked at");
    run.assert_says("only some services were asked for");
}
