//! Every command against every store with every fault: which test covers the cell, or why there is none.
//!
//! A command's module has its rows, [`Row`], one for each fault of [`Fault::all`]. A test here fails where a row is missing or is there
//! twice, and each command's tests run its rows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::Backend;

/// What a command meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is wrong.
    None,
    /// What the rule of this code finds.
    Found(&'static str),
    /// The login may not do what the command needs.
    Denied,
    /// Nothing listens at the address.
    Unreachable,
    /// The store takes longer than a request may.
    Slow,
    /// The command is killed before it is done.
    Killed,
    /// There is no such bucket.
    NoBucket,
    /// The bucket has no room.
    Full,
}

/// The rules about a running fleet.
const RULES: [&str; 14] = [
    "KV701", "KV702", "KV703", "KV704", "KV705", "KV706", "KV707", "KV708", "KV709", "KV710",
    "KV711", "KV712", "KV713", "KV714",
];

impl Fault {
    /// Every fault.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::None,
            Self::Denied,
            Self::Unreachable,
            Self::Slow,
            Self::Killed,
            Self::NoBucket,
            Self::Full,
        ];
        others.into_iter().chain(RULES.map(Self::Found))
    }
}

/// What is done about a command that meets a fault at a store.
#[derive(Clone, Copy)]
pub enum Cell {
    /// This shows what happens.
    Tested(fn(Backend)),
    /// Nothing, for this reason.
    LeftOut(&'static str),
}

/// A command that meets a fault: what is done at each store.
#[derive(Clone, Copy)]
pub struct Row {
    fault: Fault,
    nats_plain: Cell,
    nats_tls: Cell,
    datasvc_mtls: Cell,
    datasvc_spiffe: Cell,
}

impl Row {
    /// The same test at every store.
    pub const fn everywhere(fault: Fault, test: fn(Backend)) -> Self {
        Self::of(fault, Cell::Tested(test), Cell::Tested(test))
    }

    /// A test at NATS servers, and the reason why there is none at data services.
    pub const fn nats(fault: Fault, test: fn(Backend), reason: &'static str) -> Self {
        Self::of(fault, Cell::Tested(test), Cell::LeftOut(reason))
    }

    /// No test at any store, for this reason.
    pub const fn nowhere(fault: Fault, reason: &'static str) -> Self {
        Self::of(fault, Cell::LeftOut(reason), Cell::LeftOut(reason))
    }

    const fn of(fault: Fault, nats: Cell, datasvc: Cell) -> Self {
        Self {
            fault,
            nats_plain: nats,
            nats_tls: nats,
            datasvc_mtls: datasvc,
            datasvc_spiffe: datasvc,
        }
    }

    /// What is done at a store.
    pub fn cell(self, backend: Backend) -> Cell {
        match backend {
            Backend::NatsPlain => self.nats_plain,
            Backend::NatsTls => self.nats_tls,
            Backend::DatasvcMtls => self.datasvc_mtls,
            Backend::DatasvcSpiffe => self.datasvc_spiffe,
        }
    }
}

/// The commands with their rows.
const COMMANDS: [(&str, &[Row]); 3] = [
    ("seed", &crate::seed::ROWS),
    ("validate", &crate::validate::ROWS),
    ("watchdog", &crate::watchdog::ROWS),
];

/// A test for each store, which runs the rows of a command there.
macro_rules! test_rows {
    ($rows:ident) => {
        #[test]
        fn over_nats_without_tls() {
            crate::matrix::run(&$rows, crate::support::Backend::NatsPlain);
        }

        #[test]
        fn over_nats_with_tls() {
            crate::matrix::run(&$rows, crate::support::Backend::NatsTls);
        }

        #[test]
        fn over_a_data_service_with_certificates() {
            crate::matrix::run(&$rows, crate::support::Backend::DatasvcMtls);
        }

        #[test]
        fn over_a_data_service_with_spiffe() {
            crate::matrix::run(&$rows, crate::support::Backend::DatasvcSpiffe);
        }
    };
}
pub(crate) use test_rows;

/// Runs the tests of a command's rows at a store. All are run, also where one fails.
pub fn run(rows: &[Row], backend: Backend) {
    let mut failed = Vec::new();
    for row in rows {
        if let Cell::Tested(test) = row.cell(backend) {
            // What a test has is its own.
            if catch_unwind(AssertUnwindSafe(|| test(backend))).is_err() {
                failed.push(row.fault);
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{backend:?}: {failed:?} failed, see above"
    );
}

#[test]
fn every_cell_is_tested_or_has_a_reason() {
    for (command, rows) in COMMANDS {
        for fault in Fault::all() {
            let own = rows.iter().filter(|row| row.fault == fault);
            assert_eq!(own.count(), 1, "`{command}`, {fault:?}: one row is needed");
        }
        for backend in Backend::ALL {
            let tested = rows
                .iter()
                .filter(|row| matches!(row.cell(backend), Cell::Tested(_)));
            assert!(
                tested.count() > 0,
                "`{command}` is not tested at {backend:?}"
            );
            for row in rows {
                if let Cell::LeftOut(reason) = row.cell(backend) {
                    let is_sentence = reason.split_whitespace().count() > 3;
                    assert!(
                        is_sentence,
                        "`{command}`, {:?}: `{reason}` is no reason",
                        row.fault
                    );
                }
            }
        }
    }
}

#[test]
fn the_faults_are_all_rules_about_a_running_fleet() {
    let listed =
        crate::support::Command::new("explain", std::path::Path::new(env!("CARGO_MANIFEST_DIR")))
            .run();
    let listed = listed.assert_code(0).text();
    let known: Vec<&str> = listed
        .split_whitespace()
        .filter(|word| word.starts_with("KV7") && word.len() == 5)
        .collect();
    assert_eq!(known, RULES, "a new rule needs a row for each command");
}
