//! What the policy's pointers name, and what one that leads nowhere was probably meant to name.

use crate::source::{Names, Node, unescaped};
use crate::suggest::nearest;

/// How deep and at how many places a name is looked for that is not where a pointer says.
const MAX_DEPTH: usize = 8;
const MAX_PLACES: usize = 10_000;

/// The end of a message about a pointer that leads nowhere: the pointer that was probably meant, if there is one.
pub(super) fn did_you_mean(root: &Node, pointer: &str, names: Names) -> String {
    meant(root, pointer, names)
        .map(|meant| format!("; did you mean `{meant}`?"))
        .unwrap_or_default()
}

/// The pointer that was probably meant: with a name that is nearly the one that is missing, or to the same name at another place.
pub(super) fn meant(root: &Node, pointer: &str, names: Names) -> Option<String> {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let reached = |count: usize| names.pointer(root, &joined(&parts[..count]));
    let known = (0..parts.len())
        .rev()
        .find(|count| reached(*count).is_some())?;
    let siblings = reached(known)?
        .as_mapping()
        .map_or(&[][..], |found| found.entries());
    let siblings = siblings.iter().map(|entry| &*entry.key.text);
    if let Some(near) = nearest(&unescaped(parts[known]), siblings) {
        let rest = &parts[known + 1..];
        let mut corrected = parts[..known].to_vec();
        let near = escaped(near);
        corrected.push(&near);
        corrected.extend(rest);
        let corrected = joined(&corrected);
        if names.pointer(root, &corrected).is_some() {
            return Some(corrected);
        }
    }
    let last = unescaped(parts.last()?);
    let mut places = MAX_PLACES;
    elsewhere(root, &last, names, "", MAX_DEPTH, &mut places)
}

/// Where a name stands, at whatever place.
fn elsewhere(
    node: &Node,
    name: &str,
    names: Names,
    path: &str,
    depth: usize,
    places: &mut usize,
) -> Option<String> {
    let entries = node.as_mapping()?.entries();
    *places = places.checked_sub(entries.len())?;
    if names.get(node, name).is_some() {
        return Some(format!("{path}/{}", escaped(name)));
    }
    let depth = depth.checked_sub(1)?;
    entries.iter().find_map(|entry| {
        let path = format!("{path}/{}", escaped(&entry.key.text));
        elsewhere(&entry.value, name, names, &path, depth, places)
    })
}

fn joined(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("/{part}")).collect()
}

/// A name as a part of a pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
