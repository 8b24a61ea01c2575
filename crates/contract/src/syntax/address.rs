//! Addresses of stores.

use std::fmt;

use super::is_server_name;
use crate::Backend;

/// The beginnings of a NATS server's address.
const NATS_SCHEMES: [&str; 2] = ["nats://", "tls://"];

/// The port of a NATS server whose address names none.
const NATS_PORT: u16 = 4222;

/// The most servers that are read from one value.
pub const MAX_SERVERS: usize = 10;

/// What is at an address, by its scheme.
pub fn backend(address: &str) -> Backend {
    if nats_rest(address).is_some() {
        Backend::Nats
    } else {
        Backend::Datasvc
    }
}

/// Whether a text is a store's address: that of a data service, or of one NATS server or several, with commas between them.
pub fn is_address(text: &str) -> bool {
    if backend(text) == Backend::Datasvc {
        return Address::parse(text).is_some();
    }
    nats_servers(text).all(|server| {
        let rest = nats_rest(server);
        rest.is_some_and(|rest| is_nats_authority(rest.strip_suffix('/').unwrap_or(rest)))
    })
}

/// The addresses of a list of NATS servers, each as its client takes it; of a text that is no list, the text.
pub fn nats_servers(text: &str) -> impl Iterator<Item = &str> {
    entries(text).map(str::trim)
}

fn nats_rest(address: &str) -> Option<&str> {
    NATS_SCHEMES
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
}

/// `HOST`, `HOST:PORT`, and either behind `USER:PASSWORD@` or `TOKEN@`.
fn is_nats_authority(text: &str) -> bool {
    let (login, place) = split_login(text);
    login.is_none_or(is_login) && nats_place(place).is_some()
}

/// The login before the last `@`, and what stands behind it.
fn split_login(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('@') {
        Some((login, rest)) => (Some(login), rest),
        None => (None, text),
    }
}

/// `HOST` or `HOST:PORT`.
fn nats_place(text: &str) -> Option<Address> {
    let of_host = || {
        let host = host(text)?.to_owned();
        let port = NATS_PORT;
        Some(Address { host, port })
    };
    Address::parse(text).or_else(of_host)
}

/// The servers that a value names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    /// The servers, without how to log in at them; at most [`MAX_SERVERS`].
    pub addresses: Vec<Address>,
    /// Whether the value names more servers than these.
    pub is_cut_off: bool,
    /// Whether something before these is no address of a server that can be read.
    pub leaves_out: bool,
}

/// Reads the servers that a value names: the address of a data service, or a list of NATS servers. What is neither, such as an address
/// of another scheme, is left out.
pub fn servers(text: &str) -> Servers {
    let mut found = Servers {
        addresses: Vec::new(),
        is_cut_off: false,
        leaves_out: false,
    };
    for server in entries(text).flat_map(servers_of_entry) {
        match server {
            None => found.leaves_out = true,
            Some(_) if found.addresses.len() == MAX_SERVERS => {
                found.is_cut_off = true;
                break;
            }
            Some(address) => found.addresses.push(address),
        }
    }
    found
}

/// A list, cut where the scheme of NATS begins the next address: any other comma may be part of a login.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let is_border = move |comma: &usize| nats_rest(text[comma + 1..].trim_start()).is_some();
    let commas = text.match_indices(',').map(|(comma, _)| comma);
    let ends = commas.filter(is_border).chain([text.len()]);
    ends.scan(0, move |start, end| {
        let entry = &text[*start..end];
        *start = end + 1;
        Some(entry)
    })
}

/// The servers of an entry, which has a login at most before the first of them; `None` for each that cannot be read.
fn servers_of_entry(entry: &str) -> impl Iterator<Item = Option<Address>> {
    let entry = entry.trim();
    let rest = nats_rest(entry);
    let is_of_other_scheme = rest.is_none() && has_scheme(entry);
    let (_, places) = split_login(rest.unwrap_or(entry));
    // Nothing stands behind a comma at the end.
    let mut places = places.split(',').map(str::trim);
    let first = places.next();
    let others = places.filter(|place| !place.is_empty());
    first.into_iter().chain(others).map(move |place| {
        let found = match rest {
            _ if is_of_other_scheme => None,
            Some(_) => nats_place(place.strip_suffix('/').unwrap_or(place)),
            None => Address::parse(place),
        }?;
        // A dot at the end says only that the name is whole.
        let host = found.host.trim_end_matches('.').to_owned();
        Some(Address { host, ..found })
    })
}

fn has_scheme(text: &str) -> bool {
    let is_of_scheme =
        |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.chars().all(is_of_scheme))
}

/// What a URL can have before its `@`: all else is written as `%` and two digits.
fn is_login(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%".contains(&byte);
    !text.is_empty()
        && text.bytes().all(allowed)
        && text.split('%').skip(1).all(|rest| {
            let digits = rest.as_bytes().get(..2);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host, without the brackets of IPv6.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// The parts of `HOST:PORT`, or `[ADDRESS]:PORT` with an address of IPv6.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, port) = text.rsplit_once(':')?;
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| is_number && *port != 0)?;
        Some(Self {
            host: host(before)?.to_owned(),
            port,
        })
    }
}

/// A host, which is in brackets if it is an address of IPv6.
fn host(text: &str) -> Option<&str> {
    let bracketed = text
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = bracketed.unwrap_or(text);
    (is_server_name(host) && bracketed.is_some() == host.contains(':')).then_some(host)
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}
