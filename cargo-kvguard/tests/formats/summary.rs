//! The summary in Markdown.

use crate::support::Fleet;
use crate::{drifted, incomplete, printed};

#[test]
fn findings_are_rows_of_a_table_errors_first() {
    let text = printed(&drifted("drifted"), "markdown");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let levels: Vec<&str> = rows[1..]
        .iter()
        .map(|row| row.split(" | ").next().unwrap())
        .collect();
    assert_eq!(levels, ["| error", "| error", "| warning"], "{text}");
    for row in &rows[1..] {
        assert_eq!(row.matches('|').count(), 5, "{row}");
        assert!(
            row.contains("<code>store.json&#58;") && row.contains("<br>help: "),
            "{row}"
        );
    }
}

#[test]
fn a_clean_fleet_is_said_to_be_ok() {
    let text = printed(&Fleet::new("clean"), "markdown");
    assert!(text.contains("kvguard&#58; ok"), "{text}");
    assert!(!text.contains("| rule |"), "{text}");
}

#[test]
fn what_could_not_be_checked_has_a_heading_of_its_own() {
    let text = printed(&incomplete("incomplete"), "markdown");
    let (_, below) = text.split_once("### Could not be checked\n\n").unwrap();
    assert!(
        below.lines().next().unwrap().contains("store.json"),
        "{text}"
    );
}
