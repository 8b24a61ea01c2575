//! Texts that Markdown shows as they are.

/// A text in `<code>`.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", literal(text))
}

/// A sentence, whose names in backticks are put in `<code>`. In the rest, nothing is taken for a person, an issue or a link.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // With an odd number of backticks it is not known which parts are names.
    if parts.len().is_multiple_of(2) {
        return code(text);
    }
    let parts = parts
        .iter()
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => cut_off(part),
            _ => code(part),
        });
    parts.collect()
}

/// A text in which the signs that begin a mention or a reference stand by themselves, behind which GitHub looks for a name.
fn cut_off(text: &str) -> String {
    let text = literal(text);
    [64, 35].into_iter().fold(text, |text, sign| {
        let sign = format!("&#{sign};");
        text.replace(&sign, &format!("{sign}<!-- -->"))
    })
}

/// The signs that mean something in Markdown, in HTML or to GitHub: markup, mentions, references, links, formulas, emoji.
const SIGNS: &[char] = &[
    '\\', '`', '*', '_', '[', ']', '<', '>', '&', '|', '#', '@', '~', ':', '!', '$',
];

/// A text with every such sign as its number. A line break stays.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if SIGNS.contains(&character) {
            out.push_str(&format!("&#{};", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    // An address without a scheme is a link, too.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn nothing_in_a_text_is_markup_a_mention_or_a_link() {
        let text = "see `a|b<i>` @someone #12 <img> [x](http://e.test) www.e.test *b* | end";
        let written = prose(text);
        assert!(
            written.starts_with(
                "see <code>a&#124;b&#60;i&#62;</code> &#64;<!-- -->someone &#35;<!-- -->12 "
            ),
            "{written}"
        );
        for sign in ["|", "[", "*", "@", "`", ":", "_", "www."] {
            assert!(!written.contains(sign), "{sign} in {written}");
        }
        assert!(!written.contains("<img"), "{written}");
    }

    #[test]
    fn a_backtick_in_a_name_does_not_turn_names_and_sentences_round() {
        let written = prose("`a`b` @someone");
        assert!(
            written.starts_with("<code>") && written.ends_with("</code>"),
            "{written}"
        );
        assert_eq!(written.matches("<code>").count(), 1, "{written}");
    }
}
