//! The resolved registry as JSON, for macros and tests of the crate that is being built.

use std::path::Path;

use kvguard_contract::{Contract, ModeWord, Role, Values};

use super::json::Writer;
use crate::inputs::Content;
use crate::key;
use crate::policy::Policy;
use crate::registry::{Descriptor, KeyDeclaration, Spanned};
use crate::resolve::SecretPattern;
use crate::source::{Sources, Span};

/// The version of the form; it grows when the form changes.
pub const VERSION: u32 = 3;

/// What holds for every service of the fleet.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    /// The names and words of its environments.
    pub contract: &'a Contract,
    /// Patterns of the fields that must never reach the store.
    pub secrets: &'a [SecretPattern],
    /// Patterns of those that are no secrets although one of the former names them.
    pub not_secrets: &'a [Spanned<String>],
}

impl<'a> Fleet<'a> {
    /// What a policy says, with the patterns that it imports.
    pub fn new(policy: &'a Policy, secrets: &'a [SecretPattern]) -> Self {
        Self {
            contract: &policy.contract,
            secrets,
            not_secrets: &policy.secrets.ignored,
        }
    }

    /// What holds where there is no policy, and so no service.
    pub const NONE: Self = Self {
        contract: Contract::STANDARD_REF,
        secrets: &[],
        not_secrets: &[],
    };
}

/// The build that a registry is made in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Build<'a> {
    /// The package that is being built, so that nobody takes another's file for its own.
    pub package: Option<&'a str>,
    /// Whether the fleet was compared with the registry in this build.
    pub checked: bool,
    /// What the registry was made from, if that is compared later.
    pub made_from: Option<MadeFrom<'a>>,
}

/// What a registry was made from.
#[derive(Debug, Clone, Copy)]
pub struct MadeFrom<'a> {
    /// The directory of the package.
    pub directory: &'a Path,
    /// The files that were read.
    pub inputs: &'a [Content],
}

/// All descriptors.
pub fn registry(
    services: &[Descriptor],
    fleet: Fleet<'_>,
    sources: &Sources,
    build: Build<'_>,
) -> String {
    let mut json = Writer::default();
    json.object(|json| {
        json.key("version").raw(&VERSION.to_string());
        json.key("package");
        match build.package {
            Some(package) => json.string(package),
            None => json.raw("null"),
        }
        json.key("checked")
            .raw(if build.checked { "true" } else { "false" });
        json.key("made_from");
        match build.made_from {
            Some(made_from) => json.object(|json| self::made_from(json, made_from)),
            None => json.raw("null"),
        }
        json.key("contract");
        if *fleet.contract == Contract::STANDARD {
            json.raw("null");
        } else {
            json.object(|json| contract(json, fleet.contract));
        }
        json.key("secret_fields")
            .array(fleet.secrets, |json, pattern| json.string(&pattern.text));
        json.key("not_secret_fields")
            .array(fleet.not_secrets, |json, field| json.string(&field.value));
        json.key("services").array(services, |json, service| {
            json.object(|json| descriptor(json, service, sources));
        });
    });
    json.finish()
}

/// A path that is no text cannot be written, and is not compared.
fn made_from(json: &mut Writer, made_from: MadeFrom<'_>) {
    json.key("directory")
        .string(&made_from.directory.to_string_lossy());
    let inputs: Vec<(&str, &Content)> = made_from
        .inputs
        .iter()
        .filter_map(|content| Some((content.path.to_str()?, content)))
        .collect();
    json.key("inputs").array(&inputs, |json, (path, content)| {
        json.object(|json| {
            json.key("path").string(path);
            json.key("digest");
            match content.digest {
                // As text: not every reader of JSON keeps 64 bits of a number.
                Some(digest) => json.string(&format!("{digest:016x}")),
                None => json.raw("null"),
            }
        });
    });
}

/// What differs from the standard contract is written whole, so that who reads it needs no defaults.
fn contract(json: &mut Writer, contract: &Contract) {
    json.key("names").object(|json| {
        for role in Role::ALL {
            json.key(role.policy_key());
            match contract.name(role) {
                Some(name) => json.string(name),
                None => json.raw("null"),
            }
        }
    });
    json.key("kv").string(&contract.kv);
    json.key("others")
        .array(&*contract.others, |json, word| json.string(word));
    json.key("required")
        .array(&*contract.required, |json, name| json.string(name));
    json.key("values").string(match contract.values {
        Values::Exact => "exact",
        Values::Trimmed => "trimmed",
    });
    json.key("modes")
        .array(&*contract.modes, |json, mode: &ModeWord| {
            json.object(|json| {
                json.key("word").string(&mode.word);
                json.key("means");
                match mode.means {
                    Some(means) => json.string(means.standard_word()),
                    None => json.raw("null"),
                }
                json.key("required")
                    .array(&*mode.required, |json, name| json.string(name));
            });
        });
}

fn descriptor(json: &mut Writer, service: &Descriptor, sources: &Sources) {
    json.key("name").string(&service.name.value);
    for (name, text) in [
        ("display_name", &service.display_name),
        ("service_type", &service.service_type),
        ("scope", &service.scope),
    ] {
        json.key(name);
        match text {
            Some(text) => json.string(&text.value),
            None => json.raw("null"),
        }
    }
    let key = service.key.text();
    let mut variables: Vec<&str> = Vec::new();
    match &service.key {
        KeyDeclaration::Key(_) => json.key("key").string(&key.value),
        KeyDeclaration::Template(_) => {
            json.key("key_template").string(&key.value);
            if let Ok(template) = key::parse_template(&key.value) {
                variables.extend(template.variables());
                variables.sort_unstable();
                variables.dedup();
            }
        }
    }
    json.key("variables").strings(&variables);
    json.key("format").string(service.format.value.name());
    for (name, fields) in [
        ("critical_fields", &service.critical_fields),
        ("secret_fields", &service.secret_fields),
    ] {
        json.key(name)
            .array(fields, |json, field: &Spanned<String>| {
                json.string(&field.value);
            });
    }
    json.key("critical_field_locations")
        .array(&service.critical_fields, |json, field| {
            location(json, field.span, sources);
        });
    json.key("location");
    location(json, service.name.span, sources);
    json.key("key_location");
    location(json, key.span, sources);
}

fn location(json: &mut Writer, span: Span, sources: &Sources) {
    let place = sources.location(span);
    json.object(|json| {
        json.key("file").string(&place.file);
        json.key("line").raw(&place.line.to_string());
        json.key("column").raw(&place.column.to_string());
    });
}

#[cfg(test)]
mod tests;
