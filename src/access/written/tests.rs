//! Where in a file one more grant can be written.

use super::Written;
use crate::access::Grant;
use crate::registry::Spanned;
use crate::source::{Sources, Span, Syntax, offset_u32};

/// Whether one more grant can be written before an entry in braces that stands behind a text.
fn has_opening(syntax: Syntax, before: &str) -> bool {
    let entry = match syntax {
        Syntax::Json => r#"{"identity": "a", "role": "writer"}]"#,
        Syntax::Yaml => r#"{identity: "a", role: "writer"}]"#,
        Syntax::Toml => r#"{ identity = "a", role = "writer" }]"#,
    };
    can_be_written_before(entry, syntax, before)
}

/// Whether one more grant can be written before an entry of any form.
fn can_be_written_before(entry: &str, syntax: Syntax, before: &str) -> bool {
    let mut sources = Sources::new();
    let source = sources.add("store", format!("{before}{entry}"));
    let span = |part: &str| {
        let start = before.len() + entry.find(part).unwrap();
        Span {
            source,
            start: offset_u32(start),
            end: offset_u32(start + part.len()),
        }
    };
    let grant = Grant {
        identity: Spanned::new("a".to_owned(), span("\"a\"")),
        role: Spanned::new("writer".to_owned(), span("\"writer\"")),
        span: span(entry),
    };
    Written::new(&grant, syntax, &sources).opening.is_some()
}

/// Behind an action the text of one more grant might be printed without what parts it from the next one.
#[test]
fn one_more_grant_is_written_only_behind_what_begins_the_list_or_ends_an_entry() {
    for (before, is_opening) in [
        ("[", true),
        ("[{},\n  ", true),
        ("[{{ if .Values.first }}", false),
        ("[{},{{ end }}", false),
    ] {
        assert_eq!(has_opening(Syntax::Json, before), is_opening, "{before}");
    }
}

#[test]
fn a_comment_behind_an_entry_does_not_hide_that_the_entry_has_ended() {
    for (before, is_opening) in [
        ("list: [ # the first\n  ", true),
        ("list: [{}, # the second\n  ", true),
        ("list: [{}\t, # the second\n  ", true),
        ("list: [{} # without a comma,\n  ", false),
        // The sign begins a comment only behind a blank, and not in quotes.
        ("list: [one#two,\n  ", true),
        ("list: [\"one #two\",\n  ", true),
        ("list: ['one #two',\n  ", true),
        ("list: [\"one' #two\",\n  ", true),
        ("list: ['one\" #two',\n  ", true),
        ("list: [\"one\", # the second\n  ", true),
        ("list: ['one', # the second\n  ", true),
        // A backslash escapes in double quotes only, and not if it is escaped itself.
        (r#"list: ["one\" #two","#, true),
        (
            r"list: ['one\', # the second
  ",
            true,
        ),
        (
            r#"list: ["one\\", # the second
  "#,
            true,
        ),
    ] {
        assert_eq!(has_opening(Syntax::Yaml, before), is_opening, "{before}");
    }
    // TOML needs no blank before a comment, and what stands on a line of its own begins the list or follows a comma.
    for (before, is_opening) in [
        ("list = [{},# the second\n  ", true),
        ("list = [{}, ", true),
        (
            "list = [\n  # those of the first site\n  # and of the second\n  ",
            true,
        ),
        ("list = [{} ", false),
    ] {
        assert_eq!(has_opening(Syntax::Toml, before), is_opening, "{before}");
    }
}

#[test]
fn one_more_grant_is_written_in_brackets_only_before_one_in_braces() {
    for (entry, is_opening) in [
        ("{identity: \"a\", role: \"writer\"}]", true),
        ("!grant {identity: \"a\", role: \"writer\"}]", false),
        (
            "{{ .Values.first }}{identity: \"a\", role: \"writer\"}]",
            false,
        ),
    ] {
        let is_possible = can_be_written_before(entry, Syntax::Yaml, "list: [");
        assert_eq!(is_possible, is_opening, "{entry}");
    }
}

/// What a tag or an anchor belongs to is not read here, so that a grant is written only before an entry that is plainly a mapping.
#[test]
fn one_more_grant_is_written_before_a_line_of_yaml_only_if_the_line_begins_with_a_key() {
    for (line, is_opening) in [
        ("identity: \"a\"", true),
        ("\"identity\": \"a\"", true),
        ("{identity: \"a\", role: \"writer\"}", true),
        ("&first identity: \"a\"", false),
        ("!grant identity: \"a\"", false),
        ("{{ .Values.field }}: \"a\"", false),
        (": \"a\"", false),
        ("\"a\"", false),
    ] {
        let entry = format!("{line}\n    role: \"writer\"\n");
        let before = "list:\n  - ";
        assert_eq!(
            can_be_written_before(&entry, Syntax::Yaml, before),
            is_opening,
            "{line}"
        );
    }
}
