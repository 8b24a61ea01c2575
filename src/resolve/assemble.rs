//! Puts the model together, reading what the policy names.

mod access;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::config_maps::ConfigMaps;
use super::identities::{Identities, Ways};
use super::mapping::{self, Mapper};
use super::secrets::secret_patterns;
use super::templates::{Seeded, Templates};
use super::{
    Deployment, Model, Presence, ResolvedWorkload, ServiceInDeployment, Store, TemplateState,
    Untold, environment, required, store, tables, untold,
};
use crate::access::{Access, AccessTable};
use crate::deploy::{self, Failure, IDENTITY_KINDS, Lost, Workloads};
use crate::finding::add_sorted;
use crate::inputs::Inputs;
use crate::policy::date::Date;
use crate::policy::{AccessTableFile, DeploymentPolicy, Policy};
use crate::registry::{self, Descriptor, Registry};
use crate::source::{Problem, Span, TokenKind};

/// Reads all that the policy names and joins it.
pub fn assemble(policy: Policy, inputs: &mut Inputs, today: Date) -> Model {
    let mut failures = Vec::new();
    let registry = read_registry(&policy, inputs, &mut failures);
    let registry_span = registry
        .descriptors
        .first()
        .map_or(policy.registry.path.span, |first| first.span);
    let service_positions: HashMap<String, usize> = registry
        .descriptors
        .iter()
        .enumerate()
        .rev()
        .map(|(position, descriptor)| (descriptor.name.value.clone(), position))
        .collect();
    failures.extend(mapping::aliases_of_declared(&policy, &service_positions));
    let before = failures.len();
    let secrets = secret_patterns(&policy, inputs, &mut failures);
    let are_secrets_whole = failures.len() == before;
    let mut templates = Templates::default();
    let deployments = policy
        .deployments
        .iter()
        .map(|deployment| {
            let before = failures.len();
            let start = Instant::now();
            let workloads = deploy::read(inputs, deployment, &policy, &mut failures);
            let reading = start.elapsed();
            let is_read = failures.len() == before;
            let assembled = Assembler {
                policy: &policy,
                deployment,
                reading,
                services: &registry.descriptors,
                positions: &service_positions,
                inputs,
                failures: &mut failures,
            }
            .assemble(workloads, is_read, &mut templates);
            for failure in &mut failures[before..] {
                add_sorted(&mut failure.deployments, deployment.name.value.clone());
            }
            assembled
        })
        .collect();
    Model {
        services: registry.descriptors,
        registry_problems: registry.problems,
        registry_span,
        deployments,
        secrets,
        are_secrets_whole,
        code: None,
        failures,
        today,
        service_positions,
        policy,
    }
}

fn read_registry(policy: &Policy, inputs: &mut Inputs, failures: &mut Vec<Failure>) -> Registry {
    let (registry, failed) = registry::read(inputs, &policy.registry);
    if registry.descriptors.is_empty() && failed.is_empty() {
        let message = format!(
            "`{}` declares no service, so nothing would be checked",
            policy.registry.path.value
        );
        failures.push(Failure::new(message, Some(policy.registry.path.span)));
    }
    failures.extend(failed);
    registry
}

struct Assembler<'a, 'i> {
    policy: &'a Policy,
    deployment: &'a DeploymentPolicy,
    reading: Duration,
    services: &'a [Descriptor],
    positions: &'a HashMap<String, usize>,
    inputs: &'i mut Inputs,
    failures: &'i mut Vec<Failure>,
}

