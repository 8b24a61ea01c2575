//! Text that somebody was to replace and did not: `PLACEHOLDER_IDENTITY`, `$(NAMESPACE)`, `{{ … }}`,
//! `<REPLACE>`.

use std::ops::Range;

/// Words that say of themselves that they are to be replaced.
const WORDS: &[&str] = &[
    "PLACEHOLDER",
    "REPLACE_ME",
    "CHANGE_ME",
    "CHANGEME",
    "REPLACEME",
];

/// Brackets around what is to be replaced.
const BRACKETS: &[(&str, &str)] = &[("$(", ")"), ("${", "}"), ("{{", "}}"), ("<", ">")];

/// What every one of the words has.
const IN_EVERY_WORD: char = 'A';

/// What one of the brackets begins with.
const OPENING: [char; 3] = ['$', '{', '<'];

/// The first placeholder in a text.
pub fn find(text: &str) -> Option<Range<usize>> {
    // Every identity is asked about: one character rules out most of what could be in it.
    let has_bracket = text.contains(OPENING);
    let has_word = text.contains(IN_EVERY_WORD);
    let brackets = BRACKETS.iter().filter(|_| has_bracket);
    let bracket = brackets.filter_map(|(open, close)| {
        let start = text.find(open)?;
        let end = text[start..].find(close)? + start + close.len();
        Some(start..end)
    });
    let words = WORDS.iter().filter(|_| has_word);
    let word = words.filter_map(|word| {
        let at = text.find(word)?;
        let is_part = |character: &char| {
            character.is_ascii_uppercase() || character.is_ascii_digit() || *character == '_'
        };
        let before: usize = text[..at]
            .chars()
            .rev()
            .take_while(is_part)
            .map(char::len_utf8)
            .sum();
        let after: usize = text[at..]
            .chars()
            .take_while(is_part)
            .map(char::len_utf8)
            .sum();
        Some(at - before..at + after)
    });
    bracket.chain(word).min_by_key(|range| range.start)
}

/// The words that a person writes in any case, as `changeme` and `replace-me`.
const SPOKEN: &[&str] = &["CHANGE_ME", "CHANGEME", "REPLACE_ME", "REPLACEME"];

/// The first placeholder in a value that a deployment sets: there, a word in lower case is one, too.
pub fn find_in_value(text: &str) -> Option<Range<usize>> {
    find(text).or_else(|| {
        let spoken = text.to_ascii_uppercase().replace('-', "_");
        let mut words = SPOKEN.iter();
        words.find_map(|word| {
            let start = spoken.find(word)?;
            let end = start + word.len();
            let is_alone = |beside: Option<char>| !beside.is_some_and(char::is_alphanumeric);
            let is_word = is_alone(spoken[..start].chars().next_back())
                && is_alone(spoken[end..].chars().next());
            is_word.then_some(start..end)
        })
    })
}

/// A placeholder as a message may repeat it: the name of a variable at most, for what else stands between brackets may be a
/// secret, as the default in `${PASSWORD:-…}` is.
pub fn shown(placeholder: &str) -> String {
    for (open, close) in BRACKETS {
        let inner = placeholder.strip_prefix(open);
        let Some(inner) = inner.and_then(|inner| inner.strip_suffix(close)) else {
            continue;
        };
        let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = inner.find(|character| !is_of_name(character));
        let name = &inner[..end.unwrap_or(inner.len())];
        return match (open.starts_with('$'), end) {
            (true, None) => placeholder.to_owned(),
            (true, Some(_)) => format!("{open}{name}…{close}"),
            (false, _) if is_field(inner.trim()) => placeholder.to_owned(),
            (false, _) => format!("{open}…{close}"),
        };
    }
    placeholder.to_owned()
}

/// Whether a text is the name of a field in a template, as `.NodeMeta.Name`.
fn is_field(text: &str) -> bool {
    let is_of_name =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
    text.starts_with('.') && text.chars().all(is_of_name)
}

