//! `#[kv_service]`.
//!
//! The attribute only adds a derive, which sees the struct as it is compiled: with its `cfg`s decided.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Item};

use super::descriptor::constant;
use super::shape::{Container, Field, Shape};
use crate::args;
use crate::fallback;
use crate::model::{CriticalField, Service};
use crate::opened::{self, Opened};
use crate::surroundings::Surroundings;
use crate::validate;

/// The attribute.
pub(crate) fn attribute(
    arguments: TokenStream,
    item: &TokenStream,
    around: &Surroundings,
) -> TokenStream {
    let parse =
        |input: syn::parse::ParseStream<'_>| args::Named::parse(input, "#[kv_service(\"trapd\")]");
    let parsed = parse.parse2(arguments);
    let argument = parsed
        .as_ref()
        .ok()
        .and_then(|arguments| arguments.runtime.as_ref());
    let runtime = opened::runtime(around, argument);
    let declaration = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(declaration)) => declaration,
        other => {
            let message =
                "`#[kv_service]` stands on the struct that a service's configuration is read into";
            let (span, implemented) = match other {
                Ok(Item::Enum(item)) => (item.enum_token.span, Some((item.ident, item.generics))),
                Ok(Item::Union(item)) => (item.union_token.span, Some((item.ident, item.generics))),
                Ok(item) => (first_token(&item), None),
                Err(_) => (Span::call_site(), None),
            };
            let error = Error::new(span, message);
            let rest = match implemented {
                Some((ident, generics)) => {
                    fallback::service(&runtime, &ident, &generics, Some(&error))
                }
                None => error.to_compile_error(),
            };
            return quote! { #item #rest };
        }
    };
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let rest = fallback::service(
                &runtime,
                &declaration.ident,
                &declaration.generics,
                Some(&error),
            );
            return quote! { #item #rest };
        }
    };
    let service = &arguments.service;
    let argument = arguments
        .runtime
        .as_ref()
        .map(|path| quote! { , crate = #path });
    let mut declaration = declaration;
    declaration
        .attrs
        .push(syn::parse_quote! { #[derive(#runtime::__private::__KvService)] });
    declaration
        .attrs
        .push(syn::parse_quote! { #[kv(service = #service #argument)] });
    declaration.into_token_stream()
}

fn first_token(item: &Item) -> Span {
    item.to_token_stream()
        .into_iter()
        .next()
        .map_or_else(Span::call_site, |token| token.span())
}

/// The derive that the attribute adds.
pub(crate) fn derive(input: TokenStream, around: &Surroundings) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let container = Container::of(&input.attrs);
    let argument = container
        .as_ref()
        .ok()
        .and_then(|container| container.runtime.as_ref());
    let Opened {
        model,
        runtime,
        tracking,
    } = Opened::of(around, argument);
    let DeriveInput {
        ident, generics, ..
    } = &input;
    let fail = |error: Option<&Error>| fallback::service(&runtime, ident, generics, error);
    let model = match &model {
        Ok(model) => model,
        Err(error) => return fail(error.as_ref()),
    };
    let service = match container.and_then(|container| {
        let unnamed = || Error::new(Span::call_site(), "write `#[kv_service(\"…\")]` instead");
        validate::service(model, &container.service.ok_or_else(unnamed)?)
    }) {
        Ok(service) => service,
        Err(error) => return fail(Some(&error)),
    };
    if let Some(parameter) = generics.params.first() {
        let message = "a service's configuration is one type; take its parameters away";
        return fail(Some(&Error::new(parameter.span(), message)));
    }
    let checks = match Shape::of(&input).and_then(|shape| checks(service, &shape, ident, &runtime))
    {
        Ok(checks) => checks,
        Err(error) => return fail(Some(&error)),
    };
    let descriptor = constant(service, &runtime);
    quote! {
        #tracking
        #[automatically_derived]
        impl #runtime::KvService for #ident {
            const DESCRIPTOR: &'static #runtime::Descriptor = &#descriptor;
        }
        #(#checks)*
    }
}

/// What is left for the compiler to check, as it alone knows the types of fields.
fn checks(
    service: &Service,
    shape: &Shape,
    own: &Ident,
    runtime: &TokenStream,
) -> Result<Vec<TokenStream>, Error> {
    let mut checks = Vec::new();
    let mut errors: Option<Error> = None;
    for critical in &service.critical_fields {
        let checked = match shape {
            Shape::Same(ty) => Ok(Some(check(
                service,
                critical,
                &critical.path,
                &shape.constant(own, runtime),
                ty.span(),
                runtime,
            ))),
            Shape::Named(fields) => check_named(service, critical, shape, fields, own, runtime),
        };
        match (checked, &mut errors) {
            (Ok(check), _) => checks.extend(check),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(checks), Err)
}

fn check_named(
    service: &Service,
    critical: &CriticalField,
    shape: &Shape,
    fields: &[Field],
    own: &Ident,
    runtime: &TokenStream,
) -> Result<Option<TokenStream>, Error> {
    let path = critical.path.as_str();
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut named = fields.iter().filter(|field| field.is_called(first));
    let place = declared_at(service, critical);
    match (named.next(), rest) {
        (
            Some(Field {
                skipped: Some(skipped),
                ..
            }),
            _,
        ) => Err(Error::new(
            *skipped,
            format!("serde skips the critical field `{first}`; {place}"),
        )),
        (Some(_), None) => Ok(None),
        (Some(field), Some(rest)) => {
            let inner = field.inner(own, runtime);
            Ok(Some(check(
                service,
                critical,
                rest,
                &inner,
                field.ty.span(),
                runtime,
            )))
        }
        (None, _) if fields.iter().any(|field| field.is_flattened) => {
            let all = shape.constant(own, runtime);
            Ok(Some(check(
                service,
                critical,
                path,
                &all,
                own.span(),
                runtime,
            )))
        }
        (None, _) => {
            let names = fields.iter().map(|field| field.name.as_str());
            let meant = kvguard::suggest::nearest(first, names);
            let meant = meant.and_then(|name| fields.iter().find(|field| field.name == name));
            Err(match meant {
                Some(field) => {
                    let name = &field.name;
                    Error::new(
                        field.span,
                        format!(
                            "serde reads this field as `{name}`; did you mean the critical field `{first}`? {place}"
                        ),
                    )
                }
                None => Error::new(
                    own.span(),
                    format!("`{own}` has no field that serde reads as `{first}`; {place}"),
                ),
            })
        }
    }
}

/// An item that fails to compile unless there is a field at a path.
fn check(
    service: &Service,
    critical: &CriticalField,
    path: &str,
    fields: &TokenStream,
    span: Span,
    runtime: &TokenStream,
) -> TokenStream {
    let place = declared_at(service, critical);
    let missing = format!("no field that serde reads as `{path}` here; {place}");
    let unknown = format!(
        "the fields of this type on the way to `{path}` are not known: derive `KvFields` on each, or declare the field `#[kv(opaque)]`; {place}"
    );
    let span = Span::mixed_site().located_at(span);
    let panics =
        [missing, unknown].map(|message| quote_spanned! {span=> ::core::panic!("{}", #message) });
    let [missing, unknown] = panics;
    quote! {
        const _: () = match #runtime::__private::lookup(#fields, #path) {
            #runtime::__private::Lookup::Found => {}
            #runtime::__private::Lookup::Missing => #missing,
            #runtime::__private::Lookup::Unknown => #unknown,
        };
    }
}

fn declared_at(service: &Service, critical: &CriticalField) -> String {
    format!(
        "`{}` is critical for service `{}`\n --> {} declared here",
        critical.path, service.name, critical.location
    )
}
