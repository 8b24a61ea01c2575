//! `#[kv_bootstrap_test]`.

mod crate_wide;
mod item;
mod program;
mod suite;

use kvguard::build_script::{Guard, Trials};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, ItemFn, LitStr};

use crate::args::{KvBootstrapTest, Skip};
use crate::fallback;
use crate::model::Service;
use crate::opened::Opened;
use crate::surroundings::Surroundings;
use crate::track::{self, Tracked};
use crate::validate::{self, unknown};

/// How many findings one error tells.
const MAX_TOLD: usize = 20;

pub(crate) fn kv_bootstrap_test(
    arguments: TokenStream,
    item: &TokenStream,
    around: &Surroundings,
) -> TokenStream {
    // What is no function is left as it is, for the compiler to say what else is wrong with it.
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        return item::no_function(item);
    };
    let parsed = syn::parse2::<KvBootstrapTest>(arguments).and_then(|mut arguments| {
        let (skips, manifest) = crate_wide::skips(around, arguments.service.span())?;
        let own = |skip: &Skip| arguments.skips.iter().any(|own| own.case == skip.case);
        let others: Vec<Skip> = skips.into_iter().filter(|skip| !own(skip)).collect();
        arguments.skips.extend(others);
        Ok((arguments, manifest))
    });
    let (arguments, manifest) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return fallback::bootstrap_test(&function, Some(&error)),
    };
    let Opened {
        model,
        runtime,
        tracking,
    } = Opened::of(around, arguments.runtime.as_ref());
    let model = match model {
        Ok(model) => model,
        Err(error) => return fallback::bootstrap_test(&function, error.as_ref()),
    };
    let expanded = item::check(&function, &arguments)
        .and_then(|()| validate::service(&model, &arguments.service))
        .and_then(|service| {
            let trials = trials(&arguments, service, around)?;
            let watched = track::tokens(&Tracked {
                files: trials
                    .examined
                    .files
                    .iter()
                    .cloned()
                    .chain(manifest)
                    .collect(),
                is_out_dir: false,
                variables: trials.examined.variables.clone(),
            });
            let suite = suite::tokens(&arguments, service, &trials, &function, &runtime)?;
            Ok(quote! { #watched #suite })
        });
    match expanded {
        Ok(expanded) => quote! { #tracking #expanded },
        Err(error) => {
            let fallback = fallback::bootstrap_test(&function, Some(&error));
            quote! { #tracking #fallback }
        }
    }
}

/// What the service is tried with, if nothing is wrong with it.
fn trials(
    arguments: &KvBootstrapTest,
    service: &Service,
    around: &Surroundings,
) -> Result<Trials, Error> {
    let mut guard = Guard::new();
    for deployment in &arguments.deployments {
        guard = guard.deployment(deployment.value());
    }
    let trials = guard.trials(&service.name, &|name| around.variable(name));
    let mut errors: Option<Error> = None;
    let mut add = |error: Error| match &mut errors {
        Some(errors) => errors.combine(error),
        None => errors = Some(error),
    };
    for name in &arguments.deployments {
        let known = trials.examined.deployments.iter().map(String::as_str);
        if !trials.examined.deployments.is_empty()
            && !trials.examined.deployments.contains(&name.value())
        {
            add(Error::new(
                name.span(),
                unknown("deployment", &name.value(), known),
            ));
        }
    }
    for (variable, _) in &arguments.values {
        if !service.variables.contains(&variable.to_string()) {
            let known = service.variables.iter().map(String::as_str);
            let message = format!(
                "{} in the key of `{}`\n --> {} `{}` is declared here",
                unknown("variable", &variable.to_string(), known),
                service.name,
                service.key_location,
                service.key
            );
            add(Error::new(variable.span(), message));
        }
    }
    for skip in &arguments.skips {
        if let Err(error) = is_in_force(skip, &trials.today) {
            add(error);
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    drift(&arguments.service, &trials)?;
    is_sourced(arguments, &trials)?;
    Ok(trials)
}

/// Whether what the guard finds of the service lets its tests stand.
fn drift(name: &LitStr, trials: &Trials) -> Result<(), Error> {
    let found = &trials.examined.errors;
    let mut shown: Vec<&str> = found.iter().take(MAX_TOLD).map(String::as_str).collect();
    let more = format!("and {} more", found.len().saturating_sub(MAX_TOLD));
    if found.len() > MAX_TOLD {
        shown.push(&more);
    }
    match shown.as_slice() {
        [] => Ok(()),
        shown => {
            let message = format!(
                "the fleet drifts apart for `{}`; mend it before its bootstrap is tested\n{}",
                name.value(),
                shown.join("\n")
            );
            Err(Error::new(name.span(), message))
        }
    }
}

/// Whether the service loads its configuration from the store in each deployment that is named, or in any.
fn is_sourced(arguments: &KvBootstrapTest, trials: &Trials) -> Result<(), Error> {
    let service = arguments.service.value();
    let mut errors: Option<Error> = None;
    for name in &arguments.deployments {
        let other = trials
            .others
            .iter()
            .find(|(deployment, _)| *deployment == name.value());
        if let Some((deployment, why)) = other {
            let message = format!(
                "`{service}` does not load its configuration from the store in `{deployment}`: {why}"
            );
            let error = Error::new(name.span(), message);
            match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            }
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    if trials.trials.is_empty() {
        let each: Vec<String> = trials
            .others
            .iter()
            .map(|(deployment, why)| format!("`{deployment}`: {why}"))
            .collect();
        let message = format!(
            "`{service}` loads its configuration from the store in no deployment, so that there is nothing to test\n{}",
            each.join("\n")
        );
        return Err(Error::new(arguments.service.span(), message));
    }
    has_templates(arguments, trials)
}

/// Whether there is a template for each trial, as the tests change what it holds.
fn has_templates(arguments: &KvBootstrapTest, trials: &Trials) -> Result<(), Error> {
    let without: Vec<String> = trials
        .trials
        .iter()
        .filter(|trial| trial.template.is_none())
        .map(|trial| format!("`{}`", trial.deployment))
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    let service = arguments.service.value();
    let message = format!(
        "`{service}` has no template in {}, and without one there is nothing to test with: name its place in the policy, with the deployment's `templates` or `[[service.{service}.template]]`",
        without.join(", ")
    );
    Err(Error::new(arguments.service.span(), message))
}

fn is_in_force(skip: &Skip, today: &str) -> Result<(), Error> {
    let Some(until) = &skip.until else {
        return Ok(());
    };
    let text = until.value();
    if kvguard::policy::date::Date::parse(&text).is_none() {
        let message = "a date belongs here, the last day that it holds: `until = \"2026-12-31\"`";
        return Err(Error::new(until.span(), message));
    }
    // Dates of this form are ordered as their texts are.
    if text.as_str() < today {
        let message = format!(
            "`{}` was to be left out until {text}, which is over: take the `skip` away, or say until when and why",
            skip.case
        );
        return Err(Error::new(until.span(), message));
    }
    Ok(())
}

/// The span of the whole attribute.
fn whole() -> Span {
    Span::call_site()
}
