//! Why a tree is not what a configuration type takes.

use std::fmt::{self, Display};

use serde_core::de::{self, Expected, Unexpected};

/// One step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A name in a mapping.
    Name(String),
    /// A place in a list.
    Index(usize),
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TypeFault {
    /// It is absent; its name is the last part of the path.
    Missing,
    /// The type has no such field; its name is the last part of the path.
    Unknown,
    /// It stands twice, under two of its names.
    Duplicate,
    /// It is something else than the type takes, with what it takes where that is known.
    Unexpected { expected: Option<String> },
}

/// Why a tree is not what a configuration type takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeError {
    /// From the field outwards.
    reversed: Vec<Part>,
    pub(crate) fault: TypeFault,
}

impl TypeError {
    fn new(fault: TypeFault) -> Self {
        Self {
            reversed: Vec::new(),
            fault,
        }
    }

    fn named(name: &str, fault: TypeFault) -> Self {
        Self::new(fault).within(Part::Name(name.to_owned()))
    }

    fn expecting(expected: impl Into<String>) -> Self {
        Self::new(TypeFault::Unexpected {
            expected: Some(expected.into()),
        })
    }

    /// The same, seen from one level further out.
    pub(super) fn within(mut self, part: Part) -> Self {
        self.reversed.push(part);
        self
    }

    /// The path from the root to the field.
    pub(crate) fn path(&self) -> Vec<&Part> {
        self.reversed.iter().rev().collect()
    }
}

impl de::Error for TypeError {
    /// The message may hold a value, so it is dropped.
    fn custom<T: Display>(_: T) -> Self {
        Self::new(TypeFault::Unexpected { expected: None })
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expecting(expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expecting(expected.to_string())
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expecting(expected.to_string())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        if expected.is_empty() {
            return Self::new(TypeFault::Unexpected { expected: None });
        }
        Self::expecting(format!("one of `{}`", expected.join("`, `")))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::named(field, TypeFault::Unknown)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::named(field, TypeFault::Missing)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::named(field, TypeFault::Duplicate)
    }
}

impl Display for TypeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a configuration is not what its type takes")
    }
}

impl std::error::Error for TypeError {}
