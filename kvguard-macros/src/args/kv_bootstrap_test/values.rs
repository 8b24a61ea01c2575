//! What the single arguments hold.

use std::time::Duration;

use kvguard::suggest::did_you_mean;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Error, Ident, Lit, LitStr, Result, Token, parenthesized};

use super::{Probe, Skip, equals, next_argument, string};
use crate::cases::{BACKENDS, CASES};

fn in_parentheses<T>(
    name: &Ident,
    input: ParseStream<'_>,
    example: &str,
    content: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if !input.peek(syn::token::Paren) {
        return Err(Error::new(name.span(), format!("write `{example}`")));
    }
    let inner;
    parenthesized!(inner in input);
    content(&inner)
}

/// `memory`, or `memory | nats`, or `[memory, nats]`.
pub(super) fn backends(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let all: Vec<Ident> = if input.peek(syn::token::Bracket) {
        let list;
        syn::bracketed!(list in input);
        let items: Punctuated<Ident, Token![,]> = list.parse_terminated(backend, Token![,])?;
        items.into_iter().collect()
    } else {
        let mut items = vec![backend(input)?];
        while input.peek(Token![|]) {
            input.parse::<Token![|]>()?;
            items.push(backend(input)?);
        }
        items
    };
    for (position, name) in all.iter().enumerate() {
        if all[..position].contains(name) {
            return Err(Error::new(name.span(), format!("`{name}` is named twice")));
        }
    }
    Ok(all)
}

fn backend(input: ParseStream<'_>) -> Result<Ident> {
    let name: Ident = input.parse().map_err(|error| {
        let message = "a backend belongs here: `memory`, `datasvc` or `nats`";
        Error::new(error.span(), message)
    })?;
    let text = name.to_string();
    if BACKENDS.contains(&text.as_str()) {
        return Ok(name);
    }
    let hint = did_you_mean(&text, BACKENDS);
    let message = format!("no backend `{name}`{hint}; there are `memory`, `datasvc` and `nats`");
    Err(Error::new(name.span(), message))
}

pub(super) fn on_outage(input: ParseStream<'_>) -> Result<Ident> {
    let message = "`fail` if an outage has to be an error, `use_file` if it has to be a result marked degraded; leave it out to accept both";
    let name: Ident = input
        .parse()
        .map_err(|error| Error::new(error.span(), message))?;
    if name == "fail" || name == "use_file" {
        return Ok(name);
    }
    Err(Error::new(name.span(), message))
}

pub(super) fn duration(input: ParseStream<'_>) -> Result<Duration> {
    let wrong = |span| {
        let message = "a time belongs here: `\"10s\"`, `\"500ms\"`, or seconds as a number";
        Error::new(span, message)
    };
    let literal: Lit = input.parse().map_err(|error| wrong(error.span()))?;
    let duration = match &literal {
        Lit::Int(number) => number.base10_parse::<u64>().ok().map(Duration::from_secs),
        Lit::Str(text) => {
            let text = text.value();
            let number = |unit: &str| text.strip_suffix(unit)?.trim().parse::<u64>().ok();
            number("ms")
                .map(Duration::from_millis)
                .or_else(|| number("s").map(Duration::from_secs))
        }
        _ => None,
    };
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| wrong(literal.span()))
}

pub(super) fn skip(name: &Ident, input: ParseStream<'_>) -> Result<Skip> {
    let example = "skip(applies_watch_update, reason = \"…\", until = \"2026-12-31\")";
    in_parentheses(name, input, example, |input| {
        let case: Ident = input.parse().map_err(|error| {
            Error::new(error.span(), format!("a case belongs here: `{example}`"))
        })?;
        known_case(&case.to_string()).map_err(|message| Error::new(case.span(), message))?;
        let (mut reason, mut until) = (None, None);
        while next_argument(input)? {
            let name: Ident = input.parse()?;
            let value: LitStr = equals(&name, input, string)?;
            match name.to_string().as_str() {
                "reason" => reason = Some(value),
                "until" => until = Some(value),
                _ => {
                    let message = format!("no argument `{name}`; there are `reason` and `until`");
                    return Err(Error::new(name.span(), message));
                }
            }
        }
        match reason {
            Some(reason) if !reason.value().trim().is_empty() => Ok(Skip {
                case,
                reason,
                until,
            }),
            _ => Err(Error::new(
                case.span(),
                format!("say why `{case}` is left out: `skip({case}, reason = \"…\")`"),
            )),
        }
    })
}

