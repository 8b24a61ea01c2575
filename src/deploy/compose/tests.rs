//! What the comparison with compose-go cannot show: spans, problems, tokens, bounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::deploy::{Known, MountSource, Workload};
use crate::source::{Sources, TokenKind};

struct Outcome {
    workloads: Workloads,
    failures: Vec<Failure>,
    inputs: Inputs,
}

impl Outcome {
    fn workload(&self, name: &str) -> &Workload {
        self.workloads
            .workloads
            .iter()
            .find(|workload| workload.name == name)
            .unwrap()
    }

    fn sources(&self) -> &Sources {
        self.inputs.sources()
    }

    fn text(&self, span: Span) -> &str {
        self.sources().text(span)
    }

    /// `file:line` of a place.
    fn line(&self, span: Span) -> String {
        let location = self.sources().location(span);
        format!("{}:{}", location.file, location.line)
    }
}

fn read_files(contents: &[(&str, &str)], files: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    for (path, content) in contents {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let mut inputs = Inputs::new(directory.path()).unwrap();
    let policy = inputs.sources_mut().add("kvguard.toml", "policy");
    let span = inputs.sources().whole(policy);
    let files: Vec<Spanned<String>> = files
        .iter()
        .map(|file| Spanned::new((*file).to_owned(), span))
        .collect();
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let options = Options {
        files: &files,
        interpolation_files: &[],
        variables: &variables,
        profiles: None,
    };
    let (workloads, failures) = read(&mut inputs, &options);
    Outcome {
        workloads,
        failures,
        inputs,
    }
}

fn read_one(text: &str) -> Outcome {
    read_files(&[("compose.yaml", text)], &["compose.yaml"], &[])
}

#[test]
fn spans_are_those_of_the_bytes_as_written() {
    let text = r#"services:
  app:
    image: example
    environment:
      PLAIN: value
      QUOTED: "a value"
      EMPTY: ""
      SUBSTITUTED: ${UNSET:-x}
  listed:
    image: example
    environment:
      - PLAIN=value
      - "QUOTED=a b"
      - EMPTY=
      - 'SUBSTITUTED=${UNSET:-x}'
"#;
    let outcome = read_one(text);
    let cases = [
        ("app", "PLAIN", "value"),
        ("app", "QUOTED", "a value"),
        ("app", "EMPTY", ""),
        ("app", "SUBSTITUTED", "${UNSET:-x}"),
        ("listed", "PLAIN", "value"),
        ("listed", "QUOTED", "a b"),
        ("listed", "EMPTY", ""),
        ("listed", "SUBSTITUTED", "${UNSET:-x}"),
    ];
    for (service, name, written) in cases {
        let workload = outcome.workload(service);
        let variable = workload.environment.get(name).unwrap();
        assert_eq!(outcome.text(variable.name_span), name, "{service}");
        assert_eq!(
            outcome.text(variable.value_span),
            written,
            "{service} {name}"
        );
        assert_eq!(outcome.text(workload.name_span), service);
        assert_eq!(outcome.text(workload.environment_span), "environment");
    }
}

#[test]
fn inherited_values_are_placed_where_they_are_written() {
    let outcome = read_files(
        &[
            (
                "compose.yaml",
                "services:\n  app:\n    extends: {service: base, file: base.yaml}\n    env_file: a.env\n",
            ),
            (
                "base.yaml",
                "services:\n  base:\n    image: example\n    environment:\n      A: a\n",
            ),
            (
                "override.yaml",
                "services:\n  app:\n    environment: [B=b]\n",
            ),
            ("a.env", "# comment\nC='c'\n"),
        ],
        &["compose.yaml", "override.yaml"],
        &[],
    );
    assert_eq!(outcome.workloads.invalid, []);
    let app = outcome.workload("app");
    assert_eq!(
        outcome.line(app.environment.get("A").unwrap().value_span),
        "base.yaml:5"
    );
    assert_eq!(
        outcome.line(app.environment.get("B").unwrap().value_span),
        "override.yaml:3"
    );
    assert_eq!(
        outcome.line(app.environment.get("C").unwrap().value_span),
        "a.env:2"
    );
    assert_eq!(
        outcome.text(app.environment.get("C").unwrap().value_span),
        "c"
    );
    assert_eq!(outcome.line(app.name_span), "compose.yaml:2");
    assert_eq!(outcome.line(app.environment_span), "override.yaml:3");
}

#[test]
fn a_service_without_an_environment_is_where_a_variable_would_be_added() {
    let outcome = read_one("services:\n  app:\n    image: example\n");
    assert_eq!(
        outcome.text(outcome.workload("app").environment_span),
        "app"
    );
}

#[test]
fn a_passed_on_variable_has_an_empty_value_span_behind_its_name() {
    let text = "services:\n  app:\n    image: example\n    environment: [A]\n  b:\n    image: example\n    environment: {A: }\n";
    let outcome = read_files(&[("compose.yaml", text)], &["compose.yaml"], &[("A", "a")]);
    for service in ["app", "b"] {
        let variable = outcome.workload(service).environment.get("A").unwrap();
        assert_eq!(variable.text(), Some("a"));
        assert_eq!(outcome.text(variable.name_span), "A");
        assert_eq!(
            (variable.value_span.start, variable.value_span.end),
            (variable.name_span.end, variable.name_span.end)
        );
    }
}

#[test]
fn a_required_variable_is_opaque() {
    let outcome =
        read_one("services:\n  app:\n    image: example\n    environment: [\"A=${B:?say}\"]\n");
    assert_eq!(
        outcome.workload("app").environment.get("A").unwrap().value,
        Known::Opaque
    );
    assert_eq!(outcome.workloads.malformed, []);
}

#[test]
fn container_and_host_names_are_other_names() {
    let text = "services:\n  app:\n    image: example\n    hostname: app.local\n    container_name: ${P:-fleet}-app\n";
    assert_eq!(
        read_one(text).workload("app").other_names,
        ["fleet-app", "app.local"]
    );
}

#[test]
fn interpolation_faults_are_placed_at_the_expression() {
    let text = "services:\n  app:\n    image: example\n    environment:\n      A: \"x ${1}\"\n      B: |\n        first\n        ${!}\n    command: run ${A\n";
    let outcome = read_one(text);
    let places: Vec<(String, &str)> = outcome
        .workloads
        .malformed
        .iter()
        .map(|problem| (outcome.line(problem.span), outcome.text(problem.span)))
        .collect();
    let expected = [
        ("compose.yaml:5", "${"),
        ("compose.yaml:8", "${"),
        ("compose.yaml:9", "${A"),
    ];
    assert_eq!(places, expected.map(|(line, text)| (line.to_owned(), text)));
    // Everything else is still read.
    assert_eq!(outcome.workloads.workloads.len(), 1);
}

#[test]
fn a_service_that_is_none_does_not_hide_the_others() {
    let outcome = read_one("services:\n  a: text\n  b:\n  c: [x]\n  d: {image: example}\n");
    let problems: Vec<&str> = outcome
        .workloads
        .invalid
        .iter()
        .map(|problem| outcome.text(problem.span))
        .collect();
    assert_eq!(problems, ["a", "b", "c"]);
    assert_eq!(outcome.workloads.workloads.len(), 1);
}

#[test]
fn what_is_wrong_is_placed_at_its_key() {
    let cases = [
        ("services:\napp: {image: example}\n", "services", "slid"),
        (
            "services:\n  a: {image: x}\nvolume: {}\n",
            "volume",
            "no part",
        ),
        (
            "services:\n  a: {image: x, environment: {B: [c]}}\n",
            "B",
            "single value",
        ),
        (
            "services:\n  a: {image: x, volumes: ['data:/d']}\n",
            "data:/d",
            "not defined",
        ),
        (
            "services:\n  a: {image: x, extends: b}\n",
            "b",
            "does not define",
        ),
        ("services:\n  a: {environment: {B: c}}\n", "a", "neither"),
    ];
    for (text, place, message) in cases {
        let outcome = read_one(text);
        let problem = outcome
            .workloads
            .invalid
            .iter()
            .find(|problem| problem.message.contains(message));
        assert_eq!(
            problem.map(|problem| outcome.text(problem.span)),
            Some(place),
            "{text}"
        );
    }
}

#[test]
fn missing_files_are_failures_where_they_are_named() {
    let text = "include: [absent.yaml]\nservices:\n  a: {image: x, env_file: absent.env}\n  b: {image: x, env_file: ../out.env}\n  c: {image: x, env_file: /etc/c.env}\n";
    let outcome = read_files(
        &[("compose.yaml", text)],
        &["compose.yaml", "other.yaml"],
        &[],
    );
    let mut places: Vec<&str> = outcome
        .failures
        .iter()
        .map(|failure| outcome.text(failure.span.unwrap()))
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "../out.env",
            "/etc/c.env",
            "absent.env",
            "absent.yaml",
            "policy"
        ]
    );
}

