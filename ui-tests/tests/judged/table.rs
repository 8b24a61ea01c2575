//! The judge of programs on each service. What is right is said in `workspaces/judged/verdicts.toml`, by what each case is to prove; no
//! cell may be another.

use crate::Fleet;
use crate::rows::{Table, wrong_cells};
use crate::verdicts::run;

/// Most of the time a case waits for its program.
const THREADS: &str = "--test-threads=16";

#[test]
fn each_service_has_the_verdicts_that_are_right_of_it() {
    let fleet = Fleet::built();
    let table: Table = toml::from_str(&fleet.workspace.read("verdicts.toml")).unwrap();
    let suites = fleet.build.tests();
    assert_eq!(suites.len(), 2, "{suites:?}");
    let _ports = fleet.built_in_ports.lock();
    let mut wrong = Vec::new();
    for (service, executable) in suites {
        let cells = wrong_cells(&table, &run(&executable, &[THREADS]));
        wrong.extend(cells.into_iter().map(|cell| format!("{service}: {cell}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
