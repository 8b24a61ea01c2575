//! Mutations of each descriptor of the registry.

use kvguard::key;
use kvguard::registry::{Descriptor, KeyDeclaration};
use kvguard::rules::RuleId;

use crate::change::Change;
use crate::fleet::Fleet;
use crate::verdict::{Expected, Mutation, Place};

struct Target<'f> {
    fleet: &'f Fleet,
    position: usize,
    descriptor: &'f Descriptor,
}

pub fn mutations(fleet: &Fleet) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for (position, descriptor) in fleet.model().services.iter().enumerate() {
        let target = Target {
            fleet,
            position,
            descriptor,
        };
        mutations.push(target.renamed());
        mutations.push(target.copied());
        mutations.extend(target.invalid_keys());
        mutations.push(target.key_of_another());
    }
    mutations
}

impl Target<'_> {
    fn name(&self) -> &str {
        &self.descriptor.name.value
    }

    fn mutation(&self, kind: &'static str, change: Change, expected: Vec<Expected>) -> Mutation {
        let what = format!("`{}`", self.name());
        Mutation {
            kind,
            what,
            change,
            expected,
        }
    }

    /// A finding in each deployment that no grant serves a new name.
    fn without_grant(&self, name: &str, line: &Place) -> Vec<Expected> {
        let deployments = self.fleet.model().deployments.iter();
        deployments
            .map(|deployment| {
                Expected::new(RuleId::DescriptorWithoutGrant)
                    .deployment(deployment.name())
                    .service(name)
                    .primary(line.clone())
            })
            .collect()
    }

    fn renamed(&self) -> Mutation {
        let fleet = self.fleet;
        let model = fleet.model();
        let name = format!("{}s", self.name());
        let change = fleet.rewrite(self.descriptor.name.span, &name);
        let at = |span| change.moved(fleet.place(span));
        let running = fleet
            .kv_sourced()
            .filter(|(_, workload)| workload.mapped.service() == Some(self.position));
        let mut expected: Vec<Expected> = running
            .map(|(deployment, workload)| {
                let named = workload.variable(
                    model
                        .policy
                        .contract
                        .shown_name(kvguard::contract::Role::Service),
                );
                let span = named.map_or(workload.workload.name_span, |named| named.value_span);
                Expected::new(RuleId::UndeclaredService)
                    .deployment(deployment.name())
                    .workload(&workload.workload.name)
                    .primary(at(span))
                    .shows(change.place())
            })
            .collect();
        let kind = if expected.is_empty() {
            "service renamed that no workload runs from the store"
        } else {
            "service renamed"
        };
        // Also true: the new name is granted nothing, and has none of the old one's excuses;
        expected.extend(self.without_grant(&name, &change.place()));
        // what the policy says of the old name is about nobody;
        let unused = |span| Expected::new(RuleId::UnusedExcuse).primary(at(span));
        expected.extend(
            model
                .policy
                .service(self.name())
                .map(|policy| unused(policy.span)),
        );
        for (other, policy) in &model.policy.services {
            let carrier = policy
                .carried_by
                .as_ref()
                .filter(|carrier| carrier.value == self.name());
            expected.extend(carrier.map(|carrier| unused(carrier.span).service(other)));
        }
        // and the key is shared with nobody who is named as sharing it.
        expected.extend(self.no_longer_shared(&change));
        for other in self.sharing() {
            let duplicate = Expected::new(RuleId::DuplicateKey)
                .service(&name)
                .service(other);
            expected.push(duplicate.shows(at(self.descriptor.key.text().span)));
        }
        self.mutation(kind, change, expected)
    }

    /// The other services that own the same key on purpose.
    fn sharing(&self) -> Vec<&str> {
        let shared = self.fleet.model().policy.shared_keys.iter();
        let sets = shared.filter(|shared| shared.services.iter().any(|name| name == self.name()));
        sets.flat_map(|shared| &shared.services)
            .map(String::as_str)
            .filter(|name| *name != self.name())
            .collect()
    }

    /// The policy's statements that services share a key, which they then do not.
    fn no_longer_shared(&self, change: &Change) -> Vec<Expected> {
        let shared = self.fleet.model().policy.shared_keys.iter();
        shared
            .filter(|shared| {
                // Of three that share a key two still do.
                shared.services.len() == 2 && shared.services.iter().any(|name| name == self.name())
            })
            .map(|shared| {
                Expected::new(RuleId::UnusedExcuse)
                    .primary(change.moved(self.fleet.place(shared.span)))
            })
            .collect()
    }

    /// Added: a new service, like this one, that brings no grant.
    fn copied(&self) -> Mutation {
        let fleet = self.fleet;
        let Descriptor {
            span, name, key, ..
        } = self.descriptor;
        let new_name = format!("snow-{}", name.value);
        let (before, last) = key
            .text()
            .value
            .rsplit_once('/')
            .expect("the fleet's keys have parts");
        let new_key = format!("{before}/snow-{last}");
        let copy = fleet
            .text(*span)
            .replacen(
                &format!("\"{}\"", name.value),
                &format!("\"{new_name}\""),
                1,
            )
            .replacen(&key.text().value, &new_key, 1);
        let end = span.end as usize;
        let change = fleet.replace(*span, end..end, &format!(",\n{copy}"));
        let own_line = fleet.place(name.span).line - fleet.place(*span).line;
        let line = (change.file.clone(), change.line + 1 + own_line);
        let expected = self.without_grant(&new_name, &line);
        self.mutation("service added without a grant", change, expected)
    }

    fn invalid_keys(&self) -> Vec<Mutation> {
        let key = self.descriptor.key.text();
        let (before, after) = key
            .value
            .split_once('/')
            .expect("the fleet's keys have parts");
        let keys = [
            ("key with a bad character", format!("{before}/ä{after}")),
            ("key with an empty token", format!("{before}//{after}")),
            ("key with an empty token", format!("{before}..{after}")),
            (
                "key with an unknown variable",
                format!("{before}/{{{{river}}}}/{after}"),
            ),
        ];
        keys.into_iter()
            .map(|(kind, invalid)| {
                let change = self.fleet.rewrite(key.span, &invalid);
                let invalid = Expected::new(RuleId::InvalidKey)
                    .service(self.name())
                    .primary(change.place())
                    .shows(change.moved(self.fleet.place(self.descriptor.name.span)));
                let also = self.no_longer_shared(&change);
                self.mutation(kind, change, std::iter::once(invalid).chain(also).collect())
            })
            .collect()
    }

    fn key_of_another(&self) -> Mutation {
        let own = &self.descriptor.key;
        let other = self.fleet.model().services.iter().find(|other| {
            let alike = matches!(
                (own, &other.key),
                (KeyDeclaration::Key(_), KeyDeclaration::Key(_))
                    | (KeyDeclaration::Template(_), KeyDeclaration::Template(_))
            );
            alike && other.key.text().value != own.text().value
        });
        let other = other.expect("the fleet has another key of the kind");
        let taken = &other.key.text().value;
        assert!(key::parse_template(taken).is_ok());
        let change = self.fleet.rewrite(own.text().span, taken);
        let duplicate = Expected::new(RuleId::DuplicateKey)
            .service(self.name())
            .service(&other.name.value)
            .shows(change.place())
            .shows(change.moved(self.fleet.place(other.key.text().span)));
        let mut expected = vec![duplicate];
        expected.extend(self.no_longer_shared(&change));
        let format = self.descriptor.format.value.name();
        if !taken.ends_with(&format!(".{format}")) {
            expected.push(
                Expected::new(RuleId::FormatExtensionMismatch)
                    .service(self.name())
                    .primary(change.place()),
            );
        }
        self.mutation("key of another", change, expected)
    }
}