/// Whether there is a case of a name.
pub(crate) fn known_case(name: &str) -> std::result::Result<(), String> {
    if CASES.contains(&name) {
        return Ok(());
    }
    let hint = did_you_mean(name, CASES);
    if !hint.is_empty() {
        return Err(format!("there is no case `{name}`{hint}"));
    }
    let known: Vec<String> = CASES.iter().map(|case| format!("`{case}`")).collect();
    let known = known.join(", ");
    Err(format!("there is no case `{name}`; there are: {known}"))
}

pub(super) fn probes(name: &Ident, input: ParseStream<'_>) -> Result<Vec<Probe>> {
    fields(name, input, "probe(\"/log_level\" = \"debug\")")
}

/// Fields with values: `probe("/log_level" = "debug")`.
pub(super) fn fields(name: &Ident, input: ParseStream<'_>, example: &str) -> Result<Vec<Probe>> {
    in_parentheses(name, input, example, |input| {
        let all: Punctuated<Probe, Token![,]> = input.parse_terminated(field, Token![,])?;
        if all.is_empty() {
            let message = format!("name a field: `{example}`");
            return Err(Error::new(name.span(), message));
        }
        Ok(all.into_iter().collect())
    })
}

/// Environment variables with values: `env("NAME" = "value")`.
pub(super) fn variables(name: &Ident, input: ParseStream<'_>) -> Result<Vec<(LitStr, LitStr)>> {
    let example = "env(\"LISTEN\" = \"127.0.0.1:{port}\")";
    in_parentheses(name, input, example, |input| {
        let all: Punctuated<(LitStr, LitStr), Token![,]> =
            input.parse_terminated(variable, Token![,])?;
        Ok(all.into_iter().collect())
    })
}

fn variable(input: ParseStream<'_>) -> Result<(LitStr, LitStr)> {
    let name = not_empty(input)?;
    if input.parse::<Token![=]>().is_err() || input.is_empty() {
        let message = format!("give it a value: `\"{}\" = \"…\"`", name.value());
        return Err(Error::new(name.span(), message));
    }
    Ok((name, string(input)?))
}

/// A text that says something.
pub(super) fn not_empty(input: ParseStream<'_>) -> Result<LitStr> {
    let text = string(input)?;
    if text.value().trim().is_empty() {
        return Err(Error::new(text.span(), "this is empty"));
    }
    Ok(text)
}

/// The name of a file, without a directory.
pub(super) fn file_name(input: ParseStream<'_>) -> Result<LitStr> {
    let name = not_empty(input)?;
    let text = name.value();
    if text.contains(['/', '\\', '\0']) || text == "." || text == ".." {
        let message = "a file's name without a directory belongs here: `config = \"mapper.json\"`";
        return Err(Error::new(name.span(), message));
    }
    Ok(name)
}

fn field(input: ParseStream<'_>) -> Result<Probe> {
    let pointer: LitStr = string(input)?;
    let text = pointer.value();
    if !text.starts_with('/') || text.len() < 2 {
        let message = "a JSON pointer to a field belongs here: `\"/database/port\"`";
        return Err(Error::new(pointer.span(), message));
    }
    if input.parse::<Token![=]>().is_err() || input.is_empty() {
        let message = format!("give the field a value: `\"{text}\" = \"…\"`");
        return Err(Error::new(pointer.span(), message));
    }
    let value: Lit = input.parse()?;
    if !matches!(
        value,
        Lit::Str(_) | Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)
    ) {
        let message = "a string, a number, `true` or `false` belongs here";
        return Err(Error::new(value.span(), message));
    }
    Ok(Probe { pointer, value })
}

/// Values for the variables of a key's template.
pub(super) fn of_variables(name: &Ident, input: ParseStream<'_>) -> Result<Vec<(Ident, LitStr)>> {
    in_parentheses(name, input, "values(agent_id = \"a1\")", |input| {
        let value = |input: ParseStream<'_>| {
            let name = input.call(Ident::parse_any)?;
            let value = equals(&name, input, string)?;
            Ok((name, value))
        };
        let all: Punctuated<(Ident, LitStr), Token![,]> =
            input.parse_terminated(value, Token![,])?;
        Ok(all.into_iter().collect())
    })
}
