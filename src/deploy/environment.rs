//! The variables that a workload's process sees.

use super::Variable;

/// Variables by name, in the order of their names.
///
/// A fleet has one for each workload and never changes it, so it takes up no more than its variables do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Box<[(Box<str>, Variable)]>,
}

impl Environment {
    /// A variable, if it is set.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        let compared = |(own, _): &(Box<str>, Variable)| (**own).cmp(name);
        let at = self.variables.binary_search_by(compared).ok()?;
        self.variables.get(at).map(|(_, variable)| variable)
    }

    /// Whether a variable is set.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether no variable is set.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// The variables with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        let variables = self.variables.iter();
        variables.map(|(name, variable)| (&**name, variable))
    }
}

/// Of several variables of one name the last counts.
impl FromIterator<(String, Variable)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, Variable)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        let mut variables: Vec<(Box<str>, Variable)> = variables
            .map(|(name, variable)| (name.into_boxed_str(), variable))
            .collect();
        variables.sort_by(|(one, _), (other, _)| one.cmp(other));
        variables.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        Self {
            variables: variables.into_boxed_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::deploy::Known;
    use crate::source::{Sources, Span};

    fn variable(text: String, span: Span) -> Variable {
        Variable {
            value: Known::Text(text),
            name_span: span,
            value_span: span,
        }
    }

    proptest! {
        #[test]
        fn an_environment_is_a_map_of_the_last_variable_of_each_name(
            set in prop::collection::vec(("[a-c]{0,2}", "[a-z]{0,3}"), 0..40),
            asked in "[a-d]{0,2}",
        ) {
            let mut sources = Sources::new();
            let id = sources.add("x.env", "");
            let span = sources.whole(id);
            let set = set.into_iter().map(|(name, text)| (name, variable(text, span)));
            let map: BTreeMap<String, Variable> = set.clone().collect();
            let environment: Environment = set.collect();
            prop_assert_eq!(environment.is_empty(), map.is_empty());
            prop_assert_eq!(environment.get(&asked), map.get(&asked));
            prop_assert_eq!(environment.contains(&asked), map.contains_key(&asked));
            let expected = map.iter().map(|(name, variable)| (name.as_str(), variable));
            prop_assert!(environment.iter().eq(expected));
        }
    }
}
