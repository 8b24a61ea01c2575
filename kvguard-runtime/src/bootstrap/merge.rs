//! One tree over another.

use crate::format::{Mapping, Tree};

/// Puts a tree over another: mappings are merged at every depth, all else takes the place of what was there.
pub(super) fn merge(under: &mut Mapping, over: Mapping) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Tree::Object(under)), Tree::Object(over)) => merge(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Mapping, Tree, merge};

    fn merged(under: &Mapping, over: &Mapping) -> Mapping {
        let mut under = under.clone();
        merge(&mut under, over.clone());
        under
    }

    fn mapping(tree: Tree) -> Mapping {
        match tree {
            Tree::Object(mapping) => mapping,
            _ => Mapping::new(),
        }
    }

    #[test]
    fn mappings_are_merged_and_all_else_is_replaced() {
        let under =
            json!({"a": {"b": 1, "c": {"d": 2}}, "list": [1, 2], "kept": "x", "gone": {"y": 1}});
        let over = json!({"a": {"c": {"e": 3}, "b": null}, "list": [], "gone": 7, "new": {"z": 1}});
        assert_eq!(
            Tree::Object(merged(&mapping(under), &mapping(over))),
            json!({
                "a": {"b": null, "c": {"d": 2, "e": 3}},
                "list": [], "kept": "x", "gone": 7, "new": {"z": 1},
            })
        );
    }

    fn mappings() -> impl Strategy<Value = Mapping> {
        let leaf = prop_oneof![
            Just(Tree::Null),
            any::<u8>().prop_map(Tree::from),
            "[xy]{0,2}".prop_map(Tree::from),
            prop::collection::vec(any::<u8>().prop_map(Tree::from), 0..3).prop_map(Tree::Array),
        ];
        let tree = leaf.prop_recursive(4, 40, 4, |inner| {
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|entries| Tree::Object(entries.into_iter().collect()))
        });
        prop::collection::btree_map("[abc]", tree, 0..4)
            .prop_map(|entries| entries.into_iter().collect())
    }

    /// The paths of all leaves, and of mappings with nothing in them.
    fn leaves(tree: &Tree, path: &str, found: &mut Vec<(String, Tree)>) {
        match tree {
            Tree::Object(entries) if !entries.is_empty() => {
                for (name, value) in entries {
                    leaves(value, &format!("{path}/{name}"), found);
                }
            }
            leaf => found.push((path.to_owned(), leaf.clone())),
        }
    }

    fn all_leaves(mapping: &Mapping) -> Vec<(String, Tree)> {
        let mut found = Vec::new();
        for (name, value) in mapping {
            leaves(value, &format!("/{name}"), &mut found);
        }
        found
    }

    proptest! {
        #[test]
        fn nothing_over_or_under_changes_nothing(tree in mappings()) {
            prop_assert_eq!(&merged(&tree, &Mapping::new()), &tree);
            prop_assert_eq!(&merged(&Mapping::new(), &tree), &tree);
        }

        #[test]
        fn the_same_again_changes_nothing(under in mappings(), over in mappings()) {
            let once = merged(&under, &over);
            prop_assert_eq!(&merged(&once, &over), &once);
        }

        #[test]
        fn every_leaf_of_what_goes_over_is_there(under in mappings(), over in mappings()) {
            let result = Tree::Object(merged(&under, &over));
            for (path, leaf) in all_leaves(&over) {
                match (&leaf, result.pointer(&path)) {
                    // A mapping with nothing in it adds nothing.
                    (Tree::Object(_), Some(Tree::Object(_))) => {}
                    (leaf, found) => prop_assert_eq!(found, Some(leaf)),
                }
            }
        }

        #[test]
        fn what_nothing_goes_over_stays(under in mappings(), over in mappings()) {
            let result = Tree::Object(merged(&under, &over));
            let over = Tree::Object(over);
            for (path, leaf) in all_leaves(&under) {
                let is_touched = path.match_indices('/').map(|(end, _)| end).chain([path.len()])
                    .filter(|end| *end > 0)
                    .any(|end| !matches!(over.pointer(&path[..end]), None | Some(Tree::Object(_))))
                    || over.pointer(&path).is_some();
                if !is_touched {
                    prop_assert_eq!(result.pointer(&path), Some(&leaf));
                }
            }
        }
    }
}
