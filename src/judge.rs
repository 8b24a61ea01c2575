//! Decides what a finding counts for: levels, accepted findings, and which of them are told together.

mod together;

use std::collections::{HashMap, HashSet};

use crate::check::Options;
use crate::deploy::Failure;
use crate::finding::{Finding, Label, Level};
use crate::policy::Allow;
use crate::resolve::{Deployment, Model, SourceState, nobody_uses_store};
use crate::rules::RuleId;
use crate::rules::links::{self, NotJudged};
use crate::source::{Sources, Span};
use crate::suggest::did_you_mean;
pub(crate) use together::together;

/// The findings that are to be reported, each by itself.
pub(crate) fn judge(
    findings: Vec<Finding>,
    model: &Model,
    options: &Options,
    sources: &Sources,
) -> Vec<Finding> {
    let mut used = vec![false; model.policy.allows.len()];
    let mut kept: Vec<Finding> = Vec::new();
    for mut finding in findings {
        finding.level = level(&finding, model, options);
        // An accepted finding that would not be reported anyway does not make the exception useful.
        if finding.level == Level::Allow {
            continue;
        }
        let accepted = model.policy.allows.iter().position(|allow| {
            allow.expires.is_none_or(|expires| expires >= model.today) && accepts(allow, &finding)
        });
        match accepted {
            Some(position) => used[position] = true,
            None => kept.push(finding),
        }
    }
    kept.extend(unused_allows(model, &used, options));
    kept.retain(|finding| is_asked_for(finding, options));
    tell_causes_only(&mut kept);
    tell_missing_objects_once(&mut kept);
    for finding in &mut kept {
        keep_exact(finding, sources);
        tell_values(finding, model);
    }
    kept
}

/// Drops each finding that only follows from another finding about the same workload, or about all of its deployment, if that is reported
/// at the same level or a higher one.
fn tell_causes_only(kept: &mut Vec<Finding>) {
    type Subject = (RuleId, Vec<String>, Vec<String>);
    let subject = |rule: RuleId, finding: &Finding| -> Subject {
        (rule, finding.deployments.clone(), finding.workloads.clone())
    };
    let asked: HashSet<RuleId> = kept
        .iter()
        .filter_map(|finding| finding.follows_from)
        .collect();
    let causes = kept.iter().filter(|finding| asked.contains(&finding.rule));
    let mut levels: HashMap<Subject, Level> = HashMap::new();
    for cause in causes {
        let level = levels
            .entry(subject(cause.rule, cause))
            .or_insert(cause.level);
        *level = cause.level.max(*level);
    }
    kept.retain(|finding| {
        let Some(rule) = finding.follows_from else {
            return true;
        };
        let of_all = (rule, finding.deployments.clone(), Vec::new());
        let mut causes = [subject(rule, finding), of_all].into_iter();
        !causes.any(|cause| {
            levels
                .get(&cause)
                .is_some_and(|level| *level >= finding.level)
        })
    });
}

