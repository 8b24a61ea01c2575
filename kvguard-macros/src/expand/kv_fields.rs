//! `#[derive(KvFields)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::shape::{Container, Shape};
use crate::fallback;
use crate::opened;
use crate::surroundings::Surroundings;

/// It reads nothing of the fleet.
pub(crate) fn kv_fields(input: TokenStream, around: &Surroundings) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let DeriveInput {
        ident, generics, ..
    } = &input;
    let container = match Container::of(&input.attrs) {
        Ok(container) => container,
        Err(error) => {
            return fallback::fields(&opened::runtime(around, None), ident, generics, &error);
        }
    };
    let runtime = opened::runtime(around, container.runtime.as_ref());
    let shape = match Shape::of(&input) {
        Ok(shape) => shape,
        Err(error) => return fallback::fields(&runtime, ident, generics, &error),
    };
    let fields = shape.constant(ident, &runtime);
    let (implemented, arguments, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #implemented #runtime::KvFields for #ident #arguments #bounds {
            const FIELDS: #runtime::Fields = #fields;
        }
    }
}
