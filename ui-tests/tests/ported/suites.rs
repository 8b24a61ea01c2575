//! What the suites find, as `workspaces/ported/verdicts.toml` says it is right, and nothing once the services are ported.

use std::collections::BTreeMap;

use crate::rows::{Row, Table, wrong_cells};
use crate::{Fleet, SERVICES, State};

pub fn table(service: &str) -> Table {
    let text = include_str!("../../workspaces/ported/verdicts.toml");
    let mut tables: BTreeMap<String, Table> = toml::from_str(text).unwrap();
    assert_eq!(tables.len(), SERVICES.len());
    tables.remove(service).unwrap()
}

#[test]
fn the_suites_find_what_the_shared_crate_does_by_design() {
    for service in SERVICES {
        let output = &Fleet::built().outputs[&(State::Unported, service)];
        let wrong = wrong_cells(&table(service), output);
        assert!(wrong.is_empty(), "{service}: {}", wrong.join("\n"));
    }
}

#[test]
fn a_ported_service_passes_each_case_and_needs_no_skip() {
    for service in SERVICES {
        let output = &Fleet::built().outputs[&(State::Ported, service)];
        let mut right = table(service);
        for suite in ["unchanged", "loads"] {
            right.insert(suite.to_owned(), Row::default());
        }
        let wrong = wrong_cells(&right, output);
        assert!(wrong.is_empty(), "{service}: {}", wrong.join("\n"));
    }
}