#[test]
fn mounts_tell_where_their_content_is() {
    let text = "services:\n  a:\n    image: x\n    volumes: [\"../up:/up\", \"~/h:/h\"]\n    configs: [c]\nconfigs:\n  c: {content: inline text}\n";
    let outcome = read_files(
        &[("deploy/compose.yaml", text)],
        &["deploy/compose.yaml"],
        &[],
    );
    let mounts = &outcome.workload("a").mounts;
    assert_eq!(mounts[0].source, MountSource::Path("up".into()));
    assert_eq!(mounts[1].source, MountSource::Host("~/h".into()));
    let MountSource::Inline(span) = mounts[2].source else {
        panic!("not inline")
    };
    assert_eq!(
        (mounts[2].target.as_str(), outcome.text(span)),
        ("/c", "inline text")
    );
}

#[test]
fn list_items_are_noted_as_names_and_values_once() {
    let text = "services:\n  a:\n    image: x\n    environment: [NAME=secret]\n  b: {extends: a}\n";
    let outcome = read_one(text);
    let id = outcome.workload("a").name_span.source;
    let noted = |kind, text: &str| {
        let tokens = outcome.sources().get(id).tokens();
        tokens
            .filter(|token| token.kind == kind && outcome.text(token.span) == text)
            .count()
    };
    assert_eq!(noted(TokenKind::Key, "NAME"), 1);
    assert_eq!(noted(TokenKind::Scalar, "secret"), 1);
    assert_eq!(noted(TokenKind::Container, "NAME=secret"), 1);
}

