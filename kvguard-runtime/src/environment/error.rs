//! Why an environment is refused.

use std::error::Error;
use std::fmt;

/// What is wrong with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableFault {
    /// It is not set, and others say that it has to be.
    Missing,
    /// It is empty.
    Empty,
    /// It is no Unicode.
    NotUnicode,
    /// It is none of these.
    NoneOf(&'static [&'static str]),
    /// It is no key that the store accepts.
    NoKey,
    /// It is no SPIFFE ID.
    NoSpiffeId,
    /// It names another service than the program is.
    AnotherService,
}

/// Why an environment is refused. It tells names of variables, never what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentError(Vec<(&'static str, VariableFault)>);

impl EnvironmentError {
    pub(super) fn new(faults: Vec<(&'static str, VariableFault)>) -> Self {
        Self(faults)
    }

    pub(crate) fn another_service(name: &'static str) -> Self {
        Self(vec![(name, VariableFault::AnotherService)])
    }

    /// The variables, each with what is wrong.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, VariableFault)> {
        self.0.iter().copied()
    }
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the environment is no whole one: ")?;
        for (position, (name, fault)) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(", ")?;
            }
            write!(formatter, "`{name}` ")?;
            match fault {
                VariableFault::Missing => formatter.write_str("is missing")?,
                VariableFault::Empty => formatter.write_str("is empty")?,
                VariableFault::NotUnicode => formatter.write_str("is no Unicode")?,
                VariableFault::NoneOf(known) => {
                    write!(formatter, "is none of `{}`", known.join("`, `"))?;
                }
                VariableFault::NoKey => formatter.write_str("is no key that the store accepts")?,
                VariableFault::NoSpiffeId => formatter.write_str("is no SPIFFE ID")?,
                VariableFault::AnotherService => {
                    formatter.write_str("names another service than this program is")?;
                }
            }
        }
        formatter.write_str(": set what it needs, or `CONFIG_SOURCE=file` to do without the store")
    }
}

impl Error for EnvironmentError {}
