//! Equality and order of values, as Go has them.

use super::execute::Refusal;
use super::value::{Data, IntegerType, List, MAX_VALUE_DEPTH, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Integer,
    Unsigned,
    Float,
    Text,
    Other,
}

fn kind(value: &Value) -> Kind {
    match &value.data {
        Data::Bool(_) => Kind::Bool,
        Data::Integer(_, IntegerType::Uint8 | IntegerType::Uint64) => Kind::Unsigned,
        Data::Integer(..) => Kind::Integer,
        Data::Float(_) => Kind::Float,
        Data::Text(_) => Kind::Text,
        _ => Kind::Other,
    }
}

fn incompatible(first: &Value, second: &Value) -> Refusal {
    Refusal::Error(format!(
        "incompatible types for comparison: {} and {}",
        first.type_name(),
        second.type_name()
    ))
}

/// Whether the first is equal to one of the others, as `eq` has it.
pub(super) fn equal_any(first: &Value, others: &[Value]) -> Result<bool, Refusal> {
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(first: &Value, second: &Value) -> Result<bool, Refusal> {
    Ok(match (&first.data, &second.data) {
        (Data::Bool(first), Data::Bool(second)) => first == second,
        (Data::Integer(first, _), Data::Integer(second, _)) => first == second,
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (Data::Float(first), Data::Float(second)) => first == second,
        (Data::Text(first), Data::Text(second)) => first.as_str() == second.as_str(),
        _ if kind(first) != kind(second) => {
            if !first.is_nil() && !second.is_nil() {
                return Err(incompatible(first, second));
            }
            false
        }
        _ if is_nil(first) || is_nil(second) => {
            let differ = first.kind_name() != second.kind_name();
            if differ && !first.is_nil() && !second.is_nil() {
                return Err("non-comparable types".into());
            }
            is_nil(first) && is_nil(second)
        }
        (Data::Object(first), Data::Object(second)) => first
            .equal(second)
            .ok_or_else(|| Refusal::from("non-comparable type"))?,
        _ => {
            return Err(format!("non-comparable type: {}", second.type_name()).into());
        }
    })
}

fn is_nil(value: &Value) -> bool {
    match &value.data {
        Data::List(List { nil, .. }) => *nil,
        _ => value.is_nil(),
    }
}

/// Whether the first is smaller, as `lt` has it.
pub(super) fn less(first: &Value, second: &Value) -> Result<bool, Refusal> {
    let bad = || Refusal::from("invalid type for comparison");
    if kind(first) == Kind::Other || kind(second) == Kind::Other {
        return Err(bad());
    }
    match (&first.data, &second.data) {
        (Data::Integer(first, _), Data::Integer(second, _)) => Ok(first < second),
        (Data::Float(first), Data::Float(second)) => Ok(first < second),
        (Data::Text(first), Data::Text(second)) => Ok(first.as_str() < second.as_str()),
        (Data::Bool(_), Data::Bool(_)) => Err(bad()),
        _ => Err(incompatible(first, second)),
    }
}

/// Whether both are the same through and through, as `reflect.DeepEqual` has it.
pub(crate) fn deep_equal(first: &Value, second: &Value) -> Result<bool, Refusal> {
    deep(first, second, 0)
}

fn deep(first: &Value, second: &Value, depth: usize) -> Result<bool, Refusal> {
    if depth > MAX_VALUE_DEPTH {
        return Err("values are nested too deeply to be compared".into());
    }
    Ok(match (&first.data, &second.data) {
        (Data::Nil | Data::NilInterface, Data::Nil | Data::NilInterface) => true,
        (Data::Bool(first), Data::Bool(second)) => first == second,
        (Data::Integer(first, first_type), Data::Integer(second, second_type)) => {
            first_type == second_type && first == second
        }
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (Data::Float(first), Data::Float(second)) => first == second,
        (Data::Text(first), Data::Text(second)) => first.as_str() == second.as_str(),
        (Data::List(first), Data::List(second)) => {
            if first.of != second.of
                || first.nil != second.nil
                || first.items().len() != second.items().len()
            {
                return Ok(false);
            }
            for (first, second) in first.items().iter().zip(second.items()) {
                if !deep(first, second, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Data::Map(first), Data::Map(second)) => {
            if first.of != second.of || first.len() != second.len() {
                return Ok(false);
            }
            if first.is(second) {
                return Ok(true);
            }
            for (name, item) in first.to_vec() {
                match second.get(&name) {
                    Some(other) if deep(&item.value, &other, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Data::Object(first), Data::Object(second)) => first.equal(second).unwrap_or(false),
        _ => false,
    })
}
