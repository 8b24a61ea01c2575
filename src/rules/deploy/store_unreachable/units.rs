//! What the units of a client and of its store let through.

use kvguard_contract::syntax::Address;

use super::super::super::common::workload_label;
use super::super::super::links::Link;
use crate::deploy::{Certainty, Network};
use crate::finding::{Finding, Label};
use crate::resolve::{ResolvedWorkload, Store, is_loopback};
use crate::rules::RuleId;
use crate::source::Span;

/// What keeps a client from an address of the store, if anything does; else whether the files say that nothing does.
pub(super) fn filtered(
    link: &Link<'_>,
    store: &Store,
    called: &Address,
    is_stated: bool,
) -> Result<Certainty, Box<Finding>> {
    let client = link.workload;
    let own = client.workload.address_filter.passes(Some(&called.host));
    if own == Certainty::No {
        return Err(Box::new(denied(link, client, called, "its unit's")));
    }
    let is_local = is_loopback(&called.host) && !is_stated;
    let mut passes = own;
    for position in &store.workloads {
        let Some(workload) = link.deployment.workloads.get(*position) else {
            continue;
        };
        let data = &workload.workload;
        // What a client looks like to the store is only known on one host.
        let mut certainty = data.address_filter.passes(is_local.then_some("localhost"));
        let isolated = match &data.network {
            Network::Isolated(span) if !is_stated => Some(*span),
            _ => None,
        };
        if isolated.is_some() {
            certainty = Certainty::No;
        }
        // A socket that systemd opens is in another network, and has filters of its own.
        if certainty == Certainty::No && data.is_socket_activated {
            certainty = Certainty::Maybe;
        }
        match (certainty, isolated) {
            (Certainty::No, Some(span)) => return Err(Box::new(private(link, span))),
            (Certainty::No, None) => {
                let finding = denied(link, workload, called, "the store's unit's");
                return Err(Box::new(finding));
            }
            _ => passes = passes.min(certainty),
        }
    }
    Ok(passes)
}

fn private(link: &Link<'_>, span: Span) -> Finding {
    super::isolated(
        link.deployment,
        link.workload,
        span,
        "take `PrivateNetwork=` of the store away",
    )
}

fn denied(link: &Link<'_>, owner: &ResolvedWorkload, called: &Address, whose: &str) -> Finding {
    let filter = &owner.workload.address_filter;
    let place = filter.denied.first().map(|(_, span)| *span);
    let (client, deployment) = (&link.workload.workload.name, link.deployment.name());
    let message = format!(
        "workload `{client}` of `{deployment}` does not reach the store at `{called}`: {whose} `IPAddressDeny=` lets nothing through"
    );
    let allowed = if is_loopback(&called.host) {
        "`IPAddressAllow=localhost`"
    } else if std::ptr::eq(owner, link.workload) {
        "`IPAddressAllow=` with the store's IP address"
    } else {
        "`IPAddressAllow=` with the client's IP address"
    };
    let label = Label::new(
        place.unwrap_or(owner.workload.name_span),
        "nothing passes here",
    );
    Finding::new(RuleId::StoreUnreachable, message, label)
        .subject("IPAddressDeny")
        .label(workload_label(link.workload))
        .help(format!(
            "add {allowed} below `[Service]` of unit `{}`",
            owner.workload.name
        ))
}
