//! A baseline as TOML that a person can review.

use std::fmt::Write;

use super::steers;
use crate::allowed::Baseline;
use crate::allowed::baseline::Entry;
use crate::finding::Fingerprint;

const HEAD: &str = "\
# Findings that were there when this fleet adopted kvguard. They are not reported; every other one is.
# It shrinks as they are mended: `cargo kvguard baseline --prune` removes what is no longer found.
version = 1
";

/// The text of the file: sorted, a table for each finding.
pub fn text(baseline: &Baseline) -> String {
    let mut text = HEAD.to_owned();
    for (fingerprint, entry) in baseline.entries() {
        table(&mut text, fingerprint, entry);
    }
    text
}

fn table(text: &mut String, fingerprint: &Fingerprint, entry: &Entry) {
    text.push_str("\n[[finding]]\n");
    let mut line = |key: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    };
    line("rule", &quoted(fingerprint.rule.rule().name));
    for (key, names) in [
        ("deployment", &fingerprint.deployments),
        ("service", &fingerprint.services),
    ] {
        match names.as_slice() {
            [] => {}
            [name] => line(key, &quoted(name)),
            several => {
                let quoted: Vec<String> = several.iter().map(|name| quoted(name)).collect();
                line(key, &format!("[{}]", quoted.join(", ")));
            }
        }
    }
    if let Some(subject) = &fingerprint.subject {
        line("subject", &quoted(subject));
    }
    if entry.count > 1 {
        line("count", &entry.count.to_string());
    }
    if let Some(reason) = &entry.reason {
        line("reason", &quoted(reason));
    }
}

/// A TOML basic string. What would show a reviewer something else than it is, is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if steers(control) => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
