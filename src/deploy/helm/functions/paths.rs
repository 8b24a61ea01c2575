//! Sprig's functions on paths, as Go's `path` has them.

use super::super::template::value::Value;
use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base", "s", |_, a| Ok(base(&a.text(0)).into())),
    Function::new("dir", "s", |_, a| Ok(dir(&a.text(0)).into())),
    Function::new("clean", "s", |_, a| Ok(clean(&a.text(0)).into())),
    Function::new("ext", "s", |_, a| Ok(ext(&a.text(0)).into())),
    Function::new("isAbs", "s", |_, a| {
        Ok(Value::bool(a.text(0).starts_with('/')))
    }),
    Function::new("osBase", "s", |_, a| Ok(base(&a.text(0)).into())),
    Function::new("osDir", "s", |_, a| Ok(dir(&a.text(0)).into())),
    Function::new("osClean", "s", |_, a| Ok(clean(&a.text(0)).into())),
    Function::new("osExt", "s", |_, a| Ok(ext(&a.text(0)).into())),
    Function::new("osIsAbs", "s", |_, a| {
        Ok(Value::bool(a.text(0).starts_with('/')))
    }),
];

/// The last part of a path.
pub(crate) fn base(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let trimmed = path.trim_end_matches('/');
    let last = trimmed.rsplit('/').next().unwrap_or_default();
    if last.is_empty() { "/" } else { last }.to_owned()
}

fn dir(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    clean(path.get(..end).unwrap_or_default())
}

fn ext(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let dot = last.rfind('.');
    dot.and_then(|at| last.get(at..))
        .unwrap_or_default()
        .to_owned()
}

/// The shortest path that names the same.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
