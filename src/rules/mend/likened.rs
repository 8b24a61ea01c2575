//! Writes a new identity like a grant whose text holds template actions, such as `…/ns/{{ .Release.Namespace }}/sa/core`.

use crate::finding::Edit;
use crate::source::{Span, actions};

/// A new identity written like a grant whose text holds template actions or variables.
pub(super) struct Likened<'a> {
    /// The file's text of the identity.
    template: &'a str,
    /// The name in the template that is replaced; `at` is where it begins, `to` what replaces it.
    pub(super) from: &'a str,
    at: usize,
    pub(super) to: &'a str,
}

impl<'a> Likened<'a> {
    /// A grant's identity in the words of its file, but for the one name in which another identity differs; `None` if it differs
    /// in more, or in what an action or a variable gives.
    pub(super) fn new(template: &'a str, granted: &'a str, identity: &'a str) -> Option<Self> {
        let (from, to) = different_names(granted, identity)?;
        replaced(granted, from, to)?;
        let mut places = template.match_indices(from);
        let (at, _) = places.next()?;
        let is_once = places.next().is_none();
        (is_once && outside_of_actions(template).contains(from)).then_some(Self {
            template,
            from,
            at,
            to,
        })
    }

    /// The new text, in quotes.
    pub(super) fn written(&self) -> Option<String> {
        let Self {
            template,
            from,
            at,
            to,
        } = self;
        let written = format!("{}{to}{}", &template[..*at], &template[at + from.len()..]);
        if written.starts_with(['"', '\'']) {
            return Some(written);
        }
        (!written.contains(['"', '\\'])).then(|| format!("\"{written}\""))
    }

    /// The change of that name alone.
    pub(super) fn edit(&self, identity: Span) -> Option<Edit> {
        let start = identity.start + u32::try_from(self.at).ok()?;
        Some(Edit {
            span: Span {
                start,
                end: start + u32::try_from(self.from.len()).ok()?,
                ..identity
            },
            replacement: self.to.to_owned(),
        })
    }
}

/// The names by which two identities differ, if there is one place where they do.
pub(super) fn different_names<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    let is_of_name = |sign: char| sign.is_alphanumeric() || matches!(sign, '-' | '_');
    let start: usize = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .map(|(sign, _)| sign.len_utf8())
        .sum();
    let end: usize = one[start..]
        .chars()
        .rev()
        .zip(other[start..].chars().rev())
        .take_while(|(one, other)| one == other)
        .map(|(sign, _)| sign.len_utf8())
        .sum();
    let before = &one[..start];
    let name_start = before.trim_end_matches(is_of_name).len();
    let behind = &one[one.len() - end..];
    let name_end = end - (behind.len() - behind.trim_start_matches(is_of_name).len());
    let from = &one[name_start..one.len() - name_end];
    let to = &other[name_start..other.len() - name_end];
    (!from.is_empty()
        && !to.is_empty()
        && from.chars().all(is_of_name)
        && to.chars().all(is_of_name))
    .then_some((from, to))
}

/// Replaces a name in a text; `None` unless the text holds it exactly once.
pub(in crate::rules) fn replaced(text: &str, from: &str, to: &str) -> Option<String> {
    (text.matches(from).count() == 1).then(|| text.replacen(from, to, 1))
}

/// The text of a template outside of actions and variables.
pub(super) fn outside_of_actions(template: &str) -> String {
    let mut outside = String::new();
    let mut from = 0;
    for action in actions(template) {
        outside.push_str(&template[from..action.start]);
        // The texts on both sides of an action are not one name.
        outside.push('\n');
        from = action.end;
    }
    outside.push_str(&template[from..]);
    outside
}

#[cfg(test)]
mod tests {
    use super::Likened;

    const NAMESPACE: &str = "spiffe://acme.dev/ns/{{ .Release.Namespace }}/sa/";

    fn written(account: &str, granted: &str, identity: &str) -> Option<String> {
        let template = format!("\"{NAMESPACE}{account}\"");
        Likened::new(&template, granted, identity)?.written()
    }

    #[test]
    fn a_name_that_differs_is_written_beside_what_a_template_gives() {
        assert_eq!(
            written(
                "wroker",
                "spiffe://acme.dev/ns/north/sa/wroker",
                "spiffe://acme.dev/ns/north/sa/worker"
            ),
            Some(format!("\"{NAMESPACE}worker\""))
        );
    }

    #[test]
    fn a_text_is_written_in_its_own_quotes_or_else_in_double_ones_where_they_change_nothing() {
        let granted = "spiffe://acme.dev/north/wroker";
        let identity = "spiffe://acme.dev/north/worker";
        let path = "spiffe://acme.dev/{{ .Values.site }}/";
        let with_quotes = "spiffe://acme.dev/{{ index .Values \"site\" }}/";
        for (template, expected) in [
            (format!("'{path}wroker'"), Some(format!("'{path}worker'"))),
            (format!("{path}wroker"), Some(format!("\"{path}worker\""))),
            (format!("{with_quotes}wroker"), None),
        ] {
            let likened = Likened::new(&template, granted, identity);
            let written = likened.map(|likened| likened.written());
            assert_eq!(written, Some(expected), "{template}");
        }
    }

    #[test]
    fn what_a_template_gives_is_not_written_out() {
        for (granted, identity) in [
            // The namespace.
            (
                "spiffe://acme.dev/ns/south/sa/core",
                "spiffe://acme.dev/ns/north/sa/core",
            ),
            // More than one name.
            (
                "spiffe://acme.dev/ns/south/sa/core",
                "spiffe://acme.dev/ns/north/sa/api",
            ),
            // A name that stands twice, so that it is not known which one the template gives.
            (
                "spiffe://acme.dev/ns/core/sa/core",
                "spiffe://acme.dev/ns/core/sa/api",
            ),
        ] {
            assert_eq!(written("core", granted, identity), None, "{granted}");
        }
    }

    #[test]
    fn a_name_that_an_action_or_a_variable_holds_is_not_replaced_in_it() {
        for action in ["{{u}}", "{{ .u}}", "$(u)", "${u}"] {
            let written = |domain: &str, granted: &str, identity: &str| {
                let template = format!("\"spiffe://{domain}/{action}/sa\"");
                Likened::new(&template, granted, identity)?.written()
            };
            let of_action = written(
                "acme.dev",
                "spiffe://acme.dev/u/sa",
                "spiffe://acme.dev/o/sa",
            );
            assert_eq!(of_action, None, "{action}");
            let beside = written("north", "spiffe://north/u/sa", "spiffe://south/u/sa");
            assert_eq!(beside, Some(format!("\"spiffe://south/{action}/sa\"")));
        }
    }

    #[test]
    fn more_or_less_than_one_name_is_not_replaced() {
        for (own, wanted) in [("a/b", "core"), ("core", "a/b"), ("core", ""), ("", "core")] {
            let template = format!("\"spiffe://{{{{ .domain }}}}/ns/{own}/sa\"");
            let granted = format!("spiffe://acme.dev/ns/{own}/sa");
            let identity = format!("spiffe://acme.dev/ns/{wanted}/sa");
            let likened = Likened::new(&template, &granted, &identity);
            assert!(likened.is_none(), "{own} {wanted}");
        }
    }
}
