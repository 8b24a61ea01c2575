//! What each service declares.

#[cfg(test)]
mod tests;

mod documents;
mod draft;
mod fields;
mod go;

use crate::deploy::Failure;
use crate::inputs::{Inputs, join};
use crate::policy::RegistryPlace;
use crate::source::{self, Documents, Fragment, Problem, SourceId, Sources, Span, Syntax};
use draft::Assembly;

pub use fields::{DescriptorField, FIELDS};

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

impl Registry {
    /// One registry of many, in their order, as of the files of a directory; of two descriptors with
    /// one name the first stays and the second is a problem.
    pub fn merge(parts: impl IntoIterator<Item = Registry>) -> Registry {
        let parts: Vec<Registry> = parts.into_iter().collect();
        let declares = |part: &&Registry| !part.descriptors.is_empty();
        let is_only = parts.iter().filter(declares).count() == 1;
        let mut assembly = Assembly::default();
        for part in parts {
            assembly.problems.extend(part.problems);
            if is_only && !part.descriptors.is_empty() {
                assembly.adopt(part.descriptors);
                continue;
            }
            for descriptor in part.descriptors {
                assembly.add_descriptor(descriptor);
            }
        }
        assembly.finish()
    }

    fn of_problem(problem: Problem) -> Self {
        Self {
            descriptors: Vec::new(),
            problems: vec![problem],
        }
    }
}

/// Reads the descriptors of a document at a JSON pointer (RFC 6901): a list of descriptors, a mapping
/// of names to descriptors, or one descriptor.
///
/// With the empty pointer the whole document is one of these, or has them under `services` or
/// `descriptors`. Of several YAML documents each is read in turn.
pub fn read_document(
    sources: &mut Sources,
    id: SourceId,
    syntax: Syntax,
    pointer: &str,
) -> Registry {
    if let Some(defect) = sources.get(id).defect() {
        return Registry::of_problem(defect.clone());
    }
    let fragment = Fragment::of_source(sources, id);
    let documents = source::read(sources, &fragment, syntax);
    of_documents(&documents, sources.whole(id), pointer)
}

fn of_documents(documents: &Documents, whole: Span, pointer: &str) -> Registry {
    let well_formed = documents.problems.is_empty();
    let mut parts = vec![Registry {
        descriptors: Vec::new(),
        problems: documents.problems.clone(),
    }];
    let said: Vec<_> = documents
        .roots
        .iter()
        .filter(|root| !root.is_null())
        .collect();
    if said.is_empty() && well_formed {
        let message = "the document is empty; declare at least one service";
        return Registry::of_problem(Problem::new(whole, message));
    }
    parts.extend(said.into_iter().map(|root| documents::read(root, pointer)));
    Registry::merge(parts)
}

/// Reads the descriptors of a Go source file, from the `map[string]T` or `[]T` literal of a
/// package-level variable.
///
/// Without a variable's name it is the first one whose elements have a `KVKey` or a `KVKeyTemplate`.
/// Values are string literals, constants of the same file, conversions to types of the same file, and
/// sums of these; everything else is a problem where it is written.
pub fn read_go(sources: &mut Sources, id: SourceId, variable: Option<&str>) -> Registry {
    if let Some(defect) = sources.get(id).defect() {
        return Registry::of_problem(defect.clone());
    }
    let fragment = Fragment::of_source(sources, id);
    if let Some(problem) = sources.charge(&fragment, 1) {
        return Registry::of_problem(problem);
    }
    let go::Reading { registry, tokens } = go::read(&fragment, variable);
    for token in tokens {
        sources.note_token(token.span, token.kind);
    }
    registry
}

/// Reads the registry that the policy names.
pub fn read(inputs: &mut Inputs, place: &RegistryPlace) -> (Registry, Vec<Failure>) {
    let fail = |message: String| Failure::new(message, Some(place.path.span));
    let files = if place.is_directory {
        match inputs.list(&place.path.value) {
            Ok(entries) => entries
                .into_iter()
                .filter(|entry| !entry.is_directory && Syntax::of_path(&entry.name).is_some())
                .map(|entry| join(&place.path.value, &entry.name))
                .collect(),
            Err(error) => {
                return (
                    Registry::default(),
                    vec![fail(format!("the registry {error}")).because_of(&error)],
                );
            }
        }
    } else {
        vec![place.path.value.clone()]
    };
    let mut failures = Vec::new();
    if files.is_empty() {
        let path = &place.path.value;
        let failure = fail(format!(
            "the registry `{path}` holds no JSON, YAML or TOML file"
        ));
        failures.push(if inputs.exists(path) {
            failure
        } else {
            failure.missing(path)
        });
    }
    let mut parts = Vec::new();
    for file in files {
        let id = match inputs.read(&file) {
            Ok(id) => id,
            Err(error) => {
                failures.push(fail(format!("the registry {error}")).because_of(&error));
                continue;
            }
        };
        match Syntax::of_path(&file) {
            Some(syntax) => {
                let documents = inputs.documents(id, syntax);
                let whole = inputs.sources().whole(id);
                parts.push(of_documents(&documents, whole, &place.pointer));
            }
            None if file.ends_with(".go") => {
                let sources = inputs.sources_mut();
                parts.push(read_go(sources, id, place.variable.as_deref()));
            }
            None => failures.push(fail(format!(
                "the registry `{file}` is neither JSON, YAML, TOML nor Go by its extension"
            ))),
        }
    }
    (Registry::merge(parts), failures)
}
