//! `cargo kvguard list`

use kvguard::check::Report;

use super::{Outcome, common};
use crate::cli::{List, Listed};
use crate::fleet;
use crate::output::{print_text, table};

/// Lists services, workloads or identities.
pub fn run(arguments: &List) -> Outcome {
    let report = fleet::report(&arguments.fleet, &arguments.scope)?;
    let rows = match arguments.what {
        Listed::Services => services(&report, &arguments.scope.service),
        Listed::Workloads => workloads(&report),
        Listed::Identities => identities(&report),
    };
    print_text(&table(&rows));
    Ok(common::exit_code(&report))
}

fn heading(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn services(report: &Report, asked: &[String]) -> Vec<Vec<String>> {
    let mut rows = vec![heading(&["SERVICE", "SCOPE", "KEY", "FORMAT", "DECLARED"])];
    let descriptors = report.model.iter().flat_map(|model| &model.services);
    for descriptor in
        descriptors.filter(|descriptor| asked.is_empty() || asked.contains(&descriptor.name.value))
    {
        let place = report.sources().shown_location(descriptor.name.span);
        rows.push(vec![
            descriptor.name.value.clone(),
            descriptor
                .scope
                .as_ref()
                .map_or("global", |scope| &scope.value)
                .to_owned(),
            descriptor.key.text().value.clone(),
            descriptor.format.value.name().to_owned(),
            format!("{}:{}", place.file, place.line),
        ]);
    }
    rows
}

fn workloads(report: &Report) -> Vec<Vec<String>> {
    let mut rows = vec![heading(&[
        "DEPLOYMENT",
        "WORKLOAD",
        "SERVICE",
        "SOURCE",
        "WHERE",
    ])];
    for (model, deployment) in report.deployments() {
        for workload in report.workloads(deployment) {
            let place = report.sources().shown_location(workload.workload.name_span);
            rows.push(vec![
                deployment.name().to_owned(),
                workload.workload.name.clone(),
                model.service_of(workload).unwrap_or("-").to_owned(),
                common::source(workload).to_owned(),
                format!("{}:{}", place.file, place.line),
            ]);
        }
    }
    rows
}

fn identities(report: &Report) -> Vec<Vec<String>> {
    let mut rows = vec![heading(&["DEPLOYMENT", "WORKLOAD", "IDENTITY", "ACCESS"])];
    for (_, deployment) in report.deployments() {
        for workload in report.workloads(deployment) {
            for identity in workload.identities() {
                rows.push(vec![
                    deployment.name().to_owned(),
                    workload.workload.name.clone(),
                    identity.text.clone(),
                    common::access_by(deployment, workload, identity),
                ]);
            }
        }
    }
    rows
}
