//! Patterns of fields, as the policy and the descriptors name secrets by.

use std::collections::BTreeSet;

/// A pattern of fields: a dotted path, in which `*` stands for any one name and a leading `**.` for any way to it.
///
/// Names are compared without their case, as readers of JSON in Go take `Token` for `token`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPattern {
    parts: Vec<String>,
    is_anywhere: bool,
}

impl FieldPattern {
    /// Reads a pattern.
    pub fn new(path: &str) -> Self {
        let rest = path.strip_prefix("**.");
        Self {
            parts: rest.unwrap_or(path).split('.').map(folded).collect(),
            is_anywhere: rest.is_some(),
        }
    }

    /// Whether it names the field at a path. A name on the way that holds dots may be taken for one name or for as many as the
    /// dots make of it: `*` stands for the host `db.example.com` as a whole, and `database.password` for a name written so.
    pub fn matches<Name: AsRef<str>>(&self, path: &[Name]) -> bool {
        // From the end, where most patterns and paths differ. Each place is kept once, however many readings lead to it.
        let mut places = BTreeSet::from([Place::end_of(path)]);
        for part in self.parts.iter().rev() {
            let mut before = BTreeSet::new();
            for place in places {
                let Some((piece, before_piece)) = place.piece(path) else {
                    continue;
                };
                if part == "*" {
                    before.insert(before_piece);
                    before.extend(place.before_name());
                } else if is_folded(piece, part) {
                    before.insert(before_piece);
                }
            }
            places = before;
        }
        let is_whole = |place: &Place| self.is_anywhere || *place == Place::START;
        places.iter().any(is_whole)
    }
}

/// How far a path is read from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// How many names are not read.
    names: usize,
    /// How many bytes of one more name are not read, if it is read in part.
    begun: Option<usize>,
}

impl Place {
    const START: Self = Self {
        names: 0,
        begun: None,
    };

    fn end_of<Name>(path: &[Name]) -> Self {
        Self {
            names: path.len(),
            begun: None,
        }
    }

    /// The piece between dots that ends here, and the place before it.
    fn piece<Name: AsRef<str>>(self, path: &[Name]) -> Option<(&str, Self)> {
        let names = match self.begun {
            Some(_) => self.names,
            None => self.names.checked_sub(1)?,
        };
        let name = path.get(names)?.as_ref();
        let unread = self.begun.map_or(name, |length| &name[..length]);
        let (begun, piece) = match unread.rsplit_once('.') {
            Some((before, piece)) => (Some(before.len()), piece),
            None => (None, unread),
        };
        Some((piece, Self { names, begun }))
    }

    /// The place before the name that ends here.
    fn before_name(self) -> Option<Self> {
        let names = self.names.checked_sub(1)?;
        self.begun.is_none().then_some(Self { names, begun: None })
    }
}

/// A name without its case.
fn folded(name: &str) -> String {
    name.chars().flat_map(fold).collect()
}

fn is_folded(name: &str, folded: &str) -> bool {
    if name.is_ascii() {
        name.eq_ignore_ascii_case(folded)
    } else {
        name.chars().flat_map(fold).eq(folded.chars())
    }
}

/// Over the upper case, so that letters with one capital are one, as the long `ſ` and `s`.
fn fold(character: char) -> impl Iterator<Item = char> {
    character.to_uppercase().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::FieldPattern;

    #[test]
    fn patterns_of_fields_ignore_case_and_pass_any_way() {
        for (pattern, path, is_named) in [
            ("**.token", &["a", "Token"][..], true),
            ("**.token", &["TOKEN"], true),
            ("**.token", &["token", "length"], false),
            ("database.*", &["Database", "host"], true),
            ("database.*", &["x", "database", "host"], false),
            ("database.password", &["database.Password"], true),
            // The long s and the Kelvin sign, which Go's reader of JSON takes for `s` and `k`.
            ("**.secret_key", &["\u{17f}ecret_\u{212a}ey"], true),
        ] {
            assert_eq!(
                FieldPattern::new(pattern).matches(path),
                is_named,
                "{pattern} {path:?}"
            );
        }
    }

    #[test]
    fn a_star_stands_for_a_name_with_dots_and_for_a_piece_of_one() {
        for (pattern, path, is_named) in [
            (
                "hosts.*.password",
                &["hosts", "db.example.com", "password"][..],
                true,
            ),
            ("hosts.*.password", &["hosts", "db", "password"], true),
            ("hosts.*.password", &["hosts.db.password"], true),
            ("hosts.*.password", &["hosts", "a", "b", "password"], false),
            ("hosts.*.password", &["hosts", "password"], false),
            ("hosts.*", &["hosts", "db.example.com"], true),
            ("**.hosts.*.key", &["x", "hosts", "a.b", "key"], true),
            ("*.*.key", &["a.b", "c.d", "key"], true),
            ("*.*.key", &["a.b", "key"], true),
            ("*.*.key", &["a.b.c", "d", "e", "key"], false),
            ("*", &["a.b"], true),
            ("*", &[], false),
        ] {
            assert_eq!(
                FieldPattern::new(pattern).matches(path),
                is_named,
                "{pattern} {path:?}"
            );
        }
    }

    #[test]
    fn a_name_of_nothing_but_dots_is_read_in_one_walk() {
        let dots = ".".repeat(1 << 20);
        let path = ["a", &dots, &dots, "password"];
        let stars = vec!["*"; 64].join(".");
        assert!(!FieldPattern::new(&format!("b.{stars}.password")).matches(&path));
        assert!(FieldPattern::new(&format!("**.{stars}.password")).matches(&path));
    }

    proptest! {
        #[test]
        fn what_a_pattern_names_it_names_with_dotted_names_in_place_of_stars(
            names in prop::collection::vec("[a-c.]{1,5}", 1..5),
            stars in prop::collection::vec(any::<bool>(), 5),
        ) {
            let parts = names.iter().zip(&stars);
            let parts: Vec<&str> = parts
                .map(|(name, is_star)| if *is_star { "*" } else { name })
                .collect();
            prop_assert!(FieldPattern::new(&parts.join(".")).matches(&names));
        }
    }
}
