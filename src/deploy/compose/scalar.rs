//! Plain YAML scalars as Go's YAML library types and compose-go prints them.

/// What Go's YAML library takes a plain scalar for; numbers and truth values with what is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    Null,
    /// A number or a truth value.
    Other(String),
    /// A time, an infinity or not a number, which no value of a compose file can be.
    Unfit,
    String,
}

/// Types a plain scalar. `yes`, `no`, `on`, `off` are strings, as in YAML 1.2.
pub fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Other("true".into()),
        "false" | "False" | "FALSE" => return Plain::Other("false".into()),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => return Plain::Unfit,
        "-0" | "-0.0" => return Plain::Other("-0".into()),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if let Some(date) = date(text) {
                return date;
            }
            let digits = text.replace('_', "");
            integer(&digits).map_or_else(|| float(&digits), Plain::Other)
        }
        _ => Plain::String,
    }
}

/// A whole number as Go's `strconv.ParseInt` and then `ParseUint` read it with base 0.
fn integer(text: &str) -> Option<String> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return (magnitude <= 1 << 63).then(|| (-i128::from(magnitude)).to_string());
    }
    // A sign is only read where the number fits 63 bits.
    (!signed || magnitude < 1 << 63).then(|| magnitude.to_string())
}

fn float(text: &str) -> Plain {
    if !is_float(text) {
        return Plain::String;
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Plain::Other(print_float(value)),
        // Out of range, which Go does not take for a number.
        _ => Plain::String,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    mantissa_fits
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && all_digits(digits)
        })
}

/// A number as Go's `%v` prints it.
fn print_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// What Go's YAML library takes for a date; `None` if it is none.
fn date(text: &str) -> Option<Plain> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    if !text.as_bytes().iter().take(4).all(is_digit) || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let mut parts = text.get(..end).unwrap_or_default().split('-');
    let mut number = |longest: usize| {
        let part = parts.next()?;
        let fits = (1..=longest).contains(&part.len()) && part.bytes().all(|byte| is_digit(&byte));
        fits.then(|| part.parse::<u32>().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if parts.next().is_some() || !(1..=days).contains(&day) {
        return None;
    }
    if end == text.len() {
        return Some(Plain::Other(format!(
            "{year:04}-{month:02}-{day:02} 00:00:00 +0000 UTC"
        )));
    }
    // With a time of day it is one if the time is, which is not worth telling apart.
    (text.matches(':').count() >= 2).then_some(Plain::Unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_typed_and_printed_as_go_does() {
        let cases = [
            ("0755", "493"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("08", "8"),
            ("-12", "-12"),
            ("+12", "12"),
            ("1e3", "1000"),
            ("1e6", "1e+06"),
            ("1234567890.5", "1.2345678905e+09"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("True", "true"),
            ("1e21", "1e+21"),
            ("0.00001", "1e-05"),
            ("18446744073709551615", "18446744073709551615"),
            ("2025-1-16", "2025-01-16 00:00:00 +0000 UTC"),
        ];
        for (text, printed) in cases {
            assert_eq!(plain(text), Plain::Other(printed.into()), "{text}");
        }
        for text in [
            "off",
            "yes",
            "1:30",
            "1e",
            "0x",
            "a",
            "-",
            "1.2.3",
            "09a",
            "2025-02-30",
        ] {
            assert_eq!(plain(text), Plain::String, "{text}");
        }
        assert_eq!(plain("2025-11-16T10:00:00Z"), Plain::Unfit);
        assert_eq!(plain("~"), Plain::Null);
    }
}
