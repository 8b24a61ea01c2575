//! What a finding is recognised by in another run.

use std::fmt::{self, Write};

use kvguard_contract::digest;

use crate::rules::RuleId;

/// What stays the same of a finding while lines move, comments and services are reordered and messages are reworded: its rule and the names
/// that it is about. It holds no place and no wording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The rule.
    pub rule: RuleId,
    /// The deployments it is about, sorted.
    pub deployments: Vec<String>,
    /// The services it is about, sorted.
    pub services: Vec<String>,
    /// The identity, key, variable, field, workload or file it is about, where the names above leave that open.
    pub subject: Option<String>,
}

impl Fingerprint {
    /// Sixteen hexadecimal digits. They are the same in every version that recognises the finding.
    pub fn digest(&self) -> String {
        // A character that no name holds keeps lists apart.
        let mut text = self.rule.rule().name.to_owned();
        for names in [&self.deployments, &self.services] {
            text.push('\0');
            text.push_str(&names.join("\u{1}"));
        }
        text.push('\0');
        text.push_str(self.subject.as_deref().unwrap_or_default());
        format!("{:016x}", digest(text.as_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    /// The rule with the names in words: `missing-grant of mapper in compose: spiffe://fleet/mapper`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.rule.rule().name)?;
        for (preposition, names) in [("of", &self.services), ("in", &self.deployments)] {
            if !names.is_empty() {
                write!(formatter, " {preposition} {}", names.join(", "))?;
            }
        }
        if let Some(subject) = &self.subject {
            formatter.write_char(':')?;
            write!(formatter, " {subject}")?;
        }
        Ok(())
    }
}

/// One digest for several findings that are reported as one, in whatever order they were found.
pub(super) fn digest_of_all(all: &[Fingerprint]) -> String {
    let mut digests: Vec<String> = all.iter().map(Fingerprint::digest).collect();
    digests.sort();
    match digests.as_slice() {
        [only] => only.clone(),
        several => format!("{:016x}", digest(several.join(" ").as_bytes())),
    }
}
