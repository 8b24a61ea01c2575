//! A struct's fields as serde reads them.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Lit, LitStr, Meta, Path, Token, Type,
};

/// What serde reads into a struct.
pub(super) enum Shape {
    /// These fields.
    Named(Vec<Field>),
    /// What it reads into another type.
    Same(Box<Type>),
}

/// A field that serde reads, or skips.
pub(super) struct Field {
    pub(super) name: String,
    /// Where the name is written.
    pub(super) span: Span,
    pub(super) aliases: Vec<String>,
    pub(super) is_flattened: bool,
    pub(super) has_default: bool,
    pub(super) below: Below,
    /// Where it says that serde skips it.
    pub(super) skipped: Option<Span>,
    pub(super) ty: Type,
}

/// What tells the fields below a field.
pub(super) enum Below {
    /// Its type.
    Type,
    /// Nothing: it is declared opaque.
    Opaque,
    /// Nothing that can be known: serde reads it by a function.
    Custom,
}

/// What `#[kv(…)]` says of a type.
#[derive(Default)]
pub(super) struct Container {
    pub(super) service: Option<LitStr>,
    pub(super) runtime: Option<Path>,
}

impl Container {
    pub(super) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut container = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("kv"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("service") {
                    container.service = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("crate") {
                    container.runtime = Some(meta.value()?.call(Path::parse_mod_style)?);
                } else if meta.path.is_ident("opaque") {
                    return Err(meta.error("`opaque` stands on a field"));
                } else {
                    return Err(
                        meta.error("only `crate = path::to::kvguard_runtime` stands on a type")
                    );
                }
                Ok(())
            })?;
        }
        Ok(container)
    }
}

impl Shape {
    pub(super) fn of(input: &DeriveInput) -> Result<Self, Error> {
        let data = match &input.data {
            Data::Struct(data) => data,
            Data::Enum(data) => {
                let message = "which fields an enum has depends on its variant; declare the field that holds it `#[kv(opaque)]`";
                return Err(Error::new(data.enum_token.span, message));
            }
            Data::Union(data) => {
                return Err(Error::new(
                    data.union_token.span,
                    "serde reads no union; write a struct",
                ));
            }
        };
        let container = serde(&input.attrs);
        for name in ["from", "try_from"] {
            if let Some(other) = container.iter().find_map(|meta| text(meta, name))
                && let Ok(ty) = other.parse()
            {
                return Ok(Self::Same(Box::new(ty)));
            }
        }
        let is_transparent = container
            .iter()
            .any(|meta| meta.path().is_ident("transparent"));
        let has_default = container.iter().any(|meta| meta.path().is_ident("default"));
        let case = container
            .iter()
            .find_map(|meta| deserialized(meta, "rename_all"));
        let case = case.map(|case| case.value());
        let is_tuple = matches!(data.fields, syn::Fields::Unnamed(_));
        if is_tuple && data.fields.len() > 1 {
            let message = "serde reads this as a list, which has no field names; name the fields, or declare the field that holds it `#[kv(opaque)]`";
            return Err(Error::new(data.fields.span(), message));
        }
        let mut fields = Vec::new();
        for field in &data.fields {
            fields.push(Field::of(field, case.as_deref(), has_default)?);
        }
        match <[Field; 1]>::try_from(fields) {
            Ok([only]) if is_transparent || is_tuple => Ok(Self::Same(Box::new(only.ty))),
            Ok([only]) => Ok(Self::Named(vec![only])),
            Err(fields) => Ok(Self::Named(fields)),
        }
    }

