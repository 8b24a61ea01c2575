//! Paths as they are written, without a look at the disk.

use std::path::{Component, Path};

/// A path relative to the root without `.` and `..` parts; `None` if it leaves the root or is absolute.
pub fn normalize(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// A path relative to the directory of a file, both relative to the root. It may still hold `..` parts
/// that leave the root, which reading it refuses.
pub fn beside(file: &str, path: &str) -> String {
    join(parent(file), path)
}

/// The directory of a path, `""` for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A path relative to a directory, both relative to the root; an absolute path stays as it is.
pub fn join(directory: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let joined = if directory.is_empty() {
        path.to_owned()
    } else {
        format!("{directory}/{path}")
    };
    normalize(&joined).unwrap_or(joined)
}

/// Whether a path holds `*` or `?`.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// Whether a name fits a pattern of `*` and `?`, in time linear in both for each `*`.
pub fn matches(pattern: &str, name: &str) -> bool {
    if pattern.is_ascii() && name.is_ascii() {
        return fits(pattern.as_bytes(), name.as_bytes(), &b'*', &b'?');
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    fits(&pattern, &name, &'*', &'?')
}

fn fits<C: PartialEq>(pattern: &[C], name: &[C], any: &C, one: &C) -> bool {
    let (mut at_pattern, mut at_name) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some(expected) if expected == any => {
                at_pattern += 1;
                retry = Some((at_pattern, at_name));
            }
            Some(expected) if expected == one || *expected == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    at_pattern = after_star;
                    at_name = from + 1;
                    retry = Some((after_star, at_name));
                }
                None => return false,
            },
        }
    }
    pattern[at_pattern..].iter().all(|rest| rest == any)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_question_mark_stands_for_one_character_and_an_asterisk_for_any_number() {
        for (pattern, name) in [
            ("", ""),
            ("a.yaml", "a.yaml"),
            ("*.yaml", "a.b.yaml"),
            ("a*b*c", "a-b-b-c"),
            ("?.toml", "a.toml"),
            ("?.toml", "é.toml"),
            ("é*", "écran"),
            ("**", "a"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "a"),
            ("*.yaml", "a.yml"),
            ("a*b*c", "a-b-c-d"),
            ("?", ""),
            ("?", "ab"),
            ("é", "e"),
            (".?*", "."),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
