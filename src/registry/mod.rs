//! What each service declares.

#[cfg(test)]
mod tests;

mod documents;
pub mod go;

use crate::source::{Problem, Span};

/// A value with the place it is written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

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
    /// The format a descriptor names; letters' case does not matter.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The name, which is the usual file extension, too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Yaml => "yaml",
        }
    }
}

/// The key of a service's configuration, or the template of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDeclaration {
    /// One key for the whole fleet.
    Key(Spanned<String>),
    /// A key with variables, `agents/{{agent_id}}.json`, one for each agent, poller, ….
    Template(Spanned<String>),
}

impl KeyDeclaration {
    /// The text as it is declared.
    pub fn text(&self) -> &Spanned<String> {
        match self {
            Self::Key(text) | Self::Template(text) => text,
        }
    }
}

/// What a service declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its name, unique in the registry.
    pub name: Spanned<String>,
    /// What it is called on screens.
    pub display_name: Option<Spanned<String>>,
    /// Its type, which several services may share.
    pub service_type: Option<Spanned<String>>,
    /// Its scope (`global`, `agent`, `poller`, …); `global` if it names none.
    pub scope: Option<Spanned<String>>,
    /// Its key or key template.
    pub key: KeyDeclaration,
    /// The format of its configuration.
    pub format: Spanned<Format>,
    /// The dotted paths of fields that must be there and not be empty.
    pub critical_fields: Vec<Spanned<String>>,
    /// The dotted paths of fields that must never be in a template or the store.
    pub secret_fields: Vec<Spanned<String>>,
    /// The whole declaration.
    pub span: Span,
}

/// All descriptors, in the order they are declared, and what could not be read.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// The descriptors.
    pub descriptors: Vec<Descriptor>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}
