//! Messages as the standard has them: braces stand for arguments, and brackets for links.

use kvguard::emit::json::Writer;

/// A member that is a message.
pub(super) fn member(json: &mut Writer, name: &str, text: &str) {
    json.key(name)
        .object(|json| json.key("text").string(&literal(text)));
}

/// A text that says just what it says (sections 3.11.5 and 3.11.6). Brackets mean something only where they make a link, and are
/// escaped only there.
fn literal(text: &str) -> String {
    let text = text.replace('{', "{{").replace('}', "}}");
    if text.contains("](") {
        let text = text.replace('\\', "\\\\");
        text.replace('[', "\\[").replace(']', "\\]")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn no_name_is_taken_for_an_argument_or_a_link() {
        for (text, written) in [
            ("plain `name` [a] (b) \\", "plain `name` [a] (b) \\"),
            ("{0} and {{x}}", "{{0}} and {{{{x}}}}"),
            ("[here](http://evil.test)", "\\[here\\](http://evil.test)"),
            ("\\[here](1)", "\\\\\\[here\\](1)"),
        ] {
            assert_eq!(literal(text), written);
        }
    }
}
