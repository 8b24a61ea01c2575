//! Compares a value with the text of a file that it was read from, to decide whether that text may be shown.

use std::ops::Range;

/// The longest text that is compared with a value as a template of it. Names and identities are shorter.
const MAX_TEMPLATE: usize = 1024;

/// Whether a text of a file holds only the value, or a template of it, so that it may be shown.
pub(crate) fn says_only(written: &str, value: &str) -> bool {
    is_written(written, value) || is_template_of(written, value)
}

/// Whether a text of a file is a value, with or without quotes.
pub(crate) fn is_written(written: &str, value: &str) -> bool {
    let inner = without_quotes(written);
    let escaped = || value.replace('\\', "\\\\").replace('"', "\\\"");
    written == value || inner.is_some_and(|inner| inner == value || inner == escaped())
}

/// Whether a text with template actions or variables can become a value. A text with a string literal in an action does not count, as the
/// literal may be a secret.
pub(crate) fn is_template_of(written: &str, value: &str) -> bool {
    let written = without_quotes(written).unwrap_or(written);
    if written.len() > MAX_TEMPLATE {
        return false;
    }
    let actions: Vec<Range<usize>> = actions(written).collect();
    let mut from = 0;
    let mut left = value;
    for action in &actions {
        if written[action.clone()].contains(['"', '\'', '`']) {
            return false;
        }
        let before = &written[from..action.start];
        let Some(at) = left.find(before) else {
            return false;
        };
        left = &left[at + before.len()..];
        from = action.end;
    }
    !actions.is_empty() && left.ends_with(&written[from..])
}

/// The template actions and variables in a text: `{{ … }}`, `$(…)`, `${…}`. The place of a scalar can end within its last action;
/// an action that is not closed reaches to the end of the text.
pub(crate) fn actions(text: &str) -> impl Iterator<Item = Range<usize>> {
    const BRACKETS: [(&str, &str); 3] = [("{{", "}}"), ("$(", ")"), ("${", "}")];
    let mut from = 0;
    std::iter::from_fn(move || {
        let is_opening = |at: &usize| {
            let rest = &text.as_bytes()[*at..];
            let mut brackets = BRACKETS.into_iter();
            brackets.any(|(open, _)| rest.starts_with(open.as_bytes()))
        };
        let start = (from..text.len()).find(is_opening)?;
        let rest = &text[start..];
        let (_, close) = BRACKETS
            .into_iter()
            .find(|(open, _)| rest.starts_with(open))?;
        let end = rest
            .find(close)
            .map_or(text.len(), |at| start + at + close.len());
        from = end;
        Some(start..end)
    })
}

fn without_quotes(written: &str) -> Option<&str> {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))
}

#[cfg(test)]
mod tests {
    use super::says_only;

    #[test]
    fn a_value_is_shown_as_it_is_written_and_as_a_template_of_it() {
        for (written, value) in [
            ("reader", "reader"),
            ("'reader'", "reader"),
            (r#""CN=a\"b""#, r#"CN=a"b"#),
            (
                "spiffe://{{ .domain }}/sa/core",
                "spiffe://acme.dev/sa/core",
            ),
            ("\"$(user)-core\"", "a-core"),
            ("{{ .name }}", "core"),
            // The scalar's place ends within the action.
            ("ns/core/sa/{{ .name", "ns/core/sa/api"),
        ] {
            assert!(says_only(written, value), "{written}");
        }
    }

    #[test]
    fn a_text_that_holds_more_than_the_value_is_not_shown() {
        for (written, value) in [
            (r#"{"pw": "canary", "identity": "core"}"#, "core"),
            (
                r#""{\"pw\": \"canary\", \"identity\": \"core\"}""#,
                "identity",
            ),
            (r#"{{ printf "canary" }}"#, "core"),
            (r#"{{ dict "pw" "canary" | toJson }}"#, "core"),
            ("canary-{{ .name }}", "core"),
            ("{{ .name }}-canary", "core"),
            ("reader canary", "reader"),
        ] {
            assert!(!says_only(written, value), "{written}");
        }
        let long = "{{}}".repeat(1000);
        assert!(!says_only(&long, "core"));
    }
}
