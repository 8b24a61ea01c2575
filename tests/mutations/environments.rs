//! Mutations of the environment of each KV-sourced workload. A place that several workloads share (an
//! anchor, a file of variables) is changed once, and all of them must be told of.

use std::collections::BTreeMap;

use kvguard::contract::Role;
use kvguard::deploy::{Use, Variable};
use kvguard::inputs::matches;
use kvguard::policy::{DeploymentKind, ExpectedSource};
use kvguard::resolve::{Deployment, Mode, ResolvedWorkload};
use kvguard::rules::RuleId;
use kvguard::source::Span;

use crate::change::Change;
use crate::fleet::Fleet;
use crate::verdict::{Expected, Mutation};

/// A variable as it is written at one place, and the KV-sourced workloads that have it from there. Its value may
/// be written at another place: in a values file.
struct Target<'f> {
    fleet: &'f Fleet,
    name: &'f str,
    variable: &'f Variable,
    users: Vec<(&'f Deployment, &'f ResolvedWorkload)>,
}

pub fn mutations(fleet: &Fleet) -> Vec<Mutation> {
    let contract = &fleet.model().policy.contract;
    let mut mutations = Vec::new();
    for target in targets(fleet) {
        if target.name == contract.shown_name(Role::Source) {
            mutations.extend(target.another_source());
        } else if target.name == contract.shown_name(Role::Mode) {
            mutations.extend(target.another_mode());
            mutations.extend(target.without("mode"));
        } else {
            mutations.extend(target.without("needed variable"));
        }
    }
    mutations.extend(supplying_variables(fleet));
    mutations
}

/// The variables that the contract needs of each workload, by the place they are written at.
fn targets(fleet: &Fleet) -> Vec<Target<'_>> {
    let contract = &fleet.model().policy.contract;
    let mut by_place: BTreeMap<(Span, Span), Target<'_>> = BTreeMap::new();
    for (deployment, workload) in fleet.kv_sourced() {
        let Mode::Known { name: mode, .. } = &workload.mode else {
            panic!("a workload of the clean fleet has a mode");
        };
        let mode = contract.mode(mode).expect("the contract knows it");
        let backend = workload.backend.expect("the clean fleet has addresses");
        let names = [Role::Source, Role::Mode].map(|role| contract.shown_name(role));
        for name in names
            .into_iter()
            .chain(contract.needed(backend))
            .chain(contract.needed_by_mode(mode))
        {
            let variable = workload.variable(name).expect("the clean fleet sets it");
            let target = by_place
                .entry((variable.name_span, variable.value_span))
                .or_insert_with(|| Target {
                    fleet,
                    name,
                    variable,
                    users: Vec::new(),
                });
            target.users.push((deployment, workload));
        }
    }
    by_place.into_values().collect()
}

