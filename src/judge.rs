//! Decides what a finding counts for: its level, whether it is allowed, and which findings are reported as one.

mod clients;
mod consequences;
mod level;
mod recognise;
mod together;
mod unused;

use crate::allowed::{Allowances, Allowed, Entries};
use crate::check::Options;
use crate::finding::{Finding, Fingerprint, Label, Level};
use crate::policy::Allow;
use crate::resolve::Model;
use crate::rules::RuleId;
use crate::rules::links::{self, NotJudged};
use crate::source::Sources;
pub(crate) use clients::deployments_without_clients;
use level::{level, stated_level};
pub(crate) use together::together;

/// The findings that are reported, each by itself, and the findings that something allows.
pub(crate) struct Judged {
    pub(crate) findings: Vec<Finding>,
    pub(crate) allowed: Vec<Allowed>,
    /// The fingerprints of findings that are left out because a reported finding says the same.
    pub(crate) consequences: Vec<Fingerprint>,
}

/// Asks for each finding, in this order: its level, the `[[allow]]` entries, the comments, whether it was asked for, the baseline, whether
/// another finding says the same. What allows a finding allows nothing that follows from it.
pub(crate) fn judge(
    findings: Vec<Finding>,
    model: &Model,
    allowances: &Allowances,
    options: &Options,
    sources: &Sources,
    is_asked: &dyn Fn(RuleId) -> bool,
) -> Judged {
    let mut entries = Entries::new(&model.policy.allows, model.today);
    let mut kept: Vec<Finding> = Vec::new();
    let mut allowed = Vec::new();
    for mut finding in findings {
        finding.level = level(&finding, model, options);
        // An entry for a finding that would not be reported anyway is of no use.
        if finding.level == Level::Allow {
            continue;
        }
        finding.fingerprints = recognise::fingerprints(&finding, model, sources);
        match entries.allow(&finding) {
            Some(by) => allowed.push((finding, by)),
            None => kept.push(finding),
        }
    }
    let by_comments = allowances.comments.take(&mut kept, sources, model.today);
    allowed.extend(by_comments.allowed);
    // What runs is in another state at another moment, so that an exception for it is of use though nothing is found now.
    let would_be_used = |rule: RuleId| is_asked(rule) && !rule.is_about_running();
    let is_of_nobody = |allow: &Allow| {
        let service = allow.service.as_ref();
        let is_unknown = service.is_some_and(|name| model.service_position(name).is_none());
        is_unknown && allow.rule.is_about_running() && is_asked(RuleId::UnusedExcuse)
    };
    let idle = entries.unused();
    let idle = idle.filter(|allow| would_be_used(allow.rule) || is_of_nobody(allow));
    let mut unused = unused::entries(model, idle);
    let idle = by_comments.unused.iter().copied();
    let idle: Vec<_> = idle.filter(|(_, rule)| would_be_used(*rule)).collect();
    unused.extend(unused::comments(model, &idle));
    for mut finding in unused {
        finding.level = level(&finding, model, options);
        finding.fingerprints = recognise::fingerprints(&finding, model, sources);
        if finding.level != Level::Allow {
            kept.push(finding);
        }
    }
    kept.retain(|finding| is_asked_for(finding, options));
    allowed.retain(|(finding, _)| is_asked_for(finding, options));
    if let Some(baseline) = &allowances.baseline {
        allowed.extend(baseline.take(&mut kept));
    }
    let mut consequences = consequences::of_causes(&mut kept);
    consequences.extend(consequences::of_missing_objects(&mut kept));
    let all_allowed = allowed.iter_mut().map(|(finding, _)| finding);
    for finding in kept.iter_mut().chain(all_allowed) {
        keep_exact(finding, sources);
        tell_values(finding, model);
    }
    let allowed = allowed.into_iter();
    Judged {
        findings: kept,
        allowed: allowed
            .map(|(finding, by)| Allowed { finding, by })
            .collect(),
        consequences: consequences
            .into_iter()
            .flat_map(|finding| finding.fingerprints)
            .collect(),
    }
}

/// What is known of no value alone is not shown, and no edit may replace it.
fn keep_exact(finding: &mut Finding, sources: &Sources) {
    for label in std::iter::once(&mut finding.primary).chain(&mut finding.related) {
        if label.shown && sources.is_inexact(label.span) {
            label.shown = false;
        }
    }
    for help in &mut finding.help {
        let edit = help.edit.take();
        help.edit = edit.filter(|edit| !sources.meets_inexact(edit.span));
    }
}

/// Of a line that was rendered, the values in it; of a value, the lines that print it.
fn tell_values(finding: &mut Finding, model: &Model) {
    let primary = finding.primary.span;
    let own = model.deployments.iter().filter(|deployment| {
        finding
            .deployments
            .iter()
            .any(|name| name == deployment.name())
    });
    let mut related = Vec::new();
    for deployment in own {
        let actions = deployment.printed.at(primary).into_iter();
        related.extend(actions.map(|action| Label::masked(action, "printed here")));
        let values = deployment.printed.values(primary).into_iter();
        related.extend(values.map(|value| Label::masked(value, "a value in it")));
    }
    for label in related {
        if !finding.related.contains(&label) {
            finding.related.push(label);
        }
    }
}

/// What the rules did not judge, of the deployments and services that were asked for. Rules that are off are asked for nothing.
pub(crate) fn not_judged(model: &Model, options: &Options) -> Vec<NotJudged> {
    let is_asked_for =
        |asked: &[String], name: &str| asked.is_empty() || asked.iter().any(|other| other == name);
    links::not_judged(model, |rule, deployment, service| {
        let services: Vec<String> = service.map(str::to_owned).into_iter().collect();
        let deployments = [deployment.to_owned()];
        let level = stated_level(rule, &services, &deployments, model, options);
        level.unwrap_or(rule.rule().default_level) != Level::Allow
            && is_asked_for(&options.deployments, deployment)
            && service.is_none_or(|service| is_asked_for(&options.services, service))
    })
}

/// What is about no deployment or service in particular concerns everybody.
pub(crate) fn is_asked_for(finding: &Finding, options: &Options) -> bool {
    let concerns = |asked: &[String], names: &[String]| {
        asked.is_empty() || names.is_empty() || names.iter().any(|name| asked.contains(name))
    };
    concerns(&options.deployments, &finding.deployments)
        && concerns(&options.services, &finding.services)
}
