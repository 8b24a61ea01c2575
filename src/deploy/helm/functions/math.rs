//! Sprig's functions on numbers.

use super::super::template::literal::{parse_float, parse_integer};
use super::super::template::print;
use super::super::template::value::{Data, Items, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::{Function, Outcome};

/// How many numbers `until` and its like may make at once.
const MAX_COUNT: i64 = 1_000_000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("atoi", "s", |_, a| {
        Ok(Value::int(decimal(&a.text(0)).unwrap_or(0)))
    }),
    Function::new("int", "a", |_, a| {
        Ok(Value::int(integer_of(a.get(0))).placed_like(a.get(0)))
    }),
    Function::new("int64", "a", |_, a| {
        Ok(Value::int64(integer_of(a.get(0))).placed_like(a.get(0)))
    }),
    Function::new("float64", "a", |_, a| {
        Ok(Value::float(float_of(a.get(0))).placed_like(a.get(0)))
    }),
    Function::new("toDecimal", "a", |_, a| {
        let text = print::sprint(a.all())?;
        Ok(Value::int64(i64::from_str_radix(&text, 8).unwrap_or(0)))
    }),
    Function::new("until", "i", |frame, a| {
        let step = if a.int(0) < 0 { -1 } else { 1 };
        count_list(frame, 0, a.int(0), step)
    }),
    Function::new("untilStep", "iii", |frame, a| {
        count_list(frame, a.int(0), a.int(1), a.int(2))
    }),
    Function::new("seq", "i*", seq),
    Function::new("add", "a*", |_, a| fold(0, a.all(), i64::wrapping_add)),
    Function::new("add1", "a", |_, a| {
        Ok(Value::int64(integer_of(a.get(0)).wrapping_add(1)))
    }),
    Function::new("sub", "aa", |_, a| {
        fold(integer_of(a.get(0)), a.from(1), i64::wrapping_sub)
    }),
    Function::new("mul", "aa*", |_, a| {
        fold(integer_of(a.get(0)), a.from(1), i64::wrapping_mul)
    }),
    Function::new("div", "aa", |_, a| divide(a, i64::wrapping_div)),
    Function::new("mod", "aa", |_, a| divide(a, i64::wrapping_rem)),
    Function::new("max", "aa*", |_, a| {
        fold(integer_of(a.get(0)), a.from(1), i64::max)
    }),
    Function::new("biggest", "aa*", |_, a| {
        fold(integer_of(a.get(0)), a.from(1), i64::max)
    }),
    Function::new("min", "aa*", |_, a| {
        fold(integer_of(a.get(0)), a.from(1), i64::min)
    }),
    Function::new("maxf", "aa*", |_, a| {
        fold_float(float_of(a.get(0)), a.from(1), f64::max)
    }),
    Function::new("minf", "aa*", |_, a| {
        fold_float(float_of(a.get(0)), a.from(1), f64::min)
    }),
    Function::new("add1f", "a", |_, a| {
        exact(float_of(a.get(0)), &[Value::int(1)], '+')
    }),
    Function::new("addf", "a*", |_, a| exact(0.0, a.all(), '+')),
    Function::new("subf", "aa*", |_, a| {
        exact(float_of(a.get(0)), a.from(1), '-')
    }),
    Function::new("mulf", "aa*", |_, a| {
        exact(float_of(a.get(0)), a.from(1), '*')
    }),
    Function::new("divf", "aa*", |_, a| {
        exact(float_of(a.get(0)), a.from(1), '/')
    }),
    Function::new("ceil", "a", |_, a| {
        Ok(Value::float(float_of(a.get(0)).ceil()))
    }),
    Function::new("floor", "a", |_, a| {
        Ok(Value::float(float_of(a.get(0)).floor()))
    }),
    Function::new("round", "aif*", round),
    // A stand-in: the smallest number that Helm could have drawn.
    Function::new("randInt", "ii", |_, a| {
        if a.int(1) <= a.int(0) {
            return Err("invalid argument to Intn".into());
        }
        Ok(Value::int(a.int(0)))
    }),
];

/// A decimal number as Go's `strconv.Atoi` reads it.
pub(super) fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// A value as a whole number; what is none is 0.
pub(super) fn integer_of(value: &Value) -> i64 {
    match &value.data {
        Data::Integer(value, _) => *value,
        Data::Bool(value) => i64::from(*value),
        #[expect(clippy::cast_possible_truncation, reason = "as Go converts it")]
        Data::Float(value) => {
            // Out of range, the processor that Go runs on gives the smallest number.
            if value.is_nan() || value.abs() >= 9_223_372_036_854_775_808.0 {
                i64::MIN
            } else {
                *value as i64
            }
        }
        Data::Text(text) => parse_integer(without_zero_fraction(text)).unwrap_or(0),
        _ => 0,
    }
}

/// `1.00` is taken for `1`.
fn without_zero_fraction(text: &str) -> &str {
    let trimmed = text.trim_end_matches('0');
    if trimmed.len() < text.len() {
        trimmed.strip_suffix('.').unwrap_or(text)
    } else {
        text
    }
}

