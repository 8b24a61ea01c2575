//! What is right of suites, and where what was found is another.

#![allow(
    dead_code,
    reason = "each test program uses another part of these helpers"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::verdicts::{ignored, told, verdicts};

/// The cases of a suite.
pub const CASES: [&str; 13] = [
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

/// What is right of a suite. A case that is not named is `ok`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What is tested, for who reads the table.
    #[serde(rename = "is")]
    _is: String,
    /// Cases that have to find something, each with words of what they tell.
    #[serde(default)]
    failed: BTreeMap<String, String>,
    /// Cases that cannot be judged, likewise.
    #[serde(default)]
    not_judged: BTreeMap<String, String>,
    /// Cases that the suite leaves out.
    #[serde(default)]
    skipped: BTreeSet<String>,
}

/// Suites by their names.
pub type Table = BTreeMap<String, Row>;

#[derive(Debug, PartialEq)]
enum Verdict {
    Ok,
    Failed,
    NotJudged,
    Skipped,
}

impl Row {
    /// The right verdict on a case, and words of what is told.
    fn of(&self, case: &str) -> (Verdict, &str) {
        for (cells, verdict) in [
            (&self.failed, Verdict::Failed),
            (&self.not_judged, Verdict::NotJudged),
        ] {
            if let Some(words) = cells.get(case).or_else(|| cells.get(EVERY_CASE)) {
                return (verdict, words);
            }
        }
        if self.skipped.contains(case) {
            (Verdict::Skipped, "")
        } else {
            (Verdict::Ok, "")
        }
    }

    /// The cases that have to find something.
    pub fn failing(&self) -> BTreeSet<&str> {
        self.failed.keys().map(String::as_str).collect()
    }

    /// The cases that the suite leaves out.
    pub fn left_out(&self) -> BTreeSet<&str> {
        self.skipped.iter().map(String::as_str).collect()
    }

    /// Names in the row that are no case.
    fn unknown(&self) -> Vec<&String> {
        let told = self.failed.keys().chain(self.not_judged.keys());
        told.chain(&self.skipped)
            .filter(|name| *name != EVERY_CASE && !CASES.contains(&name.as_str()))
            .collect()
    }
}

/// The cells of a table in which the output of its suites differs, each as a text.
pub fn wrong_cells(table: &Table, output: &str) -> Vec<String> {
    let verdicts = verdicts(output);
    let ignored = ignored(output);
    // What the suites have and the table has not is no verdict that anybody has thought of.
    assert_eq!(
        verdicts.len() + ignored.len(),
        table.len() * CASES.len(),
        "{output}"
    );
    let mut wrong = Vec::new();
    for (suite, row) in table {
        assert_eq!(row.unknown(), Vec::<&String>::new(), "{suite}");
        for case in CASES {
            let test = format!("{suite}::compose::{case}");
            let told = match verdicts.get(&test) {
                Some(false) => told(output, &test),
                _ => "",
            };
            let found = match verdicts.get(&test) {
                Some(true) => Verdict::Ok,
                Some(false) if told.contains("Error: not judged: ") => Verdict::NotJudged,
                Some(false) => Verdict::Failed,
                None if ignored.contains(&test) => Verdict::Skipped,
                None => panic!("there is no test {test}\n{output}"),
            };
            let (right, words) = row.of(case);
            if found != right {
                wrong.push(format!("{test}: {found:?}, but {right:?} is right\n{told}"));
            } else if !told.contains(words) {
                wrong.push(format!("{test} does not tell of `{words}`\n{told}"));
            }
        }
    }
    wrong
}
