//! What is broken, endless or not to be read.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::source::TokenKind;

#[test]
fn a_missing_separator_is_named_and_the_rest_is_built() {
    let twice = format!("{SERVICE}{}", SERVICE.replace("core", "second"));
    let files = [
        (
            "overlay/kustomization.yaml",
            "resources: [a.yaml, b.yaml]\n",
        ),
        ("overlay/a.yaml", &twice),
        ("overlay/b.yaml", &SERVICE.replace("core", "other")),
    ];
    let outcome = render_files(&files);
    let said = outcome.one();
    assert!(
        said.starts_with("overlay/a.yaml:8:1 duplicate key `apiVersion`"),
        "{said}"
    );
    assert_eq!(outcome.rendered.documents.len(), 3);
}

#[test]
fn null_data_is_no_config_map() {
    let outcome = fixture("differs-null-data");
    assert_eq!(
        outcome.one(),
        "overlay/a.yaml:5:1 `data` must be a mapping of names and texts, but this is null; indent what belongs to it"
    );
    assert_eq!(outcome.rendered.documents.len(), 1);
}

#[test]
fn an_unknown_field_is_refused_with_a_suggestion() {
    let outcome = render_files(&[("overlay/kustomization.yaml", "resuorces: [a.yaml]\n")]);
    assert_eq!(
        outcome.said()[1],
        "overlay/kustomization.yaml:1:1 a kustomization has no field `resuorces`; did you mean `resources`?"
    );
}

#[test]
fn kustomizations_that_name_each_other_are_named() {
    let outcome = fixture("refused-cycle");
    assert_eq!(
        outcome.one(),
        "base/kustomization.yaml:1:13 kustomizations name each other: `overlay` → `base` → `overlay`"
    );
}

#[test]
fn a_patch_without_its_resource_is_refused() {
    let outcome = fixture("refused-patch-no-target");
    assert_eq!(
        outcome.one(),
        "overlay/kustomization.yaml:8:13 no resource matches this patch for `Service absent` of `v1`"
    );
}

#[test]
fn a_generator_without_its_file_is_a_failure_at_the_line_that_names_it() {
    let outcome = fixture("refused-generator-file");
    assert_eq!(
        outcome.one(),
        "overlay/kustomization.yaml:5:11 `overlay/absent.txt` does not exist, which this kustomization names"
    );
}

#[test]
fn what_is_remote_or_runs_a_program_is_unsupported() {
    for name in [
        "refused-remote",
        "refused-helm",
        "refused-validators",
        "refused-transformer",
    ] {
        let outcome = fixture(name);
        assert_eq!(
            outcome.rendered.unsupported.len(),
            1,
            "{name}: {:?}",
            outcome.said()
        );
    }
}

#[test]
fn credentials_of_a_remote_are_not_told() {
    let files = [(
        "overlay/kustomization.yaml",
        "resources: ['https://user:hidden@example.org/a.yaml']\n",
    )];
    assert!(!render_files(&files).one().contains("hidden"));
}

#[test]
fn an_overlay_without_a_kustomization_is_a_failure() {
    let outcome = render_files(&[("other/a.yaml", SERVICE)]);
    assert!(
        outcome
            .one()
            .contains("`overlay` has no kustomization file"),
        "{}",
        outcome.one()
    );
}

