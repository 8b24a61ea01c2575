//! What a workload presents to the store.

use std::borrow::Cow;

use crate::policy::IdentityForm;
use crate::source::Span;

/// An identity that somebody presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its form: a SPIFFE ID or a whole subject.
    pub form: IdentityForm,
    /// The identity.
    pub text: String,
    /// What gives it: the policy's pattern.
    pub origin: Span,
}

impl Identity {
    /// How the identity looks to a store that compares a form; `None` if it has none of that form.
    pub fn in_form(&self, form: IdentityForm) -> Option<Cow<'_, str>> {
        match (self.form, form) {
            (own, asked) if own == asked => Some(Cow::Borrowed(&self.text)),
            (IdentityForm::Subject, IdentityForm::SubjectUnordered) => {
                Some(Cow::Borrowed(&self.text))
            }
            (IdentityForm::Subject, IdentityForm::SubjectCnO) => {
                let attributes = attributes(&self.text);
                let of = |name| attributes.iter().find(|(key, _)| *key == name);
                let (common_name, organization) = (of("CN")?, of("O")?);
                Some(format!("CN={},O={}", common_name.1, organization.1).into())
            }
            (IdentityForm::Subject, IdentityForm::SubjectCn) => {
                let attributes = attributes(&self.text);
                let common_name = attributes.iter().find(|(key, _)| *key == "CN")?;
                Some(format!("CN={}", common_name.1).into())
            }
            _ => None,
        }
    }
}

/// The attributes of a subject as Go prints it: `CN=…,OU=…`; a comma behind a backslash is part of a value.
pub fn attributes(subject: &str) -> Vec<(&str, &str)> {
    let mut attributes = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (offset, character) in subject.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' | '+' => {
                attributes.extend(subject[start..offset].split_once('='));
                start = offset + 1;
            }
            _ => {}
        }
    }
    attributes.extend(subject[start..].split_once('='));
    attributes
}

/// Puts values into the `{…}` of a pattern.
///
/// # Errors
///
/// The name of the first placeholder that has no value.
pub fn expand(
    pattern: &str,
    mut value_of: impl FnMut(&str) -> Option<String>,
) -> Result<String, &str> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        text.push_str(before);
        text.push_str(&value_of(name).ok_or(name)?);
        rest = behind;
    }
    text.push_str(rest);
    Ok(text)
}

/// The name of a certificate by its file: `/etc/acme/certs/agent.pem` → `agent`.
pub fn stem(path: &str) -> Option<&str> {
    let name = path.trim().rsplit('/').next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (!stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::{Identity, stem};
    use crate::policy::IdentityForm;
    use crate::source::{Sources, Span};

    fn identity(form: IdentityForm, text: &str) -> Identity {
        let source = Sources::new().add("kvguard.toml", "");
        Identity {
            form,
            text: text.to_owned(),
            origin: Span {
                source,
                start: 0,
                end: 0,
            },
        }
    }

    #[test]
    fn a_store_sees_of_an_identity_what_its_form_has() {
        let subject = identity(IdentityForm::Subject, "CN=core,OU=Docker,O=Acme");
        let spiffe = identity(IdentityForm::Spiffe, "spiffe://acme.dev/core");
        let nameless = identity(IdentityForm::Subject, "OU=Docker,O=Acme");
        let escaped = identity(IdentityForm::Subject, r"O=Acme\, Inc.+CN=a\\,OU=Docker");
        for (identity, form, seen) in [
            (
                &subject,
                IdentityForm::Subject,
                Some("CN=core,OU=Docker,O=Acme"),
            ),
            (
                &subject,
                IdentityForm::SubjectUnordered,
                Some("CN=core,OU=Docker,O=Acme"),
            ),
            (&subject, IdentityForm::SubjectCnO, Some("CN=core,O=Acme")),
            (&subject, IdentityForm::SubjectCn, Some("CN=core")),
            (&subject, IdentityForm::Spiffe, None),
            (
                &spiffe,
                IdentityForm::Spiffe,
                Some("spiffe://acme.dev/core"),
            ),
            (&spiffe, IdentityForm::Subject, None),
            (&spiffe, IdentityForm::SubjectCn, None),
            (&nameless, IdentityForm::SubjectCnO, None),
            (&nameless, IdentityForm::SubjectCn, None),
            (
                &escaped,
                IdentityForm::SubjectCnO,
                Some(r"CN=a\\,O=Acme\, Inc."),
            ),
        ] {
            assert_eq!(identity.in_form(form).as_deref(), seen, "{form:?}");
        }
    }

    #[test]
    fn the_stem_of_a_certificate_is_its_name_without_directory_and_extension() {
        assert_eq!(stem("/etc/certs/agent.pem"), Some("agent"));
        assert_eq!(stem("agent"), Some("agent"));
        assert_eq!(stem("/etc/certs/"), None);
    }
}
