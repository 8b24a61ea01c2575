//! Who presents which grant, and what is granted to whom.

use std::rc::Rc;

use super::super::identities::{Identities, Ways};
use super::super::{ResolvedWorkload, ServiceInDeployment, Store, TableState, need};
use super::Assembler;
use crate::access::identity::Identity;
use crate::access::{AccessTable, Decider, alternatives, compared};
use crate::deploy::Issued;
use crate::inputs::matches;
use crate::policy::IdentityForm;

impl Assembler<'_, '_> {
    /// The SPIFFE IDs in a table whose last part is a name of a service: where objects of the deployment give
    /// identities, nothing tells the one that a service without a workload would have.
    pub(super) fn granted_by_name(&self, table: &AccessTable, service: &str) -> Ways {
        let aliases = self
            .policy
            .service(service)
            .into_iter()
            .flat_map(|policy| &policy.aliases);
        let names: Vec<&str> = std::iter::once(service)
            .chain(aliases.map(|alias| alias.value.as_str()))
            .collect();
        let is_meant = |last: &str| {
            let prefixes = self.policy.prefixes.iter();
            let mut without = prefixes.filter_map(|prefix| last.strip_prefix(prefix.as_str()));
            names.contains(&last) || without.any(|last| names.contains(&last))
        };
        table
            .grants
            .iter()
            .filter(|grant| {
                let path = grant.identity.value.strip_prefix("spiffe://");
                let last = path.and_then(|path| Some(path.rsplit_once('/')?.1));
                last.is_some_and(is_meant)
            })
            .map(|grant| {
                Rc::from([Identity {
                    form: IdentityForm::Spiffe,
                    text: grant.identity.value.clone(),
                    origin: grant.identity.span,
                }])
            })
            .collect()
    }

    /// The SPIFFE IDs that a store presents, if the files tell.
    pub(super) fn presented(
        &self,
        store: &Store,
        workloads: &[ResolvedWorkload],
        identities: &Identities<'_>,
        may_have_others: bool,
    ) -> Option<Vec<String>> {
        let stated = store.policy.iter().flat_map(|policy| &policy.identities);
        let stated: Vec<String> = stated.map(|identity| identity.value.clone()).collect();
        if !stated.is_empty() {
            return Some(stated);
        }
        if may_have_others || store.workloads.is_empty() {
            return None;
        }
        let mut presented = Vec::new();
        for position in &store.workloads {
            let workload = workloads.get(*position)?;
            let service = workload.mapped.service();
            let service = service.map(|service| self.services[service].name.value.as_str());
            presented.extend(identities.spiffe_ids(&workload.workload, service)?);
        }
        Some(presented)
    }

    /// Which grants somebody presents or may present, and which of them the store finds for somebody.
    pub(super) fn presentable(
        &self,
        table: &TableState,
        workloads: &[ResolvedWorkload],
        services: &[ServiceInDeployment],
        spare: &[Issued],
    ) -> (Vec<bool>, Vec<bool>) {
        let Some(table) = table.table() else {
            return (Vec::new(), Vec::new());
        };
        let access = &self.policy.access;
        let mut presentable = vec![false; table.grants.len()];
        let everybody = workloads
            .iter()
            .flat_map(|workload| &workload.ways)
            .chain(services.iter().flat_map(|service| &service.ways));
        for presented in everybody {
            for presented in alternatives(presented) {
                let texts = compared(presented.iter().copied(), access);
                for grant in texts.filter_map(|compared| table.position_of(&compared)) {
                    presentable[grant] = true;
                }
            }
        }
        // Given to whoever is selected by what is not in these files.
        for grant in spare.iter().filter_map(|issued| table.position(&issued.id)) {
            presentable[grant] = true;
        }
        let claimed = presentable.clone();
        let externals = self.policy.external_identities.iter().filter(|external| {
            external
                .deployment
                .as_deref()
                .is_none_or(|name| name == self.name())
        });
        for external in externals {
            for (position, grant) in table.grants.iter().enumerate() {
                presentable[position] |= matches(&external.identity.value, &grant.identity.value);
            }
        }
        // Rule shadowed-grant reports a grant that stands behind another one for the same identity.
        for (position, grant) in table.grants.iter().enumerate() {
            let first = table.position(&grant.identity.value).unwrap_or(position);
            presentable[position] |= presentable[first];
        }
        (presentable, claimed)
    }

    pub(super) fn decide(
        &self,
        table: &TableState,
        claimed: &[bool],
        workloads: &mut [ResolvedWorkload],
        services: &mut [ServiceInDeployment],
    ) {
        let decider = Decider::new(table.table(), &self.policy.access, claimed);
        for workload in &mut *workloads {
            let service = workload
                .mapped
                .service()
                .map(|position| self.services[position].name.value.as_str());
            // Services have needs; that of a workload without a service is not known.
            let need = service.map_or(0, |service| {
                need(self.policy, self.policy.service(service), self.name()).0
            });
            workload.access = decider.decide_any(&workload.ways, need);
            // Where its mode is not known, neither is what it presents.
            if let [presented] = workload.ways.as_slice() {
                workload.alternatives = decider.decide_each(presented, need);
            }
        }
        for (descriptor, service) in self.services.iter().zip(services) {
            // What the only workload presents is what the service presents, and their need is the same.
            if let [only] = *service.workloads
                && presents_the_same(&workloads[only].ways, &service.ways)
            {
                service.access = workloads[only].access.clone();
                continue;
            }
            let policy = self.policy.service(&descriptor.name.value);
            let (need, _) = need(self.policy, policy, self.name());
            service.access = decider.decide_any(&service.ways, need);
        }
    }
}

/// Whether somebody shares the ways of another.
fn presents_the_same(one: &Ways, other: &Ways) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| Rc::ptr_eq(one, other))
}
