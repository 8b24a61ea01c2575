//! `docs/port-a-service.md` shows code that is compiled here, and tells what the suites find.

use std::collections::BTreeSet;

use crate::SERVICES;
use crate::suites::table;

const PAGE: &str = include_str!("../../../docs/port-a-service.md");

/// The blocks of code, each with the line that stands before it.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut blocks = Vec::new();
    let mut rest = PAGE;
    while let Some((before, opened)) = rest.split_once("\n```") {
        let (_, code) = opened.split_once('\n').unwrap();
        let (code, after) = code.split_once("```").unwrap();
        blocks.push((before.lines().next_back().unwrap(), code));
        rest = after;
    }
    blocks
}

#[test]
fn each_block_of_code_is_a_part_of_the_file_that_it_is_said_to_be_from() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(blocks().len() > 5);
    for (from, code) in blocks() {
        let file = from
            .strip_prefix("<!-- from ")
            .and_then(|from| from.strip_suffix(" -->"));
        let file = file.unwrap_or_else(|| panic!("where is this from?\n{code}"));
        let text = std::fs::read_to_string(repository.join(file)).unwrap();
        assert!(text.contains(code.trim_end()), "{file} has no\n{code}");
    }
}

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
