//! What stands in for an expansion that is an error, so that nothing else fails for it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Generics, Ident, ItemFn};

/// An error before whatever follows, if there is one to tell.
pub(crate) fn told(error: Option<&Error>) -> TokenStream {
    error.map(Error::to_compile_error).unwrap_or_default()
}

/// A key, or with variables what filling a template gives.
pub(crate) fn key(runtime: &TokenStream, has_values: bool, error: Option<&Error>) -> TokenStream {
    let error = told(error);
    let key = quote! { #runtime::Key::from_static("unknown") };
    let key = if has_values {
        quote! { ::core::result::Result::<#runtime::Key, #runtime::InvalidKey>::Ok(#key) }
    } else {
        key
    };
    quote! {{ #error #key }}
}

/// A descriptor.
pub(crate) fn descriptor(runtime: &TokenStream, error: Option<&Error>) -> TokenStream {
    let error = told(error);
    quote! {{
        #error
        const { &#runtime::Descriptor::new(
            "unknown",
            #runtime::KeyDeclaration::Key(#runtime::Key::from_static("unknown")),
            #runtime::Format::Json,
        ) }
    }}
}

/// A service, whatever type it is asked for.
pub(crate) fn service(
    runtime: &TokenStream,
    ident: &Ident,
    generics: &Generics,
    error: Option<&Error>,
) -> TokenStream {
    let error = told(error);
    let descriptor = descriptor(runtime, None);
    let (implemented, arguments, bounds) = generics.split_for_impl();
    quote! {
        #error
        #[automatically_derived]
        impl #implemented #runtime::KvService for #ident #arguments #bounds {
            const DESCRIPTOR: &'static #runtime::Descriptor = #descriptor;
        }
    }
}

/// Fields, whatever paths are looked for.
pub(crate) fn fields(
    runtime: &TokenStream,
    ident: &Ident,
    generics: &Generics,
    error: &Error,
) -> TokenStream {
    let error = told(Some(error));
    let (implemented, arguments, bounds) = generics.split_for_impl();
    quote! {
        #error
        #[automatically_derived]
        impl #implemented #runtime::KvFields for #ident #arguments #bounds {
            const FIELDS: #runtime::Fields = #runtime::Fields::Any;
        }
    }
}

/// The function that was to be tested, so that what it uses is used.
pub(crate) fn bootstrap_test(function: &ItemFn, error: Option<&Error>) -> TokenStream {
    let error = told(error);
    let mut function = function.clone();
    // Another test attribute would have its own say.
    function.attrs.clear();
    quote! {
        #error
        #[allow(dead_code)]
        #function
    }
}
