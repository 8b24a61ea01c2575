//! Sprig's functions on the types of values.

use super::super::template::compare::deep_equal;
use super::super::template::value::Value;
use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", "a", |_, a| Ok(a.get(0).type_name().into())),
    Function::new("typeIs", "sa", |_, a| {
        Ok(Value::bool(a.text(0).as_str() == a.get(1).type_name()))
    }),
    Function::new("typeIsLike", "sa", |_, a| {
        let name = a.get(1).type_name();
        let target = a.text(0);
        let like = name == target.as_str() || name.strip_prefix('*') == Some(target.as_str());
        Ok(Value::bool(like))
    }),
    Function::new("kindOf", "a", |_, a| Ok(a.get(0).kind_name().into())),
    Function::new("kindIs", "sa", |_, a| {
        Ok(Value::bool(a.text(0).as_str() == a.get(1).kind_name()))
    }),
    Function::new("deepEqual", "aa", |_, a| {
        deep_equal(a.get(0), a.get(1)).map(Value::bool)
    }),
];
