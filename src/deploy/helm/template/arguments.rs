//! Calls functions: how many arguments they take, and of which types, as Go checks it.

use super::super::functions;
use super::super::provenance::Text;
use super::builtins;
use super::execute::{Fault, Frame};
use super::tree::{Expression, ExpressionKind};
use super::value::{Data, IntegerType, Items, Map, MapType, Value};

/// The Go type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    Any,
    Text,
    Int,
    Uint32,
    Float,
    Bool,
    Map,
    List,
    Bytes,
    Time,
    Certificate,
}

impl Parameter {
    /// The type that a letter of a function's signature stands for.
    fn of(letter: char) -> Self {
        match letter {
            's' => Self::Text,
            'i' => Self::Int,
            'u' => Self::Uint32,
            'f' => Self::Float,
            'b' => Self::Bool,
            'm' => Self::Map,
            'l' => Self::List,
            'y' => Self::Bytes,
            't' => Self::Time,
            'c' => Self::Certificate,
            _ => Self::Any,
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Text => "string",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Bytes => "[]uint8",
            Self::Time => "time.Time",
            Self::Certificate => "sprig.certificate",
        }
    }

    fn can_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Map | Self::List | Self::Bytes)
    }

    fn takes(self, value: &Value) -> bool {
        match (self, &value.data) {
            (Self::Any, _)
            | (Self::Text, Data::Text(_))
            | (Self::Int, Data::Integer(_, IntegerType::Int))
            | (Self::Float, Data::Float(_))
            | (Self::Bool, Data::Bool(_)) => true,
            (Self::Map, Data::Map(map)) => map.of != MapType::Text,
            (Self::List, Data::List(list)) => list.of == Items::Any,
            (Self::Bytes, Data::List(list)) => list.of == Items::Bytes,
            (Self::Time | Self::Certificate, Data::Object(object)) => {
                object.type_name() == self.type_name()
            }
            _ => false,
        }
    }
}

/// The arguments of a call, of the types that the function's signature says.
#[derive(Debug)]
pub(crate) struct Arguments {
    values: Vec<Value>,
}

impl Arguments {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Value] {
        &self.values
    }

    /// Those from a position on.
    pub(crate) fn from(&self, position: usize) -> &[Value] {
        self.values.get(position..).unwrap_or_default()
    }

    /// One that may be anything.
    pub(crate) fn get(&self, position: usize) -> &Value {
        self.values.get(position).unwrap_or(const { &Value::NIL })
    }

    /// A string.
    pub(crate) fn text(&self, position: usize) -> Text {
        self.get(position).as_text().cloned().unwrap_or_default()
    }

    /// An `int`.
    pub(crate) fn int(&self, position: usize) -> i64 {
        match self.get(position).data {
            Data::Integer(value, _) => value,
            _ => 0,
        }
    }

    /// A `bool`.
    pub(crate) fn bool(&self, position: usize) -> bool {
        matches!(self.get(position).data, Data::Bool(true))
    }

    /// A mapping; none if it is nil.
    pub(crate) fn map(&self, position: usize) -> Option<&Map> {
        self.get(position).as_map()
    }
}

