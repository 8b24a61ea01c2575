//! Unit names, and the `%` specifiers that stand for parts of them.

use super::environment::Word;

/// The most bytes a word may have once its specifiers are resolved, which is what a process may be given.
const MAX_EXPANDED: usize = 2 * 1024 * 1024;

/// Specifiers whose value the host or the running manager decides.
const HOST: &[u8] = b"aAbBcdgGhHlmMoqrRsTuUvVwWyY";

/// The parts of a service unit's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnitName {
    /// What comes before `@` or the suffix.
    pub(super) prefix: String,
    /// What kind of unit it is.
    pub(super) instance: Instance,
}

/// Whether a unit has instances or is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Instance {
    /// `foo.service`.
    None,
    /// `foo@.service`: which instances there are only the host knows.
    Template,
    /// `foo@bar.service`.
    Named(String),
}

impl UnitName {
    /// The parts of a file name; `None` if systemd takes it for no service's name.
    pub(super) fn parse(file_name: &str) -> Option<Self> {
        let stem = file_name.strip_suffix(".service")?;
        let valid =
            |character: char| character.is_ascii_alphanumeric() || ":-_.\\".contains(character);
        let (prefix, instance) = match stem.split_once('@') {
            None => (stem, Instance::None),
            Some((prefix, "")) => (prefix, Instance::Template),
            Some((prefix, instance)) => (prefix, Instance::Named(instance.to_owned())),
        };
        let instance_valid = match &instance {
            Instance::Named(name) => name
                .chars()
                .all(|character| character == '@' || valid(character)),
            _ => true,
        };
        let fits = file_name.len() <= 255
            && !prefix.is_empty()
            && prefix.chars().all(valid)
            && instance_valid;
        fits.then(|| Self {
            prefix: prefix.to_owned(),
            instance,
        })
    }

    /// The name without its suffix: `foo`, `foo@` or `foo@bar`.
    pub(super) fn stem(&self) -> String {
        match &self.instance {
            Instance::None => self.prefix.clone(),
            Instance::Template => format!("{}@", self.prefix),
            Instance::Named(instance) => format!("{}@{instance}", self.prefix),
        }
    }

    fn specifier(&self, specifier: u8) -> Meaning {
        let instance = match &self.instance {
            Instance::None => Some(""),
            Instance::Template => None,
            Instance::Named(instance) => Some(instance.as_str()),
        };
        let text = |text: &str| Meaning::Text(text.as_bytes().to_vec());
        let unescaped = |text: &str| unescape(text).map_or(Meaning::Broken, Meaning::Text);
        let last = self.prefix.rsplit('-').next().unwrap_or_default();
        match (specifier, instance) {
            (b'%', _) => text("%"),
            (b'p', _) => text(&self.prefix),
            (b'P', _) => unescaped(&self.prefix),
            (b'j', _) => text(last),
            (b'J', _) => unescaped(last),
            // The directories of the system's manager.
            (b'C', _) => text("/var/cache"),
            (b'E', _) => text("/etc"),
            (b'L', _) => text("/var/log"),
            (b'S', _) => text("/var/lib"),
            (b't', _) => text("/run"),
            (b'i' | b'I' | b'n' | b'N' | b'f', None) => Meaning::Opaque,
            (b'i', Some(instance)) => text(instance),
            (b'I', Some(instance)) => unescaped(instance),
            (b'n', Some(_)) => text(&format!("{}.service", self.stem())),
            (b'N', Some(_)) => text(&self.stem()),
            (b'f', Some(instance)) => {
                let part = if instance.is_empty() {
                    &self.prefix
                } else {
                    instance
                };
                match unescape(part) {
                    Some(path) if path.starts_with(b"/") => Meaning::Text(path),
                    Some(path) => Meaning::Text([b"/".as_slice(), &path].concat()),
                    None => Meaning::Broken,
                }
            }
            (other, _) if HOST.contains(&other) => Meaning::Opaque,
            _ => Meaning::Unknown,
        }
    }
}

enum Meaning {
    Text(Vec<u8>),
    Opaque,
    Unknown,
    Broken,
}

/// What systemd's escaping of names stands for: `-` is `/`, `\x2d` a byte.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'-' => bytes.push(b'/'),
            b'\\' => {
                let [b'x', high, low, tail @ ..] = tail else {
                    return None;
                };
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    Some(bytes)
}

/// A word with its specifiers resolved as far as the unit's name tells.
#[derive(Debug)]
pub(super) struct Expanded {
    pub(super) bytes: Vec<u8>,
    pub(super) origins: Vec<(u32, u32)>,
    /// The offset in `bytes` of the first specifier that the host decides.
    pub(super) opaque_at: Option<usize>,
}

/// Why systemd ignores a word for its specifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpansionError {
    /// The unit's name cannot be unescaped.
    NotEscaped,
    /// A specifier that systemd does not know, where it is written.
    Unknown((u32, u32)),
    /// The result would be too large.
    TooLarge,
}

