//! Names of servers, identities, buckets and sockets.

use std::net::IpAddr;

const SPIFFE_SCHEME: &str = "spiffe://";

/// The most bytes of a SPIFFE ID and of a trust domain's name, by their standard.
const MAX_SPIFFE_ID: usize = 2048;
const MAX_TRUST_DOMAIN: usize = 255;

/// The most bytes of a host's name and of one label of it, by DNS.
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// Whether a text is a host's name or an IP address, as TLS takes one for a server's name.
pub fn is_server_name(text: &str) -> bool {
    is_host_name(text) || text.parse::<IpAddr>().is_ok()
}

fn is_host_name(text: &str) -> bool {
    let labels = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let last = labels.rsplit('.').next().unwrap_or_default();
    text.len() <= MAX_HOST && labels.split('.').all(is_label) && !is_number(last)
}

/// Whether a label is a number, which makes its name look like an IP address.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text is a SPIFFE ID: `spiffe://`, a trust domain, and a path without empty parts.
pub fn is_spiffe_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(SPIFFE_SCHEME) else {
        return false;
    };
    let (domain, path) = match rest.split_once('/') {
        Some((domain, path)) => (domain, Some(path)),
        None => (rest, None),
    };
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    text.len() <= MAX_SPIFFE_ID
        && is_domain(domain)
        && path.is_none_or(|path| path.split('/').all(is_part))
}

/// Whether a text is a trust domain's name, with or without `spiffe://` before it.
pub fn is_trust_domain(text: &str) -> bool {
    is_domain(trust_domain(text))
}

/// A trust domain's name without `spiffe://` before it.
pub fn trust_domain(text: &str) -> &str {
    text.strip_prefix(SPIFFE_SCHEME).unwrap_or(text)
}

fn is_domain(name: &str) -> bool {
    (1..=MAX_TRUST_DOMAIN).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

/// Whether a text is a name of a bucket.
pub fn is_bucket(text: &str) -> bool {
    is_of_letters(text, b"-_")
}

/// Whether a text is a prefix of subjects for answers.
pub fn is_inbox_prefix(text: &str) -> bool {
    text.split('.').all(|part| is_of_letters(part, b"-_$=/"))
}

fn is_of_letters(text: &str, more: &[u8]) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
}

/// Whether a text is a Unix socket: its path, which may have `unix:` or `unix://` before it.
pub fn is_socket(text: &str) -> bool {
    let path = socket_path(text);
    !path.is_empty() && !path.contains("://")
}

/// The path of a Unix socket without `unix:` or `unix://` before it.
pub fn socket_path(text: &str) -> &str {
    match text.strip_prefix("unix:") {
        Some(path) => path.strip_prefix("//").unwrap_or(path),
        None => text,
    }
}
