//! The fields of configuration types, as serde reads them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// The fields that serde reads into a type.
///
/// Derive it: `#[derive(KvFields)]` takes `rename`, `rename_all`, `alias`, `flatten`, `skip`, `default`,
/// `transparent`, `from` and `try_from` of `#[serde(…)]` into account.
#[diagnostic::on_unimplemented(
    message = "the fields of `{Self}` are not known",
    note = "derive `KvFields` on it, or declare the field that holds it `#[kv(opaque)]`"
)]
pub trait KvFields {
    /// The fields.
    const FIELDS: Fields;
}

/// What is known of a type's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// These, and no others.
    Named(&'static [Field]),
    /// Any: it is a map, or declared opaque.
    Any,
    /// The type does not say.
    Unknown,
}

/// A field of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name as serde reads it.
    pub name: &'static str,
    /// Other names that serde reads as well.
    pub aliases: &'static [&'static str],
    /// Whether its own fields stand among those of the type that has it; its name does not count then.
    pub is_flattened: bool,
    /// Whether serde fills it in where it is absent.
    pub has_default: bool,
    /// The fields of its own type.
    pub inner: Fields,
}

macro_rules! same_as_inner {
    ($($outer:ty),+) => {
        $(impl<T: KvFields + ?Sized> KvFields for $outer {
            const FIELDS: Fields = T::FIELDS;
        })+
    };
}

same_as_inner!(Box<T>, Rc<T>, Arc<T>);

impl<T: KvFields> KvFields for Option<T> {
    const FIELDS: Fields = T::FIELDS;
}

impl<K, V, S> KvFields for HashMap<K, V, S> {
    const FIELDS: Fields = Fields::Any;
}

impl<K, V> KvFields for BTreeMap<K, V> {
    const FIELDS: Fields = Fields::Any;
}

/// Tells a type's fields whether or not it implements [`KvFields`]: an associated constant of the type itself
/// is found before one of a trait.
pub struct Probe<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: KvFields + ?Sized> Probe<T> {
    /// The fields of a type that has the trait.
    pub const FIELDS: Fields = T::FIELDS;
}

/// What [`Probe`] tells of all other types.
pub trait ProbeFallback {
    /// The type does not say.
    const FIELDS: Fields = Fields::Unknown;
}

impl<T: ?Sized> ProbeFallback for Probe<T> {}

/// Whether there is a field at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// There is.
    Found,
    /// There is none.
    Missing,
    /// A type on the way to it does not say.
    Unknown,
}

/// Whether there is a field at a dotted path.
pub const fn lookup(fields: Fields, path: &str) -> Lookup {
    at(fields, path.as_bytes(), 0)
}

const fn at(fields: Fields, path: &[u8], start: usize) -> Lookup {
    let fields = match fields {
        Fields::Any => return Lookup::Found,
        Fields::Unknown => return Lookup::Unknown,
        Fields::Named(fields) => fields,
    };
    let mut end = start;
    while end < path.len() && path[end] != b'.' {
        end += 1;
    }
    let mut found = Lookup::Missing;
    let mut position = 0;
    while position < fields.len() {
        let field = fields[position];
        position += 1;
        let this = if field.is_flattened {
            at(field.inner, path, start)
        } else if is_called(field, path, start, end) {
            if end == path.len() {
                return Lookup::Found;
            }
            return at(field.inner, path, end + 1);
        } else {
            continue;
        };
        match this {
            Lookup::Found => return Lookup::Found,
            Lookup::Unknown => found = Lookup::Unknown,
            Lookup::Missing => {}
        }
    }
    found
}

const fn is_called(field: Field, path: &[u8], start: usize, end: usize) -> bool {
    if is_part(field.name, path, start, end) {
        return true;
    }
    let mut position = 0;
    while position < field.aliases.len() {
        if is_part(field.aliases[position], path, start, end) {
            return true;
        }
        position += 1;
    }
    false
}

const fn is_part(name: &str, path: &[u8], start: usize, end: usize) -> bool {
    let name = name.as_bytes();
    if name.len() != end - start {
        return false;
    }
    let mut position = 0;
    while position < name.len() {
        if name[position] != path[start + position] {
            return false;
        }
        position += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Field, Fields, Lookup, Probe, lookup};

    const fn field(name: &'static str, inner: Fields) -> Field {
        Field {
            name,
            aliases: &["other"],
            is_flattened: false,
            has_default: false,
            inner,
        }
    }

    const DATABASE: Fields = Fields::Named(&[field("host", Fields::Unknown)]);
    const ALL: Fields = Fields::Named(&[
        field("database", DATABASE),
        field("extra", Fields::Any),
        field("port", Fields::Unknown),
        Field {
            is_flattened: true,
            ..field("common", DATABASE)
        },
    ]);

    #[test]
    fn a_path_is_followed_through_named_flattened_and_opaque_fields() {
        for (path, expected) in [
            ("database", Lookup::Found),
            ("database.host", Lookup::Found),
            ("database.other", Lookup::Found),
            ("database.hos", Lookup::Missing),
            ("database.host.x", Lookup::Unknown),
            ("extra.anything.at.all", Lookup::Found),
            ("port.x", Lookup::Unknown),
            ("host", Lookup::Found),
            ("common", Lookup::Missing),
            ("", Lookup::Missing),
            ("database.", Lookup::Missing),
        ] {
            assert_eq!(lookup(ALL, path), expected, "{path}");
        }
    }

    #[test]
    fn a_type_without_the_trait_is_unknown_and_a_wrapper_is_what_it_wraps() {
        use super::ProbeFallback as _;
        assert_eq!(Probe::<u32>::FIELDS, Fields::Unknown);
        assert_eq!(Probe::<Option<u32>>::FIELDS, Fields::Unknown);
        assert_eq!(
            Probe::<std::collections::HashMap<String, u32>>::FIELDS,
            Fields::Any
        );
    }
}
