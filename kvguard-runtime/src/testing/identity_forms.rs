//! In which form a data service compares identities with its table.

use super::AccessTable;
use crate::x509::CertificateNames;

/// A form of the identity in a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityForm {
    /// The first SPIFFE ID among its URIs.
    SpiffeId,
    /// The whole subject as Go prints it, `CN=…,OU=…,O=…,L=…,ST=…,C=…`.
    Subject,
    /// `CN=…,O=…`, the common name and the first organization.
    CommonNameAndOrganization,
    /// `CN=…`, the common name.
    CommonName,
}

impl IdentityForm {
    fn of(self, names: &CertificateNames) -> Option<String> {
        let subject = &names.subject;
        match self {
            Self::SpiffeId => names.spiffe_id().map(str::to_owned),
            Self::Subject => Some(subject.as_go_prints_it()).filter(|subject| !subject.is_empty()),
            Self::CommonNameAndOrganization => Some(format!(
                "CN={},O={}",
                subject.common_name()?,
                subject.organization()?
            )),
            Self::CommonName => Some(format!("CN={}", subject.common_name()?)),
        }
    }
}

/// The forms that a data service compares, as its version has it.
///
/// A table that is written for one matches nothing under another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityForms {
    forms: Vec<IdentityForm>,
    each: bool,
}

impl IdentityForms {
    /// The first form that the certificate has, and no other.
    pub fn first_of(forms: impl IntoIterator<Item = IdentityForm>) -> Self {
        Self {
            forms: forms.into_iter().collect(),
            each: false,
        }
    }

    /// Each form that the certificate has, until the table has a rule for one.
    pub fn each_of(forms: impl IntoIterator<Item = IdentityForm>) -> Self {
        Self {
            forms: forms.into_iter().collect(),
            each: true,
        }
    }

    /// As whom the table knows a certificate: where it has no rule for any form, the first.
    pub(super) fn identity(&self, names: &CertificateNames, table: &AccessTable) -> Option<String> {
        let mut identities = self.forms.iter().filter_map(|form| form.of(names));
        let first = identities.next()?;
        let has_rule = |identity: &String| table.rules().any(|(known, _)| known == identity);
        if !self.each || has_rule(&first) {
            return Some(first);
        }
        identities.find(has_rule).or(Some(first))
    }
}

impl Default for IdentityForms {
    /// The SPIFFE ID if there is one, otherwise the whole subject.
    fn default() -> Self {
        Self::first_of([IdentityForm::SpiffeId, IdentityForm::Subject])
    }
}
