//! `kv_access_test!` and `kv_bootstrap_coverage!`: a test for each service, whose verdict is known as the crate is compiled.

use std::collections::BTreeSet;

use kvguard::build_script::{Guard, Read};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Error;

use crate::args::Suite;
use crate::runtime_path;
use crate::surroundings::Surroundings;
use crate::track::{self, Tracked};

pub(crate) fn kv_access_test(input: TokenStream, around: &Surroundings) -> TokenStream {
    expand(input, "kv_access", around, |guard| {
        let access = guard.access(&|name| around.variable(name));
        let mut names = Names::default();
        let modules = access
            .deployments
            .into_iter()
            .map(|(deployment, services)| {
                let module = names.ident(&deployment);
                let services = services.into_iter();
                let tests = tests(services.map(|granted| (granted.service, granted.errors)));
                quote! { mod #module { use super::hold; #tests } }
            });
        (quote! { #(#modules)* }, access.read)
    })
}

pub(crate) fn kv_bootstrap_coverage(input: TokenStream, around: &Surroundings) -> TokenStream {
    expand(input, "kv_bootstrap_coverage", around, |guard| {
        let coverage = guard.coverage(&|name| around.variable(name));
        let services = coverage.services.into_iter();
        let tests =
            tests(services.map(|(service, missing)| (service, missing.into_iter().collect())));
        (tests, coverage.read)
    })
}

fn expand(
    input: TokenStream,
    module: &str,
    around: &Surroundings,
    look: impl FnOnce(Guard) -> (TokenStream, Read),
) -> TokenStream {
    let arguments = match syn::parse2::<Suite>(input) {
        Ok(arguments) => arguments,
        Err(error) => return error.to_compile_error(),
    };
    let mut guard = Guard::new();
    if let Some(policy) = &arguments.policy {
        guard = guard.policy(policy.value());
    }
    let (tests, read) = look(guard);
    let errors = read
        .errors
        .iter()
        .map(|error| Error::new(Span::call_site(), error).to_compile_error());
    let off = read.is_off.then(|| {
        quote! {
            #[test]
            #[ignore = "not checked: the variable `KVGUARD` is `off`"]
            fn checked() {}
        }
    });
    let tracking = track::tokens(&Tracked {
        files: read.files.clone(),
        is_out_dir: false,
        variables: read.variables.clone(),
    });
    let runtime = runtime_path::tokens(
        arguments.runtime.as_ref(),
        &runtime_path::name(around.path("CARGO_MANIFEST_DIR").as_deref()),
    );
    let module = Ident::new(module, Span::call_site());
    quote! {
        #tracking
        #(#errors)*
        #[cfg(test)]
        mod #module {
            #[allow(unused_imports, reason = "where there is no test, nothing is held")]
            use #runtime::__private::hold;
            #off
            #tests
        }
    }
}

/// A test for each service, which fails with what is wrong.
fn tests(services: impl Iterator<Item = (String, Vec<String>)>) -> TokenStream {
    let mut names = Names::default();
    let tests = services.map(|(service, errors)| {
        let name = names.ident(&service);
        quote! {
            #[test]
            fn #name() { hold(&[#(#errors),*]); }
        }
    });
    quote! { #(#tests)* }
}

/// Identifiers for names, no two of them alike.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn ident(&mut self, name: &str) -> Ident {
        let mut text: String = name
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    '_'
                }
            })
            .collect();
        if syn::parse_str::<Ident>(&text).is_err() {
            text.insert_str(0, "of_");
        }
        while !self.0.insert(text.clone()) {
            text.push('_');
        }
        Ident::new(&text, Span::call_site())
    }
}
