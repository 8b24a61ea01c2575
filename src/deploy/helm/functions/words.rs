//! The case and the words of strings, as the libraries that Sprig uses have them.

/// Every word's first letter in title case.
pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        if is_separator(before) {
            out.push(upper(character));
        } else {
            out.push(character);
        }
        before = character;
    }
    out
}

fn is_separator(character: char) -> bool {
    if character.is_ascii() {
        return !(character.is_ascii_alphanumeric() || character == '_');
    }
    !character.is_alphanumeric() && character.is_whitespace()
}

/// Every word's first letter in lower case.
pub(super) fn untitle(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for character in text.chars() {
        if character.is_whitespace() {
            first = true;
            out.push(character);
        } else if first {
            out.push(lower(character));
            first = false;
        } else {
            out.push(character);
        }
    }
    out
}

/// Without white space. The library takes bytes for characters, and so does this.
pub(super) fn nospace(text: &str) -> String {
    let is_space = |byte: u8| char::from(byte).is_whitespace();
    if !text.bytes().any(is_space) {
        return text.to_owned();
    }
    let kept = text.bytes().filter(|byte| !is_space(*byte));
    kept.map(char::from).collect()
}

/// Every word's first letter, bytes taken for characters.
pub(super) fn initials(text: &str) -> String {
    let mut out = String::new();
    let mut gap = true;
    for byte in text.bytes() {
        let character = char::from(byte);
        if character.is_whitespace() {
            gap = true;
        } else if gap {
            out.push(character);
            gap = false;
        }
    }
    out
}

/// Upper case for lower case and the other way around.
pub(super) fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    for character in text.chars() {
        if character.is_uppercase() {
            out.push(lower(character));
            space = false;
        } else if character.is_lowercase() {
            out.push(upper(character));
            space = false;
        } else {
            space = character.is_whitespace();
            out.push(character);
        }
    }
    let _ = space;
    out
}

fn is_connector(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

/// The one character that is its upper case; what would become several stays.
fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => character,
    }
}

fn lower(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => character,
    }
}

/// All in upper case.
pub(super) fn upper_all(text: &str) -> String {
    text.chars().map(upper).collect()
}

/// All in lower case.
pub(super) fn lower_all(text: &str) -> String {
    text.chars().map(lower).collect()
}

/// `some_words here` as `SomeWordsHere`.
pub(super) fn pascal(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let Some(begin) = characters.iter().position(|c| !is_connector(*c)) else {
        // All but the last connector are written as they come, and then the last one.
        let last = characters.last().copied();
        return text.chars().chain(last).collect();
    };
    let mut out: String = characters.iter().take(begin).collect();
    let first = characters.get(begin).copied().unwrap_or(' ');
    let mut first_is_upper = first.is_uppercase();
    let mut current = upper(first);
    for next in characters.iter().skip(begin + 1).copied() {
        let before = current;
        current = next;
        if is_connector(current) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            first_is_upper = current.is_uppercase();
            current = upper(current);
        } else {
            if first_is_upper {
                if current.is_uppercase() {
                    current = lower(current);
                } else {
                    first_is_upper = false;
                }
            }
            out.push(before);
        }
    }
    out.push(current);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

fn is_punctuation(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_punctuation()
            && !matches!(
                character,
                '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~'
            );
    }
    matches!(
        character,
        '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '‐'..='‧' | '‰'..='⁃' | '、'..='〃' | '「'..='】'
    )
}

/// Letters with cases, as far as the library tells words by them.
fn is_alphabet(character: char) -> bool {
    character.is_alphabetic() && (character.is_uppercase() || character.is_lowercase())
}

/// The first word, its kind, and the rest.
fn next_word(text: &str) -> (Kind, &str, &str) {
    let Some(first) = text.chars().next() else {
        return (Kind::None, "", "");
    };
    let run = |fits: &dyn Fn(char) -> bool| {
        let tail = text.get(first.len_utf8()..).unwrap_or_default();
        text.len() - tail.trim_start_matches(fits).len()
    };
    let (kind, end) = if is_connector(first) {
        (Kind::Connector, run(&is_connector))
    } else if is_punctuation(first) {
        (Kind::Punctuation, run(&is_punctuation))
    } else if first.is_uppercase() {
        let second = text.chars().nth(1);
        let end = match second {
            Some(second) if second.is_uppercase() => {
                let end = run(&char::is_uppercase);
                let follows = text.get(end..).and_then(|rest| rest.chars().next());
                let last = text.get(..end).and_then(|word| word.chars().next_back());
                match (follows, last) {
                    (Some(next), Some(last)) if is_alphabet(next) => end - last.len_utf8(),
                    _ => end,
                }
            }
            Some(second) if is_alphabet(second) => run(&|c| is_alphabet(c) && !c.is_uppercase()),
            _ => first.len_utf8(),
        };
        (Kind::Upper, end)
    } else if is_alphabet(first) {
        (
            Kind::Alphabet,
            run(&|c| is_alphabet(c) && !c.is_uppercase()),
        )
    } else if first.is_numeric() {
        (Kind::Number, run(&char::is_numeric))
    } else {
        let end =
            run(&|c| !(is_connector(c) || is_alphabet(c) || c.is_numeric() || is_punctuation(c)));
        (Kind::Other, end)
    };
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (kind, word, rest)
}

fn push_lower(out: &mut String, kind: Kind, word: &str, connector: char) {
    match kind {
        Kind::Upper | Kind::Alphabet | Kind::Number => out.extend(word.chars().map(lower)),
        Kind::Connector => out.extend(word.chars().map(|_| connector)),
        _ => out.push_str(word),
    }
}

/// `SomeWords` as `some_words`, with any delimiter.
pub(super) fn delimited(text: &str, connector: char) -> String {
    let mut out = String::new();
    if text.is_empty() {
        return out;
    }
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            push_lower(&mut out, kind, word, connector);
        }
        let (before, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match before {
            Kind::Number => {
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    push_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::None | Kind::Punctuation | Kind::Connector) {
                    out.push(connector);
                }
            }
            Kind::Connector => push_lower(&mut out, before, last, connector),
            Kind::Punctuation => {}
            _ => {
                if kind != Kind::Number {
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                if rest.is_empty() {
                    continue;
                }
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Kind::Alphabet {
                    push_lower(&mut out, Kind::Number, number, connector);
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push_lower(&mut out, Kind::Number, number, connector);
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    push_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::None | Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    push_lower(&mut out, kind, word, connector);
    out
}