impl Frame<'_> {
    pub(super) fn function(
        &mut self,
        dot: &Value,
        at: &Expression,
        name: &str,
        arguments: &[Expression],
        last: Option<Value>,
    ) -> Result<Value, Box<Fault>> {
        if matches!(name, "and" | "or") {
            return self.and_or(dot, at, name, arguments, last);
        }
        let (takes, run): (_, functions::Run) = match builtins::find(name) {
            Some(function) => function,
            None => {
                if let Some(function) = functions::find(name) {
                    (function.takes, function.run)
                } else {
                    let message = format!("\"{name}\" is not a defined function");
                    return Err(self.fault(&at.range, message));
                }
            }
        };
        let values = self.arguments(dot, at, name, takes, arguments, last)?;
        let result = run(self, &Arguments::new(values));
        let value = result.map_err(|refusal| self.refused_at(at, name, refusal))?;
        let made = match &value.data {
            Data::Text(text) => self.engine.spend(text.len()),
            Data::List(list) => self.engine.step(list.items().len()),
            _ => Ok(()),
        };
        made.map_err(|refusal| self.refused_at(at, name, refusal))?;
        Ok(value.held())
    }

    /// `and` and `or` evaluate only as far as they must.
    fn and_or(
        &mut self,
        dot: &Value,
        at: &Expression,
        name: &str,
        arguments: &[Expression],
        last: Option<Value>,
    ) -> Result<Value, Box<Fault>> {
        if arguments.is_empty() && last.is_none() {
            let message = format!("wrong number of args for {name}: want at least 1 got 0");
            return Err(self.fault(&at.range, message));
        }
        let mut value = Value::NIL;
        for argument in arguments {
            value = self.argument(dot, Parameter::Any, argument)?;
            if value.is_true() == (name == "or") {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// Evaluates and checks the arguments of a call.
    pub(super) fn arguments(
        &mut self,
        dot: &Value,
        at: &Expression,
        name: &str,
        takes: &str,
        arguments: &[Expression],
        last: Option<Value>,
    ) -> Result<Vec<Value>, Box<Fault>> {
        let variadic = takes.ends_with('*');
        let mut parameters: Vec<Parameter> = takes
            .trim_end_matches('*')
            .chars()
            .map(Parameter::of)
            .collect();
        let rest = if variadic { parameters.pop() } else { None };
        let given = arguments.len() + usize::from(last.is_some());
        let fixed = parameters.len();
        if variadic && given < fixed {
            let message = format!(
                "wrong number of args for {name}: want at least {fixed} got {}",
                arguments.len()
            );
            return Err(self.fault(&at.range, message));
        }
        if !variadic && given != fixed {
            let message = format!("wrong number of args for {name}: want {fixed} got {given}");
            return Err(self.fault(&at.range, message));
        }
        let parameter = |position: usize| {
            parameters
                .get(position)
                .copied()
                .or(rest)
                .unwrap_or(Parameter::Any)
        };
        let mut values = Vec::with_capacity(given);
        for (position, argument) in arguments.iter().enumerate() {
            values.push(self.argument(dot, parameter(position), argument)?);
        }
        if let Some(last) = last {
            let value = self.validated(at, parameter(arguments.len()), last)?;
            values.push(value);
        }
        Ok(values)
    }

    /// One argument, for a parameter of a type.
    pub(super) fn argument(
        &mut self,
        dot: &Value,
        parameter: Parameter,
        expression: &Expression,
    ) -> Result<Value, Box<Fault>> {
        let expected = |frame: &Self, what: &str| {
            Err(frame.fault(&expression.range, format!("expected {what}")))
        };
        match (&expression.kind, parameter) {
            (ExpressionKind::Nil, _) if !parameter.can_be_nil() => {
                let message = format!("cannot assign nil to {}", parameter.type_name());
                Err(self.fault(&expression.range, message))
            }
            (ExpressionKind::Nil, _) => Ok(Value::NIL),
            (ExpressionKind::Number(number), Parameter::Int) => match number.integer {
                Some(integer) => Ok(Value::int(integer)),
                None => expected(self, "integer"),
            },
            (ExpressionKind::Number(number), Parameter::Uint32) => match number.unsigned {
                Some(unsigned) => Ok(Value::int(i64::try_from(unsigned).unwrap_or(i64::MAX))),
                None => expected(self, "unsigned integer"),
            },
            (ExpressionKind::Number(number), Parameter::Float) => match number.float {
                Some(float) => Ok(Value::float(float)),
                None => expected(self, "float"),
            },
            (ExpressionKind::Number(_) | ExpressionKind::Constant(_), Parameter::Any) => {
                self.plain(dot, expression)
            }
            (ExpressionKind::Constant(constant), _) if parameter.takes(&constant.value()) => {
                Ok(constant.value())
            }
            (ExpressionKind::Number(_) | ExpressionKind::Constant(_), _) => match parameter {
                Parameter::Text => expected(self, "string"),
                Parameter::Int => expected(self, "integer"),
                Parameter::Uint32 => expected(self, "unsigned integer"),
                Parameter::Float => expected(self, "float"),
                Parameter::Bool => expected(self, "bool"),
                _ => {
                    let message = format!(
                        "can't handle a constant for arg of type {}",
                        parameter.type_name()
                    );
                    Err(self.fault(&expression.range, message))
                }
            },
            _ => {
                let value = self.plain(dot, expression)?;
                self.validated(expression, parameter, value)
            }
        }
    }

    fn validated(
        &self,
        at: &Expression,
        parameter: Parameter,
        value: Value,
    ) -> Result<Value, Box<Fault>> {
        if parameter.takes(&value) {
            return Ok(value);
        }
        if matches!(value.data, Data::Nil) {
            if parameter.can_be_nil() {
                return Ok(value);
            }
            let message = format!("invalid value; expected {}", parameter.type_name());
            return Err(self.fault_at(at, message));
        }
        let found = match value.data {
            Data::NilInterface => "interface {}",
            _ => value.type_name(),
        };
        let message = format!(
            "wrong type for value; expected {}; got {found}",
            parameter.type_name()
        );
        Err(self.fault_at(at, message))
    }
}
