//! How Go's YAML library writes one scalar.

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

#[expect(clippy::struct_excessive_bools, reason = "independent flags")]
struct Analysis {
    plain: bool,
    single: bool,
    block: bool,
    multiline: bool,
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_printable(character: char) -> bool {
    matches!(character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
        | '\u{10000}'..='\u{10ffff}' | '\u{85}')
}

fn analysis(text: &str) -> Analysis {
    let blank = |character: Option<char>| matches!(character, None | Some(' ' | '\t'));
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    for (at, character) in text.char_indices() {
        let next = text
            .get(at + character.len_utf8()..)
            .and_then(|rest| rest.chars().next());
        let followed = blank(next);
        indicators |= match character {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`'
                if at == 0 =>
            {
                true
            }
            '?' | ':' | '-' if at == 0 => followed,
            ':' => followed,
            '#' => after_blank,
            _ => false,
        };
        special |= !is_printable(character);
        if character == ' ' {
            break_space |= after_break;
            (after_space, after_break) = (true, false);
        } else if is_break(character) {
            breaks = true;
            space_break |= after_space;
            (after_space, after_break) = (false, true);
        } else {
            (after_space, after_break) = (false, false);
        }
        after_blank = matches!(character, ' ' | '\t' | '\0') || is_break(character);
    }
    let edge = |character: char| character == ' ' || is_break(character);
    let at_edge = text.starts_with(edge) || text.ends_with(edge);
    let hard = space_break || special;
    Analysis {
        plain: !(at_edge || break_space || hard || breaks || indicators),
        single: !(break_space || hard),
        block: !(text.ends_with(' ') || hard || text.is_empty()),
        multiline: breaks,
    }
}

/// The style that a string is written in; `key` if it is the name of an entry.
pub(super) fn style(text: &str, key: bool) -> Style {
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if is_string(text) {
        Style::Plain
    } else {
        Style::Double
    };
    let analysis = analysis(text);
    let wanted = if key && analysis.multiline {
        Style::Double
    } else {
        wanted
    };
    match wanted {
        Style::Plain if analysis.plain && !(text.is_empty() && key) => Style::Plain,
        Style::Plain if analysis.single => Style::Single,
        Style::Literal if analysis.block && !key => Style::Literal,
        _ => Style::Double,
    }
}

/// Whether a plain scalar would be read as the string that it is.
fn is_string(text: &str) -> bool {
    use crate::source::{ScalarKind, yaml::plain_scalar_kind};
    let first = text.chars().next();
    if text == "<<" {
        return true;
    }
    if text.is_empty() || !matches!(first, Some('0'..='9' | '+' | '-' | '.')) {
        return plain_scalar_kind(text) == ScalarKind::String;
    }
    !(is_number(text) || is_timestamp(text) || is_base_60(text))
}

fn is_number(text: &str) -> bool {
    use crate::deploy::helm::template::literal::parse_float;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if text.starts_with('.') {
        return parse_float(text).is_some();
    }
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let lower = unsigned.to_ascii_lowercase();
    let digits = |digits: &str, radix: u32, limit: usize| {
        !digits.is_empty() && digits.len() <= limit && digits.chars().all(|c| c.is_digit(radix))
    };
    let prefixed = |prefix: &str, radix: u32, limit: usize| {
        lower
            .strip_prefix(prefix)
            .is_some_and(|rest| digits(rest, radix, limit))
    };
    if prefixed("0x", 16, 16) || prefixed("0o", 8, 21) || prefixed("0b", 2, 64) {
        return true;
    }
    let octal = unsigned.len() > 1 && unsigned.starts_with('0');
    if octal && digits(unsigned, 8, 22) {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        digits(
            exponent.strip_prefix(['+', '-']).unwrap_or(exponent),
            10,
            usize::MAX,
        )
    });
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction, 10, usize::MAX),
        Some((whole, fraction)) => {
            digits(whole, 10, usize::MAX)
                && (fraction.is_empty() || digits(fraction, 10, usize::MAX))
        }
        None => digits(mantissa, 10, usize::MAX),
    };
    exponent_fits && mantissa_fits && parse_float(&plain).is_some()
}

/// `12:30:45`, which YAML 1.1 takes for a number.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, _fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') => {
            (whole, fraction)
        }
        Some(_) => return false,
        None => (unsigned, ""),
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let first_fits = first.starts_with(|c: char| c.is_ascii_digit())
        && first
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
    let rest: Vec<&str> = parts.collect();
    first_fits
        && !rest.is_empty()
        && rest.iter().all(|part| match part.as_bytes() {
            [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
            _ => false,
        })
}

/// `2001-12-14` and longer ones.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = split_date(text) else {
        return false;
    };
    if time.is_empty() {
        return date;
    }
    let (separator, clock) = time.split_at(1);
    let (clock, zone) = match clock.find(['Z', '+', '-']) {
        Some(at) => clock.split_at(at),
        None => (clock, ""),
    };
    let zone_fits = match zone.as_bytes() {
        [] => separator == " ",
        [b'Z'] => separator != " ",
        [b'+' | b'-', hour @ .., b':', _, _] => separator != " " && hour.len() == 2,
        _ => false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let fits = |part: &&str, below: u32| {
        (1..=2).contains(&part.len()) && part.parse::<u32>().is_ok_and(|value| value < below)
    };
    let clock_fits = matches!(parts.as_slice(), [hour, minute, second]
        if fits(hour, 24) && fits(minute, 60) && fits(second, 60));
    let fraction_fits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    date && matches!(separator, "T" | "t" | " ") && zone_fits && clock_fits && fraction_fits
}

/// Whether a text begins with a date, and what follows it.
fn split_date(text: &str) -> Option<(bool, &str)> {
    let year = text
        .get(..4)
        .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let rest = text.get(4..)?.strip_prefix('-')?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let month = rest.get(..digits(rest))?;
    let rest = rest.get(month.len()..)?.strip_prefix('-')?;
    let day = rest.get(..digits(rest))?;
    let rest = rest.get(day.len()..)?;
    let fits = (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    let valid =
        super::layout::days_in_month(year.parse().ok()?, month.parse().ok()?).is_some_and(|days| {
            day.parse::<u32>()
                .is_ok_and(|day| (1..=days).contains(&day))
        });
    Some((fits && valid, rest))
}
