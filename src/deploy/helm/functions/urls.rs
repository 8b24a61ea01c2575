//! Sprig's functions on URLs, as Go's `net/url` has them.

use std::fmt::Write;

use super::super::template::value::{Map, MapType, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::{Function, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("urlParse", "s", parse),
    Function::new("urlJoin", "m", join),
];

/// What may stand unescaped in a part of a URL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
    Fragment,
    User,
    Host,
}

fn plain(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match part {
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::Query => false,
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte, part) {
            out.push(char::from(byte));
        } else if byte == b' ' && part == Part::Query {
            out.push('+');
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// As the value of a query is escaped.
pub(crate) fn query_escape(text: &str) -> String {
    escape(text, Part::Query)
}

fn unescape(text: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
        let Some(value) = value.and_then(|value| u8::try_from(value).ok()) else {
            return Err("unable to parse url: invalid URL escape".into());
        };
        bytes.push(value);
    }
    String::from_utf8(bytes).map_err(|_| super::no_text())
}

fn scheme(url: &str) -> Result<(&str, &str), Refusal> {
    for (at, byte) in url.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("unable to parse url: missing protocol scheme".into()),
            b':' => {
                return Ok((
                    url.get(..at).unwrap_or_default(),
                    url.get(at + 1..).unwrap_or_default(),
                ));
            }
            _ => break,
        }
    }
    Ok(("", url))
}

fn parse(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let url = arguments.text(0);
    if url.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("unable to parse url: invalid control character in URL".into());
    }
    let (url, fragment) = url.split_once('#').unwrap_or((&url, ""));
    let map = Map::new(MapType::Any);
    let set = |name: &str, value: String| map.insert(name, value.into());
    for name in [
        "scheme", "host", "hostname", "path", "query", "opaque", "userinfo",
    ] {
        set(name, String::new());
    }
    set("fragment", unescape(fragment)?);
    if url == "*" {
        set("path", "*".to_owned());
        return Ok(map.into());
    }
    let (scheme, rest) = scheme(url)?;
    set("scheme", scheme.to_ascii_lowercase());
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    set("query", query.to_owned());
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            set("opaque", rest.to_owned());
            return Ok(map.into());
        }
        let first = rest.split('/').next().unwrap_or_default();
        if first.contains(':') {
            return Err(
                "unable to parse url: first path segment in URL cannot contain colon".into(),
            );
        }
    }
    let mut path = rest;
    if let Some(authority) = rest.strip_prefix("//")
        && (!scheme.is_empty() || !rest.starts_with("///"))
    {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, tail) = authority.split_at(end);
        path = tail;
        authority_into(&map, authority)?;
    }
    map.insert("path", unescape(path)?.into());
    Ok(map.into())
}

fn authority_into(map: &Map, authority: &str) -> Result<(), Refusal> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if let Some(user) = user {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !user.bytes().all(allowed) {
            return Err("unable to parse url: net/url: invalid userinfo".into());
        }
        map.insert("userinfo", user_text(user)?.into());
    }
    let hostname = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((name, tail)) = rest.split_once(']') else {
                return Err("unable to parse url: missing ']' in host".into());
            };
            check_port(tail)?;
            name.to_owned()
        }
        None => match host.rsplit_once(':') {
            Some((name, port)) => {
                check_port(&format!(":{port}"))?;
                name.to_owned()
            }
            None => host.to_owned(),
        },
    };
    if host.contains(' ') {
        return Err("unable to parse url: invalid character \" \" in host name".into());
    }
    map.insert("host", unescape(host)?.into());
    map.insert("hostname", unescape(&hostname)?.into());
    Ok(())
}

fn check_port(tail: &str) -> Result<(), Refusal> {
    let fits = tail.is_empty()
        || tail
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if fits {
        Ok(())
    } else {
        Err("unable to parse url: invalid port after host".into())
    }
}

/// A user and a password, escaped as they are written out.
fn user_text(user: &str) -> Result<String, Refusal> {
    Ok(match user.split_once(':') {
        Some((name, password)) => format!(
            "{}:{}",
            escape(&unescape(name)?, Part::User),
            escape(&unescape(password)?, Part::User)
        ),
        None => escape(&unescape(user)?, Part::User),
    })
}

fn join(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let part = |name: &str| -> Result<String, Refusal> {
        match arguments.map(0).and_then(|map| map.get(name)) {
            None => Ok(String::new()),
            Some(value) => match value.as_text() {
                Some(text) => Ok(text.to_string()),
                None if value.is_nil() => {
                    Err("runtime error: invalid memory address or nil pointer dereference".into())
                }
                None => Err(format!(
                    "unable to parse {name} key, must be of type string, but {} found",
                    value.kind_name()
                )
                .into()),
            },
        }
    };
    let (scheme, host, path) = (part("scheme")?, part("host")?, part("path")?);
    let (query, opaque, fragment) = (part("query")?, part("opaque")?, part("fragment")?);
    let user = part("userinfo")?;
    let mut out = String::new();
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    if opaque.is_empty() {
        if !scheme.is_empty() || !host.is_empty() || !user.is_empty() {
            if !host.is_empty() || !path.is_empty() || !user.is_empty() {
                out.push_str("//");
            }
            if !user.is_empty() {
                out.push_str(&user_text(&user)?);
                out.push('@');
            }
            out.push_str(&escape(&host, Part::Host));
        }
        let path = escape(&path, Part::Path);
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        if out.is_empty()
            && path
                .split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
        {
            out.push_str("./");
        }
        out.push_str(&path);
    } else {
        out.push_str(&opaque);
    }
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&escape(&fragment, Part::Fragment));
    }
    Ok(Value::from(out))
}
