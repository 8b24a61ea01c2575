//! Manifests that are made to take up time or memory.

use std::sync::Arc;

use super::outcome;
use crate::deploy::command::{Argument, apply};

#[test]
fn what_expands_without_end_is_bounded() {
    use std::fmt::Write as _;
    let mut yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    env:\n    - {name: V0, value: xxxxxxxxxx}\n".to_owned();
    for number in 1..2000 {
        let before = number - 1;
        writeln!(
            yaml,
            "    - {{name: V{number}, value: $(V{before})$(V{before})}}"
        )
        .unwrap();
    }
    let outcome = outcome(&yaml);
    assert_eq!(outcome.value("a/a", "V3"), Some("x".repeat(80).as_str()));
    assert_eq!(outcome.value("a/a", "V1999"), Some("?"));
}

#[test]
fn a_command_that_becomes_too_long_is_told() {
    let many = "$(V)".repeat(3);
    for arguments in [
        format!("[sh, -c, '{many}']"),
        format!("[sh, -c, svc, {}]", ["$(V)"; 1000].join(", ")),
    ] {
        let yaml = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    args: {arguments}\n    env:\n    - {{name: V, value: {}}}\n",
            "x".repeat(50_000)
        );
        let mut outcome = outcome(&yaml);
        apply(&mut outcome.found.workloads, &mut outcome.sources);
        let untold = &outcome.workload("a/a").untold;
        assert_eq!(untold.len(), 1, "{untold:?}");
        assert!(untold[0].message.contains("too long"), "{untold:?}");
    }
}

#[test]
fn the_commands_of_all_containers_together_are_bounded() {
    use std::fmt::Write as _;
    let mut yaml = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{V: {}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n",
        "x".repeat(1_000)
    );
    for number in 0..2_000 {
        let many = "$(V)".repeat(100);
        writeln!(
            yaml,
            "  - name: c{number}\n    args: [sh, -c, '{many}']\n    envFrom: [{{configMapRef: {{name: m}}}}]"
        )
        .unwrap();
    }
    let outcome = outcome(&yaml);
    let arguments = outcome
        .found
        .workloads
        .iter()
        .flat_map(|workload| &workload.command);
    let bytes: usize = arguments
        .map(|argument| match argument {
            Argument::Word { text, .. } => text.len(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert!(bytes > 32 << 20 && bytes <= 64 << 20, "{bytes}");
    let [told] = outcome.found.unsupported.as_slice() else {
        panic!("{:?}", outcome.found.unsupported);
    };
    assert!(
        told.message.contains("larger than 64 MiB"),
        "{}",
        told.message
    );
}

#[test]
fn the_containers_of_a_pod_share_what_they_have_in_common() {
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes:\n  - {name: v, configMap: {name: gone}}\n  initContainers:\n  - name: first\n    envFrom: [{secretRef: {name: lost}}]\n  containers:\n  - name: one\n    envFrom: [{configMapRef: {name: none}}]\n  - name: two\n";
    let outcome = outcome(yaml);
    let names = |workload: &str| -> Vec<String> {
        let dangling = outcome.workload(workload).dangling.iter();
        dangling.map(|dangling| dangling.name.clone()).collect()
    };
    assert_eq!(names("a/one"), ["none", "gone", "lost"]);
    assert_eq!(names("a/two"), ["gone", "lost"]);
    assert_eq!(names("a/first"), ["gone", "lost"]);
    let [one, two] = ["a/one", "a/two"].map(|name| outcome.workload(name));
    let [network, other] = [one, two].map(|workload| workload.network.pod().unwrap());
    assert!(std::ptr::eq(network, other));
    assert!(Arc::ptr_eq(&one.dangling.of_pod, &two.dangling.of_pod));
}

#[test]
fn the_pods_of_a_namespace_share_its_labels() {
    let pod = |name| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: x}}]}}\n"
        )
    };
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: brook, labels: {a: b}, annotations: {x/inject: 'true'}}\n";
    let outcome = outcome(&(namespace.to_owned() + &pod("one") + &pod("two")));
    let [one, two] = ["one/x", "two/x"].map(|name| {
        let network = outcome.workload(name).network.pod().unwrap();
        assert!(network.has_company && network.subject.is_untold);
        &network.subject.namespace_labels
    });
    assert!(one.are_all && one.known.len() == 2);
    assert!(Arc::ptr_eq(one, two));
}
