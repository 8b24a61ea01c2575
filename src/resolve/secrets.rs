//! Which fields no template may carry.

use super::SecretPattern;
use super::pointers::did_you_mean;
use crate::deploy::Failure;
use crate::inputs::Inputs;
use crate::policy::Policy;
use crate::source::{Fragment, Names, Node, Syntax, read};

/// The policy's own patterns and those of the files it imports. Where one of these cannot be used, a failure tells it.
pub fn secret_patterns(
    policy: &Policy,
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
) -> Vec<SecretPattern> {
    let mut patterns: Vec<SecretPattern> = policy
        .secrets
        .fields
        .iter()
        .map(|field| SecretPattern::new(&field.value, field.span))
        .collect();
    for (file, pointer) in &policy.secrets.imports {
        let mut fail = |message: String, span| failures.push(Failure::new(message, span));
        let id = match inputs.read(&file.value) {
            Ok(id) => id,
            Err(error) => {
                let message = format!("the secret fields' file {error}");
                failures.push(Failure::new(message, Some(file.span)).because_of(&error));
                continue;
            }
        };
        let syntax = Syntax::of_path(&file.value).unwrap_or(Syntax::Json);
        let fragment = Fragment::of_source(inputs.sources(), id);
        let documents = read(inputs.sources_mut(), &fragment, syntax);
        if let Some(problem) = documents.problems.first() {
            fail(
                format!(
                    "the secret fields' file `{}` does not parse: {}",
                    file.value, problem.message
                ),
                Some(problem.span),
            );
            continue;
        }
        let items = documents
            .single()
            .and_then(|root| root.pointer(&pointer.value)?.as_sequence());
        let imported: Vec<SecretPattern> = items
            .unwrap_or_default()
            .iter()
            .filter_map(|item| {
                let table = item.get("table")?.as_str()?;
                let key = item.get("key")?.as_str()?;
                let path = if table == "*" {
                    format!("**.{key}")
                } else {
                    format!("{table}.{key}")
                };
                Some(SecretPattern::new(&path, item.span))
            })
            .collect();
        let is_there = |root: &Node| root.pointer(&pointer.value).is_some();
        let hint = match documents.single() {
            Some(root) if !is_there(root) => did_you_mean(root, &pointer.value, Names::Exact),
            _ => String::new(),
        };
        if imported.len() != items.map_or(0, <[_]>::len) || imported.is_empty() {
            let message = format!(
                "`{}` has no list of `{{\"table\": …, \"key\": …}}` at `{}`, so secrets would go unnoticed{hint}",
                file.value, pointer.value
            );
            fail(message, Some(pointer.span));
        }
        patterns.extend(imported);
    }
    patterns
}
