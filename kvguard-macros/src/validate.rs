//! Names against what is declared.

use kvguard::key;
use kvguard::suggest::did_you_mean;
use proc_macro2::Span;
use syn::{Error, Ident, LitStr};

use crate::model::{Model, Service};

/// How many names an error lists.
const MAX_LISTED: usize = 12;

/// The service that a literal names, if it has a valid key.
pub(crate) fn service<'m>(model: &'m Model, name: &LitStr) -> Result<&'m Service, Error> {
    let text = name.value();
    let Some(service) = model.service(&text) else {
        let names = model.services.iter().map(|service| service.name.as_str());
        let mut message = unknown("service", &text, names);
        let meant = kvguard::suggest::nearest(
            &text,
            model.services.iter().map(|service| service.name.as_str()),
        );
        if let Some(meant) = meant.and_then(|meant| model.service(meant)) {
            message.push_str(&format!(
                "\n --> {} `{}` is declared here",
                meant.location, meant.name
            ));
        } else if let Some(first) = model.services.first() {
            message.push_str(&format!(
                "\n --> {} the first service is declared here",
                first.location
            ));
        }
        return Err(Error::new(name.span(), message));
    };
    valid_key(service).map_err(|why| {
        let message = format!(
            "the key of `{text}` is none that the store accepts: {why}\n --> {} `{}` is declared here",
            service.key_location, service.key
        );
        Error::new(name.span(), message)
    })?;
    Ok(service)
}

fn valid_key(service: &Service) -> Result<(), String> {
    if service.is_template {
        let template = key::parse_template(&service.key)?;
        key::validate(&template.fill(|_| "x".to_owned()))
    } else {
        key::validate(&service.key)
    }
}

/// Whether values are given for just the variables of a service's key.
pub(crate) fn variables(service: &Service, name: &LitStr, given: &[&Ident]) -> Result<(), Error> {
    let place = format!(
        "\n --> {} `{}` is declared here",
        service.key_location, service.key
    );
    let mut errors: Option<Error> = None;
    let mut add = |span: Span, message: String| {
        let error = Error::new(span, message);
        match &mut errors {
            Some(errors) => errors.combine(error),
            None => errors = Some(error),
        }
    };
    for ident in given {
        let text = ident.to_string();
        if !service.is_template {
            add(
                ident.span(),
                format!("the key of `{}` has no variables{place}", service.name),
            );
            break;
        }
        if !service.variables.contains(&text) {
            let known = service.variables.iter().map(String::as_str);
            let message = unknown("variable", &text, known);
            add(ident.span(), format!("{message}{place}"));
        }
    }
    let missing: Vec<&str> = service
        .variables
        .iter()
        .map(String::as_str)
        .filter(|variable| !given.iter().any(|ident| ident == variable))
        .collect();
    // One that is misspelled is missing for that reason.
    if let (None, false) = (&errors, missing.is_empty()) {
        let values: Vec<String> = missing
            .iter()
            .map(|variable| format!("{variable} = …"))
            .collect();
        let message = format!(
            "the key of `{}` is a template, which needs {}: `kv_key!(\"{}\", {})`{place}",
            service.name,
            listed(&missing),
            service.name,
            values.join(", ")
        );
        errors = Some(Error::new(name.span(), message));
    }
    errors.map_or(Ok(()), Err)
}

/// That there is nothing of a name, and what was probably meant, or what there is.
pub(crate) fn unknown<'n>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> String {
    let hint = did_you_mean(name, known.clone());
    if !hint.is_empty() {
        return format!("there is no {what} `{name}`{hint}");
    }
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    match known.as_slice() {
        [] => format!("there is no {what} `{name}`, nor any other"),
        known => format!("there is no {what} `{name}`; there are: {}", listed(known)),
    }
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MAX_LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    let mut text = shown.join(", ");
    if names.len() > MAX_LISTED {
        text.push_str(&format!(" and {} more", names.len() - MAX_LISTED));
    }
    text
}
