//! A service by the type of its configuration.

use std::fmt::Display;

use crate::{Descriptor, Format, InvalidKey, Key};

/// The service that a configuration type is of.
///
/// [`kv_service`](crate::kv_service) implements it, and checks that the type has the critical fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service's configuration",
    note = "write `#[kv_service(\"…\")]` above it, with the service's name in the registry"
)]
pub trait KvService {
    /// What the service declares.
    const DESCRIPTOR: &'static Descriptor;

    /// The key of a service whose key is no template.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] with [`KeyFault::MissingVariable`](crate::KeyFault::MissingVariable) if it is one.
    fn key() -> Result<Key, InvalidKey> {
        Self::DESCRIPTOR.key(&[])
    }

    /// The key, with a value for each variable of its template.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`], see [`KeyTemplate::fill`](crate::KeyTemplate::fill).
    fn key_with(values: &[(&str, &dyn Display)]) -> Result<Key, InvalidKey> {
        Self::DESCRIPTOR.key(values)
    }

    /// The format of the service's configuration.
    fn format() -> Format {
        Self::DESCRIPTOR.format
    }
}
