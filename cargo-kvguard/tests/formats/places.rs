//! Ranges and changes: applied by line and column as another program would, they mend.

use serde_json::Value;

use crate::support::Fleet;
use crate::{drifted, json, list};

/// A change of a file, by lines and columns.
struct Change {
    file: String,
    start: (u64, u64),
    end: (u64, u64),
    text: String,
}

/// The byte at a line and a column, both from 1, columns counted in code points.
fn offset(text: &str, (line, column): (u64, u64)) -> usize {
    let (line, column) = (
        usize::try_from(line).unwrap(),
        usize::try_from(column).unwrap(),
    );
    let before: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = &text[before..];
    let in_line = rest.char_indices().nth(column - 1);
    before + in_line.map_or(rest.len(), |(offset, _)| offset)
}

/// Applies changes, the last place first.
fn apply(fleet: &Fleet, mut changes: Vec<Change>) {
    assert!(!changes.is_empty());
    changes.sort_by(|one, other| (&other.file, other.start).cmp(&(&one.file, one.start)));
    for change in changes {
        let mut text = String::from_utf8(fleet.read(&change.file)).unwrap();
        let range = offset(&text, change.start)..offset(&text, change.end);
        text.replace_range(range, &change.text);
        fleet.write(&change.file, text);
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn of_report(fleet: &Fleet) -> Vec<Change> {
    let report = json(fleet, "json");
    let findings = list(&report["findings"]).iter();
    let findings = findings.filter(|finding| finding["level"] == "deny");
    let edits = findings.flat_map(|finding| list(&finding["edits"]));
    edits
        .map(|edit| Change {
            file: text(&edit["file"]),
            start: (number(&edit["line"]), number(&edit["column"])),
            end: (number(&edit["end_line"]), number(&edit["end_column"])),
            text: text(&edit["replacement"]),
        })
        .collect()
}

fn of_sarif(fleet: &Fleet) -> Vec<Change> {
    let sarif = json(fleet, "sarif");
    let results = list(&sarif["runs"][0]["results"]).iter();
    let results = results.filter(|result| result["level"] == "error");
    let mut changes = Vec::new();
    for change in results
        .flat_map(|result| list(&result["fixes"]))
        .flat_map(|fix| list(&fix["artifactChanges"]))
    {
        for replacement in list(&change["replacements"]) {
            let region = &replacement["deletedRegion"];
            changes.push(Change {
                file: text(&change["artifactLocation"]["uri"]),
                start: (number(&region["startLine"]), number(&region["startColumn"])),
                end: (number(&region["endLine"]), number(&region["endColumn"])),
                text: text(&replacement["insertedContent"]["text"]),
            });
        }
    }
    changes
}

#[test]
fn the_changes_in_json_and_in_sarif_mend_what_they_belong_to() {
    for changes in [of_report, of_sarif] {
        let fleet = drifted("mended");
        assert_eq!(fleet.check().code, Some(1));
        // An accented letter and one outside of the first plane, which columns count as one each, before the grants.
        fleet.replace(
            "store.json",
            "{\"identity\"",
            "{\"note\": \"é𝄞\", \"identity\"",
        );
        let before = fleet.check();
        assert_eq!(before.code, Some(1), "{}", before.text());
        apply(&fleet, changes(&fleet));
        let after = fleet.check();
        assert_eq!(after.code, Some(0), "{}", after.text());
    }
}

#[test]
fn sarif_has_the_ranges_of_the_report() {
    let fleet = drifted("ranges");
    let report = json(&fleet, "json");
    let sarif = json(&fleet, "sarif");
    for result in list(&sarif["runs"][0]["results"]) {
        let mut findings = list(&report["findings"]).iter();
        let finding = findings
            .find(|finding| finding["code"] == result["ruleId"])
            .unwrap();
        let own = list(&result["locations"]).iter();
        let places: Vec<&Value> = own.chain(list(&result["relatedLocations"])).collect();
        let expected = list(&finding["locations"]);
        assert_eq!(places.len(), expected.len());
        for (place, expected) in places.iter().zip(expected) {
            let place = &place["physicalLocation"];
            let region = &place["region"];
            assert_eq!(place["artifactLocation"]["uri"], expected["file"]);
            assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            for (ours, theirs) in [
                ("line", "startLine"),
                ("column", "startColumn"),
                ("end_line", "endLine"),
                ("end_column", "endColumn"),
            ] {
                assert_eq!(region[theirs], expected[ours], "{theirs}");
            }
        }
    }
}

#[test]
fn paths_are_relative_to_the_repository_wherever_the_command_runs() {
    let fleet = drifted("repository");
    let below = ["kvguard.toml", "registry.json", "store.json"];
    // The fleet is in a directory of a repository.
    std::fs::create_dir(fleet.path("repository")).unwrap();
    for entry in std::fs::read_dir(fleet.path(".")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "repository" {
            std::fs::create_dir_all(fleet.path("repository/deploy")).unwrap();
            std::fs::rename(
                fleet.path(&name),
                fleet.path(&format!("repository/deploy/{name}")),
            )
            .unwrap();
        }
    }
    std::fs::create_dir(fleet.path("repository/.git")).unwrap();
    for file in below {
        assert!(fleet.path(&format!("repository/deploy/{file}")).exists());
    }
    for (directory, root) in [
        ("repository", "deploy"),
        ("repository/deploy", "."),
        ("repository/deploy/units", ".."),
        ("", "repository/deploy"),
    ] {
        let run = fleet.run_below(directory, &["check", "--root", root, "--format", "github"]);
        assert!(
            run.output.contains("::error file=deploy/store.json,line="),
            "{directory}: {}",
            run.text()
        );
        let run = fleet.run_below(directory, &["check", "--root", root, "--format", "sarif"]);
        assert!(
            run.output.contains("\"uri\": \"deploy/store.json\""),
            "{}",
            run.text()
        );
    }
}
