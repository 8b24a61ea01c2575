//! Charts rendered in process: where each line is to be edited, and what bad input gives.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Options, Rendered, render};
use crate::inputs::Inputs;
use crate::registry::Spanned;
use crate::source::{Fragment, Node, Problem, Sources, Span, Syntax, read};

fn nowhere() -> Span {
    let mut sources = Sources::new();
    let id = sources.add("policy", "");
    sources.whole(id)
}

fn rendered(root: &Path, chart: &str, values: &[&str]) -> (Inputs, Rendered, Vec<String>) {
    let mut inputs = Inputs::new(root).unwrap();
    let chart = Spanned::new(chart.to_owned(), nowhere());
    let values: Vec<_> = values
        .iter()
        .map(|file| Spanned::new((*file).to_owned(), nowhere()))
        .collect();
    let options = Options {
        chart: &chart,
        values_files: &values,
        set: &BTreeMap::new(),
        release_name: "release",
        namespace: "space",
        kube_version: None,
        api_versions: &[],
    };
    let (rendered, failures) = render(&mut inputs, &options);
    let failures = failures
        .into_iter()
        .map(|failure| failure.message)
        .collect();
    (inputs, rendered, failures)
}

fn platform(values: &[&str]) -> (Inputs, Rendered) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/helm/charts");
    let (inputs, rendered, failures) = rendered(&root, "platform", values);
    assert!(failures.is_empty(), "{failures:?}");
    (inputs, rendered)
}

fn of_kind<'a>(rendered: &'a Rendered, kind: &str, name: &str) -> &'a Node {
    let fits = |node: &&Node| {
        let own = node.pointer("/metadata/name").or(node.get("name"));
        node.get("kind").and_then(Node::as_str) == Some(kind)
            && (name.is_empty() || own.and_then(Node::as_str) == Some(name))
    };
    rendered.documents.iter().find(fits).unwrap()
}

fn place(inputs: &Inputs, span: Span) -> String {
    let at = inputs.sources().location(span);
    let file = at.file.trim_start_matches("platform/").to_owned();
    format!("{file}:{}:{}", at.line, at.column)
}

#[test]
fn every_value_is_at_the_line_to_edit() {
    let (inputs, rendered) = platform(&[]);
    let deployment = of_kind(&rendered, "Deployment", "");
    let at = |pointer: &str| place(&inputs, deployment.pointer(pointer).unwrap().span);
    let container = "/spec/template/spec/containers/0";
    let env = |index: usize| at(&format!("{container}/env/{index}/value"));
    // Written in the template.
    assert_eq!(at("/kind"), "templates/deployment.yaml:2:7");
    assert_eq!(env(4), "templates/deployment.yaml:28:22");
    // Put together in the template.
    assert_eq!(
        at(&format!("{container}/image")),
        "templates/deployment.yaml:20:18"
    );
    // Printed by a helper.
    assert_eq!(at("/metadata/labels/app"), "templates/_helpers.tpl:2:5");
    // Values, through `toYaml`, by themselves, and in quotes.
    assert_eq!(env(0), "values.yaml:8:12");
    assert_eq!(env(2), "values.yaml:27:11");
    assert_eq!(env(3), "values.yaml:4:8");
    assert_eq!(at("/spec/replicas"), "values.yaml:5:11");
    assert_eq!(at("/metadata/labels/team"), "values.yaml:12:9");
    // A subchart's template, and a value that its parent gives it.
    let queue = of_kind(&rendered, "Queue", "jobs");
    assert_eq!(
        place(&inputs, queue.get("kind").unwrap().span),
        "charts/queue/templates/queue.yaml:1:7"
    );
    assert_eq!(
        place(&inputs, queue.get("size").unwrap().span),
        "values.yaml:31:9"
    );
    let cache = of_kind(&rendered, "Cache", "");
    assert_eq!(
        place(&inputs, cache.get("size").unwrap().span),
        "charts/cache/values.yaml:1:7"
    );
    // A file that `tpl` ran.
    let grants = of_kind(&rendered, "ConfigMap", "grants");
    assert_eq!(
        place(&inputs, grants.pointer("/metadata/name").unwrap().span),
        "files/grants.yaml:4:9"
    );
    assert_eq!(
        place(&inputs, grants.pointer("/data/plain").unwrap().span),
        "values.yaml:4:8"
    );
    // A key, too, is where it is written.
    let labels = deployment
        .pointer("/metadata/labels")
        .unwrap()
        .as_mapping()
        .unwrap();
    assert_eq!(
        place(&inputs, labels.entry("team").unwrap().key.span),
        "values.yaml:12:3"
    );
    // What a values file gives is also told of in the template.
    let value = deployment.pointer("/spec/replicas").unwrap().span;
    let printed = rendered.printed.at(value).into_iter();
    let printed: Vec<String> = printed.map(|span| place(&inputs, span)).collect();
    assert_eq!(printed, ["templates/deployment.yaml:9:16"]);
    // And what a template puts together is told of in the values file.
    let image = format!("{container}/image");
    let image = deployment.pointer(&image).unwrap().span;
    let values = rendered.printed.values(image).into_iter();
    let values: Vec<String> = values.map(|span| place(&inputs, span)).collect();
    assert_eq!(values, ["values.yaml:3:15", "values.yaml:4:8"]);
}

