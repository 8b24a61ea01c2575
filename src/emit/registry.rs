//! The resolved registry as JSON, for macros and tests of the crate that is being built.

use super::json::Writer;
use crate::key;
use crate::registry::{Descriptor, KeyDeclaration, Spanned};
use crate::source::{Sources, Span};

/// The version of the form; it grows when the form changes.
pub const VERSION: u32 = 1;

/// All descriptors. `package` is the one that is being built, so that nobody takes another's file for its own;
/// `checked` says whether the fleet was compared with them in this build.
pub fn registry(
    services: &[Descriptor],
    sources: &Sources,
    package: Option<&str>,
    checked: bool,
) -> String {
    let mut json = Writer::default();
    json.object(|json| {
        json.key("version").raw(&VERSION.to_string());
        json.key("package");
        match package {
            Some(package) => json.string(package),
            None => json.raw("null"),
        }
        json.key("checked")
            .raw(if checked { "true" } else { "false" });
        json.key("services").array(services, |json, service| {
            json.object(|json| descriptor(json, service, sources));
        });
    });
    json.finish()
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
