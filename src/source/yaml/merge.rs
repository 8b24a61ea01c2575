//! The merge key, `<<`.

use crate::source::{Key, Mapping, Node, Problem, Value};

/// Adds the entries of a merge key's value that the mapping does not have, after its own. Of several
/// merged mappings the earlier one wins. Gives what is wrong with the value.
pub(super) fn merge(mapping: &mut Mapping, key: &Key, value: Node) -> Option<Problem> {
    let unfit = match value.value {
        Value::Mapping(merged) => {
            merge_one(mapping, merged);
            false
        }
        Value::Sequence(items) => {
            let mut unfit = false;
            for item in items {
                match item.value {
                    Value::Mapping(merged) => merge_one(mapping, merged),
                    _ => unfit = true,
                }
            }
            unfit
        }
        Value::Scalar(_) => true,
    };
    unfit.then(|| {
        let message = "the value of the merge key `<<` must be a mapping or a list of mappings";
        Problem::new(key.span, message)
    })
}

fn merge_one(mapping: &mut Mapping, merged: Mapping) {
    for entry in merged.into_entries() {
        if mapping.entry(&entry.key.text).is_none() {
            mapping.insert(entry);
        }
    }
}
