//! What of a line is shown beside the places that a finding is about.

use super::mask;
use crate::source::{Fragment, Sources, Syntax, read};

/// A text as it is shown for a finding about one of its parts.
fn shown(syntax: Syntax, text: &str, about: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("file", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, syntax);
    for root in &documents.roots {
        sources.note_tokens(root);
    }
    let start = text.find(about).unwrap();
    let masked = mask(sources.get(id), &[(start..start + about.len(), true)]);
    assert_eq!(&masked.text[masked.ranges[0].clone()], about);
    masked.text
}

#[test]
fn names_and_the_signs_between_them_are_shown_and_values_are_not() {
    for (syntax, text, about, expected) in [
        (
            Syntax::Toml,
            "here = { a.b\t=\t\"two\twords\", c = [true] }",
            "here",
            "here = { a.b\t=\t…, c = […] }\n",
        ),
        (
            Syntax::Json,
            "{\"a\":\t\"canary\",\t\"here\": [\"canary\", 1]}",
            "here",
            "{\"a\":\t********,\t\"here\": […, …]}\n",
        ),
        (
            Syntax::Yaml,
            "{a: canary, here: 1} # canary",
            "here",
            "{a: ******, here: …} … …\n",
        ),
    ] {
        assert_eq!(shown(syntax, text, about), expected, "{text}");
    }
}
