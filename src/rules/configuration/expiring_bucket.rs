//! A bucket TTL that would expire seeded configuration.
//!
//! ## Why
//!
//! A key is seeded once. With a time to live on the bucket it is gone a day later, and the service that
//! restarts then starts without configuration.
//!
//! ## Example
//!
//! `"bucket_ttl": "24h"` in the store's configuration.
//!
//! ## What to do
//!
//! Take the time to live away, or set it to zero.

use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let Some(span) = deployment.bucket_ttl else {
            continue;
        };
        let message = format!(
            "the bucket of `{}` has a time to live, which expires the configuration that services seed",
            deployment.name()
        );
        findings.push(
            Finding::new(
                RuleId::ExpiringBucket,
                message,
                Label::new(span, "expires every key"),
            )
            .deployment(deployment.name())
            .help("take the time to live away, or set it to zero"),
        );
    }
}
