//! Secret fields: what is never written, and below which nothing is named.

use crate::format::{Mapping, Tree};

/// Which fields are secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secrets(Vec<Pattern>);

/// A dotted path, in which `*` stands for any one name and a leading `**.` for any way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    parts: Vec<String>,
    is_anywhere: bool,
}

impl Pattern {
    fn new(path: &str) -> Self {
        let rest = path.strip_prefix("**.");
        Self {
            parts: rest.unwrap_or(path).split('.').map(str::to_owned).collect(),
            is_anywhere: rest.is_some(),
        }
    }

    /// Names on the way are separate, so that one that holds a dot is one; a pattern may still spell it as several.
    fn matches(&self, path: &[&str]) -> bool {
        let split: Vec<&str> = path.iter().flat_map(|name| name.split('.')).collect();
        let Some(extra) = split.len().checked_sub(self.parts.len()) else {
            return false;
        };
        (extra == 0 || self.is_anywhere)
            && self
                .parts
                .iter()
                .zip(&split[extra..])
                .all(|(part, name)| part == "*" || part == name)
    }
}

impl Secrets {
    pub(super) fn new(paths: &[String]) -> Self {
        Self(paths.iter().map(|path| Pattern::new(path)).collect())
    }

    /// Whether just this path is that of a secret.
    pub(super) fn is_secret(&self, path: &[&str]) -> bool {
        self.0.iter().any(|pattern| pattern.matches(path))
    }

    /// Takes all secret fields out, whatever they hold.
    pub(super) fn remove(&self, mapping: &mut Mapping) {
        self.remove_below(mapping, &mut Vec::new());
    }

    fn remove_below(&self, mapping: &mut Mapping, path: &mut Vec<String>) {
        mapping.retain(|name, value| {
            path.push(name.clone());
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let is_kept = !self.is_secret(&names);
            if is_kept {
                self.remove_in(value, path);
            }
            path.pop();
            is_kept
        });
    }

    fn remove_in(&self, tree: &mut Tree, path: &mut Vec<String>) {
        match tree {
            Tree::Object(mapping) => self.remove_below(mapping, path),
            Tree::Array(items) => {
                for item in items {
                    self.remove_in(item, path);
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => {}
        }
    }

    /// The paths of secret fields that hold something, sorted.
    pub(super) fn carried(&self, mapping: &Mapping) -> Vec<String> {
        let mut found = Vec::new();
        self.find_in_mapping(mapping, &mut Vec::new(), &mut found);
        found.sort();
        found.dedup();
        found
    }

    fn find_in_mapping<'t>(
        &self,
        mapping: &'t Mapping,
        path: &mut Vec<&'t str>,
        found: &mut Vec<String>,
    ) {
        for (name, value) in mapping {
            path.push(name);
            if self.is_secret(path) {
                if !super::critical::is_empty(value) {
                    found.push(path.join("."));
                }
            } else {
                self.find_in(value, path, found);
            }
            path.pop();
        }
    }

    fn find_in<'t>(&self, tree: &'t Tree, path: &mut Vec<&'t str>, found: &mut Vec<String>) {
        match tree {
            Tree::Object(mapping) => self.find_in_mapping(mapping, path, found),
            Tree::Array(items) => {
                for item in items {
                    self.find_in(item, path, found);
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Secrets, Tree};

    fn without(patterns: &[&str], tree: Tree) -> Tree {
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        let Tree::Object(mut mapping) = tree else {
            panic!("a mapping is needed");
        };
        let secrets = Secrets::new(&patterns);
        secrets.remove(&mut mapping);
        assert_eq!(secrets.carried(&mapping), Vec::<String>::new());
        Tree::Object(mapping)
    }

    #[test]
    fn a_path_is_taken_out_with_all_below_it_and_through_lists() {
        assert_eq!(
            without(
                &["database.password", "outputs.token", "tls"],
                json!({
                    "database": {"password": "x", "host": "h"},
                    "outputs": [{"token": "x", "kind": "k"}, [{"token": "x"}]],
                    "tls": {"key": "x"},
                    "password": "another field",
                })
            ),
            json!({
                "database": {"host": "h"},
                "outputs": [{"kind": "k"}, [{}]],
                "password": "another field",
            })
        );
    }

    #[test]
    fn wildcards_stand_for_one_name_or_any_way() {
        assert_eq!(
            without(
                &["**.token", "siren.*", "a.*.key"],
                json!({"token": 1, "x": {"y": {"token": 2}}, "siren": {"b": 1}, "a": {"b": {"key": 1}, "key": 2}})
            ),
            json!({"x": {"y": {}}, "siren": {}, "a": {"b": {}, "key": 2}})
        );
    }

    #[test]
    fn a_name_with_a_dot_hides_no_secret() {
        assert_eq!(
            without(
                &["database.password", "**.token"],
                json!({"database.password": "x", "a.token": "x", "a": {"b.token": "x"}})
            ),
            json!({"a": {}})
        );
    }
}
