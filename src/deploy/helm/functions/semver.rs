//! Versions, as the library that Sprig and Helm use has them.

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::objects::{Method, Object};
use super::super::template::value::{Data, IntegerType, Value};
use super::super::template::{Arguments, Refusal};
use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", "s", |_, a| {
        let version = Version::parse(&a.text(0)).ok_or("Invalid Semantic Version")?;
        Ok(Value::object(Object::Version(version)))
    }),
    Function::new("semverCompare", "ss", |_, a| {
        let constraint = Constraint::parse(&a.text(0)).ok_or("improper constraint")?;
        let version = Version::parse(&a.text(1)).ok_or("Invalid Semantic Version")?;
        Ok(Value::bool(constraint.fits(&version)))
    }),
];

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    before: String,
    metadata: String,
    original: String,
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.before.is_empty() {
            write!(formatter, "-{}", self.before)?;
        }
        if !self.metadata.is_empty() {
            write!(formatter, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Parts between points, of letters, digits and `-`; `leading_zeros` tells whether numbers may have them.
fn dotted(text: &str, leading_zeros: bool) -> bool {
    text.split('.').all(|part| {
        let zero = part.len() > 1 && part.starts_with('0');
        let number = part.bytes().all(|byte| byte.is_ascii_digit());
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && (leading_zeros || !(zero && number))
    })
}

/// What is before `-` and `+`, between them, and behind `+`.
fn split(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (text, metadata) = match text.split_once('+') {
        Some((text, metadata)) => (text, Some(metadata)),
        None => (text, None),
    };
    match text.split_once('-') {
        Some((text, before)) => (text, Some(before), metadata),
        None => (text, None, metadata),
    }
}

impl Version {
    /// Reads a version, of which parts may be missing: `v1`, `1.2`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let unprefixed = text.strip_prefix('v').unwrap_or(text);
        let (numbers, before, metadata) = split(unprefixed);
        let mut parts = Vec::new();
        for part in numbers.split('.') {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            parts.push(digits.then(|| part.parse::<u64>().ok()).flatten()?);
        }
        let valid = parts.len() <= 3
            && before.is_none_or(|before| dotted(before, false))
            && metadata.is_none_or(|metadata| dotted(metadata, true));
        let number = |index: usize| parts.get(index).copied().unwrap_or(0);
        valid.then(|| Self {
            major: number(0),
            minor: number(1),
            patch: number(2),
            before: before.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_before(&self.before, &other.before))
    }

    /// The methods that templates can call.
    pub(crate) fn method(name: &str) -> Option<Method> {
        type Run = fn(&Rc<Object>, &mut Arguments) -> Result<Value, Refusal>;
        macro_rules! with {
            ($version:ident => $value:expr) => {
                |object, _| match &**object {
                    Object::Version($version) => Ok($value),
                    _ => Ok(Value::NIL),
                }
            };
        }
        let run: Run = match name {
            "Major" => with!(version => unsigned(version.major)),
            "Minor" => with!(version => unsigned(version.minor)),
            "Patch" => with!(version => unsigned(version.patch)),
            "Prerelease" => with!(version => version.before.as_str().into()),
            "Metadata" => with!(version => version.metadata.as_str().into()),
            "Original" => with!(version => version.original.as_str().into()),
            "String" => with!(version => version.to_string().into()),
            _ => return Self::comparing(name),
        };
        Some(Method { takes: "", run })
    }

    fn comparing(name: &str) -> Option<Method> {
        macro_rules! comparison {
            ($ordering:ident => $value:expr) => {
                |object, arguments| {
                    let Data::Object(other) = &arguments.get(0).data else {
                        return Err("wrong type for value; expected *semver.Version".into());
                    };
                    match (&**object, &**other) {
                        (Object::Version(first), Object::Version(second)) => {
                            let $ordering = first.compare(second);
                            Ok($value)
                        }
                        _ => Err("wrong type for value; expected *semver.Version".into()),
                    }
                }
            };
        }
        let run: fn(&Rc<Object>, &mut Arguments) -> Result<Value, Refusal> = match name {
            "Compare" => comparison!(ordering => Value::int(ordering as i64)),
            "Equal" => comparison!(ordering => Value::bool(ordering.is_eq())),
            "LessThan" => comparison!(ordering => Value::bool(ordering.is_lt())),
            "GreaterThan" => comparison!(ordering => Value::bool(ordering.is_gt())),
            _ => return None,
        };
        Some(Method { takes: "a", run })
    }
}

fn unsigned(value: u64) -> Value {
    Data::Integer(
        i64::try_from(value).unwrap_or(i64::MAX),
        IntegerType::Uint64,
    )
    .into()
}

fn compare_before(first: &str, second: &str) -> Ordering {
    match (first.is_empty(), second.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let mut one = first.split('.');
    let mut two = second.split('.');
    loop {
        match (one.next(), two.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => {
                let ordering = match (a.parse::<u64>(), b.parse::<u64>()) {
                    (Ok(a), Ok(b)) => a.cmp(&b),
                    (Ok(_), Err(_)) => Ordering::Less,
                    (Err(_), Ok(_)) => Ordering::Greater,
                    (Err(_), Err(_)) => a.cmp(b),
                };
                if ordering.is_ne() {
                    return ordering;
                }
            }
        }
    }
}

/// What versions may be: alternatives of conditions that must all hold.
#[derive(Debug)]
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Debug)]
struct Condition {
    operator: String,
    version: Version,
    /// Which part is the first that is missing or a wildcard: 0 for all of them, 3 for none.
    open_from: usize,
}

impl Constraint {
    /// Reads a constraint.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let alternatives = text.split("||").map(conditions).collect::<Option<_>>()?;
        Some(Self { alternatives })
    }

    /// Whether a version fits.
    pub(crate) fn fits(&self, version: &Version) -> bool {
        let mut alternatives = self.alternatives.iter();
        alternatives.any(|all| all.iter().all(|condition| condition.fits(version)))
    }
}