/// A value as a number; what is none is 0.
pub(super) fn float_of(value: &Value) -> f64 {
    match &value.data {
        #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
        Data::Integer(value, _) => *value as f64,
        Data::Bool(value) => f64::from(u8::from(*value)),
        Data::Float(value) => *value,
        Data::Text(text) => parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn fold(start: i64, rest: &[Value], combine: fn(i64, i64) -> i64) -> Outcome {
    Ok(Value::int64(
        rest.iter().map(integer_of).fold(start, combine),
    ))
}

fn fold_float(start: f64, rest: &[Value], combine: fn(f64, f64) -> f64) -> Outcome {
    Ok(Value::float(rest.iter().map(float_of).fold(start, combine)))
}

fn divide(arguments: &Arguments, combine: fn(i64, i64) -> i64) -> Outcome {
    let divisor = integer_of(arguments.get(1));
    if divisor == 0 {
        return Err("runtime error: integer divide by zero".into());
    }
    Ok(Value::int64(combine(integer_of(arguments.get(0)), divisor)))
}

/// Decimal arithmetic: what the shortest digits of each number say, without a float's rounding.
fn exact(start: f64, rest: &[Value], operator: char) -> Outcome {
    let mut result = start;
    for value in rest {
        let other = float_of(value);
        if !result.is_finite() || !other.is_finite() {
            return Err("Cannot create a Decimal from a number that is not finite".into());
        }
        result = match operator {
            '+' => decimal_sum(result, other),
            '-' => decimal_sum(result, -other),
            '*' => decimal_product(result, other),
            _ if other == 0.0 => return Err("decimal division by 0".into()),
            _ => decimal_quotient(result, other),
        };
    }
    Ok(Value::float(result))
}

/// A number's digits and how many of them are behind the point.
fn parts(value: f64) -> Option<(i128, i32)> {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e')?;
    let fraction = digits
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    let digits: i128 = digits.replace('.', "").parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some((digits, i32::try_from(fraction).ok()? - exponent))
}

fn join(digits: i128, scale: i32) -> Option<f64> {
    format!("{digits}e{}", -scale).parse().ok()
}

fn decimal_sum(first: f64, second: f64) -> f64 {
    let exact = || {
        let ((first, first_scale), (second, second_scale)) = (parts(first)?, parts(second)?);
        let scale = first_scale.max(second_scale);
        let lift = |digits: i128, from: i32| {
            let power = 10_i128.checked_pow(u32::try_from(scale - from).ok()?)?;
            digits.checked_mul(power)
        };
        let sum = lift(first, first_scale)?.checked_add(lift(second, second_scale)?)?;
        join(sum, scale)
    };
    exact().unwrap_or(first + second)
}

fn decimal_product(first: f64, second: f64) -> f64 {
    let exact = || {
        let ((first, first_scale), (second, second_scale)) = (parts(first)?, parts(second)?);
        join(first.checked_mul(second)?, first_scale + second_scale)
    };
    exact().unwrap_or(first * second)
}

/// Sixteen digits behind the point, rounded half away from zero.
fn decimal_quotient(first: f64, second: f64) -> f64 {
    const DIGITS: i32 = 16;
    let exact = || {
        let ((first, first_scale), (second, second_scale)) = (parts(first)?, parts(second)?);
        let shift = DIGITS - first_scale + second_scale;
        let power = 10_i128.checked_pow(shift.unsigned_abs())?;
        let (numerator, denominator) = if shift >= 0 {
            (first.checked_mul(power)?, second)
        } else {
            (first, second.checked_mul(power)?)
        };
        let quotient = numerator.checked_div(denominator)?;
        let remainder = numerator.checked_rem(denominator)?;
        let twice = remainder.unsigned_abs().checked_mul(2)?;
        let up = i128::from(twice >= denominator.unsigned_abs());
        let negative = (numerator < 0) != (denominator < 0);
        join(quotient + if negative { -up } else { up }, DIGITS)
    };
    exact().unwrap_or(first / second)
}

fn round(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let limit = match arguments.all().get(2) {
        Some(limit) => float_of(limit),
        None => 0.5,
    };
    let value = float_of(arguments.get(0));
    let places = i32::try_from(arguments.int(1)).unwrap_or(i32::MAX);
    let power = 10_f64.powi(places);
    let digit = power * value;
    let rounded = if digit.fract() >= limit {
        digit.ceil()
    } else {
        digit.floor()
    };
    Ok(Value::float(rounded / power))
}

fn counted(frame: &mut Frame<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Refusal> {
    let runs = if stop < start { step < 0 } else { step > 0 };
    if !runs || start == stop {
        return Ok(Vec::new());
    }
    let distance = stop.abs_diff(start).div_ceil(step.unsigned_abs());
    let count = i64::try_from(distance).unwrap_or(i64::MAX);
    if count > MAX_COUNT {
        return Err(format!("makes more than {MAX_COUNT} numbers at once").into());
    }
    frame
        .engine
        .step(usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok((0..count)
        .map(|index| start.wrapping_add(index.wrapping_mul(step)))
        .collect())
}

fn count_list(frame: &mut Frame<'_>, start: i64, stop: i64, step: i64) -> Outcome {
    let items = counted(frame, start, stop, step)?;
    Ok(Value::list_of(
        items.into_iter().map(Value::int).collect(),
        Items::Int,
    ))
}

fn seq(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let (start, stop, step) = match arguments.all().len() {
        1 => {
            let stop = arguments.int(0);
            let by = if stop < 1 { -1 } else { 1 };
            (1, stop.saturating_add(by), by)
        }
        2 => {
            let (start, stop) = (arguments.int(0), arguments.int(1));
            let by = if stop < start { -1 } else { 1 };
            (start, stop.saturating_add(by), by)
        }
        3 => {
            let (start, step, stop) = (arguments.int(0), arguments.int(1), arguments.int(2));
            let by = if stop < start { -1 } else { 1 };
            if stop < start && step > 0 {
                return Ok("".into());
            }
            (start, stop.saturating_add(by), step)
        }
        _ => return Ok("".into()),
    };
    let numbers = counted(frame, start, stop, step)?;
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Ok(texts.join(" ").into())
}
