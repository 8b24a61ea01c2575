//! Whether anything in a deployment loads its configuration from the store: a deployment in which nothing does would be found
//! clean, as the rules judge the store's clients.

use std::collections::BTreeMap;

use kvguard_contract::Role;

use super::{Deployment, Model, ResolvedWorkload, ServiceInDeployment, SourceState};
use crate::deploy::Failure;
use crate::policy::ExpectedSource;
use crate::suggest::nearest;

/// How many variables the failure names.
const MAX_NAMES: usize = 5;

/// Words in the names of variables that tell where a configuration comes from.
const WORDS: [&str; 5] = ["SOURCE", "CONFIG", "SETTINGS", "BACKEND", "PROVIDER"];

/// The failure of a deployment in which no workload loads its configuration from the store, unless the policy says that this is
/// meant.
pub(crate) fn nobody_uses_store(model: &Model, deployment: &Deployment) -> Option<Failure> {
    let workloads = &deployment.workloads;
    // What only a run tells may be the store; rule untold-value says so.
    let may_use_store = |workload: &ResolvedWorkload| {
        workload.is_kv_sourced() || matches!(workload.source, SourceState::Untold { .. })
    };
    let uses_store = workloads.iter().any(may_use_store);
    if uses_store || workloads.is_empty() || are_files_meant(model, deployment) {
        return None;
    }
    let contract = &model.policy.contract;
    let variable = contract.shown_name(Role::Source);
    let name = deployment.name();
    let is_set = workloads
        .iter()
        .any(|workload| workload.variable(variable).is_some());
    let to = if is_set {
        format!(" to `{}`", contract.kv)
    } else {
        String::new()
    };
    let alike = match variables_alike(model, deployment, variable) {
        alike if alike.is_empty() => String::new(),
        alike => format!(" (variables there that may mean it: {})", alike.join(", ")),
    };
    let message = format!(
        "no workload of deployment `{name}` sets `{variable}`{to}, so none loads its configuration from the store and nothing would be checked{alike}; state the right variable and value under `[contract]` as `source_variable` and `source_value`, or, if its services read files, `expected_source = \"file\"` for the deployment"
    );
    Some(Failure::new(message, Some(deployment.policy.name.span)).of_deployment(name))
}

/// Whether the policy says of all services in the deployment that they read files, or that it does without them.
fn are_files_meant(model: &Model, deployment: &Deployment) -> bool {
    let is_file_meant = |service: usize| {
        let stated = model.expected_source(service, deployment);
        stated.is_some_and(|stated| stated.value == ExpectedSource::File)
    };
    let is_deployed = |service: &ServiceInDeployment| !service.workloads.is_empty();
    let runs_any = deployment.services.iter().any(is_deployed);
    let services = deployment.services.iter().enumerate();
    let mut its = services.filter(|(_, service)| !runs_any || is_deployed(service));
    its.all(|(position, service)| service.not_in.is_some() || is_file_meant(position))
}

/// The variables that may be what the source's is meant to be, the likeliest first: names that are nearly its own, then those that
/// hold its value, then those with words such as `SETTINGS`.
fn variables_alike(model: &Model, deployment: &Deployment, variable: &str) -> Vec<String> {
    let contract = &model.policy.contract;
    let mut ranks: BTreeMap<&str, u8> = BTreeMap::new();
    for workload in &deployment.workloads {
        for (name, held) in workload.workload.environment.iter() {
            let holds_kv = || {
                let text = held.text().map(str::trim);
                text.is_some_and(|text| text.eq_ignore_ascii_case(&contract.kv))
            };
            let rank = if nearest(name, [variable]).is_some() {
                0
            } else if holds_kv() {
                1
            } else if has_word(name) && !contract.names().contains(&name) {
                2
            } else {
                continue;
            };
            let known = ranks.entry(name).or_insert(rank);
            *known = rank.min(*known);
        }
    }
    ranks.remove(variable);
    let mut names: Vec<(u8, &str)> = ranks.into_iter().map(|(name, rank)| (rank, name)).collect();
    names.sort_unstable();
    let names = names.into_iter().take(MAX_NAMES);
    names.map(|(_, name)| format!("`{name}`")).collect()
}

fn has_word(name: &str) -> bool {
    let mut parts = name.split('_');
    parts.any(|part| WORDS.iter().any(|word| part.eq_ignore_ascii_case(word)))
}
