//! Patches of access tables. A patch is shown only if it is right when it is pasted, for every deployment that shares the text; else a
//! sentence says what to do.

mod likened;
mod values;
mod words;

use crate::access::{AccessTable, Grant, Opening, Written};
use crate::deploy::DEFAULT_ACCOUNT;
use crate::finding::{Edit, Finding};
use crate::resolve::{Deployment, Model, ResolvedWorkload, ServiceInDeployment};
use crate::source::Span;

use super::common::role_name;
use likened::Likened;
pub(super) use likened::replaced;

/// A change of a deployment's access table.
#[derive(Clone, Copy)]
pub(super) struct Mend<'m> {
    pub(super) model: &'m Model,
    pub(super) deployment: &'m Deployment,
    pub(super) table: &'m AccessTable,
    /// Whether the rule knows that nothing else can be meant, so that no person needs to choose.
    pub(super) is_meant: bool,
}

/// A grant of another deployment's table, at a place that two tables have in common.
struct Sharer<'m> {
    deployment: &'m Deployment,
    table: &'m AccessTable,
    position: usize,
}

impl Sharer<'_> {
    fn grant(&self) -> &Grant {
        &self.table.grants[self.position]
    }

    fn may_be_presented(&self, identity: &str) -> bool {
        let is_presented = || {
            let position = self.table.position(identity);
            position.is_some_and(|position| self.deployment.presentable[position])
        };
        may_have_others(self.deployment) || is_presented() || presents(self.deployment, identity)
    }
}

/// Whether a deployment may have presenters that are not known.
fn may_have_others(deployment: &Deployment) -> bool {
    deployment.may_have_lost_workloads()
        || deployment.may_have_lost_identities()
        || deployment.has_undecided_identities()
}

/// Whether a workload or a service of a deployment presents an identity.
fn presents(deployment: &Deployment, identity: &str) -> bool {
    let of_workloads = deployment.workloads.iter();
    let of_workloads = of_workloads.flat_map(ResolvedWorkload::identities);
    let of_services = deployment.services.iter();
    let of_services = of_services.flat_map(ServiceInDeployment::identities);
    let mut all = of_workloads.chain(of_services);
    all.any(|presented| presented.text == identity)
}

impl<'m> Mend<'m> {
    /// Grants an identity a role by one more entry of the table.
    pub(super) fn add_grant(self, finding: Finding, identity: &str, role: &str) -> Finding {
        if let Some(account) = default_account(identity) {
            return own_account(finding, account);
        }
        let words = || format!("grant `{identity}` the role `{role}` in the access table");
        let Some((position, opening)) = self.opening() else {
            return self.explain_loop(finding, identity, role);
        };
        let others = self.sharers(|table, other| table.opening(other) == Some(opening));
        let differ = others.iter().any(|other| !self.is_alike(other.table));
        let neighbour = self.table.writing(position);
        let is_among_texts = neighbour.is_some_and(Written::has_identity);
        let likened = || self.likened_anywhere(position, identity);
        let as_text = || {
            let can_hold = opening.can_hold(identity) && opening.can_hold(role);
            can_hold.then(|| self.table.identity_like(position, identity))
        };
        // Among grants that a template makes, one that is written out is right for the values of today only.
        let written = if differ || !is_among_texts {
            let written = likened().map(|written| (written, true));
            let as_text = || as_text().filter(|_| !differ);
            written.or_else(|| Some((as_text()?, false)))
        } else {
            as_text().map(|written| (written, true))
        };
        match written {
            Some((written, is_like_others)) => {
                let edit = self.new_grant(opening, &written, role);
                let finding = finding.help_edit("add the grant to the access table", edit);
                self.certain_if(is_like_others, finding)
            }
            None if differ => finding.help(format!(
                "{}; it is written in lines that `{}` uses, too, so that the text of the new grant must be right there as well",
                words(),
                names(&others)
            )),
            None => finding.help(words()),
        }
    }

    /// Says that a mend needs no person, if its text is surely right and the rule knows that it is meant.
    fn certain_if(self, is_right: bool, finding: Finding) -> Finding {
        if is_right && self.is_meant {
            finding.certain_mend()
        } else {
            finding
        }
    }

    /// The change that writes one more grant at an opening.
    pub(super) fn new_grant(self, opening: &Opening, identity: &str, role: &str) -> Edit {
        Edit {
            span: opening.at,
            replacement: self.table.new_grant(opening, identity, role),
        }
    }

