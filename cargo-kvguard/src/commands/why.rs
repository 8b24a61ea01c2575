//! `cargo kvguard why`

mod chain;
mod steps;

use super::{Outcome, common};
use crate::cli::{Scope, Why};
use crate::exit_code::{CLEAN, FINDINGS};
use crate::fleet;
use crate::output::print_text;
use chain::Chain;

/// Follows a service from its declaration to its store, in each deployment asked for. Exits with 1 if a link is broken.
pub fn run(arguments: &Why) -> Outcome {
    let scope = Scope {
        deployment: arguments.deployment.clone(),
        service: vec![arguments.service.clone()],
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    let mut broken = false;
    for (model, deployment) in report.deployments() {
        let Some(position) = model.service_position(&arguments.service) else {
            continue;
        };
        let chain = Chain::follow(&report, model, deployment, position);
        print_text(&format!(
            "{} in {}\n{}\n",
            arguments.service,
            deployment.name(),
            chain.text
        ));
        broken |= chain.broken;
    }
    Ok(match common::exit_code(&report) {
        CLEAN if broken => FINDINGS,
        code => code,
    })
}