impl Target<'_> {
    fn mutation(&self, kind: &'static str, change: Change, expected: Vec<Expected>) -> Mutation {
        let users: Vec<&str> = self
            .users
            .iter()
            .map(|(_, workload)| workload.workload.name.as_str())
            .collect();
        let what = format!("`{}` of {}", self.name, users.join(", "));
        Mutation {
            kind,
            what,
            change,
            expected,
        }
    }

    /// Whether a patch of an overlay sets it over what its base sets too, which holds without the patch.
    fn is_set_beneath(&self, deployment: &Deployment, workload: &ResolvedWorkload) -> bool {
        let own = |deployment: &Deployment, span| {
            let mut files = deployment.policy.files.iter();
            files.any(|file| {
                self.fleet
                    .file(span)
                    .starts_with(&format!("{}/", file.value))
            })
        };
        deployment.policy.kind() == DeploymentKind::Kustomize
            && own(deployment, self.variable.name_span)
            && self.fleet.kv_sourced().any(|(other, same)| {
                same.workload.name == workload.workload.name
                    && other.policy.kind() == DeploymentKind::Kustomize
                    && same
                        .variable(self.name)
                        .is_some_and(|variable| !own(other, variable.name_span))
            })
    }

    fn dropped(&self) -> Change {
        self.fleet
            .drop_variable(self.variable.name_span, self.variable.value_span)
    }

    fn rewritten(&self, value: &str) -> Change {
        self.fleet.rewrite(self.variable.value_span, value)
    }

    /// One finding of a rule for each workload.
    fn about_each(&self, rule: RuleId, change: &Change) -> Vec<Expected> {
        let users = self.users.iter();
        users
            .map(|(deployment, workload)| about(self.fleet, rule, deployment, workload, change))
            .collect()
    }

    /// Dropped, and emptied: the client is not built.
    fn without(&self, what: &str) -> Vec<Mutation> {
        let rule = RuleId::IncompleteKvEnvironment;
        let (dropped, emptied) = (self.dropped(), self.rewritten(""));
        let of_dropped: Vec<Expected> = self
            .about_each(rule, &dropped)
            .into_iter()
            .zip(&self.users)
            .filter(|(_, (deployment, workload))| !self.is_set_beneath(deployment, workload))
            .map(|(expected, (_, workload))| {
                expected.shows(self.environment_place(workload, &dropped))
            })
            .collect();
        let of_emptied = self
            .about_each(rule, &emptied)
            .into_iter()
            .map(|expected| expected.primary(emptied.place()))
            .collect();
        let kinds = match what {
            "mode" => ["mode dropped", "mode emptied"],
            _ if of_dropped.is_empty() => [
                "needed variable dropped that the base sets too",
                "needed variable emptied",
            ],
            _ => ["needed variable dropped", "needed variable emptied"],
        };
        vec![
            self.mutation(kinds[0], dropped, of_dropped),
            self.mutation(kinds[1], emptied, of_emptied),
        ]
    }

    /// Where a workload's environment is written, which must not move by the change itself.
    fn environment_place(&self, workload: &ResolvedWorkload, change: &Change) -> (String, u32) {
        let place = change.moved(self.fleet.place(workload.workload.environment_span));
        // The last assignment of a unit stands for its environment; without it, the one before does.
        let own_line = self.fleet.place(self.variable.name_span);
        if change.takes_out_its_line() && place == (own_line.file.clone(), own_line.line) {
            let text = change.text.as_deref().unwrap_or_default();
            let before = text.lines().take(own_line.line as usize - 1);
            let line = before
                .collect::<Vec<_>>()
                .iter()
                .rposition(|line| line.starts_with("Environment"));
            let line = line.map_or(place.1, |line| u32::try_from(line + 1).expect("few lines"));
            return (place.0, line);
        }
        place
    }

    fn another_mode(&self) -> Vec<Mutation> {
        let unknown = self.rewritten("quantum");
        let of_unknown = self
            .about_each(RuleId::IncompleteKvEnvironment, &unknown)
            .into_iter()
            .map(|expected| expected.primary(unknown.place()))
            .collect();
        let mut mutations = vec![self.mutation("mode unknown", unknown, of_unknown)];
        let model = self.fleet.model();
        for word in &*model.policy.contract.modes {
            let mode = &*word.word;
            let lacks = |workload: &ResolvedWorkload| {
                let service = workload.mapped.service()?;
                let implemented = model.service_policy(service)?.modes.as_ref()?;
                (!implemented.value.iter().any(|known| known == mode)).then_some(())
            };
            // Those that share the place and have the mode would come to lack other things by it.
            if !self
                .users
                .iter()
                .all(|(_, workload)| lacks(workload).is_some())
            {
                continue;
            }
            let change = self.rewritten(mode);
            let mut expected = Vec::new();
            for (deployment, workload) in &self.users {
                let about = |rule| about(self.fleet, rule, deployment, workload, &change);
                expected.push(about(RuleId::UnsupportedSecurityMode).primary(change.place()));
                // Also true: it lacks what the new mode needs, its store runs in another one, and it has no
                // identity for it.
                let needed = model.policy.contract.needed_by_mode(word);
                let lacking = needed.iter().any(|name| workload.variable(name).is_none());
                let is_other_mode = deployment
                    .store_mode
                    .as_ref()
                    .is_some_and(|store| store.value != *mode);
                // In another mode than its store's, it is not asked for what that mode needs. A mode that its client cannot have is
                // refused all the same.
                let fitting = model.policy.contract.fitting_words(workload.backend);
                if !fitting.contains(&mode) || lacking && !is_other_mode {
                    expected.push(about(RuleId::IncompleteKvEnvironment));
                }
                if is_other_mode {
                    expected.push(about(RuleId::SecurityModeMismatch).primary(change.place()));
                }
                if !has_identity_in(self.fleet, deployment, workload, mode) {
                    expected.push(about(RuleId::NoIdentity).shows(change.place()));
                }
            }
            mutations.push(self.mutation("mode that the client lacks", change, expected));
        }
        mutations
    }

    fn another_source(&self) -> Vec<Mutation> {
        let contract = &self.fleet.model().policy.contract;
        let file = self.rewritten(&contract.others[0]);
        let emptied = self.rewritten("");
        let dropped = self.dropped();
        let unknown = self.rewritten("etcd");
        let badly_written = self.rewritten(&contract.kv.to_uppercase());
        let at = |change: &Change| {
            let expected = self.drifted(change).into_iter();
            expected
                .map(|expected| expected.primary(change.place()))
                .collect::<Vec<_>>()
        };
        let each_at = |change: &Change| {
            let expected = self.about_each(RuleId::SourceDrift, change).into_iter();
            expected
                .map(|expected| Expected {
                    places: Vec::new(),
                    ..expected.primary(change.place())
                })
                .collect()
        };
        let of_dropped = self
            .drifted(&dropped)
            .into_iter()
            .zip(&self.users)
            .map(|(expected, (_, workload))| {
                expected.primary(self.environment_place(workload, &dropped))
            })
            .collect();
        vec![
            self.mutation("source switched to a file", file.clone(), at(&file)),
            self.mutation("source emptied", emptied.clone(), at(&emptied)),
            self.mutation("source dropped", dropped, of_dropped),
            self.mutation("source unknown", unknown.clone(), each_at(&unknown)),
            self.mutation(
                "source in another case",
                badly_written.clone(),
                each_at(&badly_written),
            ),
        ]
    }

    /// Each workload that now reads a file, against what the policy expects or what the other deployments do.
    fn drifted(&self, change: &Change) -> Vec<Expected> {
        let model = self.fleet.model();
        self.users
            .iter()
            .map(|(deployment, workload)| {
                let expected = Expected::new(RuleId::SourceDrift)
                    .deployment(deployment.name())
                    .workload(&workload.workload.name)
                    .services(&self.fleet.services_of(workload));
                let service = workload.mapped.service().expect("it runs a service");
                let stated = model.service_policy(service).into_iter();
                let of_service = stated
                    .flat_map(|policy| &policy.expected_sources)
                    .find(|(_, name)| name.as_deref().is_none_or(|name| name == deployment.name()))
                    .map(|(stated, _)| stated);
                if let Some(stated) = of_service.or(deployment.policy.expected_source.as_ref()) {
                    assert_eq!(stated.value, ExpectedSource::Kv);
                    return expected.shows(change.moved(self.fleet.place(stated.span)));
                }
                let others = self.fleet.kv_sourced().filter(|(other, store)| {
                    other.name() != deployment.name() && store.mapped.service() == Some(service)
                });
                // It is compared with the first deployment that still loads from the store.
                others.take(1).fold(expected, |expected, (other, _)| {
                    expected.deployment(other.name())
                })
            })
            .collect()
    }
}

