//! Reads the directories that the policy tells.

use std::collections::BTreeSet;

use super::{Code, Mention, ServiceCode, rust};
use crate::deploy::Failure;
use crate::inputs::{Entry, Inputs};
use crate::policy::Policy;

/// Reads the code of every service whose directories the policy tells.
pub(crate) fn read(policy: &Policy, inputs: &mut Inputs, failures: &mut Vec<Failure>) -> Code {
    let mut code = Code::default();
    for (service, stated) in &policy.services {
        let Some(first) = stated.sources.first() else {
            continue;
        };
        let mut files = BTreeSet::new();
        for directory in &stated.sources {
            match files_in(&directory.value, inputs) {
                Ok(found) => files.extend(found),
                Err(message) => failures.push(Failure::new(message, Some(directory.span))),
            }
        }
        let mut mentions = Vec::new();
        let mut is_known = false;
        for path in files {
            is_known |= read_file(&path, inputs, failures, &mut mentions, &mut code);
        }
        if is_known {
            code.services.push(ServiceCode {
                service: service.clone(),
                directory: first.clone(),
                mentions,
            });
        }
    }
    code
}

fn files_in(directory: &str, inputs: &mut Inputs) -> Result<Vec<String>, String> {
    if !inputs.is_directory(directory) {
        return Err(format!(
            "there is no directory `{directory}`, where the policy says that a service's code is; restore it, or write in the service's `sources` where the code is now"
        ));
    }
    let mut files = Vec::new();
    let mut left = vec![directory.trim_end_matches('/').to_owned()];
    while let Some(directory) = left.pop() {
        let entries = inputs.list(&directory).map_err(|error| error.to_string())?;
        for Entry { name, is_directory } in entries {
            let path = crate::inputs::join(&directory, &name);
            if !is_directory {
                files.push(path);
            } else if !name.starts_with('.') && name != "target" {
                left.push(path);
            }
        }
    }
    Ok(files)
}

/// Whether the file is in a language that is known.
fn read_file(
    path: &str,
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
    mentions: &mut Vec<Mention>,
    code: &mut Code,
) -> bool {
    if !path.ends_with(".rs") {
        return false;
    }
    match inputs.read(path) {
        Ok(id) => match rust::scan(id, inputs.sources_mut()) {
            Ok(scanned) => {
                code.tested.extend(scanned.tested);
                mentions.extend(scanned.mentions);
            }
            Err(problem) => code.problems.push(problem),
        },
        Err(error) => failures.push(Failure::unread(&error, None)),
    }
    true
}
