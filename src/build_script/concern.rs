//! Which findings concern a crate, and how serious they are taken there.

use std::collections::BTreeMap;

use super::environment::{Environment, Switch};
use super::{Guard, own};
use crate::check::Report;
use crate::finding::{Finding, Help, Level};
use crate::inputs::Inputs;
use crate::judge;
use crate::resolve::Model;

/// The highest level that a finding may have.
pub(super) fn cap(environment: &Environment, switch: Switch, model: &Model) -> Level {
    let levels = model.policy.build;
    match switch {
        Switch::Warn => Level::Warn,
        Switch::Unset if environment.is_ci => levels.ci,
        Switch::Unset => levels.local,
        Switch::Off | Switch::Deny | Switch::Require => Level::Deny,
    }
}

/// Leaves what concerns the crate, at the level it has here; tells how much was left out. The findings come apart, so that what is told of
/// one service shows no line that is another's.
pub(super) fn narrow(
    report: &mut Report,
    guard: &Guard,
    environment: &Environment,
    switch: Switch,
    cap: Level,
) -> Option<String> {
    let model = report.model.as_ref()?;
    let own = own_services(guard, environment, model, report.inputs.as_ref());
    let concerns = |asked: &[String], names: &[String]| {
        asked.is_empty() || names.is_empty() || names.iter().any(|name| asked.contains(name))
    };
    let raises = matches!(switch, Switch::Deny | Switch::Require);
    let mut others: Vec<Finding> = Vec::new();
    let mut kept: Vec<Finding> = Vec::new();
    for mut finding in std::mem::take(&mut report.findings) {
        if raises && finding.level == Level::Warn && is_marked(&finding, model) {
            finding.level = Level::Deny;
            let rule = finding.rule.rule().name;
            let told = format!(
                "the policy sets the level of `{rule}` to `warn`; where `KVGUARD` is `deny` or `require`, that counts as an error"
            );
            let help = Help {
                message: told,
                edit: None,
            };
            finding.help.insert(0, help);
        }
        finding.level = finding.level.min(cap);
        if finding.level == Level::Allow {
            continue;
        }
        if concerns(&own, &finding.services) && concerns(&guard.deployments, &finding.deployments) {
            kept.push(finding);
        } else {
            others.push(finding);
        }
    }
    let others = judge::together(others, report.sources()).len();
    report.findings = judge::together(kept, report.sources());
    let whose = if guard.deployments.is_empty() {
        "services"
    } else {
        "services or deployments"
    };
    match others {
        0 => None,
        1 => Some(format!(
            "1 finding concerns other {whose}; `cargo kvguard check` shows it"
        )),
        _ => Some(format!(
            "{others} findings concern other {whose}; `cargo kvguard check` shows them"
        )),
    }
}

fn own_services(
    guard: &Guard,
    environment: &Environment,
    model: &Model,
    inputs: Option<&Inputs>,
) -> Vec<String> {
    if !guard.services.is_empty() {
        return guard.services.clone();
    }
    let directory = environment
        .manifest_dir
        .as_deref()
        .map(|path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()));
    let inside = directory.as_deref().and_then(|directory| {
        let root = inputs?.root();
        directory.strip_prefix(root).ok()
    });
    let declared: Vec<&str> = model
        .services
        .iter()
        .map(|service| service.name.value.as_str())
        .collect();
    own::services(
        &model.policy,
        &declared,
        inside,
        environment.package.as_deref(),
    )
}

/// Whether the policy itself sets a finding's rule to `warn`, for all or for what the finding is about.
fn is_marked(finding: &Finding, model: &Model) -> bool {
    let policy = &model.policy;
    let is_warn = |levels: &BTreeMap<_, Level>| levels.get(&finding.rule) == Some(&Level::Warn);
    let services = finding
        .services
        .iter()
        .filter_map(|name| policy.service(name));
    let deployments = policy
        .deployments
        .iter()
        .filter(|deployment| finding.deployments.contains(&deployment.name.value));
    is_warn(&policy.levels)
        || services.into_iter().any(|service| is_warn(&service.levels))
        || deployments
            .into_iter()
            .any(|deployment| is_warn(&deployment.levels))
}
