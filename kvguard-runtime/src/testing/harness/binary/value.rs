//! Whether a log shows a value of the configuration.

use super::level::without_colours;

/// Whether a log shows a value by itself, not as a part of a longer word, number, time or address: `17` is in `zoom=17` and `17s`, and
/// neither in `10:17:03` nor in `127.0.0.1:41784`.
pub(in crate::testing::harness) fn shows(log: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let log = without_colours(log);
    log.match_indices(value).any(|(start, found)| {
        let end = start + found.len();
        !continues_before(&log[..start], value) && !continues_behind(&log[end..], value)
    })
}

/// Whether the text before a value belongs to the word or number that the value begins with.
fn continues_before(before: &str, value: &str) -> bool {
    let mut characters = before.chars().rev();
    let (nearest, next) = (characters.next(), characters.next());
    let starts_with_digit = value.starts_with(|character: char| character.is_ascii_digit());
    match nearest {
        Some(nearest) if is_wordlike(nearest) => value.starts_with(is_wordlike),
        Some('.' | ':' | '-') => {
            starts_with_digit && next.is_some_and(|next| next.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether the text behind a value belongs to the word or number that the value ends with. A unit does not, nor do the zeros of a fraction.
fn continues_behind(behind: &str, value: &str) -> bool {
    if !value.ends_with(|character: char| character.is_ascii_digit()) {
        return value.ends_with(is_wordlike) && behind.starts_with(is_wordlike);
    }
    let Some(rest) = behind.strip_prefix(['.', ':', '-']) else {
        return behind.starts_with(|character: char| character.is_ascii_digit());
    };
    let digits = &rest[..rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len()];
    let is_fraction_of_zeros = behind.starts_with('.') && digits.trim_matches('0').is_empty();
    !digits.is_empty() && !is_fraction_of_zeros
}

fn is_wordlike(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_value_is_shown_by_itself_or_with_its_unit() {
        for (line, value) in [
            ("zoom 17", "17"),
            ("{\"zoom\":17,\"x\":1}", "17"),
            ("Settings { zoom: 17, x: 1 }", "17"),
            ("every 17s", "17"),
            ("every 17.0s", "17"),
            ("done, with 17.", "17"),
            ("10:17:03 zoom=17", "17"),
            ("listening on 0.0.0.0:163", ":163"),
            ("\u{1b}[32mdebug\u{1b}[0m", "debug"),
            ("level=debug,", "debug"),
            ("retention: 99d", "99d"),
            ("offset -5", "-5"),
            ("naïve café", "café"),
        ] {
            assert!(shows(line, value), "{line} shows {value}");
        }
    }

    #[test]
    fn a_part_of_something_longer_is_no_value() {
        for (line, value) in [
            ("2026-11-17T12:00:00Z started", "17"),
            ("10:17:03 started", "17"),
            ("17:03:10 started", "17"),
            ("12:00:00.175Z started", "17"),
            ("12:00:01.17 started", "17"),
            ("store at 127.0.0.1:41784", "17"),
            ("store at 10.17.0.1", "17"),
            ("store at localhost:1790", "17"),
            ("pid 3174", "17"),
            ("id a17f", "17"),
            ("version 17.3", "17"),
            ("debugger attached", "debug"),
            ("dashboard started", "board"),
            ("started", ""),
        ] {
            assert!(!shows(line, value), "{line} does not show {value}");
        }
    }
}
