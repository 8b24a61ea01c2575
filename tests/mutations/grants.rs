//! Mutations of each grant of each access table.

use kvguard::access::{AccessTable, Grant};
use kvguard::policy::DeploymentKind;
use kvguard::policy::ExpectedSource;
use kvguard::resolve::{Deployment, ResolvedWorkload};
use kvguard::rules::RuleId;
use kvguard::source::Span;

use crate::change::Change;
use crate::fleet::Fleet;
use crate::verdict::{Expected, Mutation};

/// Who hangs on a grant.
enum Bearer<'f> {
    /// A KV-sourced workload.
    Workload(&'f ResolvedWorkload),
    /// A service that is granted something although no KV-sourced workload runs it, by its position.
    Service(usize),
    /// A person or a tool, which the policy names: where, and for which deployment.
    External { stated: Span, only_here: bool },
}

struct Target<'f> {
    fleet: &'f Fleet,
    deployment: &'f Deployment,
    table: &'f AccessTable,
    position: usize,
    bearer: Bearer<'f>,
}

pub fn mutations(fleet: &Fleet) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for deployment in &fleet.model().deployments {
        let table = deployment.table.table().expect("the fleet has its tables");
        for position in 0..table.grants.len() {
            let target = Target {
                fleet,
                deployment,
                table,
                position,
                bearer: bearer(fleet, deployment, position),
            };
            mutations.push(target.deleted());
            mutations.extend(target.another_role());
            mutations.push(target.unknown_role());
            mutations.extend(target.misspelt());
        }
    }
    mutations
}

fn bearer<'f>(fleet: &'f Fleet, deployment: &'f Deployment, position: usize) -> Bearer<'f> {
    let model = fleet.model();
    let workload = deployment
        .workloads
        .iter()
        .find(|workload| workload.is_kv_sourced() && workload.access.grant() == Some(position));
    if let Some(workload) = workload {
        return Bearer::Workload(workload);
    }
    let service = deployment.services.iter().position(|service| {
        service.access.grant() == Some(position) && !deployment.runs_from_store(service)
    });
    if let Some(service) = service {
        return Bearer::Service(service);
    }
    let table = deployment.table.table().expect("the fleet has its tables");
    let identity = &table.grants[position].identity.value;
    let external = model
        .policy
        .external_identities
        .iter()
        .find(|external| kvguard::inputs::matches(&external.identity.value, identity))
        .expect("every grant of the fleet is somebody's");
    Bearer::External {
        stated: external.identity.span,
        only_here: external.deployment.is_some(),
    }
}

