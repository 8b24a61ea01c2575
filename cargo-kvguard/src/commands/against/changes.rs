//! Which findings two checks have in common.

use std::collections::HashMap;

use kvguard::finding::{Finding, Level};
use kvguard::rules::RuleId;

/// Takes from both what both have, as often as both have it. Gives how many that are.
pub fn take_common(base: &mut Vec<Finding>, head: &mut Vec<Finding>) -> usize {
    let [mut of_base, mut of_head] = [&*base, &*head].map(|findings| {
        let mut counts: HashMap<Identity, usize> = HashMap::new();
        for finding in findings {
            *counts.entry(identity(finding)).or_default() += 1;
        }
        counts
    });
    let before = head.len();
    base.retain(|finding| !takes_one(&mut of_head, finding));
    head.retain(|finding| !takes_one(&mut of_base, finding));
    before - head.len()
}

fn takes_one(counts: &mut HashMap<Identity, usize>, finding: &Finding) -> bool {
    let left = counts.get_mut(&identity(finding));
    left.is_some_and(|left| {
        let is_one_left = *left > 0;
        *left = left.saturating_sub(1);
        is_one_left
    })
}

/// What makes a finding the same in two commits: neither lines nor files. One that is taken more seriously than before is another.
type Identity = (RuleId, Level, [Vec<String>; 3], String);

fn identity(finding: &Finding) -> Identity {
    let of = [
        finding.deployments.clone(),
        finding.services.clone(),
        finding.workloads.clone(),
    ];
    (finding.rule, finding.level, of, finding.message.clone())
}