/// Conditions with spaces or commas between them; `1.2 - 1.4` is a pair of them.
fn conditions(text: &str) -> Option<Vec<Condition>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let operators = rest.len()
            - rest
                .trim_start_matches(['=', '!', '<', '>', '~', '^'])
                .len();
        let (operator, after) = rest.split_at(operators);
        let after = after.trim_start();
        let end = after.find([' ', '\t', '\n', ',']).unwrap_or(after.len());
        let (version, tail) = after.split_at(end);
        let condition = Condition::parse(operator, version)?;
        let trimmed = tail.trim_start();
        let range = trimmed
            .strip_prefix('-')
            .filter(|high| high.starts_with(char::is_whitespace) && operator.is_empty());
        if let Some(high) = range {
            let high = high.trim_start();
            let end = high.find([' ', '\t', '\n', ',']).unwrap_or(high.len());
            let (version, tail) = high.split_at(end);
            found.push(Condition {
                operator: ">=".to_owned(),
                ..condition
            });
            found.push(Condition::parse("<=", version)?);
            rest = tail;
        } else {
            found.push(condition);
            rest = tail;
        }
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return Some(found);
        }
        rest = match trimmed.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if trimmed.len() < rest.len() => trimmed,
            None => return None,
        };
    }
}

impl Condition {
    fn parse(operator: &str, text: &str) -> Option<Self> {
        if !matches!(
            operator,
            "" | "=" | "!=" | ">" | "<" | ">=" | "=>" | "<=" | "=<" | "~" | "~>" | "^"
        ) {
            return None;
        }
        let unprefixed = text.strip_prefix('v').unwrap_or(text);
        let (numbers, before, metadata) = split(unprefixed);
        let parts: Vec<&str> = numbers.split('.').collect();
        let wildcard = |part: &str| matches!(part, "x" | "X" | "*");
        let valid = parts.len() <= 3
            && parts.iter().all(|part| {
                wildcard(part) || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            });
        if !valid {
            return None;
        }
        let open = parts.iter().position(|part| wildcard(part));
        let open_from = open.unwrap_or(parts.len());
        let mut fixed: Vec<&str> = parts.iter().take(open_from).copied().collect();
        fixed.resize(3, "0");
        let mut written = fixed.join(".");
        if let Some(before) = before {
            written = format!("{written}-{before}");
        }
        if let Some(metadata) = metadata.filter(|_| open_from == 3) {
            written = format!("{written}+{metadata}");
        }
        Some(Self {
            operator: operator.to_owned(),
            version: Version::parse(&written)?,
            open_from,
        })
    }

    fn fits(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let dirty = self.open_from < 3;
        let minor_open = self.open_from == 1;
        let patch_open = self.open_from == 2;
        let only_releases = !version.before.is_empty() && wanted.before.is_empty();
        let ordering = version.compare(wanted);
        let operator = self.operator.as_str();
        if only_releases && (dirty || operator != "!=") {
            return false;
        }
        match operator {
            "!=" if dirty => {
                if wanted.major != version.major {
                    return true;
                }
                if wanted.minor != version.minor && !minor_open {
                    return true;
                }
                if minor_open {
                    return false;
                }
                if wanted.patch != version.patch && !patch_open {
                    return true;
                }
                if patch_open {
                    return compare_before(&version.before, &wanted.before).is_ne();
                }
                ordering.is_ne()
            }
            "!=" => ordering.is_ne(),
            ">" if dirty && version.major != wanted.major => version.major > wanted.major,
            ">" if minor_open => false,
            ">" if patch_open => version.minor > wanted.minor,
            ">" => ordering.is_gt(),
            "<" => ordering.is_lt(),
            ">=" | "=>" => ordering.is_ge(),
            "<=" | "=<" if dirty => {
                version.major < wanted.major
                    || version.major == wanted.major
                        && (version.minor <= wanted.minor || minor_open)
            }
            "<=" | "=<" => ordering.is_le(),
            "^" => self.caret(version, ordering),
            "" | "=" if !dirty => ordering.is_eq(),
            _ => {
                let zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
                ordering.is_ge()
                    && (zero && !minor_open && !patch_open
                        || version.major == wanted.major
                            && (version.minor == wanted.minor || minor_open))
            }
        }
    }

    fn caret(&self, version: &Version, ordering: Ordering) -> bool {
        let wanted = &self.version;
        if ordering.is_lt() {
            return false;
        }
        if wanted.major > 0 || self.open_from == 1 {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.open_from == 2 {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
