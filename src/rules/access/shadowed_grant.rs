//! The same identity twice, with different roles: the first wins.
//!
//! ## Why
//!
//! The store takes the first entry that matches. Whoever added the second one believes that it holds.
//!
//! ## Example
//!
//! `spiffe://acme.dev/services/sync` is granted `reader` near the top of the table and `writer` below.
//!
//! ## What to do
//!
//! Keep one of the two.

use super::super::common::grant_label;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        for grant in &table.grants {
            let Some(first) = table
                .position(&grant.identity.value)
                .map(|first| &table.grants[first])
            else {
                continue;
            };
            if first.role.value == grant.role.value {
                continue;
            }
            let message = format!(
                "the access table of `{}` grants `{}` to `{}`, which an earlier grant of `{}` overrules",
                deployment.name(),
                grant.role.value,
                grant.identity.value,
                first.role.value
            );
            let finding = Finding::new(
                RuleId::ShadowedGrant,
                message,
                grant_label(grant, "this grant never holds"),
            ).subject(format!("{} as {}", grant.identity.value, grant.role.value))
            .label(Label::new(first.role.span, "the first one holds"))
            .deployment(deployment.name())
            .help(format!(
                "take this grant away, which changes nothing; if `{}` is meant, give the first grant that role before",
                grant.role.value
            ));
            findings.push(finding);
        }
    }
}
