//! Why the service ends.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;

use kvguard_runtime::{Key, StoreError};

use crate::Fault;

#[derive(Debug)]
pub enum Error {
    Usage,
    /// A variable that is missing.
    Variable(&'static str),
    /// The store, by its address, does not do what is asked of it.
    Store {
        address: String,
        key: Key,
        error: StoreError,
    },
    /// What a key holds is no configuration.
    Value(Key, Fault),
    File(PathBuf, Fault),
    Database(String, io::ErrorKind),
    Listen(String, io::ErrorKind),
    Restart(io::ErrorKind),
    /// An error that tells nothing.
    Bare,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => formatter.write_str("usage: --config FILE --listen ADDRESS"),
            Self::Variable(name) => write!(formatter, "the variable {name} is missing"),
            Self::Store {
                address,
                key,
                error,
            } => {
                write!(formatter, "{key} at {address}: {error}")?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(formatter, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
            Self::Value(key, fault) => write!(formatter, "{key} holds no configuration: {fault}"),
            Self::File(path, fault) => write!(formatter, "{}: {fault}", path.display()),
            Self::Database(address, kind) => write!(formatter, "the database at {address}: {kind}"),
            Self::Listen(address, kind) => write!(formatter, "cannot listen on {address}: {kind}"),
            Self::Restart(kind) => write!(formatter, "cannot restart: {kind}"),
            Self::Bare => formatter.write_str("the configuration is not valid"),
        }
    }
}
