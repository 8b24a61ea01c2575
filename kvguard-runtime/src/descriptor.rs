//! What a service declares, as constants.

use std::fmt::{self, Display};

use kvguard_contract::Contract;

use crate::{InvalidKey, Key, KeyFault, KeyTemplate};

/// The format a service's configuration is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

impl Format {
    /// The name, which is the usual file extension, too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Yaml => "yaml",
        }
    }

    /// The same, as shared crates call it whose place [`adapter`](mod@crate::adapter) takes.
    #[cfg(feature = "bootstrap")]
    pub const fn as_str(&self) -> &'static str {
        self.name()
    }

    /// The name as prose writes it.
    #[cfg(feature = "bootstrap")]
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
        }
    }
}

impl Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The key of a service's configuration, or the template of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDeclaration {
    /// One key for the whole fleet.
    Key(Key),
    /// A key for each agent, poller, ….
    Template(KeyTemplate),
}

impl KeyDeclaration {
    /// The text as it is declared.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key(key) => key.as_str(),
            Self::Template(template) => template.as_str(),
        }
    }
}

/// What a service declares.
///
/// [`descriptor!`](crate::descriptor) and [`kv_service`](crate::kv_service) make one of the fleet's registry; the constructors here are for tests.
///
/// ```
/// use kvguard_runtime::{Descriptor, Format, Key, KeyDeclaration};
///
/// const TRAPD: &Descriptor = &Descriptor::new(
///     "trapd",
///     KeyDeclaration::Key(Key::from_static("config/trapd.json")),
///     Format::Json,
/// )
/// .with_critical_fields(&["listen"]);
/// assert_eq!(TRAPD.key(&[])?.as_str(), "config/trapd.json");
/// # Ok::<(), kvguard_runtime::InvalidKey>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// Its name, unique in the registry.
    pub name: &'static str,
    /// Its key or key template.
    pub key: KeyDeclaration,
    /// The variables of its key template, sorted; none for a key.
    pub variables: &'static [&'static str],
    /// The format of its configuration.
    pub format: Format,
    /// Its scope, `global` if it names none.
    pub scope: &'static str,
    /// The dotted paths of fields that must be there and not be empty.
    pub critical_fields: &'static [&'static str],
    /// The dotted paths of fields that must never be in a template or the store.
    pub secret_fields: &'static [&'static str],
    /// The policy's patterns of such fields, which hold for every service.
    pub fleet_secret_fields: &'static [&'static str],
    /// The policy's patterns of fields that are no secrets although one of the others names them.
    pub not_secret_fields: &'static [&'static str],
    /// The names and words of the environment, by which the store is found.
    pub contract: &'static Contract,
}

impl Descriptor {
    /// A descriptor of scope `global` that names no fields.
    pub const fn new(name: &'static str, key: KeyDeclaration, format: Format) -> Self {
        Self {
            name,
            key,
            variables: &[],
            format,
            scope: "global",
            critical_fields: &[],
            secret_fields: &[],
            fleet_secret_fields: &[],
            not_secret_fields: &[],
            contract: Contract::STANDARD_REF,
        }
    }

    /// With a scope, and the variables that its key template uses.
    #[must_use]
    pub const fn with_scope(
        mut self,
        scope: &'static str,
        variables: &'static [&'static str],
    ) -> Self {
        self.scope = scope;
        self.variables = variables;
        self
    }

    /// With critical fields.
    #[must_use]
    pub const fn with_critical_fields(mut self, fields: &'static [&'static str]) -> Self {
        self.critical_fields = fields;
        self
    }

    /// With secret fields.
    #[must_use]
    pub const fn with_secret_fields(mut self, fields: &'static [&'static str]) -> Self {
        self.secret_fields = fields;
        self
    }

    /// With the policy's patterns of secret fields, and of those that are no secrets although a pattern names them.
    #[must_use]
    pub const fn with_fleet_secrets(
        mut self,
        fields: &'static [&'static str],
        not: &'static [&'static str],
    ) -> Self {
        self.fleet_secret_fields = fields;
        self.not_secret_fields = not;
        self
    }

    /// With the names and words of the environment, where they are not the standard ones.
    #[must_use]
    pub const fn with_contract(mut self, contract: &'static Contract) -> Self {
        self.contract = contract;
        self
    }

    /// The key, with a value for each variable of its template; a key without variables takes none.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`], see [`KeyTemplate::fill`].
    pub fn key(&self, values: &[(&str, &dyn Display)]) -> Result<Key, InvalidKey> {
        match (&self.key, values.first()) {
            (KeyDeclaration::Template(template), _) => template.fill(values),
            (KeyDeclaration::Key(key), None) => Ok(key.clone()),
            (KeyDeclaration::Key(_), Some((variable, _))) => Err(InvalidKey {
                variable: Some((*variable).to_owned()),
                fault: KeyFault::UnknownVariable,
            }),
        }
    }
}