impl Target<'_> {
    fn grant(&self) -> &Grant {
        &self.table.grants[self.position]
    }

    fn mutation(&self, kind: &'static str, change: Change, expected: Vec<Expected>) -> Mutation {
        let what = format!(
            "`{}` in {}",
            self.grant().identity.value,
            self.deployment.name()
        );
        Mutation {
            kind,
            what,
            change,
            expected,
        }
    }

    /// A finding of a rule about whoever hangs on the grant.
    fn about(&self, rule: RuleId, change: &Change) -> Expected {
        let expected = Expected::new(rule).deployment(self.deployment.name());
        match self.bearer {
            Bearer::Workload(workload) => expected
                .workload(&workload.workload.name)
                .services(&self.fleet.services_of(workload))
                .shows(change.moved(self.fleet.place(workload.workload.name_span))),
            Bearer::Service(service) => {
                let descriptor = &self.fleet.model().services[service];
                expected
                    .service(&descriptor.name.value)
                    .shows(change.moved(self.fleet.place(descriptor.name.span)))
            }
            Bearer::External { .. } => expected,
        }
    }

    /// The policy names somebody external whom no grant of the deployment serves any more.
    fn unused_excuse(&self, change: &Change) -> Option<Expected> {
        match self.bearer {
            Bearer::External { stated, .. } => Some(
                Expected::new(RuleId::UnusedExcuse)
                    .deployment(self.deployment.name())
                    .primary(change.moved(self.fleet.place(stated)))
                    .shows(self.fleet_table(change)),
            ),
            _ => None,
        }
    }

    /// Whether the policy expects a service to read its file, so that it needs no grant.
    fn reads_its_file(&self, service: usize) -> bool {
        let expected = self.fleet.model().expected_source(service, self.deployment);
        expected.is_some_and(|expected| expected.value == ExpectedSource::File)
    }

    fn fleet_table(&self, change: &Change) -> (String, u32) {
        change.moved(self.fleet.place(self.table.start()))
    }

    fn deleted(&self) -> Mutation {
        let change = if self.deployment.policy.kind() == DeploymentKind::Helm {
            // The grants of a chart's table are written in several files, each on lines of its own.
            let Grant { identity, role, .. } = self.grant();
            self.fleet.drop_lines(identity.span, role.span)
        } else {
            let grants: Vec<Span> = self.table.grants.iter().map(|grant| grant.span).collect();
            self.fleet.drop_item(&grants, self.position)
        };
        let (kind, expected) = match self.bearer {
            Bearer::Workload(_) => (
                "grant deleted",
                Some(self.about(RuleId::MissingGrant, &change)),
            ),
            Bearer::Service(service) if self.reads_its_file(service) => {
                ("grant of a service that reads its file deleted", None)
            }
            Bearer::Service(_) => (
                "grant of a service that is not run from the store deleted",
                Some(self.about(RuleId::DescriptorWithoutGrant, &change)),
            ),
            // Nothing says that somebody external must be granted something, but an excuse must excuse something.
            Bearer::External {
                only_here: true, ..
            } => ("external grant deleted", self.unused_excuse(&change)),
            Bearer::External {
                only_here: false, ..
            } => (
                "external grant deleted that another deployment still has",
                self.unused_excuse(&change),
            ),
        };
        let at_table = self.fleet_table(&change);
        let expected = expected.map(|expected| expected.shows(at_table));
        self.mutation(kind, change, expected.into_iter().collect())
    }

    /// The next lower role, or the next higher one of a grant of the lowest.
    fn another_role(&self) -> Option<Mutation> {
        let model = self.fleet.model();
        let roles = &model.policy.access.roles;
        let granted = roles
            .iter()
            .position(|role| *role == self.grant().role.value)?;
        let Some(lower) = granted.checked_sub(1) else {
            let change = self
                .fleet
                .rewrite(self.grant().role.span, roles.get(granted + 1)?);
            return Some(self.mutation("role raised", change, Vec::new()));
        };
        let change = self.fleet.rewrite(self.grant().role.span, &roles[lower]);
        let service = match self.bearer {
            Bearer::Workload(workload) => workload.mapped.service(),
            Bearer::Service(service) => Some(service),
            Bearer::External { .. } => {
                // What somebody external needs, nobody says.
                return Some(self.mutation("external role lowered", change, Vec::new()));
            }
        };
        let (need, _) = model.need(service, self.deployment.name());
        if lower >= need {
            return Some(self.mutation("role lowered to the need", change, Vec::new()));
        }
        let expected = self
            .about(RuleId::InsufficientRole, &change)
            .primary(change.place());
        Some(self.mutation("role lowered", change, vec![expected]))
    }

    fn unknown_role(&self) -> Mutation {
        let change = self.fleet.rewrite(self.grant().role.span, "admin");
        let expected = self
            .about(RuleId::UnknownRole, &change)
            .primary(change.place());
        self.mutation("role unknown", change, vec![expected])
    }

    fn misspelt(&self) -> Vec<Mutation> {
        let identity = &self.grant().identity.value;
        let name = name_in(identity);
        let letters: Vec<char> = name.chars().collect();
        let without_a_letter: String = letters[..1].iter().chain(&letters[2..]).collect();
        let capitalised: String = name[..1].to_ascii_uppercase() + &name[1..];
        let mut spellings = vec![
            ("identity without a letter", name, without_a_letter),
            ("identity in another case", name, capitalised),
        ];
        // A trust domain, or the host of a common name.
        if let Some(domain) = identity.split(['/', ',', '=']).find_map(|part| {
            let (_, domain) = part.split_once('.')?;
            Some(domain)
        }) {
            spellings.push((
                "identity of another domain",
                domain,
                "elsewhere.test".to_owned(),
            ));
        }
        spellings
            .into_iter()
            .map(|(kind, from, to)| {
                let change = self
                    .fleet
                    .rewrite_part(self.grant().identity.span, from, &to);
                let here = change.place();
                let expected = match self.bearer {
                    Bearer::Workload(_) => {
                        vec![self.about(RuleId::NearMissIdentity, &change).primary(here)]
                    }
                    // It needs no grant, but nobody presents what this one is for.
                    Bearer::Service(service) if self.reads_its_file(service) => {
                        let orphan = Expected::new(RuleId::OrphanGrant);
                        vec![orphan.deployment(self.deployment.name()).primary(here)]
                    }
                    // Said of the descriptor, which no grant serves, with the grant that may be meant.
                    Bearer::Service(_) => {
                        vec![
                            self.about(RuleId::DescriptorWithoutGrant, &change)
                                .shows(here),
                        ]
                    }
                    Bearer::External { .. } => {
                        let orphan = self.about(RuleId::OrphanGrant, &change).primary(here);
                        std::iter::once(orphan)
                            .chain(self.unused_excuse(&change))
                            .collect()
                    }
                };
                self.mutation(kind, change, expected)
            })
            .collect()
    }
}

/// The part of an identity that names its bearer: `core` of `spiffe://acme.dev/services/core` and of
/// `CN=core.acme.dev,O=Acme`.
fn name_in(identity: &str) -> &str {
    let name = match identity.strip_prefix("spiffe://") {
        Some(path) => path.rsplit('/').next().unwrap_or(path),
        None => identity.trim_start_matches("CN="),
    };
    name.split(['.', ',']).next().unwrap_or(name)
}
