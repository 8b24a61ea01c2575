//! Which keys of a store have an owner.

use std::collections::BTreeSet;

use super::Expectation;
use crate::key::{Shape, Work};
use crate::registry::KeyDeclaration;
use crate::resolve::{Deployment, Model};

/// The keys that somebody owns in a deployment's store: those of all descriptors, whether or not the deployment runs them, those that
/// its workloads name in place of a descriptor's, and those that services write their templates to.
#[derive(Debug, Clone, Default)]
pub struct Owned {
    keys: BTreeSet<String>,
    templates: Vec<Shape>,
    prefixes: BTreeSet<String>,
}

impl Owned {
    /// The keys that a service of the deployment owns: expected ones, and those that its descriptors and templates name.
    pub fn of(model: &Model, deployment: &Deployment) -> Self {
        let mut owned = Self::default();
        for descriptor in &model.services {
            let text = &descriptor.key.text().value;
            owned.prefixes.extend(prefix(text));
            match &descriptor.key {
                KeyDeclaration::Key(_) => {
                    owned.keys.insert(text.clone());
                }
                KeyDeclaration::Template(_) => owned.templates.push(Shape::new(text)),
            }
            owned.keys.extend(model.policy.template_key_of(descriptor));
        }
        let expected = Expectation::of(model, deployment, &[]).keys;
        owned.keys.extend(expected.into_iter().map(|one| one.key));
        owned
    }

    /// The beginnings that the registry's keys have, each to its last `/`, before the first variable. None begins with another.
    pub fn prefixes(&self) -> Vec<&str> {
        let mut kept: Vec<&str> = Vec::new();
        // A prefix comes right before those that begin with it.
        for prefix in &self.prefixes {
            if kept.last().is_none_or(|last| !prefix.starts_with(last)) {
                kept.push(prefix);
            }
        }
        kept
    }

    /// Whether somebody owns a key. The key of any instance of a key template is owned, whether or not the policy states the instance.
    pub fn has(&self, key: &str) -> bool {
        if self.keys.contains(key) {
            return true;
        }
        let shape = Shape::new(key);
        self.templates
            .iter()
            .any(|template| template.may_be(&shape, &mut Work::default()))
    }
}

/// A key or template to its last `/` before the first variable; without any, to its first `.`. A key with neither has none, as it would
/// be that of every key.
fn prefix(text: &str) -> Option<String> {
    let fixed = text.split_once("{{").map_or(text, |(fixed, _)| fixed);
    let end = fixed.rfind('/').or_else(|| fixed.find('.'))?;
    fixed.get(..=end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Owned, prefix};
    use crate::key::Shape;

    #[test]
    fn the_prefix_of_a_key_ends_before_its_last_part_and_before_its_first_variable() {
        for (key, expected) in [
            ("config/trapd.json", Some("config/")),
            ("a/b/c.json", Some("a/b/")),
            ("agents/{{agent_id}}.json", Some("agents/")),
            ("agents/{{agent_id}}/checks/{{check}}.json", Some("agents/")),
            ("config/agent-{{agent_id}}.json", Some("config/")),
            ("config.trapd.json", Some("config.")),
            ("{{agent_id}}/config.json", None),
            ("trapd", None),
        ] {
            assert_eq!(prefix(key).as_deref(), expected, "{key}");
        }
    }

    #[test]
    fn the_keys_of_all_instances_of_a_template_are_owned() {
        let owned = Owned {
            templates: vec![Shape::new("agents/{{agent_id}}/config.json")],
            keys: ["config/trapd.json".to_owned()].into(),
            ..Owned::default()
        };
        for key in [
            "agents/a1/config.json",
            "agents/other/config.json",
            "config/trapd.json",
        ] {
            assert!(owned.has(key), "{key}");
        }
        for key in [
            "agents/a1/config.toml",
            "agents/a1/b/config.json",
            "agents/config.json",
            "config/trapdd.json",
        ] {
            assert!(!owned.has(key), "{key}");
        }
    }

    #[test]
    fn a_prefix_within_another_is_not_listed_twice() {
        let prefixes = ["a/", "a/b/", "a/c/", "config/", "b/"];
        let owned = Owned {
            prefixes: prefixes.into_iter().map(str::to_owned).collect(),
            ..Owned::default()
        };
        assert_eq!(owned.prefixes(), ["a/", "b/", "config/"]);
    }
}
