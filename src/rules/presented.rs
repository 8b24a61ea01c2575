//! The lines that a workload's identity is made from.

use kvguard_contract::Role;

use super::mend::replaced;
use crate::access::AccessTable;
use crate::access::identity::{Identity, stem};
use crate::deploy::{DEFAULT_ACCOUNT, Pod};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload};

/// A name that is part of an identity, and where it is set.
struct Part<'m> {
    /// What it is the name of.
    what: &'static str,
    /// The name.
    name: &'m str,
    /// The field or the variable that sets it.
    set_by: &'m str,
    label: Label,
}

/// Whose identity it is.
pub(super) struct Presented<'m> {
    pub(super) model: &'m Model,
    pub(super) deployment: &'m Deployment,
    pub(super) workload: &'m ResolvedWorkload,
    pub(super) identity: &'m Identity,
}

impl<'m> Presented<'m> {
    /// The names that its identity is made from, but for its own ones, which are as they should be.
    fn parts(&self) -> impl Iterator<Item = Part<'m>> {
        let pod = self.workload.workload.pod.as_deref();
        let parts = pod.map(|pod| [self.namespace(pod), self.account(pod)]);
        let parts = parts.into_iter().flatten().flatten();
        let parts = parts.chain(self.certificate());
        parts.filter(|part| self.own_names().all(|name| name != part.name))
    }

    /// The names of the workload, and of its service and its certificate.
    fn own_names(&self) -> impl Iterator<Item = &'m str> {
        let service = self.model.service_of(self.workload);
        let policy = service.and_then(|service| self.model.policy.service(service));
        let certificate = policy.and_then(|policy| policy.certificate.as_deref());
        let names = [
            certificate,
            service,
            Some(self.workload.workload.base_name()),
        ];
        names.into_iter().flatten()
    }

    fn namespace(&self, pod: &'m Pod) -> Option<Part<'m>> {
        let stated = self.deployment.policy.namespace.as_ref();
        let stated = stated.filter(|stated| stated.value == pod.namespace);
        let span = pod.namespace_span.or(stated.map(|stated| stated.span))?;
        self.is_made_of("namespace", &pod.namespace).then(|| Part {
            what: "namespace",
            name: &pod.namespace,
            set_by: "namespace",
            label: Label::new(span, format!("sets the namespace `{}`", pod.namespace)),
        })
    }

    fn account(&self, pod: &'m Pod) -> Option<Part<'m>> {
        let name = pod.service_account.as_str();
        let text = if name == DEFAULT_ACCOUNT {
            "`serviceAccountName` belongs here".to_owned()
        } else {
            format!("sets the service account `{name}`")
        };
        self.is_made_of("service_account", name).then(|| Part {
            what: "service account",
            name,
            set_by: "serviceAccountName",
            label: Label::new(pod.service_account_span, text),
        })
    }

    /// The name of the certificate, where a variable names its file.
    fn certificate(&self) -> Option<Part<'m>> {
        let set_by = self.model.policy.contract.shown_name(Role::Certificate);
        let variable = self.workload.variable(set_by)?;
        let name = stem(variable.text()?)?;
        let text = format!("`{set_by}` names the certificate `{name}`");
        self.is_made_of("certificate", name).then(|| Part {
            what: "certificate",
            name,
            set_by,
            // What stands where a file's name should be may be a secret.
            label: Label::masked(variable.shown_span(), text),
        })
    }

    /// Whether a name is part of the identity: the policy's pattern says so; of the template of an object, which is not read here,
    /// the identity's own parts tell it.
    fn is_made_of(&self, placeholder: &str, name: &str) -> bool {
        let mut rules = self.deployment.policy.identities.iter();
        match rules.find(|rule| rule.pattern.span == self.identity.origin) {
            Some(rule) => rule.pattern.value.contains(&format!("{{{placeholder}}}")),
            None => self.identity.text.split('/').any(|part| part == name),
        }
    }

    /// Shows the lines that set the parts that a grant lacks, and offers to correct them instead of the grant.
    pub(super) fn or_correct(&self, finding: Finding, granted: &str) -> Finding {
        let different = self.parts().filter(|part| !granted.contains(part.name));
        different.fold(finding, |finding, part| {
            finding.label(part.label).help(format!(
                "or, if the grant is right, correct the {} in the line that sets it",
                part.what
            ))
        })
    }

    /// Whether it runs as an account that it does not name, while another one is granted a role.
    pub(super) fn lacks_its_account(&self, table: &AccessTable) -> bool {
        self.parts()
            .any(|part| part.name == DEFAULT_ACCOUNT && self.granted_name(&part, table).is_some())
    }

    /// Shows the lines that set the certificate and the service account. Where the table grants a role to the identity that has the
    /// service's name in place of one of these, and nobody presents that, offers to present it.
    pub(super) fn or_present_what_is_granted(
        &self,
        finding: Finding,
        table: &AccessTable,
    ) -> Finding {
        let own = self.parts().filter(|part| part.what != "namespace");
        own.fold(finding, |finding, part| {
            let meant = self.granted_name(&part, table);
            let finding = finding.label(part.label.clone());
            let Some(meant) = meant else {
                return finding;
            };
            let Part { what, set_by, .. } = part;
            finding.help(if part.name == DEFAULT_ACCOUNT {
                format!(
                    "write `{set_by}: {meant}` in the pod's `spec`: the access table grants a role to that account, and nobody presents it"
                )
            } else {
                format!(
                    "or, if the {what} `{meant}` is meant, to which the access table grants a role and which nobody presents, name that in `{set_by}`"
                )
            })
        })
    }

    /// The name of the service or of the workload, if a grant that nobody presents has it in place of a part.
    fn granted_name(&self, part: &Part<'_>, table: &AccessTable) -> Option<&'m str> {
        self.own_names().find(|name| {
            let other = replaced(&self.identity.text, part.name, name);
            let position = other.and_then(|other| table.position(&other));
            position.is_some_and(|position| !self.deployment.presentable[position])
        })
    }
}