    /// Writes another identity in a grant. Where another deployment needs the grant as it is, one more grants it.
    pub(super) fn write_identity(
        self,
        finding: Finding,
        position: usize,
        (identity, need): (&str, usize),
        message: impl Into<String>,
    ) -> Finding {
        if let Some(account) = default_account(identity) {
            return own_account(finding, account);
        }
        let place = self.table.grants[position].identity.span;
        let is_own = self
            .table
            .writing(position)
            .is_some_and(Written::has_identity);
        let edit = if self.is_looped(place) {
            None
        } else if is_own {
            let opening = self.table.opening(position);
            let can_hold = opening.is_none_or(|opening| opening.can_hold(identity));
            can_hold.then(|| Edit {
                span: place,
                replacement: self.table.identity_like(position, identity),
            })
        } else {
            let likened = self.likened(position, identity);
            likened.and_then(|likened| likened.edit(place))
        };
        let Some(edit) = edit else {
            return finding.help(self.words_for(position, identity));
        };
        if self.is_used_elsewhere(position) {
            return self.add_grant(finding, identity, role_name(self.model, need));
        }
        self.certain_if(true, finding.help_edit(message, edit))
    }

    /// Writes grants out for a placeholder: the last one in its place, and the others before it.
    pub(super) fn write_out(
        self,
        finding: Finding,
        position: usize,
        wanted: &[(&str, &str)],
    ) -> Finding {
        const MESSAGE: &str = "write the grants out in place of the placeholder";
        let grant = &self.table.grants[position];
        let Some(((identity, role), others)) = wanted.split_last() else {
            return finding.help("write the identity out, or take the grant away");
        };
        let written = self.table.writing(position);
        let is_text = written.is_some_and(|written| written.has_identity() && written.has_role());
        let is_shared = || {
            let is_same =
                |table: &AccessTable, other: usize| table.grants[other].span == grant.span;
            !self.sharers(is_same).is_empty()
        };
        let opening = self.table.opening(position).filter(|opening| {
            let mut identities = wanted.iter().map(|(identity, _)| *identity);
            identities
                .all(|identity| opening.can_hold(identity) && default_account(identity).is_none())
        });
        let (Some(opening), true) = (
            opening,
            is_text && !self.is_looped(grant.span) && !is_shared(),
        ) else {
            return finding.help(format!(
                "let it be one grant for each that the workloads of `{}` present, where the placeholder comes from",
                self.deployment.name()
            ));
        };
        let mut finding = finding;
        if !others.is_empty() {
            let grants = others.iter().map(|(identity, role)| {
                let identity = self.table.identity_like(position, identity);
                self.table.new_grant(opening, &identity, role)
            });
            let edit = Edit {
                span: opening.at,
                replacement: grants.collect(),
            };
            finding = finding.help_edit(MESSAGE, edit);
        }
        let edit = Edit {
            span: grant.identity.span,
            replacement: self.table.identity_like(position, identity),
        };
        finding = finding.help_edit(MESSAGE, edit);
        if *role == grant.role.value {
            return finding;
        }
        let edit = Edit {
            span: grant.role.span,
            replacement: self.table.role_like(position, role),
        };
        finding.help_edit(MESSAGE, edit)
    }

    /// Whether another deployment needs a grant as it is.
    pub(super) fn is_used_elsewhere(self, position: usize) -> bool {
        let grant = &self.table.grants[position].identity;
        let others = self.sharers(|table, other| table.grants[other].identity.span == grant.span);
        others.iter().any(|other| {
            other.deployment.presentable[other.position]
                || may_have_others(other.deployment) && other.grant().identity.value == grant.value
        })
    }

    /// Writes another role in a grant.
    pub(super) fn write_role(
        self,
        finding: Finding,
        position: usize,
        role: &str,
        message: &str,
    ) -> Finding {
        let place = self.table.grants[position].role.span;
        if self.is_looped(place) {
            let finding = finding.help(format!(
                "{message} to `{role}` in this line if that is right for every entry of the list that it is printed for; else let each entry of the list state its role"
            ));
            return self.label_loop(finding, place);
        }
        let has_role = self.table.writing(position).is_some_and(Written::has_role);
        if has_role && self.is_role_of_one(place) && !self.is_too_much_elsewhere(place, role) {
            let edit = Edit {
                span: place,
                replacement: self.table.role_like(position, role),
            };
            return self.certain_if(true, finding.help_edit(message, edit));
        }
        let name = self.deployment.name();
        finding.help(if has_role && !self.is_role_of_one(place) {
            format!("{message} to `{role}` in this grant alone: others take their role from the same place")
        } else if has_role {
            format!(
                "{message} to `{role}` for `{name}` alone: the place that it is taken from gives others their role, too"
            )
        } else {
            format!(
                "{message} to `{role}` where `{name}` takes it from: the access table does not hold it as a text of its own"
            )
        })
    }

