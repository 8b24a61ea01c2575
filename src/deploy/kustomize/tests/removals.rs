//! Each label, variable and key that a patch removes is recorded with its place in the patch.

use super::*;

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: gauge
  labels: {app: gauge, settings: bucket}
spec:
  containers:
  - name: gauge
    env:
    - {name: A, value: '1'}
    - {name: B, value: '2'}
";

/// What is noted of the pod's labels and its container's variables once it is patched: the path and the place.
fn removed(patch: &str) -> Vec<String> {
    let target = if patch.starts_with('-') {
        "  target: {kind: Pod, name: gauge}\n"
    } else {
        ""
    };
    let kustomization = format!("resources: [pod.yaml]\npatches:\n- path: patch.yaml\n{target}");
    let outcome = render_files(&[
        ("overlay/kustomization.yaml", &kustomization),
        ("overlay/pod.yaml", POD),
        ("overlay/patch.yaml", patch),
    ]);
    assert_eq!(outcome.said(), [] as [&str; 0], "{patch}");
    let holders = ["/metadata", "/spec/containers/0"];
    let holders = holders.map(|pointer| outcome.node("Pod", "gauge", pointer));
    let fields = holders.into_iter().filter_map(Node::as_mapping);
    fields
        .flat_map(crate::source::Mapping::all_removed)
        .map(|(path, span)| {
            let place = outcome.place(span);
            format!("{path} at {}", place.trim_start_matches("overlay/"))
        })
        .collect()
}

/// A strategic merge for the pod.
fn merge(rest: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: gauge\n{rest}")
}

#[test]
fn each_way_to_remove_a_label_is_noted() {
    for (patch, expected) in [
        (
            "- op: remove\n  path: /metadata/labels/settings\n".to_owned(),
            vec!["labels/settings at patch.yaml:2:9"],
        ),
        (
            "- op: remove\n  path: /metadata/labels\n".to_owned(),
            vec![
                "labels/app at patch.yaml:2:9",
                "labels/settings at patch.yaml:2:9",
            ],
        ),
        (
            "- op: replace\n  path: /metadata/labels\n  value: {app: gauge}\n".to_owned(),
            vec!["labels/settings at patch.yaml:2:9"],
        ),
        (
            merge("  labels:\n    settings: null\n"),
            vec!["labels/settings at patch.yaml:6:5"],
        ),
        (
            merge("  labels:\n    $patch: replace\n    app: gauge\n"),
            vec!["labels/settings at patch.yaml:6:5"],
        ),
        (merge("  labels:\n    app: gauge\n"), Vec::new()),
    ] {
        assert_eq!(removed(&patch), expected, "{patch}");
    }
}

#[test]
fn each_way_to_remove_a_variable_is_noted() {
    let container = |rest: &str| merge(&format!("spec:\n  containers:\n  - name: gauge\n{rest}"));
    for (patch, expected) in [
        (
            "- op: remove\n  path: /spec/containers/0/env/1\n".to_owned(),
            vec!["env/B at patch.yaml:2:9"],
        ),
        (
            "- op: remove\n  path: /spec/containers/0/env\n".to_owned(),
            vec!["env/A at patch.yaml:2:9", "env/B at patch.yaml:2:9"],
        ),
        (
            "- op: add\n  path: /spec/containers/0/env\n  value: [{name: A}]\n".to_owned(),
            vec!["env/B at patch.yaml:2:9"],
        ),
        (
            container("    env:\n    - name: B\n      $patch: delete\n"),
            vec!["env/B at patch.yaml:9:7"],
        ),
        (
            container("    env: null\n"),
            vec!["env/A at patch.yaml:8:5", "env/B at patch.yaml:8:5"],
        ),
        (
            container("    env:\n    - $patch: replace\n    - name: A\n"),
            vec!["env/B at patch.yaml:9:7"],
        ),
        (
            container("    env:\n    - {name: C, value: '3'}\n"),
            Vec::new(),
        ),
    ] {
        assert_eq!(removed(&patch), expected, "{patch}");
    }
}

#[test]
fn only_so_much_of_what_is_removed_is_kept() {
    let labels: Vec<String> = (0..500).map(|number| format!("l{number}: x")).collect();
    let pod = POD.replace("settings: bucket", &labels.join(", "));
    let kustomization = "resources: [pod.yaml]\npatches:\n- target: {kind: Pod, name: gauge}\n  patch: |\n    - op: remove\n      path: /metadata/labels\n";
    let outcome = render_files(&[
        ("overlay/kustomization.yaml", kustomization),
        ("overlay/pod.yaml", &pod),
    ]);
    let metadata = outcome.node("Pod", "gauge", "/metadata").as_mapping();
    let count = metadata.map(|metadata| metadata.all_removed().count());
    assert_eq!(count, Some(64));
}

#[test]
fn an_object_that_a_patch_removes_is_told_with_its_place() {
    let patch = merge("$patch: delete\n");
    let outcome = render_files(&[
        (
            "overlay/kustomization.yaml",
            "resources: [pod.yaml]\npatches:\n- path: patch.yaml\n",
        ),
        ("overlay/pod.yaml", POD),
        ("overlay/patch.yaml", &patch),
    ]);
    let removed = outcome.rendered.removed.iter();
    let removed: Vec<String> = removed
        .map(|one| format!("{} {} at {}", one.kind, one.name, outcome.place(one.span)))
        .collect();
    assert_eq!(removed, ["Pod gauge at overlay/patch.yaml:5:9"]);
}
