//! From files to documents.

use crate::deploy::Failure;
use crate::inputs::{InputError, InputErrorKind, Inputs, is_pattern, join};
use crate::registry::Spanned;
use crate::source::{Fragment, Node, Problem, Syntax, read as read_text};

/// The documents of manifests, and what does not parse.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pub(super) documents: Vec<Node>,
    pub(super) malformed: Vec<Problem>,
}

/// Reads files, patterns and directories, each file once.
pub(super) fn read(inputs: &mut Inputs, files: &[Spanned<String>]) -> (Manifests, Vec<Failure>) {
    let mut found = Manifests::default();
    let mut failures = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for file in files {
        match expand(inputs, &file.value) {
            Ok(paths) if paths.is_empty() => {
                let message = format!(
                    "`{}` names no manifest; a directory's `.yaml`, `.yml` and `.json` files are read",
                    file.value
                );
                let failure = Failure::new(message, Some(file.span));
                failures.push(if is_pattern(&file.value) {
                    failure.missing(&file.value)
                } else {
                    failure
                });
            }
            Ok(paths) => {
                for path in paths {
                    if !seen.insert(path.clone()) {
                        continue;
                    }
                    if let Err(error) = read_file(inputs, &path, &mut found) {
                        failures.push(Failure::unread(&error, Some(file.span)));
                    }
                }
            }
            Err(error) => failures.push(Failure::unread(&error, Some(file.span))),
        }
    }
    (found, failures)
}

fn read_file(inputs: &mut Inputs, path: &str, found: &mut Manifests) -> Result<(), InputError> {
    let id = inputs.read(path)?;
    let fragment = Fragment::of_source(inputs.sources(), id);
    let syntax = match Syntax::of_path(path) {
        Some(Syntax::Json) => Syntax::Json,
        _ => Syntax::Yaml,
    };
    let documents = read_text(inputs.sources_mut(), &fragment, syntax);
    found.documents.extend(documents.roots);
    found.malformed.extend(documents.problems);
    Ok(())
}

/// The files that an entry of the policy names.
fn expand(inputs: &mut Inputs, path: &str) -> Result<Vec<String>, InputError> {
    if is_pattern(path) {
        return inputs.glob(path);
    }
    match inputs.read(path) {
        Err(error) if error.kind == InputErrorKind::NotAFile => {}
        _ => return Ok(vec![path.to_owned()]),
    }
    let entries = inputs.list(path)?;
    let is_manifest =
        |name: &str| matches!(Syntax::of_path(name), Some(Syntax::Yaml | Syntax::Json));
    Ok(entries
        .into_iter()
        .filter(|entry| !entry.is_directory && is_manifest(&entry.name))
        .map(|entry| join(path, &entry.name))
        .collect())
}