/// A missing object is also an environment that is not known: of the two findings that a deployment has at its name the more serious
/// one is reported. Where they are equal, it is the one that names the cause; of a Secret it is the one that asks for its keys, as
/// stating these settles both. Several deployments may read the file, and what one of them is told says nothing of another.
fn tell_missing_objects_once(kept: &mut Vec<Finding>) {
    let place = |finding: &Finding| (finding.primary.span, finding.deployments.clone());
    let levels = |rule: RuleId| -> HashMap<(Span, Vec<String>), Level> {
        let of_rule = kept.iter().filter(|finding| finding.rule == rule);
        of_rule
            .map(|finding| (place(finding), finding.level))
            .collect()
    };
    let missing = levels(RuleId::DanglingReference);
    let unknown = levels(RuleId::UnsupportedConstruct);
    let untold = levels(RuleId::UntoldValue);
    kept.retain(|finding| {
        let other =
            |levels: &HashMap<(Span, Vec<String>), Level>| levels.get(&place(finding)).copied();
        match finding.rule {
            RuleId::UnsupportedConstruct => {
                other(&missing).is_none_or(|level| level < finding.level)
            }
            RuleId::UntoldValue => other(&missing).is_none_or(|level| level <= finding.level),
            RuleId::DanglingReference => {
                other(&unknown).is_none_or(|level| level <= finding.level)
                    && other(&untold).is_none_or(|level| level < finding.level)
            }
            _ => true,
        }
    });
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

/// The level that is stated of the finding's rule; else that of the rule that it is as serious as; else the one that the rule gave it.
fn level(finding: &Finding, model: &Model, options: &Options) -> Level {
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
fn stated_level(
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

/// The deployments in which nothing loads its configuration from the store, unless the policy says that this is meant. Where a
/// finding tells why that is so, or something could not be read, that is the cause.
pub(crate) fn deployments_without_clients(
    findings: &[Finding],
    failures: &[Failure],
    model: &Model,
    options: &Options,
) -> Vec<Failure> {
    let tells = |deployment: &Deployment, finding: &Finding| {
        let is_of_source = match finding.rule {
            RuleId::SourceDrift => !is_of_half_set(finding, model, deployment),
            RuleId::MalformedFile | RuleId::UnsupportedConstruct | RuleId::DanglingReference => {
                true
            }
            _ => false,
        };
        is_of_source
            && finding
                .deployments
                .iter()
                .any(|name| name == deployment.name())
            && level(finding, model, options) == Level::Deny
    };
    let untold = model.deployments.iter().filter(|deployment| {
        let is_unread = deployment.is_partial && !failures.is_empty();
        !is_unread && !findings.iter().any(|finding| tells(deployment, finding))
    });
    untold
        .filter_map(|deployment| nobody_uses_store(model, deployment))
        .collect()
}

/// Whether a finding is of a workload that is set up for the store and does not name the source, and neither the policy nor
/// another workload tells that its service uses the store: that is so of all where the policy names the wrong variable.
fn is_of_half_set(finding: &Finding, model: &Model, deployment: &Deployment) -> bool {
    let uses_store = |service| {
        let mut clients = model.kv_sourced();
        clients.any(|(_, client)| client.mapped.service() == Some(service))
    };
    let mut workloads = deployment.workloads.iter();
    workloads.any(|workload| {
        finding.workloads.contains(&workload.workload.name)
            && matches!(workload.source, SourceState::Unset { half_set: true })
            && workload.mapped.service().is_some_and(|service| {
                model.expected_source(service, deployment).is_none() && !uses_store(service)
            })
    })
}

fn accepts(allow: &Allow, finding: &Finding) -> bool {
    // A finding between two services is accepted for either one.
    let is_of_service = allow
        .service
        .as_ref()
        .is_none_or(|asked| finding.services.contains(asked));
    // One between two deployments, too, of one service: of all, it would accept what is compared with that deployment anywhere.
    let is_of_deployment = allow.deployment.as_ref().is_none_or(|asked| {
        let is_only = finding.deployments.len() == 1;
        finding.deployments.contains(asked) && (is_only || allow.service.is_some())
    });
    allow.rule == finding.rule && is_of_service && is_of_deployment
}

fn unused_allows(model: &Model, used: &[bool], options: &Options) -> Vec<Finding> {
    let in_force = |allow: &Allow| allow.expires.is_none_or(|expires| expires >= model.today);
    // It may accept a finding of a deployment that is left out.
    let may_be_used = |allow: &Allow| {
        let mut left_out = model.deployments.iter().filter(|own| own.is_left_out());
        left_out.any(|own| {
            allow
                .deployment
                .as_ref()
                .is_none_or(|name| name == own.name())
        })
    };
    let unused = model
        .policy
        .allows
        .iter()
        .zip(used)
        .filter(|(allow, used)| !**used && in_force(allow) && !may_be_used(allow));
    unused
        .map(|(allow, _)| {
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
            .help(help);
            if let Some(service) = &allow.service {
                finding = finding.service(service);
            }
            if let Some(deployment) = &allow.deployment {
                finding = finding.deployment(deployment);
            }
            finding.level = level(&finding, model, options);
            finding
        })
        .filter(|finding| finding.level != Level::Allow)
        .collect()
}

/// What is about no deployment or service in particular concerns everybody.
fn is_asked_for(finding: &Finding, options: &Options) -> bool {
    let concerns = |asked: &[String], names: &[String]| {
        asked.is_empty() || names.is_empty() || names.iter().any(|name| asked.contains(name))
    };
    concerns(&options.deployments, &finding.deployments)
        && concerns(&options.services, &finding.services)
}
