//! `docs/port-a-service.md` tells what the suites find. That its code is this workspace's is tested in `tests/pages.rs`.

use std::collections::BTreeSet;

use crate::SERVICES;
use crate::suites::table;

const PAGE: &str = include_str!("../../../docs/port-a-service.md");

#[test]
fn the_page_tells_just_what_fails() {
    let (_, section) = PAGE.split_once("### What fails").unwrap();
    for service in SERVICES {
        let row = section
            .lines()
            .find(|line| line.starts_with(&format!("| `{service}` |")))
            .unwrap();
        let cases = row.split('|').nth(2).unwrap();
        let told: BTreeSet<&str> = cases.split('`').skip(1).step_by(2).collect();
        let table = table(service);
        assert_eq!(told, table["unchanged"].failing(), "{service}");
        assert_eq!(told, table["loads"].failing(), "{service}");
        assert_eq!(told, table["recorded"].left_out(), "{service}");
    }
}
