//! Numbers as Go writes them.

/// From which exponent on Go writes one.
const FROM: i32 = 6;

/// The shortest decimal digits of a finite number, and the exponent of the first.
fn shortest(value: f64) -> (String, i32) {
    let text = format!("{:e}", value.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

fn sign(value: f64) -> &'static str {
    if value.is_sign_negative() { "-" } else { "" }
}

/// `%v` and `%g`: an exponent from 1e+06 or, where `from` says so, from another size on.
fn general(value: f64, from: i32) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let (digits, exponent) = shortest(value);
    if exponent < -4 || exponent >= from {
        return format!("{}{}", sign(value), scientific(&digits, exponent));
    }
    format!("{}{}", sign(value), positional(&digits, exponent))
}

fn scientific(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{exponent_sign}{:02}", exponent.abs())
}

fn positional(digits: &str, exponent: i32) -> String {
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("0.{zeros}{digits}");
    }
    if exponent + 1 >= length {
        let zeros = "0".repeat(usize::try_from(exponent + 1 - length).unwrap_or(0));
        return format!("{digits}{zeros}");
    }
    let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(0));
    format!("{whole}.{fraction}")
}

/// As `fmt` prints a float by itself.
pub(crate) fn float(value: f64) -> String {
    general(value, FROM)
}

/// As `strconv.FormatFloat(value, 'g', -1, 64)` has it, which YAML is written with.
pub(crate) fn float_general(value: f64) -> String {
    general(value, FROM)
}

/// As `encoding/json` writes it; none for what JSON does not have.
pub(crate) fn float_json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    let (digits, exponent) = shortest(value);
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let (first, rest) = digits.split_at(digits.len().min(1));
        let point = if rest.is_empty() { "" } else { "." };
        let plus = if exponent < 0 { "" } else { "+" };
        return Some(format!(
            "{}{first}{point}{rest}e{plus}{exponent}",
            sign(value)
        ));
    }
    Some(format!("{}{}", sign(value), positional(&digits, exponent)))
}

/// `%e` with a precision.
pub(crate) fn float_scientific(value: f64, precision: Option<usize>) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let text = match precision {
        Some(precision) => format!("{:.*e}", precision, value.abs()),
        None => format!("{:e}", value.abs()),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!(
        "{}{digits}e{exponent_sign}{:02}",
        sign(value),
        exponent.abs()
    )
}

/// `%f` with a precision.
pub(crate) fn float_fixed(value: f64, precision: Option<usize>) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    if let Some(precision) = precision {
        format!("{}{:.*}", sign(value), precision, value.abs())
    } else {
        let (digits, exponent) = shortest(value);
        format!("{}{}", sign(value), positional(&digits, exponent))
    }
}

/// `%g` with a precision.
pub(crate) fn float_compact(value: f64, precision: usize) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let precision = precision.max(1);
    let text = format!("{:.*e}", precision - 1, value.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = digits.replace('.', "");
    let trimmed = digits.trim_end_matches('0');
    let digits = if trimmed.is_empty() { "0" } else { trimmed };
    let threshold = i32::try_from(precision).unwrap_or(i32::MAX);
    let limit = if threshold > i32::try_from(digits.len()).unwrap_or(0)
        && i32::try_from(digits.len()).unwrap_or(0) > exponent
    {
        i32::try_from(digits.len()).unwrap_or(0).max(exponent + 1)
    } else {
        threshold
    };
    if exponent < -4 || exponent >= limit {
        format!("{}{}", sign(value), scientific(digits, exponent))
    } else {
        format!("{}{}", sign(value), positional(digits, exponent))
    }
}