impl Assembler<'_, '_> {
    fn assemble(
        &mut self,
        mut found: Workloads,
        is_read: bool,
        templates: &mut Templates,
    ) -> Deployment {
        let broken = !found.malformed.is_empty()
            || !found.invalid.is_empty()
            || !found.unsupported.is_empty();
        let is_partial = found.is_partial || !is_read || !found.malformed.is_empty();
        // Where a file is missing or broken, that is the cause.
        if found.workloads.is_empty() && is_read && !broken {
            let message = format!(
                "deployment `{}` has no workload, so nothing would be checked",
                self.name()
            );
            let span = Some(self.deployment.name.span);
            self.failures.push(Failure::new(message, span));
        }
        let all_maps = std::mem::take(&mut found.config_maps);
        let lost = std::mem::take(&mut found.lost);
        let config_maps = ConfigMaps {
            all: &all_maps,
            namespace: self.deployment.namespace(),
            broken: found
                .malformed
                .iter()
                .map(|problem| problem.span.source)
                .collect(),
            lost: &lost,
        };
        let store = tables::find(
            self.deployment,
            self.policy,
            &found.workloads,
            &config_maps,
            self.inputs,
            self.failures,
        );
        found.malformed.extend(store.malformed);
        found.invalid.extend(store.invalid);
        self.note_names(&found.workloads);
        let issues = found.issues_identities;
        let mut identities = Identities::new(
            self.deployment,
            self.policy,
            issues,
            self.inputs,
            self.failures,
        );
        identities.prefer_prefix(found.workloads.iter());
        let mut workloads = self.workloads(
            std::mem::take(&mut found.workloads),
            &mut identities,
            &mut found.unsupported,
        );
        let of_identities = std::mem::take(&mut found.untold_identities);
        let set = std::mem::take(&mut found.interpolated);
        let untold = self.untold(&workloads, of_identities, &set, &mut found.unsupported);
        let issuing_table = store.table.table().filter(|_| issues);
        let mut services = self.services_in_deployment(&workloads, &identities, issuing_table);
        let table_map = match &self.deployment.access_table.file {
            AccessTableFile::ConfigMap { name, .. } => config_maps.position(&name.value).ok(),
            AccessTableFile::File(_) | AccessTableFile::MountedAt { .. } => None,
        };
        let mut stores = store::find(
            self.deployment,
            self.services,
            &workloads,
            table_map,
            (store.documents.as_deref(), store.names),
            self.failures,
        );
        self.note_presented(&mut stores, &lost, &workloads, &identities);
        let spare = found.spare_identities;
        let (presentable, claimed) = self.presentable(&store.table, &workloads, &services, &spare);
        self.decide(&store.table, &claimed, &mut workloads, &mut services);
        self.find_templates(&workloads, &mut services, &config_maps, templates);
        Deployment {
            policy: self.deployment.clone(),
            reading: self.reading,
            workloads,
            malformed: unique(found.malformed),
            invalid: unique(found.invalid),
            unsupported: unique(found.unsupported),
            removed: found.removed,
            is_partial,
            presence: Presence::Checked,
            untold,
            unused_secrets: found.unused_secrets,
            lost,
            printed: found.printed,
            issues_identities: issues,
            stores,
            network_services: found.services,
            network_policies: found.network_policies,
            other_hosts: found.other_hosts,
            documents: found.documents,
            table: store.table,
            presentable,
            services,
            store_mode: store.mode,
            bucket_ttl: store.bucket_ttl,
        }
    }

    /// What no file tells and decides whether clients of the store work.
    fn untold(
        &self,
        workloads: &[ResolvedWorkload],
        of_identities: Vec<(Problem, String)>,
        set: &BTreeMap<String, Span>,
        unsupported: &mut Vec<Problem>,
    ) -> Vec<Untold> {
        let mut untold = untold::judge(workloads, of_identities, unsupported);
        let (deployment, contract) = (self.deployment, &self.policy.contract);
        let sources = self.inputs.sources();
        untold.extend(required::without_value(
            deployment, workloads, contract, set, sources,
        ));
        untold
    }

    /// Notes what each store presents, if that is known.
    fn note_presented(
        &self,
        stores: &mut [Store],
        lost: &[Lost],
        workloads: &[ResolvedWorkload],
        identities: &Identities<'_>,
    ) {
        // What is lost may give one.
        let mut lost = lost.iter();
        let may_have_others = lost.any(|lost| lost.may_be(IDENTITY_KINDS, None));
        for store in stores {
            store.presents = self.presented(store, workloads, identities, may_have_others);
        }
    }

    fn name(&self) -> &str {
        &self.deployment.name.value
    }

    /// On Kubernetes the names of variables are written as values, and may be shown all the same.
    fn note_names(&mut self, workloads: &[deploy::Workload]) {
        let in_pods = workloads.iter().filter(|workload| workload.pod.is_some());
        for (name, variable) in in_pods.flat_map(|workload| workload.environment.iter()) {
            let sources = self.inputs.sources_mut();
            if sources.text(variable.name_span).trim_matches(['"', '\'']) == name {
                sources.note_token(variable.name_span, TokenKind::Key);
            }
        }
    }

