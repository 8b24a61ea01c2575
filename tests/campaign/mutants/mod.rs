//! The mutants of a fleet.

mod lines;
mod variables;
mod workloads;

use std::collections::BTreeSet;
use std::fmt;

use crate::fleet::Fleet;

/// One change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What is done to what, in words.
    pub kind: &'static str,
    pub file: String,
    /// The line that is changed, from 1.
    pub line: u32,
    /// What is changed.
    pub what: String,
    /// The text of the file afterwards; `None`: it is removed.
    pub text: Option<String>,
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            file,
            line,
            what,
            ..
        } = self;
        write!(formatter, "{kind}: {file}:{line}: {what}")
    }
}

/// All mutants of a fleet. Two that come to the same text are one.
pub fn of(fleet: &Fleet) -> Vec<Mutant> {
    let mut mutants = variables::mutants(fleet);
    for file in File::all(fleet) {
        mutants.extend(lines::mutants(&file));
        mutants.extend(workloads::mutants(&file));
    }
    let mut seen: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    mutants.retain(|mutant| {
        let change = (mutant.file.clone(), mutant.text.clone());
        seen.insert(change)
    });
    mutants
}

/// A file of a fleet, in lines.
struct File<'f> {
    path: &'f str,
    lines: Vec<&'f str>,
}

impl<'f> File<'f> {
    fn all(fleet: &'f Fleet) -> Vec<Self> {
        let sources = fleet.sources().iter();
        sources
            .map(|(_, source)| File {
                path: source.path(),
                lines: source.text().lines().collect(),
            })
            .collect()
    }

    fn is_yaml(&self) -> bool {
        self.path.ends_with(".yaml") || self.path.ends_with(".yml")
    }

    fn is_unit(&self) -> bool {
        self.path.ends_with(".service")
    }

    fn is_chart_template(&self) -> bool {
        self.path.contains("/templates/")
    }

    /// The file with some of its lines replaced by others.
    fn mutant(&self, kind: &'static str, lines: std::ops::Range<usize>, with: &[String]) -> Mutant {
        let text = self.lines[..lines.start]
            .iter()
            .map(|line| (*line).to_owned())
            .chain(with.iter().cloned())
            .chain(
                self.lines[lines.end..]
                    .iter()
                    .map(|line| (*line).to_owned()),
            );
        let mut text = text.collect::<Vec<_>>().join("\n");
        text.push('\n');
        let shown = |lines: &mut dyn Iterator<Item = &str>| {
            lines.map(str::trim).take(2).collect::<Vec<_>>().join(" / ")
        };
        let before = shown(&mut self.lines[lines.clone()].iter().copied());
        let after = shown(&mut with.iter().map(String::as_str));
        Mutant {
            kind,
            file: self.path.to_owned(),
            line: u32::try_from(lines.start + 1).expect("few lines"),
            what: format!("`{before}` → `{after}`"),
            text: Some(text),
        }
    }

    fn removed(&self) -> Mutant {
        Mutant {
            kind: "workload removed",
            file: self.path.to_owned(),
            line: 1,
            what: "the file".to_owned(),
            text: None,
        }
    }
}

/// How far a line is indented.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The key and the value of a line of YAML; a list's dash is left out.
fn entry(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let (key, value) = line.split_once(':')?;
    (value.is_empty() || value.starts_with(' ')).then(|| (key.trim(), value.trim()))
}
