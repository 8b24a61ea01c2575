//! Grants that are almost the identity somebody presents.

use std::collections::HashMap;
use std::ops::Range;

use super::Grant;
use super::identity::attributes;
use crate::suggest::distance_within;

/// In what a grant's identity differs from the one presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In words, to follow "differs in": the namespace: `demo`, not `prod`.
    pub text: String,
    /// Equal for differences with one cause; `None` for a slip of its own.
    pub cause: Option<String>,
}

/// The most pairs of grant and identity that are compared letter by letter for one table; beyond, a
/// misspelt grant is told as a missing one.
const MAX_COMPARISONS: usize = 4_000_000;

/// Grants that nobody presents, found by what is left of an identity when one part is taken out.
#[derive(Debug)]
pub struct Unclaimed<'a> {
    grants: Vec<(usize, &'a str)>,
    by_rest: HashMap<String, usize>,
}

/// A part of an identity that tends to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Case,
    TrustDomain,
    Namespace,
    Attributes,
    Host,
}

const PARTS: &[Part] = &[
    Part::Case,
    Part::TrustDomain,
    Part::Namespace,
    Part::Attributes,
    Part::Host,
];

impl<'a> Unclaimed<'a> {
    /// Of these grants, with their positions.
    pub fn new(grants: impl Iterator<Item = (usize, &'a Grant)>) -> Self {
        let grants: Vec<(usize, &str)> = grants
            .map(|(position, grant)| (position, grant.identity.value.as_str()))
            .collect();
        let mut by_rest = HashMap::new();
        for (index, (_, identity)) in grants.iter().enumerate() {
            for part in PARTS {
                if let Some(rest) = without(identity, *part) {
                    by_rest.entry(rest).or_insert(index);
                }
            }
        }
        Self { grants, by_rest }
    }

    /// The grant nearest to an identity, by position, and in what it differs.
    pub fn nearest(&self, presented: &str) -> Option<(usize, Difference)> {
        for part in PARTS {
            let Some(index) = without(presented, *part).and_then(|rest| self.by_rest.get(&rest))
            else {
                continue;
            };
            let (position, granted) = self.grants[*index];
            return Some((position, difference(presented, granted, *part)));
        }
        self.misspelt(presented)
    }

    fn misspelt(&self, presented: &str) -> Option<(usize, Difference)> {
        if self.grants.len().saturating_mul(self.grants.len()) > MAX_COMPARISONS {
            return None;
        }
        let (position, _) = self
            .grants
            .iter()
            .filter_map(|(position, granted)| {
                let distance = distance_within(presented, granted, 2)?;
                // A name of which half the letters differ is another name.
                let name = name_around(presented, &different_part(presented, granted));
                (distance * 2 <= name.chars().count()).then_some((*position, distance))
            })
            .min_by_key(|(position, distance)| (*distance, *position))?;
        Some((
            position,
            Difference {
                text: "the spelling".to_owned(),
                cause: None,
            },
        ))
    }
}

/// Where a text differs from another one, when what they begin and end with alike is taken off.
fn different_part(one: &str, other: &str) -> Range<usize> {
    let alike = |left: &mut dyn Iterator<Item = char>, right: &mut dyn Iterator<Item = char>| {
        left.zip(right)
            .take_while(|(left, right)| left == right)
            .map(|(left, _)| left.len_utf8())
            .sum::<usize>()
    };
    let start = alike(&mut one.chars(), &mut other.chars());
    let end = alike(
        &mut one[start..].chars().rev(),
        &mut other[start..].chars().rev(),
    );
    start..one.len() - end
}

/// The name that a range of a text lies in.
fn name_around<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    let is_break =
        |character: char| !character.is_alphanumeric() && !matches!(character, '-' | '_');
    let from = text[..range.start]
        .rmatch_indices(is_break)
        .next()
        .map_or(0, |(offset, sign)| offset + sign.len());
    let to = text[range.end..]
        .find(is_break)
        .map_or(text.len(), |offset| range.end + offset);
    &text[from..to]
}

/// What is left of an identity without a part, marked with that part.
fn without(identity: &str, part: Part) -> Option<String> {
    let lower = identity.to_ascii_lowercase();
    let rest = match part {
        Part::Case => lower,
        Part::TrustDomain => path_of(identity)?.to_owned(),
        Part::Namespace => {
            let (before, after) = identity.strip_prefix("spiffe://")?.split_once("/ns/")?;
            let (_, account) = after.split_once('/')?;
            format!("{before} {account}")
        }
        Part::Attributes => common_name(identity)?.to_owned(),
        Part::Host => {
            let name = common_name(identity)?;
            let rest = identity.replacen(name, "", 1);
            format!("{} {rest}", name.split('.').next()?)
        }
    };
    Some(format!("{part:?} {rest}"))
}

fn path_of(identity: &str) -> Option<&str> {
    let rest = identity.strip_prefix("spiffe://")?;
    rest.find('/').map(|slash| &rest[slash..])
}

fn common_name(subject: &str) -> Option<&str> {
    if subject.starts_with("spiffe://") {
        return None;
    }
    attributes(subject)
        .into_iter()
        .find(|(name, _)| *name == "CN")
        .map(|(_, value)| value)
}

