//! Evaluates pipelines, as Go's `text/template` does.

use super::arguments::Parameter;
use super::execute::{Fault, Frame, Refusal};
use super::tree::{Command, Expression, ExpressionKind, Number, Pipe};
use super::value::{Data, IntegerType, Value};

impl Frame<'_> {
    pub(super) fn pipe(&mut self, dot: &Value, pipe: &Pipe) -> Result<Value, Box<Fault>> {
        if let Err(refusal) = self.engine.deeper() {
            return Err(self.refused(&pipe.range, None, refusal));
        }
        let result = self.commands(dot, pipe);
        self.engine.shallower();
        let value = result?;
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone());
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn commands(&mut self, dot: &Value, pipe: &Pipe) -> Result<Value, Box<Fault>> {
        let mut value = None;
        for command in &pipe.commands {
            if let Err(refusal) = self.engine.step(1) {
                return Err(self.refused(&pipe.range, None, refusal));
            }
            value = Some(self.command(dot, command, value)?.settled());
        }
        Ok(value.unwrap_or(Value::NIL))
    }

    fn command(
        &mut self,
        dot: &Value,
        command: &Command,
        last: Option<Value>,
    ) -> Result<Value, Box<Fault>> {
        let Some((first, arguments)) = command.arguments.split_first() else {
            return Ok(Value::NIL);
        };
        match &first.kind {
            ExpressionKind::Field(names) => {
                self.chain(dot, first, dot.clone(), names, arguments, last)
            }
            ExpressionKind::Chain(inner, names) => {
                let receiver = self.argument(dot, Parameter::Any, inner)?;
                self.chain(dot, first, receiver, names, arguments, last)
            }
            ExpressionKind::Variable(name, names) if !names.is_empty() => {
                let receiver = self.variable(name);
                self.chain(dot, first, receiver, names, arguments, last)
            }
            ExpressionKind::Function(name) => {
                let name = name.clone();
                self.function(dot, first, &name, arguments, last)
            }
            _ => {
                if !arguments.is_empty() || last.is_some() {
                    let message = "can't give argument to non-function";
                    return Err(self.fault_at(first, message));
                }
                match &first.kind {
                    ExpressionKind::Nil => Err(self.fault_at(first, "nil is not a command")),
                    _ => self.plain(dot, first),
                }
            }
        }
    }

    /// An operand without arguments.
    pub(super) fn plain(
        &mut self,
        dot: &Value,
        expression: &Expression,
    ) -> Result<Value, Box<Fault>> {
        match &expression.kind {
            ExpressionKind::Dot => Ok(dot.clone()),
            ExpressionKind::Nil => Ok(Value::NIL),
            ExpressionKind::Constant(constant) => Ok(constant.value()),
            ExpressionKind::Number(number) => ideal(*number)
                .ok_or_else(|| self.fault(&expression.range, "a number overflows int")),
            ExpressionKind::Field(names) => {
                self.chain(dot, expression, dot.clone(), names, &[], None)
            }
            ExpressionKind::Variable(name, names) => {
                let value = self.variable(name);
                if names.is_empty() {
                    return Ok(value);
                }
                self.chain(dot, expression, value, names, &[], None)
            }
            ExpressionKind::Function(name) => {
                let name = name.clone();
                self.function(dot, expression, &name, &[], None)
            }
            ExpressionKind::Pipe(pipe) => self.pipe(dot, pipe),
            ExpressionKind::Chain(inner, names) => {
                if matches!(inner.kind, ExpressionKind::Nil) {
                    return Err(self.fault(&expression.range, "indirection through explicit nil"));
                }
                let receiver = self.argument(dot, Parameter::Any, inner)?;
                self.chain(dot, expression, receiver, names, &[], None)
            }
        }
    }

    fn variable(&self, name: &str) -> Value {
        let found = self.variables.iter().rev().find(|known| &*known.0 == name);
        found.map_or(Value::NIL, |known| known.1.clone())
    }

    /// The fault with the expression it is at, if that shows only names.
    pub(super) fn fault_at(&self, at: &Expression, message: impl Into<String>) -> Box<Fault> {
        let mut message = message.into();
        if matches!(
            at.kind,
            ExpressionKind::Field(_) | ExpressionKind::Variable(..)
        ) && let Some(text) = self.origin.text.get(at.range.clone())
        {
            message.push_str(", at `");
            message.push_str(&crate::source::shown_name(text));
            message.push('`');
        }
        self.fault(&at.range, message)
    }

    pub(super) fn refused_at(&self, at: &Expression, name: &str, refusal: Refusal) -> Box<Fault> {
        self.refused(&at.range, Some(name), refusal)
    }
}

/// What a number is where nothing says what it should be.
pub(super) fn ideal(number: Number) -> Option<Value> {
    let data = match number {
        Number {
            looks_float: true,
            float: Some(float),
            ..
        } => Data::Float(float),
        Number {
            integer: Some(integer),
            character,
            ..
        } => Data::Integer(
            integer,
            if character {
                IntegerType::Int32
            } else {
                IntegerType::Int
            },
        ),
        _ => return None,
    };
    // A character's type is that of any other number here.
    Some(match data {
        Data::Integer(integer, _) => Value::int(integer),
        data => data.into(),
    })
}
