//! Plain YAML scalars as Go's YAML library types and compose-go prints them.

/// What Go's YAML library takes a plain scalar for; numbers and truth values with what is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    Null,
    /// A number or a truth value.
    Other(String),
    Date,
    String,
}

/// Types a plain scalar. `yes`, `no`, `on`, `off` are strings, as in YAML 1.2.
pub fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Other("true".into()),
        "false" | "False" | "FALSE" => return Plain::Other("false".into()),
        ".nan" | ".NaN" | ".NAN" => return Plain::Other("NaN".into()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Plain::Other("+Inf".into()),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Other("-Inf".into()),
        "-0" | "-0.0" => return Plain::Other("-0".into()),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if is_date(text) {
                return Plain::Date;
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
    if (-4..21).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Whether Go's YAML library takes a plain scalar for a date.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let year = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if year != 4 || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let mut parts = text.get(..end).unwrap_or_default().split('-').skip(1);
    let number = |part: Option<&str>, most: u8| {
        part.is_some_and(|part| {
            matches!(part.len(), 1 | 2) && part.parse::<u8>().is_ok_and(|part| (1..=most).contains(&part))
        })
    };
    let date = number(parts.next(), 12) && number(parts.next(), 31) && parts.next().is_none();
    let time = text.get(end + 1..).unwrap_or_default();
    date && (time.is_empty() && end == text.len() || time.matches(':').count() >= 2)
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
            ("1.0", "1"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("True", "true"),
            ("1e21", "1e+21"),
            ("0.00001", "1e-05"),
            ("18446744073709551615", "18446744073709551615"),
        ];
        for (text, printed) in cases {
            assert_eq!(plain(text), Plain::Other(printed.into()), "{text}");
        }
        for text in ["off", "yes", "1:30", "1e", "0x", "a", "-", "1.2.3", "09a"] {
            assert_eq!(plain(text), Plain::String, "{text}");
        }
        assert_eq!(plain("2025-11-16"), Plain::Date);
        assert_eq!(plain("~"), Plain::Null);
    }
}
