//! Whether what a file has at a place is a value that was read from there and nothing more, so that the place may be shown.

/// Whether what a file has at a place is a value and nothing more, or a template of it, so that it may be shown.
pub(crate) fn says_only(written: &str, value: &str) -> bool {
    is_written(written, value) || is_template_of(written, value)
}

/// Whether a text of a file is a value, with or without quotes.
pub(crate) fn is_written(written: &str, value: &str) -> bool {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    let escaped = || value.replace('\\', "\\\\").replace('"', "\\\"");
    written == value || inner == Some(value) || inner.is_some_and(|inner| inner == escaped())
}

/// Whether a text becomes a value once its actions and variables are filled in. An action with a text in it may hold anything.
pub(crate) fn is_template_of(written: &str, value: &str) -> bool {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    let mut rest = inner.unwrap_or(written);
    let mut left = value;
    let brackets = [("{{", "}}"), ("$(", ")"), ("${", "}")];
    let mut actions = 0;
    loop {
        let next = brackets.iter().filter_map(|(open, close)| {
            let start = rest.find(open)?;
            let length = rest[start..].find(close).map(|at| at + close.len());
            // What a template prints at the end of a scalar may end before the action does.
            Some((start, length.map_or(rest.len(), |length| start + length)))
        });
        let Some((start, end)) = next.min() else {
            return actions > 0 && left.ends_with(rest);
        };
        if rest[start..end].contains(['"', '\'', '`']) {
            return false;
        }
        let Some(at) = left.find(&rest[..start]) else {
            return false;
        };
        left = &left[at + start..];
        rest = &rest[end..];
        actions += 1;
    }
}
