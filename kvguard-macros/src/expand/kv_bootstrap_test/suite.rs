//! The tests, and what they are run with.

use std::path::Path;

use kvguard::build_script::{Template, Trial, Trials};
use kvguard::inputs::Content;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, ItemFn, Lit, Meta, ReturnType, Type};

use super::program;
use crate::args::{KvBootstrapTest, Probe};
use crate::cases::{CASES, LOOKING_IN};
use crate::expand::descriptor::constant;
use crate::model::Service;
use crate::opened::absolute;

pub(super) fn tokens(
    arguments: &KvBootstrapTest,
    service: &Service,
    trials: &Trials,
    function: &ItemFn,
    runtime: &TokenStream,
) -> Result<TokenStream, Error> {
    let name = &function.sig.ident;
    let run = format_ident!("__kv_bootstrap_test_{}", name, span = Span::mixed_site());
    let suite = suite(arguments, service, trials, function);
    let descriptor = constant(service, runtime);
    let each = trials.trials.iter().map(trial);
    let modules = modules(arguments, trials, &run)?;
    let backends = arguments.backends.iter().map(|backend| {
        let provided = format_ident!("backend_{}", backend, span = backend.span());
        let name = backend.to_string();
        quote! { (#name, #runtime::__private::#provided!()) }
    });
    let (ignored, kept): (Vec<&Attribute>, Vec<&Attribute>) = function
        .attrs
        .iter()
        .partition(|attribute| attribute.path().is_ident("ignore"));
    if let Some(ignore) = ignored.first() {
        let message = "leave single cases out, with a reason: `skip(case, reason = \"…\")`";
        return Err(Error::new_spanned(ignore, message));
    }
    let conditions = kept.iter().filter(
        |attribute| matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg")),
    );
    let body = arguments.binary.is_none().then(|| {
        let (visibility, signature, block) = (&function.vis, &function.sig, &function.block);
        quote! { #[cfg(test)] #(#kept)* #visibility #signature #block }
    });
    let conditions: Vec<_> = conditions.collect();
    let needs_ready = arguments.binary.as_ref().map(program::needs_ready);
    Ok(quote! {
        #body
        #needs_ready
        #[cfg(test)]
        #runtime::__private::with_testing! {
            #[cfg(test)]
            #(#conditions)*
            #[doc(hidden)]
            fn #run(
                trial: usize,
                backend: &'static str,
                module: &'static str,
                case: &'static str,
            ) -> ::core::result::Result<(), ::std::boxed::Box<dyn ::core::fmt::Debug>> {
                #[allow(unused_imports)]
                use #runtime::__private::harness as __harness;
                static DESCRIPTOR: #runtime::Descriptor = #descriptor;
                static SUITE: __harness::Suite = #suite;
                static TRIALS: &[__harness::Trial] = &[#(#each),*];
                static BACKENDS: &[(&str, __harness::Backend)] = &[#(#backends),*];
                __harness::run(&SUITE, TRIALS, BACKENDS, &__harness::Test { trial, backend, module, case })
            }
            #[cfg(test)]
            #(#conditions)*
            mod #name {
                #modules
            }
        }
    })
}

/// A module for each deployment, and in it, where there are several, one for each workload and each backend.
fn modules(
    arguments: &KvBootstrapTest,
    trials: &Trials,
    run: &Ident,
) -> Result<TokenStream, Error> {
    let mut modules = Vec::new();
    let mut used: Vec<(Ident, &str)> = Vec::new();
    let mut deployments: Vec<&str> = Vec::new();
    for trial in &trials.trials {
        if !deployments.contains(&trial.deployment.as_str()) {
            deployments.push(&trial.deployment);
        }
    }
    for deployment in deployments {
        let name = identifier(deployment);
        if let Some((_, other)) = used.iter().find(|(known, _)| *known == name) {
            let message = format!(
                "the deployments `{other}` and `{deployment}` would be the same module `{name}`; name one in `deployments`"
            );
            return Err(Error::new(arguments.service.span(), message));
        }
        let own: Vec<(usize, &Trial)> = trials
            .trials
            .iter()
            .enumerate()
            .filter(|(_, trial)| trial.deployment == deployment)
            .collect();
        let each = own.iter().map(|(position, trial)| {
            let by_backend = arguments.backends.iter().map(|backend| {
                // `super` once for each module around the test.
                let depth =
                    2 + usize::from(own.len() > 1) + usize::from(arguments.backends.len() > 1);
                let tests = tests(arguments, *position, &backend.to_string(), run, depth);
                if arguments.backends.len() > 1 {
                    quote! { mod #backend { #tests } }
                } else {
                    tests
                }
            });
            let tests = quote! { #(#by_backend)* };
            if own.len() > 1 {
                let workload = identifier(&trial.workload);
                quote! { mod #workload { #tests } }
            } else {
                tests
            }
        });
        modules.push(quote! { mod #name { #(#each)* } });
        used.push((name, deployment));
    }
    Ok(quote! { #(#modules)* })
}

fn tests(
    arguments: &KvBootstrapTest,
    trial: usize,
    backend: &str,
    run: &Ident,
    depth: usize,
) -> TokenStream {
    let up = std::iter::repeat_n(quote! { super:: }, depth);
    let up = quote! { #(#up)* };
    let tests = CASES.iter().map(|case| {
        let name = Ident::new(case, arguments.service.span());
        let skipped = arguments.skips.iter().find(|skip| skip.case == *case);
        let skipped = skipped.map(|skip| {
            let until = skip.until.as_ref();
            let until =
                until.map_or_else(String::new, |until| format!(", until {}", until.value()));
            let reason = format!("skipped{until}: {}", skip.reason.value());
            quote! { #[ignore = #reason] }
        });
        let is_blind = arguments.binary.is_some() && arguments.probes.is_empty();
        let skipped = skipped.or_else(|| {
            let reason = "not judged: a binary does not show what it has loaded; name a field that it logs with `probe`";
            (is_blind && LOOKING_IN.contains(case)).then(|| quote! { #[ignore = #reason] })
        });
        quote! {
            #[::core::prelude::v1::test]
            #skipped
            fn #name() -> ::core::result::Result<(), ::std::boxed::Box<dyn ::core::fmt::Debug>> {
                #up #run(#trial, #backend, ::core::module_path!(), #case)
            }
        }
    });
    quote! { #(#tests)* }
}

fn suite(
    arguments: &KvBootstrapTest,
    service: &Service,
    trials: &Trials,
    function: &ItemFn,
) -> TokenStream {
    let Trials {
        other_keys,
        secret_fields,
        not_secret_fields,
        ..
    } = trials;
    let probes = arguments.probes.iter().map(probe);
    let values = arguments.values.iter().map(|(name, value)| {
        let name = name.to_string();
        quote! { (#name, #value) }
    });
    let timeout = u64::try_from(arguments.timeout.as_millis()).unwrap_or(u64::MAX);
    let worker_threads = option(arguments.worker_threads.as_ref());
    let on_outage = option(
        arguments
            .on_outage
            .as_ref()
            .map(ToString::to_string)
            .as_ref(),
    );
    let watch = option(arguments.watch.as_ref());
    let subject = subject(arguments, function);
    let config_name = option(arguments.config.as_ref());
    let server_name = option(arguments.server_name.as_ref());
    let panics = match &function.sig.output {
        ReturnType::Type(_, ty) => !is_result(ty),
        ReturnType::Default => false,
    };
    let key_location = &service.key_location;
    let inputs = trials.examined.files.iter().map(|path| input(path));
    let inputs = inputs.filter(|input| !input.is_empty());
    quote! {
        __harness::Suite {
            descriptor: &DESCRIPTOR,
            key_location: #key_location,
            other_keys: &[#(#other_keys),*],
            secret_fields: &[#(#secret_fields),*],
            not_secret_fields: &[#(#not_secret_fields),*],
            probes: &[#(#probes),*],
            values: &[#(#values),*],
            timeout: ::core::time::Duration::from_millis(#timeout),
            worker_threads: #worker_threads,
            on_outage: #on_outage,
            watch: #watch,
            panics: #panics,
            config_name: #config_name,
            server_name: #server_name,
            subject: #subject,
            inputs: &[#(#inputs),*],
        }
    }
}

/// A file that the tests were made from. A path that is no text cannot be compared; that it is watched is an error already.
fn input(path: &Path) -> TokenStream {
    let content = Content::of(absolute(path));
    let Some(path) = content.path.to_str() else {
        return TokenStream::new();
    };
    match content.digest {
        Some(digest) => quote! { (#path, #digest) },
        None => TokenStream::new(),
    }
}

/// What is tested: the function, or a program.
fn subject(arguments: &KvBootstrapTest, function: &ItemFn) -> TokenStream {
    if let Some(binary) = &arguments.binary {
        return program::subject(binary);
    }
    let name = &function.sig.ident;
    // An error about what is returned stands on its type.
    let (outcome, span) = match &function.sig.output {
        ReturnType::Type(_, ty) if is_result(ty) => ("of_result", ty.span()),
        ReturnType::Type(_, ty) => ("of_value", ty.span()),
        ReturnType::Default => ("of_value", name.span()),
    };
    let outcome = Ident::new(outcome, span);
    let outcome = quote_spanned! {span=> __harness::#outcome(outcome) };
    let kind = if arguments.from_env.is_some() {
        quote! { Environment }
    } else {
        quote! { Store }
    };
    quote! {
        __harness::Subject::#kind(|kv| ::std::boxed::Box::pin(async move {
            let outcome = #name(kv).await;
            #outcome
        }))
    }
}

/// Whether a type is called a result. An alias with another name is taken for a configuration, which it does not serialise as.
fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident.to_string().ends_with("Result")),
        _ => false,
    }
}

pub(super) fn probe(probe: &Probe) -> TokenStream {
    let Probe { pointer, value } = probe;
    let value = match value {
        Lit::Str(text) => quote! { Text(#text) },
        Lit::Bool(truth) => quote! { Bool(#truth) },
        Lit::Float(number) => quote! { Float(#number) },
        other => quote! { Integer(#other) },
    };
    quote! { (#pointer, __harness::Literal::#value) }
}

fn trial(trial: &Trial) -> TokenStream {
    let Trial {
        deployment,
        workload,
        workload_location,
        table_location,
        need,
        is_need_lowered,
        compare,
        tries_all,
        ..
    } = trial;
    let mode = option(trial.mode.as_ref());
    let environment = trial.environment.iter().map(|variable| {
        let (name, value) = (&variable.name, option(variable.value.as_ref()));
        quote! { (#name, #value) }
    });
    let spiffe_id = option(trial.spiffe_id.as_ref());
    let subject = option(trial.subject.as_ref());
    let identity = option(trial.identity.as_ref());
    let rules = trial.rules.iter().map(|rule| {
        let (identity, role, location) = (&rule.identity, &rule.role, &rule.location);
        quote! { (#identity, #role, #location) }
    });
    let need_location = option(trial.need_location.as_ref());
    let template = template(trial.template.as_ref());
    let supplied = trial.supplied.iter().map(|supplied| {
        let (field, variable) = (&supplied.field, option(supplied.variable.as_ref()));
        quote! { (#field, #variable) }
    });
    quote! {
        __harness::Trial {
            deployment: #deployment,
            workload: #workload,
            workload_location: #workload_location,
            contract: DESCRIPTOR.contract,
            mode: #mode,
            environment: &[#(#environment),*],
            spiffe_id: #spiffe_id,
            subject: #subject,
            identity: #identity,
            compare: &[#(#compare),*],
            tries_all: #tries_all,
            table_location: #table_location,
            rules: &[#(#rules),*],
            need: #need,
            is_need_lowered: #is_need_lowered,
            need_location: #need_location,
            template: #template,
            supplied: &[#(#supplied),*],
        }
    }
}

/// A file's text is put in by the compiler, so that it is not among what the macro expands to.
fn template(template: Option<&Template>) -> TokenStream {
    match template {
        None => quote! { ("", "") },
        Some(Template::Inline(text, place)) => quote! { (#text, #place) },
        Some(Template::File(path, place)) => {
            let path = absolute(path);
            let Some(path) = path.to_str() else {
                return quote! { ::core::compile_error!("the path of the template is not UTF-8") };
            };
            quote! { (::core::include_str!(#path), #place) }
        }
    }
}

pub(super) fn option<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    value.map_or_else(
        || quote! { ::core::option::Option::None },
        |value| quote! { ::core::option::Option::Some(#value) },
    )
}

/// A deployment's or workload's name as that of a module.
fn identifier(name: &str) -> Ident {
    let mut text: String = name
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        text.insert(0, '_');
    }
    if syn::parse_str::<Ident>(&text).is_err() {
        text.push('_');
    }
    Ident::new(&text, Span::call_site())
}
