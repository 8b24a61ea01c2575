//! Which findings two checks have in common.

use std::collections::HashMap;

use kvguard::finding::{Finding, Level};
use kvguard::rules::RuleId;

/// Takes from both what both have, as often as both have it, and gives it as HEAD has it.
pub fn take_common(base: &mut Vec<Finding>, head: &mut Vec<Finding>) -> Vec<Finding> {
    let [mut of_base, mut of_head] = [&*base, &*head].map(|findings| {
        let mut counts: HashMap<Identity, usize> = HashMap::new();
        for finding in findings {
            *counts.entry(identity(finding)).or_default() += 1;
        }
        counts
    });
    base.retain(|finding| !takes_one(&mut of_head, finding));
    let all = std::mem::take(head).into_iter();
    let (common, added) = all.partition(|finding| takes_one(&mut of_base, finding));
    *head = added;
    common
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
