//! The last line of a report: what was found, and what was looked at.

use std::collections::BTreeSet;

use super::printable;
use crate::allowed::{Allowed, AllowedKind};
use crate::check::Report;
use crate::finding::Level;
use crate::rules::RuleId;
use crate::rules::links::LINK_RULES;

/// How many findings of which level, and what was looked at.
pub fn summary(report: &Report) -> String {
    let count = |level| {
        report
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let (denied, warned, failed) = (
        count(Level::Deny),
        count(Level::Warn),
        report.failures.len(),
    );
    let looked_at = report.model.as_ref().map_or_else(String::new, |model| {
        if !model.seen.is_empty() {
            let looked_at = model.seen.iter().map(|seen| seen.looked_at.as_str());
            let looked_at = looked_at.collect::<Vec<_>>().join("; ");
            return format!(" ({})", printable(&looked_at));
        }
        let checked = model.deployments.iter();
        let checked: Vec<_> = checked.filter(|own| !own.is_left_out()).collect();
        let workloads: usize = checked
            .iter()
            .map(|deployment| deployment.workloads.len())
            .sum();
        let from_store = model.kv_sourced().count();
        format!(
            " ({}, {}, {}: {from_store} from the store, {})",
            counted(model.services.len(), "service"),
            counted(checked.len(), "deployment"),
            counted(workloads, "workload"),
            counted(workloads - from_store, "other")
        )
    });
    let verdict = match (failed, denied) {
        (0, 0) => "ok".to_owned(),
        (0, _) => counted(denied, "error"),
        (_, 0) => format!("{} could not be checked", counted(failed, "thing")),
        (_, _) => format!(
            "{}, {} could not be checked",
            counted(denied, "error"),
            counted(failed, "thing")
        ),
    };
    let warnings = if warned == 0 {
        String::new()
    } else {
        format!(", {}", counted(warned, "warning"))
    };
    let allowed = allowed(report);
    let left_out = left_out(report);
    let not_judged = not_judged(report);
    format!("kvguard: {verdict}{warnings}{looked_at}{allowed}{left_out}{not_judged}")
}

/// How many findings are not reported, by what allows them.
fn allowed(report: &Report) -> String {
    let count = |kind| {
        let all = report.allowed.iter();
        all.filter(|allowed| allowed.by.kind == kind).count()
    };
    let counts: Vec<String> = AllowedKind::ALL
        .into_iter()
        .map(|kind| (count(kind), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} by {}", kind.name()))
        .collect();
    let is_fault = |allowed: &&Allowed| allowed.finding.rule == RuleId::MalformedFile;
    let behind = match report.allowed.iter().filter(is_fault).count() {
        0 => String::new(),
        faults => format!(
            "; what lies behind {} is not judged",
            counted(faults, "allowed fault")
        ),
    };
    match counts.as_slice() {
        [] => String::new(),
        counts => format!(
            "; findings allowed, not reported: {} (--show-allowed lists them){behind}",
            counts.join(", ")
        ),
    }
}

/// The deployments and services of which nothing is reported, as others were asked for or as files of them do not exist.
fn left_out(report: &Report) -> String {
    let Some(model) = &report.model else {
        return String::new();
    };
    let (asked_deployments, asked_services) = report.asked_for();
    let of = |asked: &[String], all: usize, what| {
        (!asked.is_empty()).then(|| {
            let others = all.saturating_sub(asked.len());
            format!("{others} of {}", counted(all, what))
        })
    };
    let counts: Vec<String> = [
        of(asked_deployments, model.deployments.len(), "deployment"),
        of(asked_services, model.services.len(), "service"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let not_asked_for = match counts.as_slice() {
        [] => String::new(),
        counts => format!("; left out as not asked for: {}", counts.join(", ")),
    };
    let absent = model.deployments.iter().filter(|own| own.is_left_out());
    let absent = match absent.count() {
        0 => String::new(),
        absent => format!(
            "; left out as files of them do not exist: {}",
            counted(absent, "deployment")
        ),
    };
    format!("{not_asked_for}{absent}")
}

/// What was not judged, counted by deployments, and the command that gives the reasons.
fn not_judged(report: &Report) -> String {
    let all = &report.not_judged;
    let mut counts: Vec<String> = Vec::new();
    for link in LINK_RULES {
        let of_rule = all.iter().filter(|one| one.rule == link.rule);
        let deployments: BTreeSet<&str> = of_rule.map(|one| one.deployment.as_str()).collect();
        let count = deployments.len();
        match (count, counts.len()) {
            (0, _) => {}
            (_, 0) => counts.push(format!(
                "{} in {}",
                link.judges,
                counted(count, "deployment")
            )),
            (_, _) => counts.push(format!("{} in {count}", link.judges)),
        }
    }
    let critical = if declares_no_critical_field(report) {
        "; critical fields: not judged, as no service declares any"
    } else {
        ""
    };
    if counts.is_empty() {
        return critical.to_owned();
    }
    let mut services = all.iter().flat_map(|one| &one.services);
    let command = match services.next() {
        Some(service) => format!("why {}", printable(service)),
        None => "check --format json".to_owned(),
    };
    format!(
        "{critical}; not judged: {} (see `cargo kvguard {command}`)",
        counts.join(", ")
    )
}

/// Whether there are services, and the rule about their critical fields has nothing to look for.
fn declares_no_critical_field(report: &Report) -> bool {
    report.model.as_ref().is_some_and(|model| {
        let level = model.policy.levels.get(&RuleId::MissingCriticalField);
        let mut services = model.services.iter();
        level != Some(&Level::Allow)
            && !model.services.is_empty()
            && services.all(|service| service.critical_fields.is_empty())
    })
}

pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
