//! Names the value of a chart that prints the part of a grant that is wrong.

use crate::source::actions;

/// A value that a template prints, and what it should print.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed<'a> {
    /// The value's path without `.Values.`, as `trustDomain` or `global.domain`.
    pub(super) path: &'a str,
    /// What is printed; empty where the value is.
    pub(super) is: &'a str,
    /// What should be.
    pub(super) wanted: &'a str,
}

/// The value by which an identity differs from another one, where its template prints that value alone between two slashes and the two
/// differ in nothing else.
pub(super) fn wrong_value<'a>(
    template: &'a str,
    granted: &'a str,
    wanted: &'a str,
) -> Option<Printed<'a>> {
    let template = template.trim_matches(['"', '\'']);
    let parts = parts(template);
    let (granted, wanted): (Vec<&str>, Vec<&str>) =
        (granted.split('/').collect(), wanted.split('/').collect());
    if parts.len() != granted.len() || granted.len() != wanted.len() {
        return None;
    }
    let pairs = parts.into_iter().zip(granted).zip(wanted);
    let mut different = pairs.filter(|((_, is), wanted)| is != wanted);
    let ((part, is), wanted) = different.next()?;
    let path = value_path(part)?;
    different
        .next()
        .is_none()
        .then_some(Printed { path, is, wanted })
}

/// The parts of a template between slashes; a slash in an action is none.
fn parts(template: &str) -> Vec<&str> {
    let actions: Vec<_> = actions(template).collect();
    let is_outside = |at: usize| !actions.iter().any(|action| action.contains(&at));
    let slashes = template.match_indices('/').map(|(at, _)| at);
    let mut parts = Vec::new();
    let mut from = 0;
    for at in slashes.filter(|at| is_outside(*at)) {
        parts.push(&template[from..at]);
        from = at + 1;
    }
    parts.push(&template[from..]);
    parts
}

/// The path of the value that an action prints as it is: `{{ $.Values.trustDomain }}`.
fn value_path(part: &str) -> Option<&str> {
    let action = part.strip_prefix("{{")?.strip_suffix("}}")?;
    let path = action.trim_matches([' ', '-']);
    let path = path.strip_prefix('$').unwrap_or(path);
    let path = path.strip_prefix(".Values.")?;
    let is_of_path = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '_');
    path.chars().all(is_of_path).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::{Printed, wrong_value};

    #[test]
    fn the_value_that_is_printed_between_two_slashes_is_named() {
        for (template, granted, is) in [
            (
                "\"spiffe://{{ $.Values.domain }}/sa/{{ . }}\"",
                "spiffe:///sa/core",
                "",
            ),
            (
                "spiffe://{{- .Values.domain -}}/sa/core",
                "spiffe://b.dev/sa/core",
                "b.dev",
            ),
        ] {
            let printed = wrong_value(template, granted, "spiffe://a.dev/sa/core");
            let (path, wanted) = ("domain", "a.dev");
            assert_eq!(printed, Some(Printed { path, is, wanted }), "{template}");
        }
    }

    #[test]
    fn no_value_is_named_where_another_one_or_more_than_it_is_printed() {
        for (template, granted) in [
            (
                "spiffe://{{ .Values.domain | lower }}/sa/core",
                "spiffe://b.dev/sa/core",
            ),
            (
                "spiffe://x{{ .Values.domain }}/sa/core",
                "spiffe://xb.dev/sa/core",
            ),
            (
                "spiffe://{{ .Release.Name }}/sa/core",
                "spiffe://b.dev/sa/core",
            ),
            (
                "spiffe://{{ .Values.domain }}/sa/core",
                "spiffe://a.dev/sa/core",
            ),
            (
                "spiffe://{{ .Values.domain }}/sa/{{ .Values.name }}",
                "spiffe://b.dev/sa/cor",
            ),
            (
                "spiffe://{{ .Values.domain }}/core",
                "spiffe://b.dev/sa/core",
            ),
        ] {
            assert_eq!(
                wrong_value(template, granted, "spiffe://a.dev/sa/core"),
                None,
                "{template}"
            );
        }
    }
}
