//! `guard!`.

use kvguard::build_script::{Examined, Guard};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr};

use crate::args;
use crate::opened::Opened;
use crate::surroundings::Surroundings;
use crate::track::{self, Tracked};
use crate::validate::unknown;

/// How many findings a build tells; more are counted.
const MAX_TOLD: usize = 50;

/// How many places one error lists.
const MAX_LISTED: usize = 5;

pub(crate) fn guard(input: TokenStream, around: &Surroundings) -> TokenStream {
    let arguments = match syn::parse2::<args::Guard>(input) {
        Ok(arguments) => arguments,
        Err(error) => return error.to_compile_error(),
    };
    let mut guard = Guard::new();
    if let Some(policy) = &arguments.policy {
        guard = guard.policy(policy.value());
    }
    if arguments.is_optional {
        guard = guard.optional();
    }
    for service in &arguments.services {
        guard = guard.service(service.value());
    }
    for deployment in &arguments.deployments {
        guard = guard.deployment(deployment.value());
    }
    let examined = guard.examine(&|name| around.variable(name));
    let errors = errors(&arguments, &examined, around)
        .into_iter()
        .map(|error| error.to_compile_error());
    let warnings = examined.warnings.iter().map(|text| warning(text));
    let tracking = track::tokens(&Tracked {
        files: examined.files.clone(),
        is_out_dir: false,
        variables: examined.variables.clone(),
    });
    quote! { #tracking #(#errors)* #(#warnings)* }
}

fn errors(arguments: &args::Guard, examined: &Examined, around: &Surroundings) -> Vec<Error> {
    // A policy or registry that cannot be read is one error of the crate, whichever macro tells it.
    if !examined.errors.is_empty()
        && arguments.policy.is_none()
        && let Err(error) = Opened::of(around, None).model
    {
        return error.into_iter().collect();
    }
    let mut errors = Vec::new();
    for (what, asked, known) in [
        ("service", &arguments.services, &examined.services),
        ("deployment", &arguments.deployments, &examined.deployments),
    ] {
        errors.extend(unknown_names(what, asked, known));
    }
    // With a name that there is not, the rest is about something else.
    if !errors.is_empty() {
        return errors;
    }
    if let (Some(policy), [only]) = (&arguments.policy, examined.errors.as_slice())
        && examined.files.is_empty()
    {
        return vec![Error::new(policy.span(), only)];
    }
    if !examined.unnoticed.is_empty() {
        errors.push(Error::new(
            Span::call_site(),
            unnoticed(&examined.unnoticed),
        ));
    }
    let told = examined.errors.iter().take(MAX_TOLD);
    errors.extend(told.map(|text| Error::new(Span::call_site(), text)));
    let hidden = examined.errors.len().saturating_sub(MAX_TOLD);
    if hidden > 0 {
        let message = format!("{hidden} more findings; `cargo kvguard check` shows them");
        errors.push(Error::new(Span::call_site(), message));
    }
    errors
}

fn unknown_names(what: &str, asked: &[LitStr], known: &[String]) -> Vec<Error> {
    // Where nothing could be read, that is the error.
    if known.is_empty() {
        return Vec::new();
    }
    asked
        .iter()
        .filter(|name| !known.contains(&name.value()))
        .map(|name| {
            let message = unknown(what, &name.value(), known.iter().map(String::as_str));
            Error::new(name.span(), message)
        })
        .collect()
}

fn unnoticed(places: &[String]) -> String {
    let shown: Vec<String> = places
        .iter()
        .take(MAX_LISTED)
        .map(|place| format!("`{place}`"))
        .collect();
    let mut listed = shown.join(", ");
    if places.len() > MAX_LISTED {
        listed.push_str(&format!(" and {} more", places.len() - MAX_LISTED));
    }
    format!(
        "what is added at {listed} would be read, and without a build script nothing notices it\n\
         write a build.rs that calls `kvguard::build_script::Guard::new().run()` in place of this macro, or name in the \
         policy each file instead of a pattern, or the `deployments` here that need none"
    )
}

/// A procedural macro cannot warn by itself; the compiler warns of what is deprecated.
fn warning(text: &str) -> TokenStream {
    quote! {
        const _: () = {
            #[deprecated(note = #text)]
            #[allow(non_upper_case_globals)]
            const kvguard: () = ();
            kvguard
        };
    }
}
