//! The arguments of each macro.

mod kv_bootstrap_test;

use kvguard::suggest::did_you_mean;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Path, Result, Token, bracketed};

pub(crate) use kv_bootstrap_test::{Binary, KvBootstrapTest, Probe, Program, Skip, known_case};

/// Of `kv_key!`.
pub(crate) struct KvKey {
    pub(crate) service: LitStr,
    pub(crate) values: Vec<(Ident, Expr)>,
    pub(crate) runtime: Option<Path>,
}

impl Parse for KvKey {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let service = service_name(input, "kv_key!(\"trapd\")")?;
        let mut arguments = Self {
            service,
            values: Vec::new(),
            runtime: None,
        };
        while next_argument(input)? {
            if parse_runtime(input, &mut arguments.runtime)? {
                continue;
            }
            let name: Ident = input.parse().map_err(|error| {
                Error::new(
                    error.span(),
                    "a variable of the key template belongs here: `agent_id = …`",
                )
            })?;
            if arguments.values.iter().any(|(known, _)| *known == name) {
                return Err(Error::new(
                    name.span(),
                    format!("`{name}` has a value already"),
                ));
            }
            input.parse::<Token![=]>().map_err(|_| {
                Error::new(
                    name.span(),
                    format!("give the variable a value: `{name} = …`"),
                )
            })?;
            if input.is_empty() {
                return Err(Error::new(
                    name.span(),
                    format!("give the variable a value: `{name} = …`"),
                ));
            }
            arguments.values.push((name, input.parse()?));
        }
        Ok(arguments)
    }
}

/// Of `descriptor!` and `#[kv_service]`.
pub(crate) struct Named {
    pub(crate) service: LitStr,
    pub(crate) runtime: Option<Path>,
}

impl Named {
    /// Reads them; `example` is what to write where the name is missing.
    pub(crate) fn parse(input: ParseStream<'_>, example: &str) -> Result<Self> {
        let service = service_name(input, example)?;
        let mut runtime = None;
        while next_argument(input)? {
            if !parse_runtime(input, &mut runtime)? {
                return Err(input.error(
                    "only `crate = path::to::kvguard_runtime` may follow the service's name",
                ));
            }
        }
        Ok(Self { service, runtime })
    }
}

/// Of `guard!`.
#[derive(Default)]
pub(crate) struct Guard {
    pub(crate) services: Vec<LitStr>,
    pub(crate) deployments: Vec<LitStr>,
    pub(crate) policy: Option<LitStr>,
    pub(crate) is_optional: bool,
}

const GUARD_ARGUMENTS: [&str; 6] = [
    "service",
    "services",
    "deployment",
    "deployments",
    "policy",
    "optional",
];

impl Parse for Guard {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            let text = name.to_string();
            if seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            if !GUARD_ARGUMENTS.contains(&text.as_str()) {
                let hint = did_you_mean(&text, GUARD_ARGUMENTS);
                let known = "`service`, `deployments`, `policy` and `optional`";
                return Err(Error::new(
                    name.span(),
                    format!("no argument `{name}`; there are {known}{hint}"),
                ));
            }
            seen.push(name.clone());
            if text == "optional" {
                arguments.is_optional = true;
            } else {
                input.parse::<Token![=]>().map_err(|_| {
                    Error::new(name.span(), format!("give it a value: `{name} = \"…\"`"))
                })?;
                match text.as_str() {
                    "service" => arguments.services.push(string(input)?),
                    "services" => arguments.services.extend(strings(input, &name)?),
                    "deployment" => arguments.deployments.push(string(input)?),
                    "deployments" => arguments.deployments.extend(strings(input, &name)?),
                    _ => arguments.policy = Some(string(input)?),
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

/// Of `kv_access_test!` and `kv_bootstrap_coverage!`.
#[derive(Default)]
pub(crate) struct Suite {
    pub(crate) policy: Option<LitStr>,
    pub(crate) runtime: Option<Path>,
}

impl Parse for Suite {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            if !parse_runtime(input, &mut arguments.runtime)? {
                let name = input.call(Ident::parse_any)?;
                if name != "policy" || arguments.policy.is_some() {
                    let message = "only `policy = \"…\"` and `crate = path::to::kvguard_runtime` belong here, each once";
                    return Err(Error::new(name.span(), message));
                }
                input.parse::<Token![=]>()?;
                arguments.policy = Some(string(input)?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

fn service_name(input: ParseStream<'_>, example: &str) -> Result<LitStr> {
    if input.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            format!("name the service: `{example}`"),
        ));
    }
    let name = string(input)?;
    if !(input.is_empty() || input.peek(Token![,])) {
        return Err(input.error("a `,` belongs between the arguments"));
    }
    Ok(name)
}

/// Whether another argument follows.
fn next_argument(input: ParseStream<'_>) -> Result<bool> {
    if input.is_empty() {
        return Ok(false);
    }
    input.parse::<Token![,]>()?;
    Ok(!input.is_empty())
}

/// Reads `crate = path`, if that is what follows.
pub(crate) fn parse_runtime(input: ParseStream<'_>, runtime: &mut Option<Path>) -> Result<bool> {
    if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
        return Ok(false);
    }
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    *runtime = Some(input.call(Path::parse_mod_style)?);
    Ok(true)
}

fn string(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse().map_err(|error| {
        Error::new(
            error.span(),
            "a string literal belongs here: names are checked while the code compiles",
        )
    })
}

fn strings(input: ParseStream<'_>, name: &Ident) -> Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(format!("a list belongs here: `{name} = [\"…\"]`")));
    }
    let list;
    bracketed!(list in input);
    let items: Punctuated<LitStr, Token![,]> =
        list.parse_terminated(|input| string(input), Token![,])?;
    if items.is_empty() {
        return Err(Error::new(
            name.span(),
            "an empty list asks for nothing; leave it out to ask for all",
        ));
    }
    Ok(items.into_iter().collect())
}
