//! What the values of fields are changed to.

use serde_json::Value;

use super::plan::Literal;

/// A value of the attribute.
pub(super) fn literal(value: Literal) -> Value {
    match value {
        Literal::Text(text) => text.into(),
        Literal::Integer(number) => number.into(),
        Literal::Float(number) => number.into(),
        Literal::Bool(truth) => truth.into(),
    }
}

/// Another value of the same kind, and the kind: a number, a text, a truth value.
pub(super) fn changed(value: &Value) -> Option<(usize, Value)> {
    match value {
        Value::Number(number) => {
            let changed = match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => number.checked_add(1)?.into(),
                (None, Some(number)) => (number + 1.0).into(),
                (None, None) => return None,
            };
            Some((0, changed))
        }
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some((1, changed_text(text).into())),
        Value::Bool(truth) => Some((2, (!truth).into())),
        _ => None,
    }
}

/// A text with its last number one higher, as ports and times have them, or with something behind it.
fn changed_text(text: &str) -> String {
    let is_digit = |character: char| character.is_ascii_digit();
    let end = text.rfind(is_digit).map(|position| position + 1);
    let number = end.and_then(|end| {
        let start = text[..end].trim_end_matches(is_digit).len();
        let number: u32 = text.get(start..end)?.parse().ok()?;
        Some(format!(
            "{}{}{}",
            &text[..start],
            number.checked_add(1)?,
            &text[end..]
        ))
    });
    number.unwrap_or_else(|| format!("{text}-changed"))
}

#[cfg(test)]
mod tests {
    use super::changed_text;

    #[test]
    fn a_text_is_changed_to_one_of_its_kind() {
        for (text, changed) in [
            (":162", ":163"),
            ("10s", "11s"),
            ("127.0.0.1:80/x", "127.0.0.1:81/x"),
            ("name", "name-changed"),
            ("99999999999", "99999999999-changed"),
            ("é9é", "é10é"),
        ] {
            assert_eq!(changed_text(text), changed);
        }
    }
}