fn difference(presented: &str, granted: &str, part: Part) -> Difference {
    let trust_domain = |identity: &str| {
        let rest = identity.strip_prefix("spiffe://").unwrap_or(identity);
        rest.split('/').next().unwrap_or_default().to_owned()
    };
    let namespace = |identity: &str| {
        let after = identity
            .split_once("/ns/")
            .map(|(_, after)| after)
            .unwrap_or_default();
        after.split('/').next().unwrap_or_default().to_owned()
    };
    let not = |what: &str, granted: String, presented: String| {
        if granted.is_empty() {
            format!("the {what}, which is empty and not `{presented}`")
        } else {
            format!("the {what}: `{granted}`, not `{presented}`")
        }
    };
    let (text, shared) = match part {
        Part::Case => ("upper and lower case".to_owned(), false),
        Part::TrustDomain => (
            not(
                "trust domain",
                trust_domain(granted),
                trust_domain(presented),
            ),
            true,
        ),
        Part::Namespace => (
            not("namespace", namespace(granted), namespace(presented)),
            true,
        ),
        Part::Attributes => (attribute_difference(presented, granted), true),
        Part::Host => {
            let host = |subject: &str| {
                common_name(subject)
                    .and_then(|name| name.split_once('.'))
                    .map_or("", |(_, host)| host)
                    .to_owned()
            };
            (not("host", host(granted), host(presented)), true)
        }
    };
    Difference {
        cause: shared.then(|| text.clone()),
        text,
    }
}

fn attribute_difference(presented: &str, granted: &str) -> String {
    let (presented, granted) = (attributes(presented), attributes(granted));
    let list = |from: &[(&str, &str)], without: &[(&str, &str)]| {
        let only: Vec<String> = from
            .iter()
            .filter(|attribute| !without.contains(attribute))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        only.join(",")
    };
    let lacks = list(&presented, &granted);
    let extra = list(&granted, &presented);
    match (lacks.is_empty(), extra.is_empty()) {
        (true, true) => "the order of the attributes".to_owned(),
        (false, true) => format!("the attributes: `{lacks}` is lacking"),
        (true, false) => format!("the attributes: `{extra}` is too much"),
        (false, false) => format!("the attributes: `{extra}`, not `{lacks}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::Unclaimed;
    use crate::access::Grant;
    use crate::registry::Spanned;
    use crate::source::Sources;

    fn nearest(granted: &[&str], presented: &str) -> Option<(usize, String)> {
        let mut sources = Sources::new();
        let id = sources.add("table.json", "");
        let span = sources.whole(id);
        let grants: Vec<Grant> = granted
            .iter()
            .map(|identity| Grant {
                identity: Spanned::new((*identity).to_owned(), span),
                role: Spanned::new("writer".to_owned(), span),
                span,
            })
            .collect();
        Unclaimed::new(grants.iter().enumerate())
            .nearest(presented)
            .map(|(position, difference)| (position, difference.text))
    }

    #[test]
    fn a_name_of_which_more_than_half_differs_is_another_name() {
        for (granted, presented, is_near) in [
            ("CN=ab", "CN=ac", true),
            ("CN=a", "CN=b", false),
            ("CN=abcd", "CN=xycd", true),
            ("CN=abc", "CN=xyc", false),
            ("CN=abcdef", "CN=xyzdef", false),
        ] {
            assert_eq!(
                nearest(&[granted], presented).is_some(),
                is_near,
                "{granted} {presented}"
            );
        }
    }

    #[test]
    fn each_part_that_differs_is_named() {
        for (granted, presented, text) in [
            (
                "spiffe://a.dev/ns/demo/sa/core",
                "spiffe://a.dev/ns/prod/sa/core",
                "the namespace: `demo`, not `prod`",
            ),
            (
                "spiffe://a.dev/services/core",
                "spiffe://b.dev/services/core",
                "the trust domain: `a.dev`, not `b.dev`",
            ),
            (
                "spiffe://a.dev/services/Core",
                "spiffe://a.dev/services/core",
                "upper and lower case",
            ),
            (
                "CN=core.acme,O=Acme",
                "CN=core.acme,OU=Docker,O=Acme",
                "the attributes: `OU=Docker` is lacking",
            ),
            (
                "CN=core.acme,O=Acme",
                "CN=core.acme,O=Other",
                "the attributes: `O=Acme`, not `O=Other`",
            ),
            (
                "O=Acme,CN=core.acme",
                "CN=core.acme,O=Acme",
                "the order of the attributes",
            ),
            (
                "CN=core.acme,O=Acme",
                "CN=core.local,O=Acme",
                "the host: `acme`, not `local`",
            ),
            (
                "spiffe://a.dev/services/trpad",
                "spiffe://a.dev/services/trapd",
                "the spelling",
            ),
        ] {
            assert_eq!(
                nearest(&[granted], presented),
                Some((0, text.to_owned())),
                "{granted} {presented}"
            );
        }
    }

    #[test]
    fn another_service_is_no_near_miss() {
        for (granted, presented) in [
            (
                "spiffe://a.dev/services/zen",
                "spiffe://a.dev/services/core",
            ),
            (
                "spiffe://a.dev/services/zen",
                "spiffe://a.dev/services/ten-x",
            ),
            ("CN=core.acme,O=Acme", "spiffe://a.dev/services/core"),
            ("CN=core.acme,O=Acme", "CN=sync.acme,O=Acme"),
        ] {
            assert_eq!(
                nearest(&[granted], presented),
                None,
                "{granted} {presented}"
            );
        }
    }
}
