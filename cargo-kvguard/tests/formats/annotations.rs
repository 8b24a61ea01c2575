//! Workflow commands, by GitHub's documentation of them.

use crate::support::Fleet;
use crate::{drifted, incomplete, printed};

#[test]
fn each_finding_is_a_command_with_its_place_and_what_to_do() {
    let text = printed(&drifted("drifted"), "github");
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("::notice title=kvguard::kvguard: 2 errors"),
        "{text}"
    );
    for (line, begin) in lines[1..].iter().zip([
        "::error file=store.json,line=",
        "::error file=store.json,line=",
        "::warning file=store.json,line=",
    ]) {
        assert!(line.starts_with(begin), "{line}");
        assert!(
            line.contains(",endLine=") && line.contains(",title=KV1"),
            "{line}"
        );
        assert!(line.contains("%0Ahelp: "), "{line}");
        assert!(
            line.ends_with(|last: char| last.is_ascii_digit()) && line.contains("%0Arule `"),
            "{line}"
        );
    }
    assert_eq!(lines.len(), 4, "{text}");
}

#[test]
fn a_clean_fleet_is_a_notice_only() {
    let text = printed(&Fleet::new("clean"), "github");
    assert!(
        text.starts_with("::notice title=kvguard::kvguard: ok"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_could_not_be_checked_is_an_error() {
    let text = printed(&incomplete("incomplete"), "github");
    let error = text
        .lines()
        .find(|line| line.starts_with("::error file=kvguard.toml,line="));
    assert!(
        error.is_some_and(|line| line.contains("could not check::")),
        "{text}"
    );
}
