//! The names and words of a fleet's environments, as a constant expression.
//!
//! Texts and lists are borrowed in braces: so the compiler keeps what they refer to as long as the constant.

use kvguard::contract::{Contract, ModeWord, Role, Text, Values};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// An expression of a contract that lives for ever.
pub(super) fn constant(contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let module = quote! { #runtime::contract };
    let names = contract.names.iter().map(|(role, name)| {
        let role = self::role(*role);
        let name = option(name.as_ref().map(text));
        quote! { (#module::Role::#role, #name) }
    });
    let names = list(names);
    let kv = text(&contract.kv);
    let others = list(contract.others.iter().map(text));
    let modes = list(contract.modes.iter().map(|mode| self::mode(mode, &module)));
    let required = list(contract.required.iter().map(text));
    let values = match contract.values {
        Values::Exact => quote! { Exact },
        Values::Trimmed => quote! { Trimmed },
    };
    quote! {{
        const CONTRACT: &'static #module::Contract = &#module::Contract {
            names: #names,
            kv: #kv,
            others: #others,
            modes: #modes,
            required: #required,
            values: #module::Values::#values,
        };
        CONTRACT
    }}
}

fn mode(mode: &ModeWord, module: &TokenStream) -> TokenStream {
    let word = text(&mode.word);
    let means = option(mode.means.map(|means| {
        let means = Ident::new(&format!("{means:?}"), Span::call_site());
        quote! { #module::Mode::#means }
    }));
    let required = list(mode.required.iter().map(text));
    quote! { #module::ModeWord { word: #word, means: #means, required: #required } }
}

/// A role by the name of its variant.
fn role(role: Role) -> Ident {
    Ident::new(&format!("{role:?}"), Span::call_site())
}

fn text(text: &Text) -> TokenStream {
    let text = &**text;
    quote! { ::std::borrow::Cow::Borrowed { 0: #text } }
}

fn list(items: impl Iterator<Item = TokenStream>) -> TokenStream {
    quote! { ::std::borrow::Cow::Borrowed { 0: &[#(#items),*] } }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote! { ::core::option::Option::None },
        |value| quote! { ::core::option::Option::Some(#value) },
    )
}
