//! Fields and methods of values.

use std::sync::Arc;

use super::super::objects::Field;
use super::arguments::Arguments;
use super::execute::{Fault, Frame};
use super::tree::Expression;
use super::value::{Data, MapType, Value};

impl Frame<'_> {
    /// `.a.b.c`, of which the last may be a method with arguments.
    pub(super) fn chain(
        &mut self,
        dot: &Value,
        at: &Expression,
        receiver: Value,
        names: &[Arc<str>],
        arguments: &[Expression],
        last: Option<Value>,
    ) -> Result<Value, Box<Fault>> {
        let mut receiver = receiver;
        let mut last = last;
        // What a mapping holds is of no type of its own.
        let mut held = false;
        for (index, name) in names.iter().enumerate() {
            let is_last = index + 1 == names.len();
            let arguments = if is_last { arguments } else { &[] };
            let last = if is_last { last.take() } else { None };
            receiver = self.field(dot, at, (receiver, held), name, arguments, last)?;
            held = true;
        }
        Ok(receiver)
    }

    fn field(
        &mut self,
        dot: &Value,
        at: &Expression,
        (receiver, held): (Value, bool),
        name: &str,
        arguments: &[Expression],
        last: Option<Value>,
    ) -> Result<Value, Box<Fault>> {
        let has_arguments = !arguments.is_empty() || last.is_some();
        match &receiver.data {
            Data::Nil => Ok(Value::NIL),
            Data::NilInterface => {
                let message = format!("nil pointer evaluating interface {{}}.{name}");
                Err(self.fault_at(at, message))
            }
            Data::Map(map) => {
                if map.of == MapType::Values && matches!(name, "AsMap" | "YAML") {
                    let unsupported =
                        format!("kvguard does not have the method `{name}` of values");
                    let mut fault = self.fault(&at.range, unsupported);
                    fault.unsupported = true;
                    return Err(fault);
                }
                if has_arguments {
                    let message = format!("{name} is not a method but has arguments");
                    return Err(self.fault_at(at, message));
                }
                Ok(match map.get(name) {
                    Some(value) => value.held(),
                    None if map.of == MapType::Text => Value::from(""),
                    None => Value::from(Data::NilInterface),
                })
            }
            Data::Object(object) => match object.field(name) {
                Some(Field::Value(_)) if has_arguments => {
                    let message = format!("{name} has arguments but cannot be invoked as function");
                    Err(self.fault_at(at, message))
                }
                Some(Field::Value(value)) => Ok(value),
                Some(Field::Method(method)) => {
                    let takes = method.takes;
                    let arguments = self.arguments(dot, at, name, takes, arguments, last)?;
                    let mut arguments = Arguments::new(arguments);
                    (method.run)(object, &mut arguments)
                        .map_err(|refusal| self.refused_at(at, name, refusal))
                }
                None => Err(self.no_field(at, name, receiver.type_name())),
            },
            _ => {
                let type_name = if held {
                    "interface {}"
                } else {
                    receiver.type_name()
                };
                Err(self.no_field(at, name, type_name))
            }
        }
    }

    fn no_field(&self, at: &Expression, name: &str, type_name: &str) -> Box<Fault> {
        self.fault_at(
            at,
            format!("can't evaluate field {name} in type {type_name}"),
        )
    }
}
