//! The links between a KV-sourced workload and its store, as the rules about them judge them.
//!
//! Each of these rules has one function that says of a link that it holds, that it is broken, or that the files do not decide it.
//! What is broken is the rule's finding; `why` shows the rest, and the report counts what was not judged. So no two of them can
//! disagree.

use std::collections::HashMap;

use kvguard_contract::{Contract, Mode as Means, Role};

use super::common::{StoreList, about_workload};
use super::deploy::{
    security_mode_mismatch, server_identity_mismatch, store_address_mismatch, store_unreachable,
    trust_domain_mismatch,
};
use crate::access::placeholder::may_be_expanded;
use crate::deploy::Variable;
use crate::finding::{Finding, Label, add_sorted};
use crate::resolve::{Deployment, Mode, Model, Placeholder, ResolvedWorkload, Store, Undecided};
use crate::rules::RuleId;
use crate::source::Span;

/// A rule that judges links.
pub struct LinkRule {
    /// The rule.
    pub rule: RuleId,
    /// The word for the link: what the client does.
    pub word: &'static str,
    /// What it judges, in the plural.
    pub judges: &'static str,
    judge: Judge,
}

/// Says of a link whether it holds; nothing where the client has no such link, or where another rule speaks of it.
type Judge = fn(&Link<'_>) -> Vec<Verdict>;

/// The rules that judge links.
pub static LINK_RULES: &[LinkRule] = &[
    LinkRule {
        rule: RuleId::SecurityModeMismatch,
        word: "store mode",
        judges: "security modes",
        judge: security_mode_mismatch::judge,
    },
    LinkRule {
        rule: RuleId::StoreAddressMismatch,
        word: "calls",
        judges: "store addresses",
        judge: store_address_mismatch::judge,
    },
    LinkRule {
        rule: RuleId::StoreUnreachable,
        word: "reaches",
        judges: "networks",
        judge: store_unreachable::judge,
    },
    LinkRule {
        rule: RuleId::ServerIdentityMismatch,
        word: "expects",
        judges: "server identities",
        judge: server_identity_mismatch::judge,
    },
    LinkRule {
        rule: RuleId::TrustDomainMismatch,
        word: "expects",
        judges: "trust domains",
        judge: trust_domain_mismatch::judge,
    },
];

impl LinkRule {
    /// Judges a workload's link; nothing of a workload that is not KV-sourced.
    pub fn judge(
        &self,
        model: &Model,
        deployment: &Deployment,
        workload: &ResolvedWorkload,
    ) -> Vec<Verdict> {
        if workload.is_kv_sourced() {
            (self.judge)(&Link::new(model, deployment, workload))
        } else {
            Vec::new()
        }
    }

    /// Why a workload's link is not judged, without what only follows from that.
    fn unjudged(
        &self,
        model: &Model,
        deployment: &Deployment,
        workload: &ResolvedWorkload,
    ) -> impl Iterator<Item = Unjudged> {
        let verdicts = self.judge(model, deployment, workload).into_iter();
        verdicts.filter_map(|verdict| match verdict {
            Verdict::NotJudged(why) if !why.reason.is_consequence() => Some(why),
            Verdict::NotJudged(_) | Verdict::Holds(_) | Verdict::Broken(_) => None,
        })
    }
}

/// What a rule says of a link.
#[derive(Debug)]
pub enum Verdict {
    /// It holds.
    Holds(Holds),
    /// It does not.
    Broken(Box<Finding>),
    /// The files do not decide it.
    NotJudged(Unjudged),
}

/// A link that holds.
#[derive(Debug)]
pub struct Holds {
    /// What holds, in a few words.
    pub what: String,
    /// The lines of both sides.
    pub places: Vec<Label>,
}

/// The reason for which a link is not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// The reason.
    pub reason: Undecided,
    /// The line that it is about, if there is one.
    pub place: Option<Span>,
    /// The reason in a sentence.
    pub message: String,
    /// What to write so that it is judged.
    pub help: String,
}

/// What a rule did not judge, for one reason, in one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged {
    /// The rule.
    pub rule: RuleId,
    /// The deployment.
    pub deployment: String,
    /// The services it is about, sorted.
    pub services: Vec<String>,
    /// The workloads it is about, sorted.
    pub workloads: Vec<String>,
    /// Why.
    pub why: Unjudged,
}

/// A KV-sourced workload and the store that it calls.
pub(super) struct Link<'m> {
    pub(super) model: &'m Model,
    pub(super) deployment: &'m Deployment,
    pub(super) workload: &'m ResolvedWorkload,
    /// `None` where each store of the deployment is for other services.
    pub(super) store: Option<&'m Store>,
}

impl<'m> Link<'m> {
    fn new(model: &'m Model, deployment: &'m Deployment, workload: &'m ResolvedWorkload) -> Self {
        Self {
            model,
            deployment,
            workload,
            store: deployment.store_of(model.service_of(workload)),
        }
    }