#[test]
fn a_second_values_set_is_where_its_values_are() {
    let (inputs, rendered) = platform(&["platform/values-b.yaml"]);
    let deployment = of_kind(&rendered, "Deployment", "");
    let at = |pointer: &str| place(&inputs, deployment.pointer(pointer).unwrap().span);
    assert_eq!(at("/spec/replicas"), "values-b.yaml:3:11");
    assert_eq!(
        at("/spec/template/spec/containers/0/env/0/value"),
        "values-b.yaml:6:12"
    );
}

#[test]
fn a_document_in_a_scalar_is_traced_line_by_line() {
    let (mut inputs, rendered) = platform(&["platform/values-b.yaml"]);
    let grants = of_kind(&rendered, "ConfigMap", "grants");
    let text = grants.pointer("/data/grants.json").unwrap();
    let sources = inputs.sources_mut();
    let fragment = Fragment::of_scalar(sources, text).unwrap();
    let table = read(sources, &fragment, Syntax::Json);
    assert_eq!(table.problems, []);
    let at = |pointer: &str| place(&inputs, table.roots[0].pointer(pointer).unwrap().span);
    assert_eq!(at("/grants/0/identity"), "files/grants.yaml:9:22");
    assert_eq!(at("/grants/0/role"), "files/grants.yaml:9:102");
    assert_eq!(at("/grants/1/role"), "files/grants.yaml:10:62");
    let config = of_kind(&rendered, "ConfigMap", "config");
    let text = config.pointer("/data/values.yaml").unwrap();
    let sources = inputs.sources_mut();
    let fragment = Fragment::of_scalar(sources, text).unwrap();
    let config = read(sources, &fragment, Syntax::Yaml);
    assert_eq!(
        place(&inputs, config.roots[0].get("store").unwrap().span),
        "values-b.yaml:2:8"
    );
    let keys = config.roots[0].as_mapping().unwrap();
    assert_eq!(
        place(&inputs, keys.entry("list").unwrap().key.span),
        "values.yaml:19:3"
    );
}

/// A chart of one template and its values, and what is wrong with it: place and message.
fn broken(template: &str, values: &str) -> (usize, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("c/templates");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        root.path().join("c/Chart.yaml"),
        "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    )
    .unwrap();
    std::fs::write(root.path().join("c/values.yaml"), values).unwrap();
    std::fs::write(directory.join("a.yaml"), template).unwrap();
    std::fs::write(directory.join("b.yaml"), "kind: Other\n").unwrap();
    let (inputs, rendered, failures) = rendered(root.path(), "c", &[]);
    assert!(failures.is_empty(), "{failures:?}");
    let told = |problem: &Problem| {
        let at = inputs.sources().location(problem.span);
        format!("{}:{}:{}: {}", at.file, at.line, at.column, problem.message)
    };
    let all = rendered.malformed.iter().chain(&rendered.unsupported);
    (rendered.documents.len(), all.map(told).collect())
}

#[test]
fn a_template_that_fails_is_told_and_the_others_are_rendered() {
    let cases = [
        (
            "a: 1\nb: {{ .Values.x.y }}\n",
            "c/templates/a.yaml:2:7: nil pointer evaluating interface {}.y, at `.Values.x.y`",
        ),
        (
            "a: {{ .Values.my-key }}\n",
            "c/templates/a.yaml:1:17: bad character U+002D '-'",
        ),
        (
            "a: {{ required \"say a\" .Values.a }}\n",
            "c/templates/a.yaml:1:7: say a",
        ),
        (
            "{{ if true }}\n",
            "c/templates/a.yaml:1:14: unexpected EOF: the `{{ if }}` in line 1 has no `{{ end }}`: write it below the last line that belongs to it",
        ),
        (
            "{{ range list 1 }}\n{{ with 1 }}\n{{ else }}\n{{ end }}\n",
            "c/templates/a.yaml:4:10: unexpected EOF: the `{{ range }}` in line 1 has no `{{ end }}`: write it below the last line that belongs to it",
        ),
        (
            "{{ if 1 }}\n{{ end }}\n{{ define \"a\" }}\n{{ else if }}",
            "c/templates/a.yaml:4:4: unexpected {{else}} in define clause",
        ),
        (
            "a: {{ nope 1 }}\n",
            "c/templates/a.yaml:1:7: function \"nope\" not defined",
        ),
        (
            "a: {{ include \"gone\" . }}\n",
            "c/templates/a.yaml:1:7: error calling include: template: no template \"gone\" associated with template \"gotpl\"",
        ),
        ("a: 1\na: 2\n", "c/templates/a.yaml:2:1: duplicate key `a`"),
        (
            "a: {{ decryptAES \"k\" \"v\" }}\n",
            "c/templates/a.yaml:1:7: kvguard does not decrypt",
        ),
        (
            "a: {{ tpl \"x {{ .y.z }}\" . }}\n",
            "c/templates/a.yaml:1:17: nil pointer evaluating interface {}.z, at `.y.z`",
        ),
    ];
    for (template, expected) in cases {
        let (documents, told) = broken(template, "");
        assert_eq!(told, [expected], "{template}");
        assert!(documents >= 1, "{template}");
    }
}

