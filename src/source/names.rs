//! How whoever reads a file tells the names in it apart.

use super::bytes;
use super::node::unescaped;
use super::{Entry, Mapping, Node, Problem, Value};

/// How whoever reads a file tells the names in it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Letter by letter.
    #[default]
    Exact,
    /// As Go's `encoding/json` does for the fields of a struct: in any case of letters, and of several the last one holds.
    AnyCase,
}

impl Names {
    /// Whether two names are the same one.
    pub fn are_same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Exact => one == other,
            Self::AnyCase if one.is_ascii() && other.is_ascii() => one.eq_ignore_ascii_case(other),
            Self::AnyCase => folded(one).eq(folded(other)),
        }
    }

    /// The entry of a name that holds.
    pub fn entry<'n>(self, mapping: &'n Mapping, name: &str) -> Option<&'n Entry> {
        match self {
            Self::Exact => mapping.entry(name),
            Self::AnyCase => self.entries(mapping, name).next_back(),
        }
    }

    /// The value of a name that holds, if a node is a mapping that has it.
    pub fn get<'n>(self, node: &'n Node, name: &str) -> Option<&'n Node> {
        let entry = self.entry(node.as_mapping()?, name)?;
        Some(&entry.value)
    }

    /// The node that a JSON pointer (RFC 6901) names.
    pub fn pointer<'n>(self, root: &'n Node, pointer: &str) -> Option<&'n Node> {
        if self == Self::Exact {
            return root.pointer(pointer);
        }
        parts(pointer).try_fold(root, |node, part| match &node.value {
            Value::Mapping(_) => self.get(node, &unescaped(part)),
            Value::Sequence(items) => items.get(part.parse::<usize>().ok()?),
            Value::Scalar(_) => None,
        })
    }

    /// The names on the way of a JSON pointer that stand there more than once, though not letter by letter.
    pub fn doubled_on_the_way(self, root: &Node, pointer: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut node = root;
        for part in parts(pointer) {
            let part = unescaped(part);
            problems.extend(self.doubled(node, &part));
            let next = match &node.value {
                Value::Sequence(items) => part.parse().ok().and_then(|item: usize| items.get(item)),
                _ => self.get(node, &part),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        problems
    }

    /// A name that a mapping holds more than once, though not letter by letter.
    pub fn doubled(self, node: &Node, name: &str) -> Option<Problem> {
        let mut entries = self.entries(node.as_mapping()?, name);
        let last = entries.next_back()?;
        let first = entries.next()?;
        let mut problem = Problem::duplicate_key(&last.key.text, last.key.span, first.key.span);
        problem.message.push_str(
            ": the store takes names in any case, and the last one holds; take one of them away",
        );
        Some(problem)
    }

    fn entries<'n>(
        self,
        mapping: &'n Mapping,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = &'n Entry> {
        let entries = mapping.entries().iter();
        entries.filter(move |entry| self.are_same(&entry.key.text, name))
    }
}

/// The parts of a JSON pointer, as they are written.
fn parts(pointer: &str) -> impl Iterator<Item = &str> {
    let start = bytes::position(pointer.as_bytes(), b'/').map_or(pointer.len(), |slash| slash + 1);
    let rest = &pointer[start..];
    let is_root = start == pointer.len() && !pointer.ends_with('/');
    rest.split('/').filter(move |_| !is_root)
}

/// A name without the case of its letters: the long s is an s, and the sign of kelvin is a k.
fn folded(name: &str) -> impl Iterator<Item = char> {
    let upper = name.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{Names, parts};

    #[test]
    fn names_differ_in_case_only_as_go_sees_it() {
        for (one, other) in [
            ("role", "Role"),
            ("ROLES", "roles"),
            ("keys", "\u{212a}ey\u{17f}"),
        ] {
            assert!(Names::AnyCase.are_same(one, other), "{one} {other}");
            assert!(!Names::Exact.are_same(one, other), "{one} {other}");
        }
        assert!(!Names::AnyCase.are_same("role", "roles"));
        assert!(Names::Exact.are_same("role", "role"));
    }

    #[test]
    fn the_parts_of_a_pointer_stand_between_its_slashes() {
        for (pointer, expected) in [
            ("", &[] as &[&str]),
            ("/", &[""]),
            ("/rbac/roles", &["rbac", "roles"]),
        ] {
            assert_eq!(parts(pointer).collect::<Vec<_>>(), expected, "{pointer}");
        }
    }
}