    pub(super) fn contract(&self) -> &'m Contract {
        &self.model.policy.contract
    }

    /// What a role's variable says and where; else the verdict. There is none where another rule speaks of the variable, or
    /// where it is optional and not set.
    pub(super) fn said(
        &self,
        role: Role,
        is_optional: bool,
    ) -> Result<(&'m str, &'m Variable), Option<Verdict>> {
        let workload = self.workload;
        let contract = self.contract();
        let Some(name) = contract.name(role) else {
            let key = role.policy_key();
            return Err(Some(self.not_judged(Undecided::VariableUnnamed, key, None)));
        };
        if let Some(said) = workload.said(contract, role) {
            return Ok(said);
        }
        let is_told = workload.lacking.iter().any(|lacking| lacking.name == name)
            || workload.refused.iter().any(|refused| refused.name == name);
        let mut placeholders = workload.placeholders.iter();
        let placeholder = placeholders.find(|placeholder| placeholder.name == name);
        let variable = workload.variable(name);
        let is_expanded = |placeholder: &Placeholder| may_be_expanded(&placeholder.text);
        if placeholder.is_some_and(is_expanded) && self.model.expands(workload) {
            let place = variable.map(|variable| variable.name_span);
            return Err(Some(self.not_judged(Undecided::ValueUntold, name, place)));
        }
        if is_told || placeholder.is_some() {
            return Err(None);
        }
        if is_optional
            && variable.is_none_or(Variable::is_blank)
            && workload.workload.untold.is_empty()
        {
            return Err(None);
        }
        let place = variable.map(|variable| variable.name_span);
        Err(Some(self.not_judged(Undecided::ValueUntold, name, place)))
    }

    /// The files do not decide it. `subject` is what it is about: an address, a variable, a mode or a service.
    pub(super) fn not_judged(
        &self,
        reason: Undecided,
        subject: &str,
        place: Option<Span>,
    ) -> Verdict {
        let addresses = StoreList {
            name: "addresses",
            stated: |policy| &policy.addresses,
            items: vec![subject],
        };
        // Without a store, nothing is an address of it.
        let addresses = self.store.map_or_else(String::new, |store| {
            let (how, _) = addresses.how_to_state(self.deployment, store);
            how
        });
        Verdict::NotJudged(Unjudged {
            reason,
            place,
            message: reason.message(subject),
            help: reason.help(subject, self.deployment.name(), &addresses),
        })
    }

    /// It is broken.
    pub(super) fn broken(&self, finding: Finding) -> Verdict {
        let finding = about_workload(self.model, self.deployment, self.workload, finding);
        Verdict::Broken(Box::new(finding))
    }
}

impl Verdict {
    /// The link holds; the places are the lines of both sides.
    pub(super) fn holds(what: String, places: Vec<Label>) -> Self {
        Self::Holds(Holds { what, places })
    }
}

/// Whether a client speaks to a server of SPIFFE, so that it expects an identity; else the verdict, if there is anything to say.
pub(super) fn is_spiffe(link: &Link<'_>) -> Result<(), Option<Verdict>> {
    // Of a mode that is not known, other rules speak.
    let Mode::Known { name, span } = &link.workload.mode else {
        return Err(None);
    };
    match link.workload.means(link.contract()) {
        Some(Means::Spiffe) => Ok(()),
        Some(_) => Err(None),
        None => Err(Some(link.not_judged(
            Undecided::ModeMeaningUntold,
            name,
            Some(*span),
        ))),
    }
}

/// The findings of a rule that judges links.
pub(super) fn findings(model: &Model, judge: Judge, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        for verdict in judge(&Link::new(model, deployment, workload)) {
            if let Verdict::Broken(finding) = verdict {
                findings.push(*finding);
            }
        }
    }
}

/// What the rules did not judge, in the order of the deployments and the rules. What has one reason is told once. `is_asked` tells
/// of a rule, a deployment and a service whether anybody wants to know.
pub(crate) fn not_judged(
    model: &Model,
    is_asked: impl Fn(RuleId, &str, Option<&str>) -> bool,
) -> Vec<NotJudged> {
    let mut told: Vec<NotJudged> = Vec::new();
    for deployment in &model.deployments {
        for rule in LINK_RULES {
            let mut positions: HashMap<(Undecided, String), usize> = HashMap::new();
            for workload in &deployment.workloads {
                let service = model.service_of(workload);
                if !is_asked(rule.rule, deployment.name(), service) {
                    continue;
                }
                for why in rule.unjudged(model, deployment, workload) {
                    let key = (why.reason, why.message.clone());
                    let position = *positions.entry(key).or_insert_with(|| {
                        told.push(NotJudged::new(rule.rule, deployment.name(), why));
                        told.len() - 1
                    });
                    let entry = &mut told[position];
                    add_sorted(&mut entry.workloads, workload.workload.name.clone());
                    if let Some(service) = service {
                        add_sorted(&mut entry.services, service.to_owned());
                    }
                }
            }
        }
    }
    told
}

impl NotJudged {
    fn new(rule: RuleId, deployment: &str, why: Unjudged) -> Self {
        Self {
            rule,
            deployment: deployment.to_owned(),
            services: Vec::new(),
            workloads: Vec::new(),
            why,
        }
    }
}