    /// Whether no other grant of the table takes its role from the same place.
    fn is_role_of_one(self, place: Span) -> bool {
        let grants = self.table.grants.iter();
        grants.filter(|grant| grant.role.span == place).count() == 1
    }

    /// Whether another deployment takes a role from the same place, and needs less there.
    fn is_too_much_elsewhere(self, place: Span, role: &str) -> bool {
        let roles = &self.model.policy.access.roles;
        let wanted = roles.iter().position(|known| known == role);
        let others = self.sharers(|table, other| table.grants[other].role.span == place);
        others.iter().any(|other| {
            let presents = |workload: &&ResolvedWorkload| {
                workload.is_kv_sourced() && workload.access.grant() == Some(other.position)
            };
            let mut workloads = other.deployment.workloads.iter().filter(presents);
            workloads.any(|workload| {
                let service = workload.mapped.service();
                let (need, _) = self.model.need(service, other.deployment.name());
                wanted.is_some_and(|wanted| need < wanted)
            })
        })
    }

    /// The first place at which one more grant can be written, with the position of the grant behind it.
    fn opening(self) -> Option<(usize, &'m Opening)> {
        let positions = 0..self.table.grants.len();
        let mut openings =
            positions.filter_map(|position| Some((position, self.table.opening(position)?)));
        openings.find(|(_, opening)| !self.is_looped(opening.at))
    }

    /// The grants of other deployments for which `is_same` holds, one of each deployment.
    fn sharers(self, is_same: impl Fn(&AccessTable, usize) -> bool) -> Vec<Sharer<'m>> {
        let others = self.model.deployments.iter();
        let others = others.filter(|other| other.name() != self.deployment.name());
        let tables = others.filter_map(|other| Some((other, other.table.table()?)));
        tables
            .filter_map(|(deployment, table)| {
                let position = (0..table.grants.len()).find(|other| is_same(table, *other))?;
                Some(Sharer {
                    deployment,
                    table,
                    position,
                })
            })
            .collect()
    }

    /// Whether another table grants the same to the same, as one does that several deployments read.
    fn is_alike(self, other: &AccessTable) -> bool {
        let pairs = self.table.grants.iter().zip(&other.grants);
        self.table.grants.len() == other.grants.len()
            && pairs.into_iter().all(|(own, other)| {
                own.identity.value == other.identity.value && own.role.value == other.role.value
            })
    }

    /// An identity in the words of a grant that the file writes with other texts in it, as `…/ns/{{ .Release.Namespace }}/sa/core`,
    /// if everybody who shares the grant presents what it would then be there.
    fn likened_anywhere(self, near: usize, identity: &str) -> Option<String> {
        let source = self.table.opening(near)?.at.source;
        let positions = 0..self.table.grants.len();
        let of_file = positions.filter(|position| {
            let place = self.table.grants[*position].identity.span;
            place.source == source && !self.is_looped(place)
        });
        let mut likened = of_file.filter_map(|position| {
            let likened = self.likened(position, identity)?;
            let place = self.table.grants[position].identity.span;
            let others = self.sharers(|table, other| table.grants[other].identity.span == place);
            let is_presented = |other: &Sharer<'_>| {
                let granted = &other.grant().identity.value;
                let would_be = replaced(granted, likened.from, likened.to);
                would_be.is_some_and(|identity| other.may_be_presented(&identity))
            };
            others.iter().all(is_presented).then(|| likened.written())?
        });
        likened.next()
    }

    /// The identity written like the grant at a position.
    fn likened<'a>(self, position: usize, identity: &'a str) -> Option<Likened<'a>>
    where
        'm: 'a,
    {
        let template = self.table.writing(position)?.template()?;
        let granted = &self.table.grants[position].identity.value;
        Likened::new(template, granted, identity)
    }

    /// Whether a loop of a template prints what is written at a place.
    pub(super) fn is_looped(self, place: Span) -> bool {
        self.deployment.printed.looped(place).is_some()
    }
}

fn names(sharers: &[Sharer<'_>]) -> String {
    let names: Vec<&str> = sharers
        .iter()
        .map(|other| other.deployment.name())
        .collect();
    names.join("`, `")
}

/// The identity's service account, if it is the one that Kubernetes gives to whatever names none.
pub(super) fn default_account(identity: &str) -> Option<&str> {
    let rest = identity.strip_prefix("spiffe://")?;
    let (_, account) = rest.split_once("/sa/")?;
    (account == DEFAULT_ACCOUNT).then_some(account)
}

/// What is granted to the default service account is granted to everybody in its namespace.
fn own_account(finding: Finding, account: &str) -> Finding {
    finding.help(format!(
        "give the workload a service account of its own (`serviceAccountName` in the pod's `spec`), and grant what it presents then; what is granted to `{account}` is granted to every workload of the namespace that names no account"
    ))
}
