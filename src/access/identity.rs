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