#[test]
fn messages_never_hold_values() {
    let text = "services:\n  a:\n    image: x\n    environment: {A: \"canary ${\", B: [canary]}\n    volumes: [canary::x]\n    hostname: [canary]\n";
    let outcome = read_one(text);
    let problems = [&outcome.workloads.malformed, &outcome.workloads.invalid];
    let messages: Vec<&str> = problems
        .into_iter()
        .flatten()
        .map(|problem| &*problem.message)
        .collect();
    assert_eq!(messages.len(), 4, "{messages:?}");
    assert!(!messages.concat().contains("canary"), "{messages:?}");
}

#[test]
fn projects_that_blow_up_are_refused() {
    // Each file includes the next one twice.
    let mut contents = Vec::new();
    for index in 0..30 {
        let next = index + 1;
        let text = format!(
            "include: [f{next}.yaml, {{path: f{next}.yaml}}]\nservices:\n  s{index}: {{image: x}}\n"
        );
        contents.push((format!("f{index}.yaml"), text));
    }
    contents.push((
        "f30.yaml".to_owned(),
        "services:\n  last: {image: x}\n".to_owned(),
    ));
    let contents: Vec<(&str, &str)> = contents
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let outcome = read_files(&contents, &["f0.yaml"], &[]);
    assert!(
        outcome
            .workloads
            .unsupported
            .iter()
            .any(|problem| problem.message.contains("inclusions"))
    );

    let mut chain = "services:\n  s0: {image: x}\n".to_owned();
    for index in 1..400 {
        writeln!(
            chain,
            "  s{index}: {{extends: s{}}}",
            (index * 7 + 1) % index
        )
        .unwrap();
    }
    assert_eq!(read_one(&chain).workloads.workloads.len(), 400);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn nothing_panics_on_arbitrary_services(
        body in "([ ]{0,6}(services|a|environment|volumes|extends|include|env_file|configs|x)?(:|: |\\[|\\]|- |\\{|\\}|\"|'|\\$\\{|!reset|&a|\\*a|<<: |=|,|~|1)?\n?){0,16}"
    ) {
        let text = format!("services:\n  a:\n    image: x\n    {body}");
        let outcome = read_one(&text);
        let workloads = &outcome.workloads;
        for problem in workloads.malformed.iter().chain(&workloads.invalid).chain(&workloads.unsupported) {
            let range = problem.span.start as usize..problem.span.end as usize;
            prop_assert!(text.get(range).is_some(), "{}", problem.message);
        }
    }
}
