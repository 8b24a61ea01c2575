//! `IPAddressAllow=` and `IPAddressDeny=`.

use std::net::IpAddr;

use crate::deploy::Prefix;

/// Words that stand for addresses of both families.
const NAMED: [(&str, [&str; 2]); 4] = [
    ("any", ["0.0.0.0/0", "::/0"]),
    ("localhost", ["127.0.0.0/8", "::1/128"]),
    ("link-local", ["169.254.0.0/16", "fe80::/64"]),
    ("multicast", ["224.0.0.0/4", "ff00::/8"]),
];

/// The addresses of a list, and whether all of it could be read.
pub(super) fn prefixes(list: &str) -> (Vec<Prefix>, bool) {
    let mut found = Vec::new();
    let mut are_all = true;
    for word in list.split_whitespace() {
        let named = NAMED.iter().find(|(name, _)| *name == word);
        match named {
            Some((_, texts)) => found.extend(texts.iter().filter_map(|text| prefix(text))),
            None => match prefix(word) {
                Some(prefix) => found.push(prefix),
                None => are_all = false,
            },
        }
    }
    (found, are_all)
}

fn prefix(text: &str) -> Option<Prefix> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= bits)?,
        None => bits,
    };
    Some(Prefix { address, length })
}

#[cfg(test)]
mod tests {
    use super::prefixes;

    #[test]
    fn lists_hold_addresses_prefixes_and_names() {
        let shown = |list: &str| -> (Vec<String>, bool) {
            let (found, are_all) = prefixes(list);
            let shown = found
                .iter()
                .map(|prefix| format!("{}/{}", prefix.address, prefix.length));
            (shown.collect(), are_all)
        };
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown("any"), (owned(&["0.0.0.0/0", "::/0"]), true));
        assert_eq!(
            shown(" 10.0.0.5  fd00::/8 "),
            (owned(&["10.0.0.5/32", "fd00::/8"]), true)
        );
        assert_eq!(
            shown("localhost 10.0.0.0/33 store"),
            (owned(&["127.0.0.0/8", "::1/128"]), false)
        );
    }
}
