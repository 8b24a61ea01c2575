//! What allows a finding that is not there.

use crate::allowed::Comment;
use crate::finding::{Finding, Label};
use crate::policy::Allow;
use crate::resolve::{Deployment, Model};
use crate::rules::RuleId;
use crate::suggest::did_you_mean;

/// Entries of the policy that allowed nothing, unless a deployment is left out of which they may allow a finding.
pub(super) fn entries<'p>(model: &Model, unused: impl Iterator<Item = &'p Allow>) -> Vec<Finding> {
    let may_be_used = |allow: &Allow| {
        let mut left_out = model.deployments.iter().filter(|own| own.is_left_out());
        left_out.any(|own| {
            allow
                .deployment
                .as_ref()
                .is_none_or(|name| name == own.name())
        })
    };
    unused
        .filter(|allow| !may_be_used(allow))
        .map(|allow| entry(model, allow))
        .collect()
}

fn entry(model: &Model, allow: &Allow) -> Finding {
    let rule = allow.rule.rule().name;
    let unknown = allow.service.as_deref();
    let unknown = unknown.filter(|name| model.service_position(name).is_none());
    let message = match unknown {
        Some(name) => {
            let names = model.services.iter().map(|own| own.name.value.as_str());
            format!(
                "this exception for `{rule}` accepts no finding: the registry declares no service `{name}`{}",
                did_you_mean(name, names)
            )
        }
        None => format!("this exception for `{rule}` accepts no finding"),
    };
    let help = match unknown {
        Some(_) => "mend the name in `service`, or take the exception away",
        None => "take it away",
    };
    let mut finding = Finding::new(
        RuleId::UnusedExcuse,
        message,
        Label::new(allow.span, "excuses nothing"),
    )
    .subject(rule)
    .help(help);
    if let Some(service) = &allow.service {
        finding = finding.service(service);
    }
    if let Some(deployment) = &allow.deployment {
        finding = finding.deployment(deployment);
    }
    finding
}

/// Comments about whose line no finding of a rule is that they name. Where a deployment is left out, one may be of that.
pub(super) fn comments(model: &Model, unused: &[(&Comment, RuleId)]) -> Vec<Finding> {
    if model.deployments.iter().any(Deployment::is_left_out) {
        return Vec::new();
    }
    let unused = unused.iter();
    unused
        .map(|(comment, rule)| {
            let name = rule.rule().name;
            let help = if comment.rules.len() > 1 {
                "take this rule out of the comment"
            } else {
                "remove the comment; or move it to the line above one that the report of the finding shows"
            };
            Finding::new(
                RuleId::UnusedExcuse,
                format!("this comment allows `{name}`, of which nothing is found in its line"),
                Label::masked(comment.span, "allows nothing"),
            )
            .subject(name)
            .help(help)
        })
        .collect()
}
