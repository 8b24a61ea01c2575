//! Scalars: where their tokens lie and what YAML 1.1 takes them for.

use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};

use crate::source::ScalarKind;

/// What a scalar is.
pub(super) struct Typed {
    /// Its kind, or why its tag does not fit.
    pub(super) kind: Result<ScalarKind, String>,
    pub(super) text: Box<str>,
    /// The tag, if it is not one of YAML's own.
    pub(super) tag: Option<Box<str>>,
    /// Whether it is written without quotes and tag.
    pub(super) plain: bool,
}

/// The bytes of a scalar's token: of a block scalar, its lines without the last line break.
pub(super) fn token(text: &str, style: ScalarStyle, range: Range<usize>) -> Range<usize> {
    if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        return range;
    }
    let content = text.get(range.clone()).unwrap_or_default();
    range.start..range.start + content.trim_end_matches(['\n', '\r', ' ']).len()
}

/// Types a scalar; `empty` if nothing is written.
pub(super) fn typed(text: &str, style: ScalarStyle, tag: Option<&Tag>, empty: bool) -> Typed {
    let is_plain = style == ScalarStyle::Plain;
    // The parser writes a scalar that is not there as `~`.
    let text = if is_plain && empty { "" } else { text };
    let kind = match tag.map(|tag| (tag, tag.core_suffix())) {
        None if is_plain => Ok(plain_kind(text)),
        Some((tag, None)) if is_plain && !is_non_specific(tag) => Ok(plain_kind(text)),
        None | Some((_, None)) => Ok(ScalarKind::String),
        Some((_, Some(suffix))) => tagged_kind(text, suffix),
    };
    Typed {
        kind,
        text: text.into(),
        tag: tag.and_then(foreign_tag),
        plain: is_plain && tag.is_none(),
    }
}

/// A tag as it is written, if it is not one of YAML's own that say what the kind says anyway.
pub(super) fn foreign_tag(tag: &Tag) -> Option<Box<str>> {
    let own = tag.core_suffix().is_some() || is_non_specific(tag);
    (!own).then(|| {
        let written = tag.original();
        if written.starts_with('!') {
            written.into()
        } else {
            format!("!<{written}>").into()
        }
    })
}

/// `!` alone: as if it were in quotes.
fn is_non_specific(tag: &Tag) -> bool {
    tag.suffix().is_empty() && matches!(tag.handle(), "" | "!")
}

fn tagged_kind(text: &str, suffix: &str) -> Result<ScalarKind, String> {
    let kind = plain_kind(text);
    match (suffix, kind) {
        ("str", _) => Ok(ScalarKind::String),
        ("int", ScalarKind::Integer)
        | ("float", ScalarKind::Float)
        | ("bool", ScalarKind::Bool(_))
        | ("null", ScalarKind::Null) => Ok(kind),
        ("float", ScalarKind::Integer) => Ok(ScalarKind::Float),
        ("map" | "seq", _) => Err(format!("the tag `!!{suffix}` on a single value")),
        _ => Err(format!("the tag `!!{suffix}` on a value that is none")),
    }
}

/// What YAML 1.1 takes a scalar without quotes for.
pub(super) fn plain_kind(text: &str) -> ScalarKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            ScalarKind::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            ScalarKind::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => ScalarKind::Float,
        _ => number_kind(text).unwrap_or(ScalarKind::String),
    }
}

fn number_kind(text: &str) -> Option<ScalarKind> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(ScalarKind::Float);
    }
    // Most texts are none: look at one byte before anything else.
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if is_integer(unsigned) {
        Some(ScalarKind::Integer)
    } else {
        is_float(unsigned).then_some(ScalarKind::Float)
    }
}

fn is_integer(unsigned: &str) -> bool {
    let all = |digits: &str, is_digit: fn(u8) -> bool| {
        digits.bytes().any(is_digit) && digits.bytes().all(|byte| byte == b'_' || is_digit(byte))
    };
    let octal = |byte| matches!(byte, b'0'..=b'7');
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return all(digits, |byte| byte.is_ascii_hexdigit());
    }
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return all(digits, |byte| matches!(byte, b'0' | b'1'));
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return all(digits, octal);
    }
    if unsigned.starts_with('0') {
        return all(unsigned, octal);
    }
    all(unsigned, |byte| byte.is_ascii_digit())
}

/// `1.5`, `.5`, `1.`, `1e3`, `1_000.5`.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |digits: &str| {
        digits
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_digit())
    };
    exponent_fits
        && is_digits(whole)
        && is_digits(fraction)
        && mantissa.bytes().any(|byte| byte.is_ascii_digit())
}
