//! How serious a finding is taken.

use crate::check::Options;
use crate::finding::{Finding, Level};
use crate::resolve::Model;
use crate::rules::RuleId;

/// The level that is stated of the finding's rule; else that of the rule that it is as serious as; else the one that the rule gave it.
pub(super) fn level(finding: &Finding, model: &Model, options: &Options) -> Level {
    let stated = |rule| {
        stated_level(
            rule,
            &finding.services,
            &finding.deployments,
            model,
            options,
        )
    };
    let of_another = |rule: RuleId| stated(rule).unwrap_or(rule.rule().default_level);
    stated(finding.rule)
        .or_else(|| finding.as_serious_as.map(of_another))
        .unwrap_or(finding.level)
}

/// The command line's level; else the service's, the deployment's, the policy's. A finding about several takes the most serious
/// one.
pub(super) fn stated_level(
    rule: RuleId,
    services: &[String],
    deployments: &[String],
    model: &Model,
    options: &Options,
) -> Option<Level> {
    let commanded = options
        .levels
        .iter()
        .rev()
        .find(|(asked, _)| *asked == rule)
        .map(|(_, level)| *level);
    let of_services = || {
        let policies = services
            .iter()
            .filter_map(|name| model.policy.service(name));
        policies
            .filter_map(|policy| policy.levels.get(&rule))
            .max()
            .copied()
    };
    let of_deployments = || {
        let policies = model
            .policy
            .deployments
            .iter()
            .filter(|policy| deployments.contains(&policy.name.value));
        policies
            .filter_map(|policy| policy.levels.get(&rule))
            .max()
            .copied()
    };
    commanded
        .or_else(of_services)
        .or_else(of_deployments)
        .or_else(|| model.policy.levels.get(&rule).copied())
}
