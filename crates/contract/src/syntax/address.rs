//! Addresses of stores.

use std::fmt;

use super::is_server_name;
use crate::Backend;

/// The beginnings of a NATS server's address.
const NATS_SCHEMES: [&str; 2] = ["nats://", "tls://"];

/// What is at an address, by its scheme.
pub fn backend(address: &str) -> Backend {
    if nats_rest(address).is_some() {
        Backend::Nats
    } else {
        Backend::Datasvc
    }
}

/// Whether a text is a store's address.
pub fn is_address(text: &str) -> bool {
    match nats_rest(text) {
        Some(rest) => is_nats_authority(rest.strip_suffix('/').unwrap_or(rest)),
        None => Address::parse(text).is_some(),
    }
}

fn nats_rest(address: &str) -> Option<&str> {
    NATS_SCHEMES
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
}

/// `HOST`, `HOST:PORT`, and either behind `USER:PASSWORD@` or `TOKEN@`.
fn is_nats_authority(text: &str) -> bool {
    let (login, place) = match text.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, text),
    };
    login.is_none_or(is_login) && (Address::parse(place).is_some() || host(place).is_some())
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

/// A data service's address.
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
