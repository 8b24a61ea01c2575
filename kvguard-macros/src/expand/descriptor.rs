//! `descriptor!`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

use crate::args;
use crate::fallback;
use crate::model::{Format, Service};
use crate::opened::{self, Opened};
use crate::surroundings::Surroundings;
use crate::validate;

pub(crate) fn descriptor(input: TokenStream, around: &Surroundings) -> TokenStream {
    let parse =
        |input: syn::parse::ParseStream<'_>| args::Named::parse(input, "descriptor!(\"trapd\")");
    let arguments = match parse.parse2(input) {
        Ok(arguments) => arguments,
        Err(error) => return fallback::descriptor(&opened::runtime(around, None), Some(&error)),
    };
    let Opened {
        model,
        runtime,
        tracking,
    } = Opened::of(around, arguments.runtime.as_ref());
    let model = match model {
        Ok(model) => model,
        Err(error) => return fallback::descriptor(&runtime, error.as_ref()),
    };
    match validate::service(&model, &arguments.service) {
        Ok(service) => {
            let descriptor = constant(service, &runtime);
            quote! {{ #tracking const { &#descriptor } }}
        }
        Err(error) => fallback::descriptor(&runtime, Some(&error)),
    }
}

/// A service's descriptor, as a constant expression. It carries the fleet's patterns of secrets, so that no seed carries what the
/// guard would not let a template carry.
pub(super) fn constant(service: &Service, runtime: &TokenStream) -> TokenStream {
    let Service {
        name,
        key,
        variables,
        secret_fields,
        ..
    } = service;
    let key = if service.is_template {
        quote! { #runtime::KeyDeclaration::Template(#runtime::KeyTemplate::new(#key)) }
    } else {
        quote! { #runtime::KeyDeclaration::Key(#runtime::__private::key(#key)) }
    };
    let format = match service.format {
        Format::Json => quote! { Json },
        Format::Toml => quote! { Toml },
        Format::Yaml => quote! { Yaml },
    };
    let scope = service.scope.as_deref().unwrap_or("global");
    let critical_fields = service.critical_fields.iter().map(|field| &field.path);
    let fleet = &*service.fleet;
    let fleet_secrets = (!fleet.secret_fields.is_empty() || !fleet.not_secret_fields.is_empty())
        .then(|| {
            let (fields, not) = (&fleet.secret_fields, &fleet.not_secret_fields);
            quote! { .with_fleet_secrets(&[#(#fields),*], &[#(#not),*]) }
        });
    let contract = fleet.contract.as_ref().map(|contract| {
        let contract = super::contract::constant(contract, runtime);
        quote! { .with_contract(#contract) }
    });
    quote! {
        #runtime::Descriptor::new(#name, #key, #runtime::Format::#format)
            .with_scope(#scope, &[#(#variables),*])
            .with_critical_fields(&[#(#critical_fields),*])
            .with_secret_fields(&[#(#secret_fields),*])
            #fleet_secrets
            #contract
    }
}
