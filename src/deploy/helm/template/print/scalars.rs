//! Numbers and strings by verb, flags, width and precision.

use std::fmt::Write;

use super::super::number;
use super::super::value::IntegerType;
use super::Flags;

pub(super) fn pad(out: &mut String, flags: &Flags, text: &str) {
    let length = text.chars().count();
    let missing = flags.width.unwrap_or(0).saturating_sub(length);
    if missing == 0 {
        out.push_str(text);
    } else if flags.minus {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', missing));
    } else {
        let fill = if flags.zero { '0' } else { ' ' };
        out.extend(std::iter::repeat_n(fill, missing));
        out.push_str(text);
    }
}

/// Pads a number: zeros go between its sign and its digits.
pub(super) fn pad_number(out: &mut String, flags: &Flags, sign: &str, digits: &str, zeros: bool) {
    let length = sign.len() + digits.chars().count();
    let missing = flags.width.unwrap_or(0).saturating_sub(length);
    if flags.minus {
        out.push_str(sign);
        out.push_str(digits);
        out.extend(std::iter::repeat_n(' ', missing));
    } else if flags.zero && zeros {
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', missing));
        out.push_str(digits);
    } else {
        out.extend(std::iter::repeat_n(' ', missing));
        out.push_str(sign);
        out.push_str(digits);
    }
}

pub(super) fn whole(
    out: &mut String,
    verb: char,
    flags: &Flags,
    value: i64,
    kind: IntegerType,
) -> bool {
    let size = value.unsigned_abs();
    let digits = match verb {
        'v' if flags.sharp && kind == IntegerType::Uint8 => format!("0x{size:x}"),
        'd' | 'v' => size.to_string(),
        'b' => format!("{}{size:b}", if flags.sharp { "0b" } else { "" }),
        'o' => format!("{}{size:o}", if flags.sharp { "0" } else { "" }),
        'O' => format!("0o{size:o}"),
        'x' => format!("{}{size:x}", if flags.sharp { "0x" } else { "" }),
        'X' => format!("{}{size:X}", if flags.sharp { "0X" } else { "" }),
        'c' | 'q' | 'U' => {
            let code = u32::try_from(value).ok();
            let character = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
            match verb {
                'c' => pad(out, flags, &character.to_string()),
                'q' => pad(out, flags, &quoted_character(character)),
                _ => {
                    let mut text = format!("U+{size:04X}");
                    if flags.sharp {
                        let _ = write!(text, " '{character}'");
                    }
                    pad(out, flags, &text);
                }
            }
            return true;
        }
        _ => return false,
    };
    let digits = match flags.precision {
        Some(0) if value == 0 => String::new(),
        Some(precision) => format!(
            "{}{digits}",
            "0".repeat(precision.saturating_sub(digits.len()))
        ),
        None => digits,
    };
    let zeros = flags.precision.is_none();
    pad_number(out, flags, sign(flags, value < 0), &digits, zeros);
    true
}

pub(super) fn sign(flags: &Flags, negative: bool) -> &'static str {
    match (negative, flags.plus, flags.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    }
}

pub(super) fn fraction(out: &mut String, verb: char, flags: &Flags, value: f64) -> bool {
    let text = match verb {
        'v' | 'g' | 'G' => match flags.precision {
            Some(precision) => number::float_compact(value, precision),
            None => number::float(value),
        },
        'e' | 'E' => number::float_scientific(value, Some(flags.precision.unwrap_or(6))),
        'f' | 'F' => number::float_fixed(value, Some(flags.precision.unwrap_or(6))),
        _ => return false,
    };
    let text = if matches!(verb, 'E' | 'G') {
        text.to_uppercase()
    } else {
        text
    };
    let negative = text.starts_with('-');
    let infinite = text.ends_with("Inf") || text == "NaN";
    let digits = text.trim_start_matches(['-', '+']);
    let shown = if infinite && text.starts_with('+') && !flags.plus {
        "+"
    } else {
        sign(flags, negative)
    };
    pad_number(out, flags, shown, digits, !infinite);
    true
}

pub(super) fn string(out: &mut String, verb: char, flags: &Flags, text: &str) -> bool {
    let cut = |text: &str| match flags.precision {
        Some(precision) => text.chars().take(precision).collect::<String>(),
        None => text.to_owned(),
    };
    match verb {
        'v' if flags.sharp => pad(out, flags, &quoted(text)),
        's' | 'v' => pad(out, flags, &cut(text)),
        'q' => {
            let text = cut(text);
            let raw = flags.sharp && !text.contains(['`', '\n', '\r', '\u{7f}', '\u{feff}']);
            let shown = match (raw, flags.plus) {
                (true, _) => format!("`{text}`"),
                (false, true) => ascii(&quoted(&text)),
                (false, false) => quoted(&text),
            };
            pad(out, flags, &shown);
        }
        'x' | 'X' => {
            let mut shown = String::new();
            for (index, byte) in text.bytes().enumerate() {
                if flags.precision.is_some_and(|precision| index >= precision) {
                    break;
                }
                if flags.space && index > 0 {
                    shown.push(' ');
                }
                if flags.sharp && (index == 0 || flags.space) {
                    shown.push('0');
                    shown.push(verb);
                }
                let _ = if verb == 'x' {
                    write!(shown, "{byte:02x}")
                } else {
                    write!(shown, "{byte:02X}")
                };
            }
            pad(out, flags, &shown);
        }
        _ => return false,
    }
    true
}

/// With escapes for all that is not ASCII.
pub(super) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match code {
            0..=0x7f => write!(out, "{character}"),
            0x80..=0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out
}

/// Whether Go takes a character for one that can be printed.
pub(crate) fn is_printable(character: char) -> bool {
    if character == ' ' || character.is_ascii_graphic() {
        return true;
    }
    // The leading letter keeps a combining character from being escaped for that alone.
    !format!("{:?}", format!("a{character}")).contains('\\')
}

/// As `strconv.Quote` has it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        quoted_into(&mut out, character, '"');
    }
    out.push('"');
    out
}

pub(super) fn quoted_character(character: char) -> String {
    let mut out = String::from("'");
    quoted_into(&mut out, character, '\'');
    out.push('\'');
    out
}

pub(super) fn quoted_into(out: &mut String, character: char, quote: char) {
    match character {
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        '\\' => out.push_str("\\\\"),
        _ if character == quote => {
            out.push('\\');
            out.push(quote);
        }
        _ if is_printable(character) => out.push(character),
        _ => {
            let code = u32::from(character);
            let _ = match code {
                0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
                0..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}
