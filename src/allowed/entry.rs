//! The `[[allow]]` entries of the policy.

use super::{AllowedBy, AllowedKind};
use crate::finding::Finding;
use crate::policy::Allow;
use crate::policy::date::Date;

/// The entries, and which of them allowed something.
pub(crate) struct Entries<'p> {
    all: &'p [Allow],
    used: Vec<bool>,
    today: Date,
}

impl<'p> Entries<'p> {
    pub(crate) fn new(all: &'p [Allow], today: Date) -> Self {
        Self {
            all,
            used: vec![false; all.len()],
            today,
        }
    }

    /// What allows a finding: the first entry in force that names its rule and whom it is about.
    pub(crate) fn allow(&mut self, finding: &Finding) -> Option<AllowedBy> {
        let position = self
            .all
            .iter()
            .position(|allow| is_in_force(allow, self.today) && allows(allow, finding))?;
        self.used[position] = true;
        let allow = &self.all[position];
        Some(AllowedBy {
            kind: AllowedKind::Entry,
            span: allow.span,
            reason: allow.reason.clone(),
            until: allow.expires,
        })
    }

    /// The entries in force that allowed nothing.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &'p Allow> {
        let all = self.all.iter().zip(&self.used);
        all.filter(|(allow, used)| !**used && is_in_force(allow, self.today))
            .map(|(allow, _)| allow)
    }
}

fn is_in_force(allow: &Allow, today: Date) -> bool {
    allow.expires.is_none_or(|expires| expires >= today)
}

fn allows(allow: &Allow, finding: &Finding) -> bool {
    // A finding between two services is allowed for either one.
    let is_of_service = allow
        .service
        .as_ref()
        .is_none_or(|asked| finding.services.contains(asked));
    // One between two deployments, too, of one service: of all, it would allow what is compared with that deployment anywhere.
    let is_of_deployment = allow.deployment.as_ref().is_none_or(|asked| {
        let is_only = finding.deployments.len() == 1;
        finding.deployments.contains(asked) && (is_only || allow.service.is_some())
    });
    allow.rule == finding.rule && is_of_service && is_of_deployment
}
