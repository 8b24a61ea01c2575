//! `cargo kvguard render`

use kvguard::deploy::{Known, MountSource};
use kvguard::emit::json::Writer;
use kvguard::resolve::{Model, ResolvedWorkload};

use super::{Outcome, common};
use crate::cli::{Render, Scope};
use crate::fleet;
use crate::output::print;

/// Prints a deployment's workloads as the guard sees them, as JSON. Of the environment only what decides
/// about the store is shown; every other value is masked.
pub fn run(arguments: &Render) -> Outcome {
    let scope = Scope {
        deployment: vec![arguments.deployment.clone()],
        service: Vec::new(),
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    for (model, deployment) in report.deployments() {
        let mut json = Writer::default();
        json.object(|json| {
            json.key("deployment").string(deployment.name());
            json.key("workloads")
                .array(&deployment.workloads, |json, one| {
                    workload(json, model, one)
                });
        });
        print(&json.finish());
    }
    Ok(common::exit_code(&report))
}

fn workload(json: &mut Writer, model: &Model, workload: &ResolvedWorkload) {
    let contract = &model.policy.contract;
    let shown = [
        &contract.source_variable,
        &contract.service_variable,
        &contract.mode_variable,
    ];
    json.object(|json| {
        json.key("name").string(&workload.workload.name);
        json.key("service");
        match model.service_of(workload) {
            Some(service) => json.string(service),
            None => json.raw("null"),
        }
        json.key("environment").object(|json| {
            for (name, variable) in &workload.workload.environment {
                let value = match &variable.value {
                    Known::Text(text) if text.is_empty() => "",
                    Known::Text(text) if shown.contains(&name) => text.as_str(),
                    Known::Text(_) => "***",
                    Known::Opaque => "(given by the host)",
                };
                json.key(name).string(value);
            }
        });
        json.key("mounts")
            .array(&workload.workload.mounts, |json, mount| {
                let source = match &mount.source {
                    MountSource::Path(path) => path.clone(),
                    MountSource::Host(path) => format!("host {path}"),
                    MountSource::Volume(name) => format!("volume {name}"),
                    MountSource::Inline(_) => "inline".to_owned(),
                    MountSource::ConfigMap(_) => "ConfigMap".to_owned(),
                };
                json.object(|json| {
                    json.key("target").string(&mount.target);
                    json.key("source").string(&source);
                });
            });
    });
}