fn about(
    fleet: &Fleet,
    rule: RuleId,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    change: &Change,
) -> Expected {
    Expected::new(rule)
        .deployment(deployment.name())
        .workload(&workload.workload.name)
        .services(&fleet.services_of(workload))
        .shows(change.moved(fleet.place(workload.workload.name_span)))
}

/// Whether a rule of the deployment gives the workload an identity in a mode.
fn has_identity_in(
    fleet: &Fleet,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    mode: &str,
) -> bool {
    // Objects of a cluster give SPIFFE IDs only. Where the certificate is missing, that is told instead.
    if deployment.issues_identities {
        let contract = &fleet.model().policy.contract;
        let certificate = contract.shown_name(Role::Certificate);
        let lacks_it = workload.variable(certificate).is_none();
        let mode = contract.mode(mode).expect("the contract knows it");
        let needs_it = contract.needed_by_mode(mode).contains(&certificate);
        return mode.word == "spiffe" || needs_it && lacks_it;
    }
    let rules = deployment.policy.identities.iter();
    let mut valid = rules.filter(|rule| {
        rule.modes
            .as_ref()
            .is_none_or(|modes| modes.iter().any(|valid| valid == mode))
    });
    valid.any(|rule| {
        rule.listed_in.as_ref().is_none_or(|(file, line)| {
            let (_, list) = fleet
                .sources()
                .iter()
                .find(|(_, source)| source.path() == file.value)
                .expect("the list was read");
            let line = line.value.replace("{workload}", &workload.workload.name);
            list.text().lines().any(|text| matches(&line, text))
        })
    })
}

