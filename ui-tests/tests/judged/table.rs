//! The judge of programs on each service. What is right is said in `workspaces/judged/verdicts.toml`, by what each case is to prove; no
//! cell may be another.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Fleet;
use crate::verdicts::{run, told, verdicts};

/// Most of the time a case waits for its program.
const THREADS: &str = "--test-threads=6";

/// The cases of a program.
const CASES: [&str; 13] = [
    "reads_its_key",
    "kv_value_wins",
    "file_values_survive",
    "seeds_missing_key",
    "does_not_overwrite",
    "writes_only_what_it_may",
    "outage_is_not_silent",
    "denied_is_not_silent",
    "rejects_malformed_value",
    "critical_fields_present",
    "template_loads",
    "applies_watch_update",
    "initial_value_is_no_update",
];

/// Stands for all of them.
const EVERY_CASE: &str = "every_case";

/// What is right of a service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[expect(dead_code, reason = "for who reads the table")]
    is: String,
    /// Cases that have to find something, each with words of what they tell.
    #[serde(default)]
    failed: BTreeMap<String, String>,
    /// Cases that cannot be judged, likewise.
    #[serde(default)]
    not_judged: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Ok,
    Failed,
    NotJudged,
}

impl Row {
    /// The verdict on a case, and words of what is told.
    fn of(&self, case: &str) -> (Verdict, &str) {
        for (cells, verdict) in [
            (&self.failed, Verdict::Failed),
            (&self.not_judged, Verdict::NotJudged),
        ] {
            if let Some(words) = cells.get(case).or_else(|| cells.get(EVERY_CASE)) {
                return (verdict, words);
            }
        }
        (Verdict::Ok, "")
    }

    /// Names in the table that are no case.
    fn unknown(&self) -> Vec<&String> {
        let named = self.failed.keys().chain(self.not_judged.keys());
        named
            .filter(|name| *name != EVERY_CASE && !CASES.contains(&name.as_str()))
            .collect()
    }
}

/// The verdict on a test of some output; nothing if it was not run.
fn verdict(output: &str, all: &BTreeMap<String, bool>, test: &str) -> Option<Verdict> {
    Some(match all.get(test)? {
        true => Verdict::Ok,
        false if told(output, test).contains("Error: not judged: ") => Verdict::NotJudged,
        false => Verdict::Failed,
    })
}

#[test]
fn each_service_has_the_verdicts_that_are_right_of_it() {
    let fleet = Fleet::built();
    let text = fleet.workspace.read("verdicts.toml");
    let table: BTreeMap<String, Row> = toml::from_str(&text).unwrap();
    let suites = fleet.build.tests();
    assert_eq!(suites.len(), 2, "{suites:?}");
    let mut wrong = Vec::new();
    let _ports = fleet.built_in_ports.lock();
    for (service, executable) in suites {
        let output = run(&executable, &[THREADS]);
        let all = verdicts(&output);
        // What the suites have and the table has not is no verdict that anybody has thought of.
        assert_eq!(all.len(), table.len() * CASES.len(), "{service}: {output}");
        for (suite, row) in &table {
            assert_eq!(row.unknown(), Vec::<&String>::new(), "{suite}");
            for case in CASES {
                let test = format!("{suite}::compose::{case}");
                let (right, words) = row.of(case);
                let found = verdict(&output, &all, &test);
                let told = match found {
                    None | Some(Verdict::Ok) => "",
                    _ => told(&output, &test),
                };
                if found.as_ref() != Some(&right) {
                    wrong.push(format!(
                        "{service}: {test}: {found:?}, but {right:?} is right\n{told}"
                    ));
                } else if !told.contains(words) {
                    wrong.push(format!(
                        "{service}: {test} does not tell of `{words}`\n{told}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
