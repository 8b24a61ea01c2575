//! Places: a URI relative to the repository, and a region.

use kvguard::emit::json::Writer;
use kvguard::source::Span;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::message;
use crate::formats::Checked;
use crate::formats::places::Range;
use crate::formats::text::line;

/// Stands for the root of the repository, as in other tools' files.
const ROOT: &str = "%SRCROOT%";

/// What a path of a URI may not hold as it is. A colon may, but not in the first part of a relative one.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b'+')
    .remove(b'=')
    .remove(b',');

/// What relative paths are relative to; where that is, is not told, as it differs from machine to machine.
pub(super) fn bases(json: &mut Writer) {
    json.key(ROOT).object(|json| {
        message::member(json, "description", "The root of the repository");
    });
}

/// A place; beside a result's own, with its number and what is to be seen there.
pub(super) fn location(
    json: &mut Writer,
    span: Span,
    related: Option<(usize, &str)>,
    checked: &Checked,
) {
    let range = checked.places.range(span);
    json.object(|json| {
        if let Some((id, _)) = related {
            json.key("id").number(id);
        }
        physical(json, &range.file, |json| self::region(json, &range));
        if let Some((_, label)) = related.filter(|(_, label)| !label.is_empty()) {
            message::member(json, "message", &line(label));
        }
    });
}

/// The policy, where nothing more is known of a place.
pub(super) fn policy_location(json: &mut Writer, checked: &Checked) {
    json.object(|json| {
        physical(json, &checked.places.policy(), |json| {
            json.key("startLine").number(1);
        });
    });
}

fn physical(json: &mut Writer, file: &str, region: impl FnOnce(&mut Writer)) {
    json.key("physicalLocation").object(|json| {
        json.key("artifactLocation")
            .object(|json| artifact(json, file));
        json.key("region").object(region);
    });
}

/// The members that name a file.
pub(super) fn artifact(json: &mut Writer, file: &str) {
    let path = utf8_percent_encode(file, ENCODED);
    if file.starts_with('/') {
        json.key("uri").string(&format!("file://{path}"));
    } else {
        json.key("uri").string(&path.to_string());
        json.key("uriBaseId").string(ROOT);
    }
}

/// The members that say which part of a file.
pub(super) fn region(json: &mut Writer, range: &Range) {
    json.key("startLine").number(range.line as usize);
    json.key("startColumn").number(range.column as usize);
    json.key("endLine").number(range.end_line as usize);
    json.key("endColumn").number(range.end_column as usize);
}

#[cfg(test)]
mod tests {
    use kvguard::emit::json::Writer;

    use super::artifact;

    fn written(file: &str) -> String {
        let mut json = Writer::default();
        json.object(|json| artifact(json, file));
        json.finish().split_whitespace().collect()
    }

    #[test]
    fn paths_are_encoded_and_relative_to_the_repository_unless_they_lie_outside() {
        for (file, expected) in [
            ("a/b.yaml", r#"{"uri":"a/b.yaml","uriBaseId":"%SRCROOT%"}"#),
            (
                "a b#?%.é",
                r#"{"uri":"a%20b%23%3F%25.%C3%A9","uriBaseId":"%SRCROOT%"}"#,
            ),
            ("c:d", r#"{"uri":"c%3Ad","uriBaseId":"%SRCROOT%"}"#),
            ("/etc/x y", r#"{"uri":"file:///etc/x%20y"}"#),
        ] {
            assert_eq!(written(file), expected);
        }
    }
}
