//! Trees that hold only a part of the fleet, as an image does into which a few directories are copied.
//!
//! With [`Guard::optional`] the deployments whose files are all there are checked, and the others are left out. What keeps every
//! deployment from being checked, such as a registry that does not exist, leaves out all of them.

use std::collections::BTreeSet;

use super::Guard;
use super::environment::Switch;
use crate::check::{Options, Report, leave_out};
use crate::resolve::Deployment;

/// How many names a line lists; more are counted.
const MAX_NAMES: usize = 5;

/// What a tree lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    /// The files that do not exist, and the patterns that match nothing.
    paths: BTreeSet<String>,
    /// The deployments that they belong to.
    deployments: BTreeSet<String>,
    /// Whether one of them is needed for every deployment.
    concerns_all: bool,
}

/// What is left of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excused {
    /// What is not checked, and why.
    pub(super) warning: String,
    /// Whether something is.
    pub(super) checks_some: bool,
}

impl Lacking {
    /// What the failures say is missing.
    pub(super) fn of(report: &Report) -> Self {
        let mut lacking = Self::default();
        for failure in &report.failures {
            let Some(path) = &failure.missing else {
                continue;
            };
            lacking.paths.insert(path.clone());
            lacking.concerns_all |= failure.deployments.is_empty();
            lacking
                .deployments
                .extend(failure.deployments.iter().cloned());
        }
        lacking
    }

    /// Whether what the registry declares is known.
    pub(super) fn has_registry(&self) -> bool {
        !self.concerns_all
    }

    /// Leaves the deployments out whose files are missing, if the crate may be built without them; `None` where all is to be
    /// checked or nothing is missing.
    pub(super) fn excuse(
        &self,
        guard: &Guard,
        switch: Switch,
        options: &Options,
        report: &mut Report,
    ) -> Option<Excused> {
        if !guard.is_optional || switch == Switch::Require || self.paths.is_empty() {
            return None;
        }
        let model = report.model.as_ref()?;
        let all = model.deployments.iter().map(Deployment::name);
        let left_out: Vec<String> = all
            .clone()
            .filter(|name| self.concerns_all || self.deployments.contains(*name))
            .map(str::to_owned)
            .collect();
        let checked: Vec<String> = all
            .filter(|name| guard.deployments.is_empty() || asked(&guard.deployments, name))
            .filter(|name| !asked(&left_out, name))
            .map(str::to_owned)
            .collect();
        leave_out(report, options, &left_out);
        if self.concerns_all {
            // Without the registry, what the rest is compared with is not known.
            report.failures.clear();
            report.findings.retain(super::verdict::does_not_parse);
        }
        Some(Excused {
            warning: self.warning(&left_out, &checked),
            checks_some: !checked.is_empty(),
        })
    }

    fn warning(&self, left_out: &[String], checked: &[String]) -> String {
        let paths: Vec<String> = self.paths.iter().cloned().collect();
        let paths = listed(&paths);
        if self.concerns_all {
            return format!("nothing is checked: this tree lacks {paths}");
        }
        let left_out = deployments(left_out);
        if checked.is_empty() {
            return format!("nothing is checked: {left_out}: this tree lacks {paths}");
        }
        let checked = deployments(checked);
        format!("not checked: {left_out}: this tree lacks {paths}; checked: {checked}")
    }
}

fn asked(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

fn deployments(names: &[String]) -> String {
    let what = if names.len() == 1 {
        "deployment"
    } else {
        "deployments"
    };
    format!("{what} {}", listed(names))
}

/// Names in one line.
pub(super) fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MAX_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let hidden = names.len().saturating_sub(MAX_NAMES);
    if hidden == 0 {
        shown.join(", ")
    } else {
        format!("{} and {hidden} more", shown.join(", "))
    }
}