#[test]
fn a_message_of_the_template_is_shown_only_if_it_holds_no_value() {
    let (_, told) = broken(
        "{{ fail (printf \"bad %s\" .Values.secret) }}",
        "secret: hunter2\n",
    );
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("hunter2"), "{told:?}");
}

#[test]
fn what_would_take_too_much_is_refused() {
    let cases = [
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ define \"a\" }}{{ tpl \"{{ include \\\"a\\\" . }}\" . }}{{ end }}{{ include \"a\" . }}",
        "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t) }}",
        "{{ range until 1000000000 }}x{{ end }}",
        "{{ range 100000000000 }}x{{ end }}",
        "{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}",
        "{{ repeat 10000000000 \"abc\" }}",
        "{{ $x := \"abcdefgh\" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}",
        "{{ $x := dict }}{{ range until 100000 }}{{ $x = dict \"a\" $x }}{{ end }}{{ toYaml $x }}",
        "{{ $x := dict }}{{ $_ := set $x \"x\" $x }}{{ toJson $x }}",
        "{{ $x := dict }}{{ $_ := set $x \"x\" $x }}{{ $x }}",
        "{{ indent 1000000000 \"a\" }}",
        "{{ printf \"%999999999d\" 1 }}",
        "{{ seq 1 1000000000 }}",
        "{{ regexFind \"((a{1,100}){1,100}){1,100}\" \"a\" }}",
        "{{ range until 1000000 }}{{ regexMatch \"(a*)*b\" (repeat 1000 \"a\") }}{{ end }}",
    ];
    for template in cases {
        let start = std::time::Instant::now();
        let (documents, told) = broken(template, "");
        assert_eq!(told.len(), 1, "{template}: {told:?}");
        assert_eq!(documents, 1, "{template}");
        assert!(
            start.elapsed().as_secs() < 300,
            "{template}: {:?}",
            start.elapsed()
        );
    }
    let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(broken(&parentheses, "").1.len(), 1);
    let blocks = format!(
        "{}{}",
        "{{ if true }}".repeat(10_000),
        "{{ end }}".repeat(10_000)
    );
    assert_eq!(broken(&blocks, "").1.len(), 1);
}

#[test]
fn a_huge_template_is_rendered() {
    let template = "a: |\n".to_owned() + &"  some text {{/* and a comment */}}\n".repeat(300_000);
    let start = std::time::Instant::now();
    let (documents, told) = broken(&template, "");
    assert_eq!((documents, told), (2, Vec::new()));
    assert!(start.elapsed().as_secs() < 300, "{:?}", start.elapsed());
}

#[test]
fn a_chart_that_is_none_is_a_failure() {
    let root = tempfile::tempdir().unwrap();
    let (_, _, failures) = rendered(root.path(), "nothing", &[]);
    assert_eq!(
        failures,
        ["`nothing/Chart.yaml` does not exist: a chart's directory holds a `Chart.yaml`"]
    );
}

#[test]
fn values_that_are_no_mapping_are_told() {
    let (_, told) = broken("a: 1\n", "- a\n");
    assert_eq!(
        told,
        ["c/values.yaml:1:1: values must be a mapping, and this is a list"]
    );
}

#[test]
fn keys_that_slid_out_of_the_data_are_told_though_the_template_fails() {
    let template = "kind: ConfigMap\ndata:\n\na.json: |\n  {}\nb: {{ .Values.x.y }}\n";
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("c/templates");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        root.path().join("c/Chart.yaml"),
        "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    )
    .unwrap();
    std::fs::write(directory.join("a.yaml"), template).unwrap();
    let (inputs, rendered, _) = rendered(root.path(), "c", &[]);
    let [problem] = rendered.invalid.as_slice() else {
        panic!("{:?}", rendered.invalid)
    };
    assert_eq!(place(&inputs, problem.span), "c/templates/a.yaml:2:1");
    assert_eq!(rendered.malformed.len(), 1);
}

#[test]
fn every_function_is_in_one_list() {
    let names = super::functions::names();
    assert!(names.len() >= 220, "{}", names.len());
}
