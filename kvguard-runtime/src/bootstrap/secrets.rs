//! Secret fields: what is never written, and below which nothing is named.

use kvguard_contract::FieldPattern;

use crate::format::{Mapping, Tree};

/// Which fields are secret, as the guard tells them: what is not secret by the policy stays, with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secrets {
    patterns: Vec<FieldPattern>,
    ignored: Vec<FieldPattern>,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A secret, with all that is below it.
    Secret,
    /// By the policy none, with all that is below it.
    NoSecret,
    /// Not named; what is below it may be.
    Other,
}

impl Secrets {
    pub(crate) fn new(secret: &[String], not: &[String]) -> Self {
        let patterns =
            |paths: &[String]| paths.iter().map(|path| FieldPattern::new(path)).collect();
        Self {
            patterns: patterns(secret),
            ignored: patterns(not),
        }
    }

    fn kind<Name: AsRef<str>>(&self, path: &[Name]) -> Kind {
        let is_named =
            |patterns: &[FieldPattern]| patterns.iter().any(|pattern| pattern.matches(path));
        if is_named(&self.ignored) {
            Kind::NoSecret
        } else if is_named(&self.patterns) {
            Kind::Secret
        } else {
            Kind::Other
        }
    }

    /// Whether just this path is that of a secret.
    pub(super) fn is_secret<Name: AsRef<str>>(&self, path: &[Name]) -> bool {
        self.kind(path) == Kind::Secret
    }

    /// Whether just this path is that of a field that is no secret by the policy.
    pub(super) fn is_exempt<Name: AsRef<str>>(&self, path: &[Name]) -> bool {
        self.kind(path) == Kind::NoSecret
    }

    /// Takes all secret fields out, whatever they hold.
    pub(crate) fn remove(&self, mapping: &mut Mapping) {
        self.remove_below(mapping, &mut Vec::new());
    }

    fn remove_below(&self, mapping: &mut Mapping, path: &mut Vec<String>) {
        mapping.retain(|name, value| {
            path.push(name.clone());
            let kind = self.kind(path);
            if kind == Kind::Other {
                self.remove_in(value, path);
            }
            path.pop();
            kind != Kind::Secret
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
            match self.kind(path) {
                Kind::Secret if super::critical::is_empty(value) => {}
                Kind::Secret => found.push(path.join(".")),
                Kind::NoSecret => {}
                Kind::Other => self.find_in(value, path, found),
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
        let secrets = Secrets::new(&patterns, &["**.token_length".to_owned()]);
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
    fn case_hides_no_secret() {
        assert_eq!(
            without(
                &["**.token", "Database.Password"],
                json!({"Token": 1, "database": {"PASSWORD": "x"}, "a": [{"TOKEN": {"b": 1}}]})
            ),
            json!({"database": {}, "a": [{}]})
        );
    }

    #[test]
    fn what_the_policy_says_is_no_secret_stays_with_all_below_it() {
        assert_eq!(
            without(
                &["siren.*", "**.token", "**.token_length"],
                json!({"siren": {"token_length": {"token": 8}, "code": 1}, "token": 2})
            ),
            json!({"siren": {"token_length": {"token": 8}}})
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

    #[test]
    fn a_wildcard_stands_for_a_name_with_dots() {
        assert_eq!(
            without(
                &["hosts.*.password"],
                json!({"hosts": {
                    "db.example.com": {"password": "x", "port": 1},
                    "db": {"password": "x"},
                    "a": {"b": {"password": "another field"}},
                }})
            ),
            json!({"hosts": {
                "db.example.com": {"port": 1},
                "db": {},
                "a": {"b": {"password": "another field"}},
            }})
        );
    }
}
