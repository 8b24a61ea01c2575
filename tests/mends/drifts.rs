//! Drifts of the example fleet's access tables: each grant of each table taken out, misspelt, lowered and given an unknown role.

use std::collections::BTreeSet;

use kvguard::policy::DeploymentKind;
use kvguard::source::Span;

use crate::change::Change;
use crate::fleet::Fleet;

/// A fleet with one file changed.
pub struct Drift {
    pub name: String,
    pub file: String,
    pub text: Option<String>,
}

/// All drifts of a fleet.
pub fn of(fleet: &Fleet) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for deployment in &fleet.model().deployments {
        let table = deployment.table.table().expect("the fleet has its tables");
        let spans: Vec<Span> = table.grants.iter().map(|grant| grant.span).collect();
        for (position, grant) in table.grants.iter().enumerate() {
            let mut add = |what: &str, change: Change| {
                let identity = &grant.identity.value;
                drifts.push(Drift {
                    name: format!("{}: {what} of {identity}", deployment.name()),
                    file: change.file.clone(),
                    text: change.text,
                });
            };
            let is_chart = deployment.policy.kind() == DeploymentKind::Helm;
            let without = if is_chart {
                fleet.drop_lines(grant.identity.span, grant.role.span)
            } else {
                fleet.drop_item(&spans, position)
            };
            add("no grant", without);
            add("a lower role", fleet.rewrite(grant.role.span, "reader"));
            add("an unknown role", fleet.rewrite(grant.role.span, "admin"));
            let written = fleet.text(grant.identity.span).trim_matches('"');
            let name = written.rsplit(['/', '=']).next().unwrap_or(written);
            let name = name.split([',', '.']).next().unwrap_or(name);
            if name.len() > 4
                && name
                    .chars()
                    .all(|sign| sign.is_alphanumeric() || sign == '-')
            {
                let misspelt = format!("{}x{}", &name[..2], &name[3..]);
                let misspelt = fleet.rewrite_part(grant.identity.span, name, &misspelt);
                add("another name", misspelt);
            }
        }
    }
    // Two deployments may read one file.
    let mut seen = BTreeSet::new();
    drifts.retain(|drift| seen.insert((drift.file.clone(), drift.text.clone())));
    drifts
}
