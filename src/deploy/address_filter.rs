//! With which addresses a workload may exchange packets, as systemd filters them: data and comparisons.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::network_policy::Certainty;
use crate::source::Span;

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The first of them.
    pub address: IpAddr,
    /// How many bits are the same.
    pub length: u8,
}

/// What a unit allows and denies. What is allowed passes, even if it is denied; what is neither passes, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressFilter {
    /// What it denies, and where.
    pub denied: Vec<(Prefix, Span)>,
    /// What it allows.
    pub allowed: Vec<Prefix>,
    /// Whether the list of allowed addresses may be longer: a slice may add some, and some could not be read.
    pub is_partial: bool,
}

impl Prefix {
    fn contains(&self, other: IpAddr) -> bool {
        let (own, other, bits) = match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let free = bits - u32::from(self.length).min(bits);
        // A shift by all 128 bits overflows: then no bit is compared.
        own.checked_shr(free).unwrap_or(0) == other.checked_shr(free).unwrap_or(0)
    }
}

impl AddressFilter {
    /// Whether packets from and to a host pass; `None`: a host of which no file tells the address.
    pub fn passes(&self, host: Option<&str>) -> Certainty {
        let addresses = match host {
            Some("localhost") => vec![
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ],
            _ => host
                .and_then(|host| host.parse().ok())
                .into_iter()
                .collect(),
        };
        let passes = if addresses.is_empty() {
            self.passes_somewhere()
        } else {
            let passing = addresses.iter().filter(|address| {
                let holds = |prefix: &Prefix| prefix.contains(**address);
                self.allowed.iter().any(holds)
                    || !self.denied.iter().any(|(prefix, _)| holds(prefix))
            });
            match passing.count() {
                0 => Certainty::No,
                count if count == addresses.len() => Certainty::Yes,
                _ => Certainty::Maybe,
            }
        };
        if passes == Certainty::No && self.is_partial {
            return Certainty::Maybe;
        }
        passes
    }

    fn passes_somewhere(&self) -> Certainty {
        if self.denied.is_empty() {
            return Certainty::Yes;
        }
        let denies_all = |is_family: fn(&IpAddr) -> bool| {
            let mut denied = self.denied.iter();
            denied.any(|(prefix, _)| prefix.length == 0 && is_family(&prefix.address))
        };
        if self.allowed.is_empty() && denies_all(IpAddr::is_ipv4) && denies_all(IpAddr::is_ipv6) {
            return Certainty::No;
        }
        Certainty::Maybe
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressFilter, Prefix};
    use crate::deploy::Certainty;
    use crate::source::Sources;

    fn filter(denied: &[&str], allowed: &[&str]) -> AddressFilter {
        let mut sources = Sources::new();
        let id = sources.add("unit", "");
        let span = sources.whole(id);
        let read = |text: &&str| {
            let (address, length) = text.split_once('/').unwrap();
            Prefix {
                address: address.parse().unwrap(),
                length: length.parse().unwrap(),
            }
        };
        AddressFilter {
            denied: denied.iter().map(|text| (read(text), span)).collect(),
            allowed: allowed.iter().map(read).collect(),
            is_partial: false,
        }
    }

    #[test]
    fn what_is_allowed_passes_and_of_the_rest_what_is_not_denied() {
        let any = ["0.0.0.0/0", "::/0"];
        let local = ["127.0.0.0/8", "::1/128"];
        for (denied, allowed, host, expected) in [
            (&any[..], &[][..], None, Certainty::No),
            (&any, &[], Some("localhost"), Certainty::No),
            (&any, &[], Some("fd00::1"), Certainty::No),
            (&any, &local, Some("localhost"), Certainty::Yes),
            (&any, &local[..1], Some("localhost"), Certainty::Maybe),
            (&any, &local, None, Certainty::Maybe),
            (&any, &local, Some("store.example"), Certainty::Maybe),
            (&any, &local, Some("10.0.0.5"), Certainty::No),
            (&any, &["10.0.0.0/24"], Some("10.0.0.5"), Certainty::Yes),
            (&any, &["10.0.0.0/24"], Some("10.0.1.5"), Certainty::No),
            (&any[..1], &[], Some("store.example"), Certainty::Maybe),
            (&any[..1], &[], Some("fd00::1"), Certainty::Yes),
            (&["10.0.0.0/8"], &[], Some("10.1.2.3"), Certainty::No),
            (&["10.0.0.0/8"], &[], Some("11.1.2.3"), Certainty::Yes),
            (&[], &local, None, Certainty::Yes),
        ] {
            let filter = filter(denied, allowed);
            assert_eq!(
                filter.passes(host),
                expected,
                "{denied:?} {allowed:?} {host:?}"
            );
        }
        let partial = AddressFilter {
            is_partial: true,
            ..filter(&any, &[])
        };
        assert_eq!(partial.passes(None), Certainty::Maybe);
    }
}
