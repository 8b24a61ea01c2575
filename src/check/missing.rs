//! Says of what does not exist how to put it right.

use crate::deploy::Failure;
use crate::inputs::{Inputs, is_pattern, join, parent};
use crate::resolve::{Model, NearName, TemplateState};
use crate::source::Span;
use crate::suggest::nearest;

/// The files that stand for the directory that a place names.
const FILES_OF_DIRECTORIES: [&str; 4] = [
    "Chart.yaml",
    "kustomization.yaml",
    "kustomization.yml",
    "Kustomization",
];

/// Ends the message of each failure about something that does not exist with what to do: to restore it, or to correct the line that
/// names it.
pub(crate) fn advise(failures: &mut [Failure], inputs: &mut Inputs) {
    for failure in failures {
        let Some(missing) = failure.missing.clone() else {
            continue;
        };
        let advice = advice(&missing, failure.span, inputs);
        failure.message.push_str(&advice);
    }
}

/// Notes of each template that was looked for in files whether a file beside them may be meant.
pub(super) fn suggest_templates(model: &mut Model, inputs: &mut Inputs) {
    let deployments = model.deployments.iter_mut();
    let services = deployments.flat_map(|deployment| &mut deployment.services);
    for service in services {
        let TemplateState::Missing { files, near, .. } = &mut service.template else {
            continue;
        };
        near.extend(files.iter().filter_map(|file| {
            Some(NearName {
                is: near_miss(file, inputs)?,
                wanted: file.clone(),
                key: None,
            })
        }));
    }
}

fn advice(missing: &str, span: Option<Span>, inputs: &mut Inputs) -> String {
    let restore = if is_pattern(missing) {
        "; restore the files that it matched".to_owned()
    } else {
        format!("; restore `{missing}`")
    };
    let Some(span) = span else {
        return restore;
    };
    let place = inputs.sources().shown_location(span);
    let what = if is_pattern(missing) {
        "a pattern that matches some"
    } else if FILES_OF_DIRECTORIES.contains(&name_of(missing)) {
        "the directory in which it is now"
    } else {
        "its new name"
    };
    let near = near_miss(missing, inputs);
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!(
        "{restore}, or write {what} at {}:{}{near}",
        place.file, place.line
    )
}

/// A file beside the missing one that nothing names and whose name is much like its name.
fn near_miss(missing: &str, inputs: &mut Inputs) -> Option<String> {
    let directory = parent(missing);
    if is_pattern(missing) {
        return None;
    }
    let entries = inputs.names_to_suggest(directory);
    let files = entries.iter().filter(|entry| !entry.is_directory);
    let unread: Vec<String> = files
        .map(|entry| join(directory, &entry.name))
        .filter(|path| !inputs.has_read(path))
        .collect();
    nearest(missing, unread.iter().map(String::as_str)).map(str::to_owned)
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