/// A variable that supplies a critical field, dropped and emptied: then the template's field is missing.
fn supplying_variables(fleet: &Fleet) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for (deployment, workload) in fleet.kv_sourced() {
        let service = workload.mapped.service().expect("it runs a service");
        let supplied = fleet
            .model()
            .service_policy(service)
            .into_iter()
            .flat_map(|policy| &policy.supplied_by);
        for supplied in supplied {
            let Some(variable) = supplied
                .variable
                .as_ref()
                .and_then(|name| workload.variable(name))
            else {
                continue;
            };
            let here = supplied
                .deployment
                .as_deref()
                .is_none_or(|name| name == deployment.name());
            if !here {
                continue;
            }
            let expect = |change: &Change| {
                Expected::new(RuleId::MissingCriticalField)
                    .deployment(deployment.name())
                    .services(&fleet.services_of(workload))
                    .shows(change.moved(fleet.place(supplied.field.span)))
            };
            let dropped = fleet.drop_variable(variable.name_span, variable.value_span);
            let environment = change_of(&dropped, fleet, workload.workload.environment_span);
            let emptied = fleet.rewrite(variable.value_span, "");
            let of_dropped = expect(&dropped).shows(environment);
            let of_emptied = expect(&emptied).shows(emptied.place());
            let what = format!("`{}` of {}", supplied.field.value, workload.workload.name);
            // A Secret's value is not in the project.
            let is_ours = workload.workload.pod.is_none() || variable.text().is_some();
            for (kind, change, expected) in [
                ("supplying variable dropped", dropped, of_dropped),
                ("supplying variable emptied", emptied, of_emptied),
            ]
            .into_iter()
            .take(if is_ours { 2 } else { 1 })
            {
                let unused = unused_object(fleet, deployment, workload, variable);
                mutations.push(Mutation {
                    kind,
                    what: what.clone(),
                    expected: std::iter::once(expected).chain(unused).collect(),
                    change,
                });
            }
        }
    }
    mutations
}

/// What is then said of the policy: it names the object that the variable comes from, and nobody asks for it any more.
fn unused_object(
    fleet: &Fleet,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    variable: &Variable,
) -> Option<Expected> {
    let mut dangling = workload.workload.dangling.iter();
    let dangling = dangling.find(|dangling| {
        matches!(&dangling.use_, Use::Variable(name) if workload.variable(name) == Some(variable))
    })?;
    let mut outside = deployment.policy.outside_objects.iter();
    let place = fleet.place(outside.find(|outside| outside.is(dangling))?.name.span);
    Some(
        Expected::new(RuleId::UnusedExcuse)
            .deployment(deployment.name())
            .primary((place.file, place.line)),
    )
}

fn change_of(change: &Change, fleet: &Fleet, span: Span) -> (String, u32) {
    change.moved(fleet.place(span))
}
