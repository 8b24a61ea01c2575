//! Mutations of each template.

use std::collections::BTreeMap;
use std::rc::Rc;

use kvguard::policy::DeploymentKind;
use kvguard::registry::Descriptor;
use kvguard::resolve::{Deployment, ResolvedWorkload, SecretPattern, Template, TemplateState};
use kvguard::rules::RuleId;
use kvguard::source::{Node, Span, TokenKind, Value};

use crate::change::Change;
use crate::fleet::Fleet;
use crate::verdict::{Expected, Mutation};

/// A template's file, and those whose keys it seeds.
struct Target<'f> {
    fleet: &'f Fleet,
    file: &'f str,
    template: Rc<Template>,
    users: Vec<(&'f Deployment, &'f ResolvedWorkload, &'f Descriptor)>,
}

pub fn mutations(fleet: &Fleet) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for target in targets(fleet) {
        mutations.push(target.removed());
        mutations.push(target.truncated());
        mutations.extend(target.emptied());
        mutations.extend(target.filled_in());
    }
    mutations
}

fn targets(fleet: &Fleet) -> Vec<Target<'_>> {
    let mut by_file: BTreeMap<&str, Target<'_>> = BTreeMap::new();
    for deployment in &fleet.model().deployments {
        for (descriptor, service) in fleet.model().services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            let workload = service
                .workloads
                .iter()
                .map(|position| &deployment.workloads[*position])
                .find(|workload| workload.is_kv_sourced())
                .expect("a template is read for whoever loads from the store");
            let file = fleet.sources().get(template.span.source).path();
            let target = by_file.entry(file).or_insert_with(|| Target {
                fleet,
                file,
                template: template.clone(),
                users: Vec::new(),
            });
            target.users.push((deployment, workload, descriptor));
        }
    }
    by_file.into_values().collect()
}