#[test]
fn a_file_in_place_of_its_directory_is_told_with_the_directory() {
    let outcome = render_files(&[("overlay", "resources: [a.yaml]\n")]);
    let told = outcome.one();
    assert!(told.contains("`overlay` is a file"), "{told}");
    assert!(told.ends_with("expected here: write `.`"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_root_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.yaml"), SERVICE).unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("overlay")).unwrap();
    let link = directory.path().join("overlay/a.yaml");
    std::os::unix::fs::symlink(outside.path().join("a.yaml"), link).unwrap();
    let kustomization = "resources: [a.yaml]\n";
    fs::write(
        directory.path().join("overlay/kustomization.yaml"),
        kustomization,
    )
    .unwrap();
    let outcome = render_in(directory.path(), "overlay");
    assert!(
        outcome.one().contains("outside the root"),
        "{}",
        outcome.one()
    );
    assert!(outcome.rendered.documents.is_empty());
}

#[cfg(unix)]
#[test]
fn links_in_a_loop_end() {
    let directory = tempfile::tempdir().unwrap();
    let overlay = directory.path().join("overlay");
    fs::create_dir(&overlay).unwrap();
    std::os::unix::fs::symlink(&overlay, overlay.join("again")).unwrap();
    fs::write(overlay.join("kustomization.yaml"), "resources: [again]\n").unwrap();
    let outcome = render_in(directory.path(), "overlay");
    assert!(
        outcome.one().starts_with("overlay/again"),
        "{}",
        outcome.one()
    );
}

#[test]
fn bases_that_are_named_over_and_over_are_bounded() {
    let mut files = vec![(
        "b0/kustomization.yaml".to_owned(),
        "resources: [a.yaml]\n".to_owned(),
    )];
    files.push(("b0/a.yaml".to_owned(), SERVICE.to_owned()));
    for level in 1..30 {
        let below = level - 1;
        for side in ["b", "c"] {
            let text = format!("resources: [../b{below}, ../c{below}]\nnamePrefix: {side}\n");
            files.push((format!("{side}{level}/kustomization.yaml"), text));
        }
    }
    files.push((
        "c0/kustomization.yaml".to_owned(),
        "resources: [../b0]\nnamePrefix: c\n".to_owned(),
    ));
    files.push((
        "overlay/kustomization.yaml".to_owned(),
        "resources: [../b29, ../c29]\n".to_owned(),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let start = Instant::now();
    let outcome = render_files(&files);
    assert!(
        outcome
            .said()
            .iter()
            .any(|said| said.contains("kustomizations on the way"))
    );
    assert!(start.elapsed() < Duration::from_secs(300));
}

#[test]
fn ten_thousand_documents_take_no_time_to_speak_of() {
    let mut text = String::new();
    for number in 0..10_000 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{number}\ndata: {{a: b}}\n"
        );
    }
    let kustomization = "resources: [a.yaml]\nnamespace: prod\nnamePrefix: p-\ncommonLabels: {a: b}\nimages: [{name: i, newTag: x}]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\nvars: [{name: V, objref: {kind: ConfigMap, version: v1, name: c1}}]\npatches:\n- target: {kind: ConfigMap, name: c1.*}\n  patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'\n";
    let files = [
        ("overlay/kustomization.yaml", kustomization),
        ("overlay/a.yaml", text.as_str()),
    ];
    let start = Instant::now();
    let outcome = render_files(&files);
    assert_eq!(outcome.said(), Vec::<String>::new());
    assert_eq!(outcome.rendered.documents.len(), 10_001);
    assert!(
        start.elapsed() < Duration::from_secs(300),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn ten_megabytes_are_read() {
    let line = "x".repeat(100);
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n".to_owned();
    for number in 0..100_000 {
        let _ = writeln!(text, "  k{number}: {line}");
    }
    let files = [
        (
            "overlay/kustomization.yaml",
            "resources: [a.yaml]\nnamePrefix: p-\npatches: [{patch: '{\"apiVersion\": v1, \"kind\": ConfigMap, \"metadata\": {\"name\": big}, \"data\": {\"k1\": null}}'}]\n",
        ),
        ("overlay/a.yaml", text.as_str()),
    ];
    let start = Instant::now();
    let outcome = render_files(&files);
    assert_eq!(outcome.said(), Vec::<String>::new());
    assert_eq!(
        outcome
            .node("ConfigMap", "p-big", "/data")
            .as_mapping()
            .unwrap()
            .len(),
        99_999
    );
    assert!(
        start.elapsed() < Duration::from_secs(300),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn files_of_generators_are_values_to_whoever_shows_them() {
    let outcome = fixture("generators");
    for (_, source) in outcome.inputs.sources().iter() {
        if source.path() == "overlay/sub/text.txt" {
            assert!(source.tokens().any(|token| token.kind == TokenKind::Scalar));
        }
    }
}

#[test]
fn what_copies_itself_is_bounded() {
    let (mut json, mut replacements) = (String::new(), "replacements:\n".to_owned());
    json.push_str("patches:\n- target: {kind: Service}\n  patch: |-\n");
    for number in 0..60 {
        let _ = writeln!(
            json,
            "    - {{op: copy, from: /spec, path: /spec/c{number}}}"
        );
        let _ = writeln!(
            replacements,
            "- source: {{kind: Service, fieldPath: spec}}\n  targets: [{{select: {{kind: Service}}, fieldPaths: [spec.c{number}], options: {{create: true}}}}]"
        );
    }
    let joined = "- source: {kind: Service, fieldPath: metadata.name}\n  targets: [{select: {kind: Service}, fieldPaths: [metadata.name], options: {delimiter: x, index: 99999}}]\n";
    let joined = format!("replacements:\n{}", joined.repeat(60));
    for text in [json, replacements, joined] {
        let kustomization = format!("resources: [a.yaml]\n{text}");
        let files = [
            ("overlay/kustomization.yaml", kustomization.as_str()),
            ("overlay/a.yaml", SERVICE),
        ];
        let start = Instant::now();
        let outcome = render_files(&files);
        assert!(!outcome.said().is_empty());
        assert!(start.elapsed() < Duration::from_secs(300));
    }
}

#[test]
fn variables_of_variables_are_bounded() {
    let value = "$(V)".repeat(20_000);
    let service = SERVICE.replace(
        "  name: core\n",
        &format!("  name: core\n  annotations: {{v: '{value}'}}\n"),
    );
    let open = SERVICE.replace(
        "  name: core\n",
        &format!(
            "  name: open\n  annotations: {{v: '{}'}}\n",
            "$(".repeat(200_000)
        ),
    );
    let both = format!("{service}---\n{open}");
    let kustomization = "resources: [a.yaml]\nvars: [{name: V, objref: {kind: Service, version: v1, name: core}, fieldref: {fieldPath: metadata.annotations.v}}]\n";
    let files = [
        ("overlay/kustomization.yaml", kustomization),
        ("overlay/a.yaml", both.as_str()),
    ];
    let start = Instant::now();
    let outcome = render_files(&files);
    assert!(
        outcome.one().contains("expand to too much"),
        "{}",
        outcome.one()
    );
    assert!(start.elapsed() < Duration::from_secs(300));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_kustomization_is_built_and_spans_lie_in_their_texts(
        kustomization in "(namespace|patches|resources|images|labels|vars|replacements|configMapGenerator): [-\\[\\]{}a-z.:, '\"\n]{0,60}",
        resource in "[-a-z:{}\\[\\] \n\"']{0,80}",
    ) {
        let files = [("overlay/kustomization.yaml", format!("resources: [a.yaml]\n{kustomization}")), ("overlay/a.yaml", resource)];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let outcome = render_files(&files);
        let problems = [&outcome.rendered.malformed, &outcome.rendered.invalid, &outcome.rendered.unsupported];
        for problem in problems.into_iter().flatten() {
            let length = outcome.inputs.sources().get(problem.span.source).text().len();
            prop_assert!(problem.span.start <= problem.span.end && problem.span.end as usize <= length);
            prop_assert!(!problem.message.contains('\n'));
        }
    }
}