    fn workloads(
        &mut self,
        workloads: Vec<deploy::Workload>,
        identities: &mut Identities<'_>,
        unsupported: &mut Vec<Problem>,
    ) -> Vec<ResolvedWorkload> {
        let contract = &self.policy.contract;
        let mapper = Mapper::new(self.policy, self.positions);
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        let mut resolved: Vec<ResolvedWorkload> = Vec::with_capacity(workloads.len());
        for workload in workloads {
            let name = self.deployment.name.value.as_str();
            let mapped = mapper.map(&workload);
            let read = environment::read(&workload, name, contract, self.failures);
            let environment::Environment { source, mode, .. } = read;
            if let environment::Mode::Known { name, .. } = &mode
                && let Some(known) = contract.mode(name)
            {
                *users.entry(&known.word).or_default() += 1;
            }
            let lacking = match source {
                environment::SourceState::Kv { .. } => environment::without_untold(
                    &workload,
                    &mode,
                    read.lacking,
                    contract,
                    unsupported,
                ),
                _ => Vec::new(),
            };
            let placeholders = match source {
                environment::SourceState::Kv { .. } => {
                    environment::placeholders(&workload, &mode, read.backend, contract)
                }
                _ => Vec::new(),
            };
            let mut refused = read.refused;
            refused.retain(|refused| {
                !placeholders
                    .iter()
                    .any(|placeholder| placeholder.name == refused.name)
            });
            resolved.push(ResolvedWorkload {
                mapped,
                workload,
                source,
                mode,
                lacking,
                refused,
                placeholders,
                backend: read.backend,
                ways: Ways::new(),
                access: Access::Missing,
                alternatives: Vec::new(),
            });
        }
        identities.prefer_usual(&users);
        for workload in &mut resolved {
            let service = workload
                .mapped
                .service()
                .map(|position| self.services[position].name.value.as_str());
            let is_kv_sourced = workload.is_kv_sourced();
            unsupported.extend(environment::too_many_servers(workload, contract));
            workload.ways =
                identities.of_workload(&workload.workload, service, &workload.mode, is_kv_sourced);
        }
        resolved
    }

    fn services_in_deployment(
        &self,
        workloads: &[ResolvedWorkload],
        identities: &Identities<'_>,
        issuing_table: Option<&AccessTable>,
    ) -> Vec<ServiceInDeployment> {
        let mut of_service: Vec<Vec<usize>> = vec![Vec::new(); self.services.len()];
        for (position, workload) in workloads.iter().enumerate() {
            if let Some(service) = workload.mapped.service() {
                of_service[service].push(position);
            }
        }
        self.services
            .iter()
            .zip(of_service)
            .map(|(descriptor, own)| {
                let name = descriptor.name.value.as_str();
                let mut ways: Ways = own
                    .iter()
                    .flat_map(|position| {
                        let own = &workloads[*position];
                        if own.identities().next().is_some() {
                            return own.ways.clone();
                        }
                        // What it presents may be lost with a variable; whose the grant is stays known.
                        let mode = environment::Mode::Unset;
                        identities.of_workload(&own.workload, Some(name), &mode, false)
                    })
                    .collect();
                if own.is_empty() {
                    ways = identities.of_service(name);
                }
                if own.is_empty() || ways.iter().all(|way| way.is_empty()) {
                    ways.extend(
                        issuing_table
                            .into_iter()
                            .flat_map(|table| self.granted_by_name(table, name)),
                    );
                }
                let not_in = self.policy.service(name).and_then(|service| {
                    let stated = service
                        .not_in
                        .iter()
                        .find(|entry| entry.value == "*" || entry.value == self.name());
                    stated.map(|entry| entry.span)
                });
                ServiceInDeployment {
                    workloads: own,
                    ways,
                    access: Access::Missing,
                    template: TemplateState::NotNeeded,
                    not_in,
                }
            })
            .collect()
    }

    fn find_templates(
        &mut self,
        workloads: &[ResolvedWorkload],
        services: &mut [ServiceInDeployment],
        config_maps: &ConfigMaps<'_>,
        templates: &mut Templates,
    ) {
        for (descriptor, service) in self.services.iter().zip(services) {
            let kv_sourced = service
                .workloads
                .iter()
                .map(|position| &workloads[*position])
                .find(|workload| workload.is_kv_sourced());
            let policy = self.policy.service(&descriptor.name.value);
            if let Some(workload) = kv_sourced {
                let seeded = Seeded {
                    deployment: self.deployment,
                    descriptor,
                    policy,
                    workload,
                };
                service.template = templates.find(&seeded, config_maps, self.inputs, self.failures);
            }
        }
    }
}

fn unique(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| problem.span);
    problems.dedup();
    problems
}