impl Target<'_> {
    fn mutation(
        &self,
        kind: &'static str,
        what: &str,
        change: Change,
        expected: Vec<Expected>,
    ) -> Mutation {
        let what = format!("{what} in `{}`", self.file);
        Mutation {
            kind,
            what,
            change,
            expected,
        }
    }

    /// One finding about all whom something concerns: the place in the template is one.
    fn about(
        &self,
        rule: RuleId,
        change: &Change,
        concerns: impl Fn(&Descriptor) -> Option<Span>,
    ) -> Expected {
        let mut expected = Expected::new(rule).primary(change.place());
        for (deployment, _, descriptor) in &self.users {
            if let Some(declared) = concerns(descriptor) {
                expected = expected
                    .deployment(deployment.name())
                    .service(&descriptor.name.value)
                    .shows(change.moved(self.fleet.place(descriptor.name.span)))
                    .shows(change.moved(self.fleet.place(declared)));
            }
        }
        expected
    }

    /// Where a generator takes the file up, that is a failure which names the file, besides.
    fn removed(&self) -> Mutation {
        let change = Change::remove_file(self.file);
        if self.is_read_by_name() {
            // What a chart reads by its name is empty where it is not there.
            let mut expected = Expected::new(RuleId::UnparsableTemplate);
            for (deployment, _, descriptor) in &self.users {
                expected = expected
                    .deployment(deployment.name())
                    .service(&descriptor.name.value)
                    .shows(change.moved(self.fleet.place(descriptor.format.span)));
            }
            let kind = "template removed that a chart reads by its name";
            return self.mutation(kind, "all", change, vec![expected]);
        }
        let expected = self
            .users
            .iter()
            .map(|(deployment, workload, descriptor)| {
                let expected = Expected::new(RuleId::MissingTemplate)
                    .deployment(deployment.name())
                    .service(&descriptor.name.value)
                    .workload(&workload.workload.name)
                    .primary(change.moved(self.fleet.place(workload.workload.name_span)))
                    .shows(change.moved(self.fleet.place(descriptor.name.span)));
                if deployment.documents.is_empty() {
                    expected.help(self.file)
                } else {
                    expected
                }
            })
            .collect();
        self.mutation("template removed", "all", change, expected)
    }

    /// Whether a file of a chart names it, so that it is not one of those that a pattern finds.
    fn is_read_by_name(&self) -> bool {
        let charts = self.users.iter().filter_map(|(deployment, _, _)| {
            let chart = &deployment.policy.files.first()?.value;
            let is_chart = deployment.policy.kind() == DeploymentKind::Helm;
            is_chart.then(|| self.file.strip_prefix(&format!("{chart}/")))?
        });
        let names: Vec<String> = charts
            .map(|file| format!(".Files.Get \"{file}\""))
            .collect();
        let sources = self.fleet.sources();
        names.iter().any(|name| {
            let mut all = sources.iter();
            all.any(|(_, source)| source.text().contains(name))
        })
    }

    /// Cut off just behind the last quote that opens a string, so that no format can read it.
    fn truncated(&self) -> Mutation {
        let sources = self.fleet.sources();
        let source = sources.get(self.template.span.source);
        let last = source
            .tokens()
            .filter(|token| token.kind == TokenKind::Scalar)
            .filter(|token| sources.text(token.span).starts_with('"'))
            .max_by_key(|token| token.span.start)
            .expect("the template holds a string in quotes");
        let cut = last.span.start as usize + 1..source.text().len();
        let change = self.fleet.replace(last.span, cut, "");
        let expected = self.about(RuleId::UnparsableTemplate, &change, |descriptor| {
            Some(descriptor.format.span)
        });
        self.mutation("template truncated", "all", change, vec![expected])
    }

    /// A value that a values file gives is another one in another deployment.
    fn emptied(&self) -> Vec<Mutation> {
        let mut by_place: BTreeMap<Span, (&str, Vec<&str>)> = BTreeMap::new();
        for (deployment, _, descriptor) in &self.users {
            for field in &descriptor.critical_fields {
                if let Some(node) = filled(
                    template_of(self.fleet, deployment, descriptor),
                    &field.value,
                ) {
                    let (_, deployments) = by_place
                        .entry(node.span)
                        .or_insert((&field.value, Vec::new()));
                    deployments.push(deployment.name());
                }
            }
        }
        by_place
            .into_iter()
            .map(|(span, (field, deployments))| {
                let change = self.fleet.rewrite_quoted(span, "");
                let own = self.of(&deployments);
                let expected = own.about(RuleId::MissingCriticalField, &change, |descriptor| {
                    let critical = descriptor.critical_fields.iter();
                    critical
                        .filter(|critical| critical.value == field)
                        .map(|critical| critical.span)
                        .next()
                });
                self.mutation("critical field emptied", field, change, vec![expected])
            })
            .collect()
    }

    /// The same for some of the deployments.
    fn of(&self, deployments: &[&str]) -> Self {
        let users = self.users.iter().copied();
        Target {
            fleet: self.fleet,
            file: self.file,
            template: self.template.clone(),
            users: users
                .filter(|(deployment, _, _)| deployments.contains(&deployment.name()))
                .collect(),
        }
    }

    fn filled_in(&self) -> Vec<Mutation> {
        let mut empty = Vec::new();
        if let Some(root) = self.template.documents.single() {
            empty_texts(root, &mut Vec::new(), &mut empty);
        }
        empty
            .into_iter()
            .filter_map(|(path, span)| {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let by_policy = self
                    .fleet
                    .model()
                    .secrets
                    .iter()
                    .find(|pattern| pattern.matches(&path))
                    .map(|pattern| pattern.span);
                let declared = |descriptor: &Descriptor| {
                    let own = descriptor
                        .secret_fields
                        .iter()
                        .find(|field| SecretPattern::new(&field.value, field.span).matches(&path));
                    own.map(|field| field.span).or(by_policy)
                };
                let is_secret = self
                    .users
                    .iter()
                    .any(|(_, _, descriptor)| declared(descriptor).is_some());
                let change = self.fleet.rewrite(span, "not-so-secret");
                let expected = self.about(RuleId::SecretInTemplate, &change, declared);
                is_secret.then(|| {
                    self.mutation("secret filled in", &path.join("."), change, vec![expected])
                })
            })
            .collect()
    }
}

fn template_of<'f>(
    fleet: &Fleet,
    deployment: &'f Deployment,
    descriptor: &Descriptor,
) -> &'f Template {
    let service = fleet.model().service_position(&descriptor.name.value);
    let service = service.map(|position| &deployment.services[position].template);
    match service {
        Some(TemplateState::Read(template)) => template,
        _ => panic!("a user of a template has read it"),
    }
}

/// What stands at a dotted path, if it is not empty.
fn filled<'t>(template: &'t Template, path: &str) -> Option<&'t Node> {
    let root = template.documents.single()?;
    let node = path
        .split('.')
        .try_fold(root, |node, part| node.get(part))?;
    (node.as_str() != Some("")).then_some(node)
}

/// The strings that hold nothing, with the way to them.
fn empty_texts(node: &Node, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Span)>) {
    match &node.value {
        Value::Scalar(scalar) if scalar.text.is_empty() => found.push((path.clone(), node.span)),
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                empty_texts(item, path, found);
            }
        }
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                path.push(entry.key.text.to_string());
                empty_texts(&entry.value, path, found);
                path.pop();
            }
        }
    }
}
