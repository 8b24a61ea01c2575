//! What no file tells and decides whether clients of a store work: variables that a Secret overrides, and how SPIRE is run.

use std::collections::BTreeMap;

use super::{ResolvedWorkload, SourceState, Untold};
use crate::deploy::Overridden;
use crate::source::Problem;

/// Tells of Secrets that override variables of clients of a store: where a Secret is known to have the key, what the client gets
/// is not understood; where its keys are not known, that is noted once for each Secret. What is not known of identities is noted
/// with them.
pub(super) fn judge(
    workloads: &[ResolvedWorkload],
    of_identities: Vec<(Problem, String)>,
    unsupported: &mut Vec<Problem>,
) -> Vec<Untold> {
    let mut notes: BTreeMap<&(String, String), Vec<(&ResolvedWorkload, &Overridden)>> =
        BTreeMap::new();
    for workload in workloads {
        if !matches!(
            workload.source,
            SourceState::Kv { .. } | SourceState::Untold { .. }
        ) {
            continue;
        }
        for overridden in &workload.workload.overridden {
            if overridden.is_certain {
                unsupported.push(Problem::new(overridden.span, certain(workload, overridden)));
            } else {
                let of_secret = notes.entry(&overridden.secret).or_default();
                of_secret.push((workload, overridden));
            }
        }
    }
    let notes = notes.into_iter().filter_map(|(secret, overridden)| {
        let (_, first) = overridden.first()?;
        let names = overridden.iter().flat_map(|(_, overridden)| &overridden.names);
        let (namespace, name) = secret;
        Some(Untold {
            span: first.span,
            message: format!(
                "the keys of Secret `{name}` are not in the files: it may override {}, which other sources set before it",
                listed(names)
            ),
            help: format!(
                "state its keys in the policy: `[[deployment.secret]]`, and on lines of their own `name = \"{name}\"`, `namespace = \"{namespace}\"` and `keys = [\"…\"]`; or set the variables in `env`, which holds over every `envFrom`"
            ),
            workloads: overridden
                .iter()
                .map(|(workload, _)| workload.workload.name.clone())
                .collect(),
        })
    });
    let of_identities = of_identities.into_iter().map(|(problem, help)| Untold {
        span: problem.span,
        message: problem.message,
        help,
        workloads: Vec::new(),
    });
    notes.chain(of_identities).collect()
}

fn certain(workload: &ResolvedWorkload, overridden: &Overridden) -> String {
    format!(
        "Secret `{}` overrides {}, which another source sets before it; what workload `{}` gets is not known",
        overridden.secret.1,
        listed(overridden.names.iter()),
        workload.workload.name
    )
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
