//! Manifests that are made to take up time or memory.

use super::{POD, cluster_id, found, static_entry};
use crate::deploy::{Pod, Workloads};
use crate::policy::SpirePolicy;
use crate::registry::Spanned;
use crate::source::Sources;

/// Many pods, each in a namespace of its own.
fn many_pods(number: usize) -> String {
    let pod = |at| format!("---\n{}", POD.replace("brook", &format!("brook{at}")));
    (0..number).map(pod).collect()
}

fn pods(found: &Workloads) -> impl Iterator<Item = &Pod> {
    let workloads = found.workloads.iter();
    workloads.filter_map(|workload| workload.pod.as_deref())
}

fn assert_told(found: &Workloads, message: &str) {
    let mut unsupported = found.unsupported.iter();
    let is_told = unsupported.any(|problem| problem.message.contains(message));
    assert!(is_told, "{:?}", found.unsupported);
}

#[test]
fn templates_that_the_engine_runs_are_bounded_for_all_pods_together() {
    let template = "{{if true}}{{printf \"%1000000d\" 1 | len}}{{end}}";
    let documents = cluster_id(template, "") + &many_pods(50);
    let found = found(&documents, &SpirePolicy::default());
    let undecided = pods(&found).filter(|pod| pod.undecided.is_some()).count();
    assert!((50..100).contains(&undecided), "{undecided}");
    assert_told(&found, "takes too much work");
}

#[test]
fn identities_are_bounded_for_all_pods_together() {
    let documents = cluster_id(&"x".repeat(1_000_000), "") + &many_pods(100);
    let found = found(&documents, &SpirePolicy::default());
    let issued = pods(&found).flat_map(|pod| &pod.issued);
    let bytes: usize = issued.map(|issued| issued.id.len()).sum();
    // Each pod has two containers.
    assert!(bytes > 100_000_000 && bytes <= 200_000_000, "{bytes}");
    assert_told(&found, "takes too much work");
}

#[test]
fn static_entries_are_bounded_for_all_pods_together() {
    let selectors = "['k8s:sa:nobody', a, b, c, d, e, f, g, h, i]";
    let entry = |at| {
        format!(
            "---\n{}",
            static_entry(selectors).replace("fixed", &format!("fixed{at}"))
        )
    };
    let entries: String = (0..900).map(entry).collect();
    let found = found(&(entries + &many_pods(500)), &SpirePolicy::default());
    assert_told(&found, "too many pods and selectors");
}

#[test]
fn expressions_of_ignored_namespaces_are_bounded_for_all_pods_together() {
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", "");
    let span = sources.whole(id);
    let expression = "(a{0,1000}b){0,9}c".to_owned();
    let spire = SpirePolicy {
        ignore_namespaces: Some(vec![Spanned::new(expression, span)]),
        ..SpirePolicy::default()
    };
    let long = POD.replace("brook", &"a".repeat(10_000));
    let documents = format!("{}---\n{long}", cluster_id("gauge", ""));
    let found = found(&documents, &spire);
    assert_told(&found, "this namespace takes too much work");
    assert!(pods(&found).any(|pod| !pod.issued.is_empty()));
}
