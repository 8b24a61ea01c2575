//! Durations, as Go's `time` has them: nanoseconds.

use std::fmt::Write;

pub(super) const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Reads `1h30m`; none if it is no duration.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        let (digits, tail) = rest.split_at(number);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => i128::from(SECOND),
            "m" => i128::from(MINUTE),
            "h" => i128::from(HOUR),
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut part = unit;
        for digit in fraction.chars().take(18) {
            let value = i128::from(digit.to_digit(10)?);
            total += part * value / 10;
            part /= 10;
        }
        rest = tail;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// A duration as Go prints it: `1h30m0s`.
pub(super) fn printed(duration: i64) -> String {
    if duration == 0 {
        return "0s".to_owned();
    }
    let size = i128::from(duration).abs();
    let sign = if duration < 0 { "-" } else { "" };
    let (unit, name) = match size {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (0, ""),
    };
    if unit > 0 {
        return format!("{sign}{}{name}", with_fraction(size, unit));
    }
    let (hours, minutes) = (size / i128::from(HOUR), size / i128::from(MINUTE) % 60);
    let mut out = sign.to_owned();
    if hours > 0 {
        let _ = write!(out, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        let _ = write!(out, "{minutes}m");
    }
    let seconds = with_fraction(size % i128::from(MINUTE), i128::from(SECOND));
    let _ = write!(out, "{seconds}s");
    out
}

fn with_fraction(size: i128, unit: i128) -> String {
    let (whole, rest) = (size / unit, size % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.to_string().len() - 1;
    let digits = format!("{rest:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// A duration in its largest unit: `2h`, `3mo`.
pub(super) fn rounded(duration: i64) -> String {
    let size = duration.unsigned_abs();
    let second = SECOND.unsigned_abs();
    let units = [
        (second * 3600 * 24 * 365, "y"),
        (second * 3600 * 24 * 30, "mo"),
        (second * 3600 * 24, "d"),
        (second * 3600, "h"),
        (second * 60, "m"),
        (second, "s"),
    ];
    let found = units.iter().find(|(unit, _)| size > *unit);
    found.map_or("0s".to_owned(), |(unit, name)| {
        format!("{}{name}", size / unit)
    })
}
