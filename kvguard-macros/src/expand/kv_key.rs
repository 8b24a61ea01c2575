//! `kv_key!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::args;
use crate::fallback;
use crate::opened::{self, Opened};
use crate::surroundings::Surroundings;
use crate::validate;

pub(crate) fn kv_key(input: TokenStream, around: &Surroundings) -> TokenStream {
    let arguments = match syn::parse2::<args::KvKey>(input) {
        Ok(arguments) => arguments,
        Err(error) => {
            let runtime = opened::runtime(around, None);
            return fallback::key(&runtime, false, Some(&error));
        }
    };
    let Opened {
        model,
        runtime,
        tracking,
    } = Opened::of(around, arguments.runtime.as_ref());
    let has_values = !arguments.values.is_empty();
    let model = match model {
        Ok(model) => model,
        Err(error) => return fallback::key(&runtime, has_values, error.as_ref()),
    };
    let names: Vec<&Ident> = arguments.values.iter().map(|(name, _)| name).collect();
    let found = validate::service(&model, &arguments.service).and_then(|service| {
        validate::variables(service, &arguments.service, &names).map(|()| service)
    });
    let service = match found {
        Ok(service) => service,
        Err(error) => return fallback::key(&runtime, has_values, Some(&error)),
    };
    let key = &service.key;
    let expression = if service.is_template {
        let names = names.iter().map(ToString::to_string);
        let values = arguments.values.iter().map(|(_, value)| {
            // What is wrong with a value is told of it.
            let span = Span::mixed_site().located_at(value.span());
            quote_spanned! {span=> &(#value) as &dyn ::core::fmt::Display }
        });
        quote! {
            #runtime::KeyTemplate::new(#key)
                .fill(&[#((#names, #values)),*])
        }
    } else {
        quote! { #runtime::__private::key(#key) }
    };
    if tracking.is_empty() {
        expression
    } else {
        quote! {{ #tracking #expression }}
    }
}