/// A pattern (for [`crate::inputs::matches`]) of what a text with placeholders may have been meant to be;
/// `None` if it holds none.
pub fn as_pattern(text: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(range) = find(rest) {
        found = true;
        pattern.push_str(&rest[..range.start]);
        pattern.push('*');
        rest = &rest[range.end..];
    }
    pattern.push_str(rest);
    found.then_some(pattern)
}

/// Whether a program may replace a placeholder by itself. A word such as `CHANGEME` is for a person.
pub fn may_be_expanded(placeholder: &str) -> bool {
    placeholder.contains(['$', '{'])
}

/// Whether a text is nothing but a placeholder.
pub fn is_whole(text: &str) -> bool {
    let text = text.trim();
    // Every value of every environment is asked about; few begin like one.
    let begins = |character: char| {
        matches!(character, '$' | '{' | '<' | '_')
            || character.is_ascii_uppercase()
            || character.is_ascii_digit()
    };
    text.starts_with(begins) && find(text) == Some(0..text.len())
}

#[cfg(test)]
mod tests {
    use super::{as_pattern, find_in_value, is_whole, shown};

    #[test]
    fn in_a_value_a_word_is_a_placeholder_in_any_case() {
        for text in [
            "CHANGEME",
            "changeme:50057",
            "spiffe://change-me/store",
            "Replace_Me",
            "${X}",
        ] {
            assert!(find_in_value(text).is_some(), "{text}");
        }
        for text in [
            "exchangement:50057",
            "exchange-me:50057",
            "change-meter:50057",
            "store:50057",
            "change",
            "",
        ] {
            assert_eq!(find_in_value(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_but_the_name_of_a_variable_is_repeated() {
        for (placeholder, repeated) in [
            ("${PASSWORD}", "${PASSWORD}"),
            ("$(NAMESPACE)", "$(NAMESPACE)"),
            ("${PASSWORD:-canary}", "${PASSWORD…}"),
            ("${PASSWORD-canary}", "${PASSWORD…}"),
            ("$(printf canary)", "$(printf…)"),
            ("${=canary}", "${…}"),
            ("{{ .NodeMeta.Name }}", "{{ .NodeMeta.Name }}"),
            ("{{ canary }}", "{{…}}"),
            ("{{ .Password | default canary }}", "{{…}}"),
            ("<canary>", "<…>"),
            ("PLACEHOLDER_ADDRESS", "PLACEHOLDER_ADDRESS"),
        ] {
            assert_eq!(shown(placeholder), repeated);
        }
    }

    #[test]
    fn placeholders_of_every_kind_become_wildcards() {
        for (text, pattern) in [
            ("CN=PLACEHOLDER_IDENTITY,O=Acme", "CN=*,O=Acme"),
            (
                "spiffe://acme.dev/ns/$(NAMESPACE)/sa/core",
                "spiffe://acme.dev/ns/*/sa/core",
            ),
            (
                "spiffe://{{ .Values.trustDomain }}/ns/{{.Release.Namespace}}/sa/x",
                "spiffe://*/ns/*/sa/x",
            ),
            ("spiffe://<REPLACE>/services/x", "spiffe://*/services/x"),
            ("${WHO}", "*"),
        ] {
            assert_eq!(as_pattern(text).as_deref(), Some(pattern));
        }
        for text in [
            "CN=core,O=Acme",
            "spiffe://acme.dev/a",
            "",
            "a < b",
            "$(never closed",
        ] {
            assert_eq!(as_pattern(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_text_without_anything_else_is_a_whole_placeholder() {
        for text in [
            " ${API_KEY} ",
            "CHANGEME",
            "CHANGE_ME",
            "<key>",
            "{{ .Key }}",
        ] {
            assert!(is_whole(text), "{text}");
        }
        for text in [
            "secret-${SUFFIX}",
            "SECRET-${SUFFIX}",
            "${PREFIX}-secret",
            "CHANGEME now",
            "Secret",
            "$5",
            "",
        ] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
