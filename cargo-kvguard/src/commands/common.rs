//! What several commands say in the same words.

use kvguard::access::Access;
use kvguard::access::identity::Identity;
use kvguard::check::Report;
use kvguard::emit::human;
use kvguard::resolve::{Deployment, ResolvedWorkload, SourceState};

use crate::exit_code::{CLEAN, COULD_NOT_CHECK};
use crate::output::print_error;

/// The exit code of a command that only shows: what could not be read goes to standard error.
pub fn exit_code(report: &Report) -> u8 {
    if report.failures.is_empty() {
        return CLEAN;
    }
    print_error(&human::failures(report, false));
    COULD_NOT_CHECK
}

/// What a workload may do in the store, in a word or two.
pub fn access(deployment: &Deployment, workload: &ResolvedWorkload) -> String {
    told(deployment, workload, &workload.access)
}

/// What a workload may do in the store by one of its identities, in a word or two.
pub fn access_by(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    identity: &Identity,
) -> String {
    told(deployment, workload, workload.access_by(identity))
}

fn told(deployment: &Deployment, workload: &ResolvedWorkload, access: &Access) -> String {
    if !workload.is_kv_sourced() {
        return "file".to_owned();
    }
    match access.rule() {
        None => role(deployment, access),
        Some(rule) => {
            let exact = matches!(
                access,
                Access::Insufficient { .. } | Access::UnknownRole { .. }
            );
            let granted = if exact {
                role(deployment, access)
            } else {
                "none".to_owned()
            };
            format!("{granted} ({})", rule.rule().code)
        }
    }
}

fn role(deployment: &Deployment, access: &Access) -> String {
    let grant = access
        .grant()
        .and_then(|grant| deployment.table.table()?.grants.get(grant));
    grant.map_or_else(|| "none".to_owned(), |grant| grant.role.value.clone())
}

/// Where a workload loads its configuration from, in a word.
pub fn source(workload: &ResolvedWorkload) -> &'static str {
    match workload.source {
        SourceState::Kv { .. } => "kv",
        SourceState::Unset { .. } => "file (unset)",
        SourceState::Other { .. } => "file",
        SourceState::Unknown { .. } => "unknown",
        SourceState::Untold { .. } => "not known",
    }
}
