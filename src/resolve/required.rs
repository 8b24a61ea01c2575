//! Variables that a compose project requires, `${NAME:?…}`, and that no file gives a value: the host may, or the name is misspelt.

use std::collections::BTreeMap;

use kvguard_contract::Contract;

use super::{ResolvedWorkload, Untold};
use crate::deploy::Known;
use crate::policy::{ComposePolicy, DeploymentPolicy, KindPolicy};
use crate::source::{Sources, Span};
use crate::suggest::nearest;

/// What clients of the store get from required variables without a value, once for each place.
pub(super) fn without_value(
    deployment: &DeploymentPolicy,
    workloads: &[ResolvedWorkload],
    contract: &Contract,
    set: &BTreeMap<String, Span>,
    sources: &Sources,
) -> Vec<Untold> {
    let KindPolicy::Compose(own) = &deployment.of_kind else {
        return Vec::new();
    };
    let mut places: BTreeMap<Span, (&str, Vec<&ResolvedWorkload>)> = BTreeMap::new();
    let clients = workloads.iter().filter(|workload| workload.is_kv_sourced());
    for workload in clients {
        for name in contract.names() {
            if let Some(variable) = workload.variable(name)
                && variable.value == Known::Opaque
            {
                let place = places
                    .entry(variable.value_span)
                    .or_insert((name, Vec::new()));
                place.1.push(workload);
            }
        }
    }
    let told = places.into_iter().filter_map(|(span, (name, workloads))| {
        let required = required_in(sources.text(span));
        let all = required.join("`, `");
        let (made_of, missing) = match required.len() {
            0 => return None,
            1 => (
                format!("the required variable `{all}`, which has no value"),
                format!("`{all}`"),
            ),
            _ => (
                format!("the required variables `{all}`, not all of which have a value"),
                format!("what has no value of `{all}`"),
            ),
        };
        Some(Untold {
            span,
            message: format!(
                "`{name}` of {} is made of {made_of} in {}, so that it is not judged",
                who(&workloads),
                searched(own)
            ),
            help: format!(
                "{}set {missing} in a file of `interpolation_files` or in `environment`, by the name that is written here; if only the host sets it, accept this at the end of the policy: `[[allow]]`, and on lines of their own `rule = \"untold-value\"`, `deployment = \"{}\"` and `reason = \"…\"`",
                rename(&required, set, sources),
                deployment.name.value
            ),
            workloads: workloads
                .iter()
                .map(|workload| workload.workload.name.clone())
                .collect(),
        })
    });
    told.collect()
}

/// What to rename, where an environment file sets a variable whose name resembles one that is required.
fn rename(required: &[&str], set: &BTreeMap<String, Span>, sources: &Sources) -> String {
    let missing = required.iter().filter(|name| !set.contains_key(**name));
    let misspelt = missing.filter_map(|name| {
        let others = set.keys().map(String::as_str);
        let near = nearest(name, others.filter(|other| !required.contains(other)))?;
        let place = sources.location(*set.get(near)?);
        Some(format!(
            "if `{near}` in line {} of `{}` is a misspelling, rename it to `{name}`; or ",
            place.line, place.file
        ))
    });
    misspelt.collect()
}

fn who(workloads: &[&ResolvedWorkload]) -> String {
    match workloads {
        [only] => format!("workload `{}`", only.workload.name),
        several => format!("{} workloads", several.len()),
    }
}

/// Where the variables of `${…}` are looked for.
fn searched(own: &ComposePolicy) -> String {
    let files = own.interpolation_files.iter();
    let files: Vec<String> = files.map(|file| format!("`{}`", file.value)).collect();
    match files.as_slice() {
        [] => {
            "the policy's `environment`, and the policy names no `interpolation_files`".to_owned()
        }
        files => format!("{} or the policy's `environment`", files.join(", ")),
    }
}

/// The names of the variables that a text requires, each once.
fn required_in(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let pieces: Vec<&str> = text.split("${").collect();
    for pair in pieces.windows(2) {
        let &[before, expression] = pair else {
            continue;
        };
        // `$${` is a text.
        let dollars = before.bytes().rev().take_while(|byte| *byte == b'$');
        if dollars.count() % 2 == 1 {
            continue;
        }
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = expression
            .find(|character| !is_part(character))
            .unwrap_or(expression.len());
        let (name, rest) = expression.split_at(end);
        let is_required = rest.trim_start_matches(':').starts_with('?');
        if is_required && !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::required_in;

    #[test]
    fn only_required_variables_are_named_and_each_once() {
        assert_eq!(
            required_in("nats://${HOST:?say}:${PORT?}/${HOST:?}"),
            ["HOST", "PORT"]
        );
        assert_eq!(required_in("${A:-${B:?}}"), ["B"]);
        assert_eq!(required_in("$${A:?}${B:?}$$${C:?}"), ["B", "C"]);
        assert_eq!(
            required_in("${A} $B ${C:-d?} ${:?} ${é:?} ${"),
            [] as [&str; 0]
        );
    }
}
