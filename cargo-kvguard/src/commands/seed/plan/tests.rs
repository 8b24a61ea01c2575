use std::path::Path;
use std::time::Duration;

use clap::Parser;
use kvguard::live::{Action, Expected, Holds, Seen, Who};
use kvguard_runtime::{Denial, Operation, StoreError, StoreErrorKind};

use super::{begin, failed, jobs};
use crate::cli;
use crate::live::failure::Failure;
use crate::live::progress::Progress;
use crate::live::session::Session;
use crate::live::target::Target;

/// A command at work on the fleet of the live tests, whose services act as themselves or not. Its store is never called.
fn session(as_themselves: bool) -> Session {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/live");
    let words = ["kvguard", "seed", "--deployment", "production"];
    let words = words.into_iter().chain(["--nats", "nats://127.0.0.1:1"]);
    let words = words.chain(["--root", root.to_str().unwrap()]);
    let arguments = cli::Arguments::try_parse_from(words).unwrap();
    let cli::Command::Seed(arguments) = arguments.command else {
        panic!("another command");
    };
    let target = Target::read(&arguments.live).unwrap();
    let target = target.unwrap_or_else(|report| panic!("{:?}", report.failures));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let stores = runtime.unwrap().block_on(target.stores(&arguments.live));
    let mut stores = stores.unwrap();
    stores.as_themselves = as_themselves;
    Session {
        target,
        stores,
        seen: Seen::default(),
        failures: Vec::new(),
        progress: Progress::new(true),
        request_timeout: Duration::from_secs(1),
        leftovers: Vec::new(),
    }
}

fn expected(session: &Session) -> Vec<Expected> {
    session.target.expected.clone()
}

fn said(session: &Session, key: &str) -> &'static str {
    let mut done = session.seen.done.iter();
    done.find(|done| done.key == key).unwrap().what
}

#[test]
fn a_service_that_only_reads_does_not_seed_its_key_as_itself_and_the_operator_does() {
    let mut themselves = session(true);
    begin(&mut themselves);
    let nothing = expected(&themselves).into_iter().map(|one| (one, Ok(None)));
    let found = jobs(&mut themselves, nothing.collect(), false);
    assert_eq!(found.len(), 4);
    assert_eq!(said(&themselves, "config/dashboard.json"), "not seeded");
    let [seen] = themselves.seen.keys.as_slice() else {
        panic!("{:?}", themselves.seen.keys);
    };
    assert_eq!(seen.service, "dashboard");
    assert!(matches!(seen.holds, Holds::Nothing));

    let mut operator = session(false);
    begin(&mut operator);
    let nothing = expected(&operator).into_iter().map(|one| (one, Ok(None)));
    assert_eq!(jobs(&mut operator, nothing.collect(), false).len(), 5);
}

#[test]
fn a_denial_is_an_attempt_of_a_service_that_acts_as_itself_and_else_a_failure() {
    let denial = Denial::new().with_identity("spiffe://harbour.test/services/gateway");
    let error = StoreError::new(
        Operation::Create,
        StoreErrorKind::PermissionDenied(denial.with_missing("writer")),
    );
    let mut themselves = session(true);
    begin(&mut themselves);
    let gateway = expected(&themselves).remove(0);
    failed(&mut themselves, 0, &gateway, Action::Write, &error);
    assert_eq!(said(&themselves, "config/gateway.json"), "denied");
    let [attempt] = themselves.seen.attempts.as_slice() else {
        panic!("{:?}", themselves.seen.attempts);
    };
    assert!(matches!(&attempt.by, Who::Service { service, .. } if service == "gateway"));
    assert!(attempt.is_promised && !attempt.is_permitted);
    assert!(themselves.failures.is_empty());

    let mut operator = session(false);
    begin(&mut operator);
    failed(&mut operator, 0, &gateway, Action::Write, &error);
    assert!(operator.seen.attempts.is_empty());
    assert_eq!(operator.failures.len(), 1);
}

#[test]
fn services_that_have_a_key_together_have_a_line_each() {
    let mut session = session(false);
    let mut shared = expected(&session).remove(0);
    shared.service += 1;
    session.target.expected.push(shared);
    begin(&mut session);
    let nothing = expected(&session).into_iter().map(|one| (one, Ok(None)));
    let found = jobs(&mut session, nothing.collect(), false);
    let mut lines: Vec<usize> = found.iter().map(|job| job.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_key_that_was_not_read_is_not_written_and_says_why() {
    let mut session = session(false);
    begin(&mut session);
    let error = StoreError::new(
        Operation::Get,
        StoreErrorKind::TimedOut(Duration::from_secs(1)),
    );
    session.failures.push(Failure::Unread {
        store: "a store".to_owned(),
        error: Box::new(error),
        keys: vec!["config/gateway.json".to_owned()],
    });
    assert!(jobs(&mut session, Vec::new(), false).is_empty());
    assert_eq!(said(&session, "config/gateway.json"), "failed");
    assert_eq!(said(&session, "config/meter.toml"), "not finished");
}
