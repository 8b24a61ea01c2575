//! Sprig's functions on what is empty.

use super::super::template::value::{Data, Value};
use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("default", "aa*", |_, a| {
        Ok(match a.all().get(1) {
            Some(given) if !empty(given) => given.clone(),
            _ => a.get(0).clone(),
        })
    }),
    Function::new("empty", "a", |_, a| Ok(Value::bool(empty(a.get(0))))),
    Function::new("coalesce", "a*", |_, a| {
        let found = a.all().iter().find(|value| !empty(value));
        Ok(found.cloned().unwrap_or(Value::NIL))
    }),
    Function::new("all", "a*", |_, a| {
        Ok(Value::bool(!a.all().iter().any(empty)))
    }),
    Function::new("any", "a*", |_, a| {
        Ok(Value::bool(a.all().iter().any(|value| !empty(value))))
    }),
    Function::new("ternary", "aab", |_, a| {
        Ok(a.get(usize::from(!a.bool(2))).clone())
    }),
];

/// Whether a value is the zero of its type.
pub(super) fn empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(object) => object.is_empty(),
        _ => !value.is_true(),
    }
}
