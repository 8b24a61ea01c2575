//! `cargo kvguard matrix`

use kvguard::resolve::{Deployment, Model};

use super::{Outcome, common};
use crate::cli::Matrix;
use crate::fleet;
use crate::output::{print_text, table};

/// Prints services down, deployments across, and what each may do there: a role, `none`, `file`,
/// `not deployed` or `excused`.
pub fn run(arguments: &Matrix) -> Outcome {
    let report = fleet::report(&arguments.fleet, &arguments.scope)?;
    let deployments: Vec<(&Model, &Deployment)> = report.deployments().collect();
    let mut heading = vec!["SERVICE".to_owned()];
    heading.extend(
        deployments
            .iter()
            .map(|(_, deployment)| deployment.name().to_owned()),
    );
    let mut rows = vec![heading];
    for (position, descriptor) in report
        .model
        .iter()
        .flat_map(|model| model.services.iter().enumerate())
    {
        let name = &descriptor.name.value;
        if arguments.scope.service.is_empty() || arguments.scope.service.contains(name) {
            let cells = deployments
                .iter()
                .map(|(model, deployment)| cell(model, deployment, position));
            rows.push(std::iter::once(name.clone()).chain(cells).collect());
        }
    }
    print_text(&table(&rows));
    Ok(common::exit_code(&report))
}

fn cell(model: &Model, deployment: &Deployment, position: usize) -> String {
    let Some(service) = deployment.services.get(position) else {
        return String::new();
    };
    if service.workloads.is_empty() {
        let excused = service.not_in.is_some() || model.is_carried(model.service_name(position));
        return if excused { "excused" } else { "not deployed" }.to_owned();
    }
    let workloads = service
        .workloads
        .iter()
        .map(|workload| &deployment.workloads[*workload]);
    let mut cells: Vec<String> = workloads
        .map(|workload| common::access(deployment, workload))
        .collect();
    cells.sort();
    cells.dedup();
    cells.join(", ")
}
