//! Where findings are on Kubernetes: the file, the line and the column that a person edits.

#![cfg(feature = "kubernetes")]

mod support;

use std::collections::BTreeMap;

use support::{fixtures, options, tell};

/// The code and the first place of each finding, by deployment.
fn places(fleet: &str) -> BTreeMap<String, Vec<String>> {
    let told = tell(&options(&fixtures().join("kubernetes").join(fleet)));
    assert_eq!(told.report.failures, [], "{}", told.human);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in &told.report.findings {
        let location = told.report.sources().location(finding.primary.span);
        let place = format!(
            "{} {}:{}:{}",
            finding.rule.rule().code,
            location.file,
            location.line,
            location.column
        );
        places
            .entry(finding.deployments.join(" "))
            .or_default()
            .push(place);
    }
    places
}

#[test]
fn findings_in_manifests_are_at_their_lines() {
    insta::assert_debug_snapshot!(places("manifests"));
}

#[test]
#[cfg(feature = "kustomize")]
fn findings_in_overlays_are_at_the_lines_of_bases_patches_and_generators() {
    insta::assert_debug_snapshot!(places("overlays"));
}