/// Resolves the specifiers of a word.
pub(super) fn expand(word: &Word, unit: &UnitName) -> Result<Expanded, ExpansionError> {
    let mut expanded = Expanded {
        bytes: Vec::with_capacity(word.bytes.len()),
        origins: Vec::with_capacity(word.bytes.len()),
        opaque_at: None,
    };
    let mut bytes = word.bytes.iter().copied().zip(word.origins.iter().copied());
    while let Some((byte, origin)) = bytes.next() {
        if byte != b'%' {
            expanded.bytes.push(byte);
            expanded.origins.push(origin);
            continue;
        }
        let next = bytes.next();
        let origin = (origin.0, next.map_or(origin.1, |(_, end)| end.1));
        let meaning = next.map_or(Meaning::Unknown, |(specifier, _)| unit.specifier(specifier));
        let text = match meaning {
            Meaning::Text(text) => text,
            Meaning::Opaque => {
                expanded.opaque_at.get_or_insert(expanded.bytes.len());
                continue;
            }
            Meaning::Unknown
                if next.is_some_and(|(specifier, _)| specifier.is_ascii_alphanumeric()) =>
            {
                return Err(ExpansionError::Unknown(origin));
            }
            Meaning::Unknown => std::iter::once(b'%')
                .chain(next.map(|(specifier, _)| specifier))
                .collect(),
            Meaning::Broken => return Err(ExpansionError::NotEscaped),
        };
        expanded
            .origins
            .extend(std::iter::repeat_n(origin, text.len()));
        expanded.bytes.extend(text);
        if expanded.bytes.len() > MAX_EXPANDED {
            return Err(ExpansionError::TooLarge);
        }
    }
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn word(text: &str) -> Word {
        let mut sources = Sources::new();
        let id = sources.add("x.service", text);
        Word {
            bytes: text.as_bytes().to_vec(),
            origins: (0..u32::try_from(text.len()).unwrap())
                .map(|at| (at, at + 1))
                .collect(),
            span: sources.whole(id),
            end: 0,
        }
    }

    fn expanded(unit: &str, text: &str) -> String {
        let unit = UnitName::parse(unit).unwrap();
        String::from_utf8(expand(&word(text), &unit).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_plain_name_resolves_every_specifier_of_names() {
        let text = "%n %N %p %P %i|%I|%j %J %f %%";
        assert_eq!(
            expanded("a-b\\x2dc.service", text),
            "a-b\\x2dc.service a-b\\x2dc a-b\\x2dc a/b-c ||b\\x2dc b-c /a/b-c %"
        );
    }

    #[test]
    fn an_instance_resolves_its_own_part() {
        assert_eq!(
            expanded("a@b-c.service", "%n %N %p %i %I %f"),
            "a@b-c.service a@b-c a b-c b/c /b/c"
        );
    }

    #[test]
    fn a_template_does_not_know_its_instance() {
        let unit = UnitName::parse("a@.service").unwrap();
        for text in ["%i", "%I", "%n", "%N", "%f", "%H"] {
            assert_eq!(
                expand(&word(text), &unit).unwrap().opaque_at,
                Some(0),
                "{text}"
            );
        }
        assert_eq!(expanded("a@.service", "%p %j"), "a a");
    }

    #[test]
    fn an_unknown_specifier_is_told_where_it_is() {
        let unit = UnitName::parse("a.service").unwrap();
        for text in ["x%z", "x%9"] {
            assert_eq!(
                expand(&word(text), &unit).unwrap_err(),
                ExpansionError::Unknown((1, 3))
            );
        }
    }

    #[test]
    fn a_percent_sign_that_begins_no_specifier_stays() {
        assert_eq!(expanded("a.service", "50%-60% %é%"), "50%-60% %é%");
    }

    #[test]
    fn a_name_that_is_not_escaped_cannot_be_unescaped() {
        let unit = UnitName::parse("a@b\\c.service").unwrap();
        assert_eq!(
            expand(&word("%I"), &unit).unwrap_err(),
            ExpansionError::NotEscaped
        );
        assert_eq!(expanded("a@b\\c.service", "%i"), "b\\c");
    }

    #[test]
    fn expansion_is_bounded() {
        let unit = UnitName::parse(&format!("{}.service", "a".repeat(200))).unwrap();
        assert_eq!(
            expand(&word(&"%n".repeat(20_000)), &unit).unwrap_err(),
            ExpansionError::TooLarge
        );
    }

    #[test]
    fn names_that_systemd_refuses_are_refused() {
        for name in [
            "a b.service",
            ".service",
            "@a.service",
            "ä.service",
            "a/b.service",
            "a.timer",
        ] {
            assert_eq!(UnitName::parse(name), None, "{name}");
        }
        assert!(UnitName::parse("a@b@c.service").is_some());
    }
}