    /// The shape as a constant expression.
    pub(super) fn constant(&self, own: &Ident, runtime: &TokenStream) -> TokenStream {
        match self {
            Self::Same(ty) => probe(ty, own, runtime),
            Self::Named(fields) => {
                let fields = fields
                    .iter()
                    .filter(|field| field.skipped.is_none())
                    .map(|field| {
                        let Field {
                            name,
                            aliases,
                            is_flattened,
                            has_default,
                            ..
                        } = field;
                        let inner = field.inner(own, runtime);
                        quote! {
                            #runtime::Field {
                                name: #name,
                                aliases: &[#(#aliases),*],
                                is_flattened: #is_flattened,
                                has_default: #has_default,
                                inner: #inner,
                            }
                        }
                    });
                quote! { #runtime::Fields::Named(&[#(#fields),*]) }
            }
        }
    }
}

impl Field {
    fn of(field: &syn::Field, case: Option<&str>, has_default: bool) -> Result<Self, Error> {
        let ident = field.ident.as_ref();
        let own = ident
            .map(|ident| ident.unraw().to_string())
            .unwrap_or_default();
        let mut this = Self {
            name: case.map_or_else(|| own.clone(), |case| renamed(&own, case)),
            span: ident.map_or_else(|| field.ty.span(), Ident::span),
            aliases: Vec::new(),
            is_flattened: false,
            has_default,
            below: Below::Type,
            skipped: None,
            ty: field.ty.clone(),
        };
        for meta in serde(&field.attrs) {
            let path = meta.path();
            if path.is_ident("skip") || path.is_ident("skip_deserializing") {
                this.skipped = Some(path.span());
            } else if path.is_ident("flatten") {
                this.is_flattened = true;
            } else if path.is_ident("default") {
                this.has_default = true;
            } else if path.is_ident("with") || path.is_ident("deserialize_with") {
                this.below = Below::Custom;
            } else if let Some(alias) = text(&meta, "alias") {
                this.aliases.push(alias.value());
            } else if let Some(name) = deserialized(&meta, "rename") {
                this.name = name.value();
                this.span = name.span();
            }
        }
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("kv"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("opaque") {
                    this.below = Below::Opaque;
                    return Ok(());
                }
                Err(meta.error("only `opaque` stands on a field"))
            })?;
        }
        Ok(this)
    }

    /// Whether serde reads it by a name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        !self.is_flattened && (self.name == name || self.aliases.iter().any(|alias| alias == name))
    }

    /// What its own type's fields are, as a constant expression.
    pub(super) fn inner(&self, own: &Ident, runtime: &TokenStream) -> TokenStream {
        match self.below {
            Below::Type => probe(&self.ty, own, runtime),
            Below::Opaque => quote! { #runtime::Fields::Any },
            Below::Custom => quote! { #runtime::Fields::Unknown },
        }
    }
}

/// The fields of a type that may not tell them. A type that holds itself would never end.
fn probe(ty: &Type, own: &Ident, runtime: &TokenStream) -> TokenStream {
    if mentions(ty.to_token_stream(), own) {
        return quote! { #runtime::Fields::Unknown };
    }
    quote! {{
        #[allow(unused_imports)]
        use #runtime::__private::ProbeFallback as _;
        #runtime::__private::Probe::<#ty>::FIELDS
    }}
}

fn mentions(tokens: TokenStream, own: &Ident) -> bool {
    // Behind `::` the same name is another type's.
    let mut is_behind_colon = false;
    tokens.into_iter().any(|token| {
        let is_path_part = std::mem::replace(
            &mut is_behind_colon,
            matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':'),
        );
        match token {
            TokenTree::Ident(ident) => (ident == *own && !is_path_part) || ident == "Self",
            TokenTree::Group(group) => mentions(group.stream(), own),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        }
    })
}

/// What `#[serde(…)]` says. What serde does not understand it says itself.
fn serde(attributes: &[Attribute]) -> Vec<Meta> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .filter_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .ok()
        })
        .flatten()
        .collect()
}

/// The string of `name = "…"`.
fn text(meta: &Meta, name: &str) -> Option<LitStr> {
    let pair = meta.require_name_value().ok()?;
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident(name) => Some(text.clone()),
        _ => None,
    }
}

/// The string of `name = "…"` or of `name(deserialize = "…")`.
fn deserialized(meta: &Meta, name: &str) -> Option<LitStr> {
    if let Meta::List(list) = meta {
        if !list.path.is_ident(name) {
            return None;
        }
        let inner = list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok()?;
        return inner.iter().find_map(|meta| text(meta, "deserialize"));
    }
    text(meta, name)
}

/// A field's name in one of serde's cases.
fn renamed(name: &str, case: &str) -> String {
    let words = || name.split('_');
    let pascal = || {
        words()
            .map(|word| {
                let mut characters = word.chars();
                let first = characters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(characters).collect::<String>()
            })
            .collect::<String>()
    };
    match case {
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut characters = pascal.chars();
            let first = characters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(characters).collect()
        }
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn names_are_in_serde_s_cases() {
        for (case, name) in [
            ("lowercase", "listen_addr2"),
            ("UPPERCASE", "LISTEN_ADDR2"),
            ("PascalCase", "ListenAddr2"),
            ("camelCase", "listenAddr2"),
            ("snake_case", "listen_addr2"),
            ("SCREAMING_SNAKE_CASE", "LISTEN_ADDR2"),
            ("kebab-case", "listen-addr2"),
            ("SCREAMING-KEBAB-CASE", "LISTEN-ADDR2"),
        ] {
            assert_eq!(renamed("listen_addr2", case), name, "{case}");
        }
    }
}
