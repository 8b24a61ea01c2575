mod commands;

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::deploy::{Known, Variable};
use crate::source::{Sources, TokenKind};

struct Outcome {
    inputs: Inputs,
    workloads: Workloads,
    failures: Vec<Failure>,
}

impl Outcome {
    fn workload(&self, name: &str) -> &Workload {
        let mut all = self.workloads.workloads.iter();
        all.find(|workload| workload.name == name).unwrap()
    }

    fn text(&self, span: Span) -> &str {
        self.inputs.sources().text(span)
    }

    fn place(&self, span: Span) -> String {
        let location = self.inputs.sources().location(span);
        format!("{}:{}:{}", location.file, location.line, location.column)
    }

    fn value(&self, workload: &str, variable: &str) -> Option<&str> {
        let environment = &self.workload(workload).environment;
        environment
            .get(variable)
            .map(|variable| variable.text().unwrap_or("?"))
    }
}

fn read_at(root: &Path, patterns: &[&str]) -> Outcome {
    let mut inputs = Inputs::new(root).unwrap();
    let id = inputs
        .sources_mut()
        .add("kvguard.toml", patterns.join("\n"));
    let span = inputs.sources().whole(id);
    let units: Vec<Spanned<String>> = patterns
        .iter()
        .map(|pattern| Spanned::new((*pattern).to_owned(), span))
        .collect();
    let path_map = |path: &str| {
        path.strip_prefix("/etc/fleet/")
            .map(|rest| format!("etc/{rest}"))
    };
    let options = Options {
        units: &units,
        path_map: &path_map,
    };
    let (workloads, failures) = read(&mut inputs, &options);
    Outcome {
        inputs,
        workloads,
        failures,
    }
}

fn fixture(name: &str, patterns: &[&str]) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/systemd")
        .join(name);
    read_at(&root, patterns)
}

fn fleet() -> Outcome {
    fixture("fleet", &["systemd/*.*"])
}

fn unit(text: &[u8]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("x.service"), text).unwrap();
    read_at(directory.path(), &["x.service"])
}

#[test]
fn a_sound_fleet_has_no_problems_and_other_kinds_of_units_are_ignored() {
    let outcome = fleet();
    assert_eq!(outcome.failures, []);
    let Workloads {
        workloads,
        malformed,
        invalid,
        unsupported,
        ..
    } = &outcome.workloads;
    assert_eq!(
        (malformed, invalid, unsupported),
        (&vec![], &vec![], &vec![])
    );
    let names: Vec<_> = workloads
        .iter()
        .map(|workload| (workload.name.as_str(), &workload.other_names))
        .collect();
    let worker = vec!["worker".to_owned()];
    assert_eq!(
        names,
        [
            ("api", &vec![]),
            ("worker@", &worker),
            ("worker@one", &worker)
        ]
    );
}

#[test]
fn drop_ins_apply_after_the_unit_by_file_name_and_files_override_both() {
    let outcome = fleet();
    for (variable, value) in [
        ("CONFIG_SOURCE", Some("kv")),
        ("GREETING", Some("hello world")),
        ("KV_SEC_MODE", Some("mtls")),
        ("COMMON", Some("yes")),
        ("FROM", Some("file")),
        ("OVERRIDDEN", Some("from the file")),
        ("NAME", Some("api.service")),
        ("HOST", Some("?")),
        ("LANG", Some("?")),
        ("GONE", None),
        ("STAYS", Some("1")),
    ] {
        assert_eq!(outcome.value("api", variable), value, "{variable}");
    }
}

#[test]
fn environment_files_may_be_named_by_a_pattern_that_does_not_match_hidden_ones() {
    let outcome = fleet();
    assert_eq!(outcome.value("api", "A"), Some("1"));
    assert_eq!(outcome.value("api", "ORDER"), Some("b"));
}

#[test]
fn a_template_does_not_know_its_instance_and_an_instance_does() {
    let outcome = fleet();
    assert_eq!(
        outcome
            .workload("worker@")
            .environment
            .get("WORKER")
            .unwrap()
            .value,
        Known::Opaque
    );
    assert_eq!(outcome.value("worker@", "KIND"), Some("worker"));
    assert_eq!(outcome.value("worker@one", "WORKER"), Some("one"));
    assert_eq!(outcome.value("worker@one", "W"), Some("1"));
    for workload in ["worker@", "worker@one"] {
        assert_eq!(outcome.value(workload, "TEMPLATE"), Some("1"));
    }
}

#[test]
fn spans_are_those_of_names_and_values_in_the_file_they_are_written_in() {
    let outcome = fleet();
    let api = outcome.workload("api");
    let written = |name: &str| {
        let Variable {
            name_span,
            value_span,
            ..
        } = api.environment.get(name).unwrap();
        assert_eq!(outcome.text(*name_span), name);
        (outcome.text(*value_span), outcome.place(*name_span))
    };
    assert_eq!(
        written("GREETING"),
        ("hello world", "systemd/api.service:6:33".to_owned())
    );
    assert_eq!(
        written("KV_SEC_MODE"),
        ("mtls", "systemd/api.service:9:5".to_owned())
    );
    assert_eq!(
        written("NAME"),
        ("%n", "systemd/api.service:10:13".to_owned())
    );
    assert_eq!(
        written("CONFIG_SOURCE"),
        ("kv", "systemd/api.service.d/10-kv.conf:2:26".to_owned())
    );
    assert_eq!(
        written("OVERRIDDEN"),
        ("from the file", "etc/api.env:2:1".to_owned())
    );
    assert_eq!(outcome.text(api.name_span), "[Service]");
    assert_eq!(
        outcome.text(api.environment_span),
        "EnvironmentFile=/etc/fleet/conf.d/*.conf"
    );
}

#[test]
fn empty_values_have_empty_spans_where_the_value_would_be_written() {
    let text = "[Service]\nEnvironment=A= B=\"\" \"C=\" D=\n";
    let outcome = unit(text.as_bytes());
    let at = |name: &str| {
        outcome
            .workload("x")
            .environment
            .get(name)
            .unwrap()
            .value_span
    };
    for (name, before) in [("A", "A="), ("B", "B=\""), ("C", "C="), ("D", "D=")] {
        let end = u32::try_from(text.find(before).unwrap() + before.len()).unwrap();
        assert_eq!((at(name).start, at(name).end), (end, end), "{name}");
    }
}

#[test]
fn mistakes_are_told_where_they_are_and_never_with_a_value() {
    let outcome = fixture("wrong", &["a/mistakes.service"]);
    let told = |problems: &[Problem]| -> Vec<(String, String)> {
        let each = problems.iter();
        each.map(|problem| {
            assert!(!problem.message.contains("s3cret") && !problem.message.contains("d4shed"));
            (
                outcome.text(problem.span).to_owned(),
                problem.message.clone(),
            )
        })
        .collect()
    };
    let invalid = told(&outcome.workloads.invalid);
    let expected = [
        ("Environment", "belongs into `[Service]`"),
        ("environment", "write `Environment=`"),
        ("\"G=s3cret", "a quote is not closed"),
        ("d4shed", "it has no `=`"),
        ("1D=s3cret", "begins with no digit"),
        ("%z", "no such specifier"),
        ("\"/etc/x\"", "must be absolute"),
        ("a-b", "neither `NAME` nor"),
    ];
    assert_eq!(invalid.len(), expected.len(), "{invalid:#?}");
    for ((at, message), (expected_at, part)) in invalid.iter().zip(expected) {
        assert_eq!(at, expected_at);
        assert!(message.contains(part), "{message}");
    }
    let unsupported: Vec<String> = told(&outcome.workloads.unsupported)
        .into_iter()
        .map(|(at, _)| at)
        .collect();
    assert_eq!(
        unsupported,
        ["%H", "%H=1", "/etc/%H.env", "/etc/fleet/[ab].env"]
    );
    let names: Vec<&str> = outcome
        .workload("mistakes")
        .environment
        .iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["C", "F"]);
}

#[test]
fn a_required_environment_file_that_is_not_there_is_a_failure() {
    let outcome = fixture("wrong", &["a/mistakes.service"]);
    let failures: Vec<_> = outcome
        .failures
        .iter()
        .map(|failure| {
            (
                outcome.text(failure.span.unwrap()),
                failure.message.as_str(),
            )
        })
        .collect();
    assert_eq!(failures.len(), 2);
    assert_eq!(failures[0].0, "/etc/unmapped.env");
    assert!(
        failures[0]
            .1
            .contains("`[[path_map]] from = \"/etc/unmapped.env\" to = \"…\"`")
    );
    assert_eq!(failures[1].0, "/etc/fleet/absent.env");
    assert!(failures[1].1.contains("`etc/absent.env` does not exist"));
}

#[test]
fn a_unit_defined_twice_is_invalid_and_shows_the_first() {
    let outcome = fixture("wrong", &["*/twice.service", "a/*.service"]);
    let twice: Vec<&Problem> = outcome
        .workloads
        .invalid
        .iter()
        .filter(|problem| problem.related.is_some())
        .collect();
    assert_eq!(twice.len(), 1);
    assert_eq!(twice[0].message, "unit `twice` is defined twice");
    assert_eq!(outcome.place(twice[0].span), "b/twice.service:1:1");
    assert_eq!(
        outcome.place(twice[0].related.as_ref().unwrap().0),
        "a/twice.service:1:1"
    );
    assert_eq!(outcome.value("twice", "A"), Some("1"));
}

#[test]
fn masked_units_and_units_without_a_service_section_are_invalid() {
    let outcome = fixture("wrong", &["b/masked.service", "b/hollow.service"]);
    let messages: Vec<&str> = outcome
        .workloads
        .invalid
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert!(messages[0].contains("unit `masked` is masked"));
    assert_eq!(messages[1], "unit `hollow` has no `[Service]` section");
    assert_eq!(outcome.workloads.workloads.len(), 1);
}

#[test]
fn a_pattern_without_a_service_and_a_missing_file_are_failures() {
    let outcome = fixture(
        "fleet",
        &[
            "nothing/*.service",
            "systemd/*.timer",
            "systemd/absent.service",
            "../*.service",
        ],
    );
    let messages: Vec<&str> = outcome
        .failures
        .iter()
        .map(|failure| failure.message.as_str())
        .collect();
    assert_eq!(
        messages[0],
        "`nothing/*.service` matches no `.service` file"
    );
    assert_eq!(messages[1], "`systemd/*.timer` matches no `.service` file");
    assert_eq!(messages[2], "`systemd/absent.service` does not exist");
    assert!(messages[3].contains("outside the root"));
    assert!(
        outcome
            .failures
            .iter()
            .all(|failure| failure.span.is_some())
    );
    assert!(outcome.workloads.workloads.is_empty());
}

#[test]
fn what_is_no_text_is_malformed_and_read_up_to_there() {
    for bytes in [
        b"[Service]\nEnvironment=A=1\nEnvironment=B=\xff\n".as_slice(),
        b"[Service]\nEnvironment=A=1\n\0B",
    ] {
        let outcome = unit(bytes);
        assert_eq!(outcome.workloads.malformed.len(), 1);
        assert_eq!(outcome.value("x", "A"), Some("1"));
    }
}

#[test]
fn a_drop_in_of_several_units_is_wrong_once() {
    let directory = tempfile::tempdir().unwrap();
    let drop_ins = directory.path().join("service.d");
    std::fs::create_dir(&drop_ins).unwrap();
    std::fs::write(drop_ins.join("a.conf"), "[Service]\nEnvironment=A\nB\n").unwrap();
    for name in ["x.service", "y.service"] {
        std::fs::write(directory.path().join(name), "[Service]\n").unwrap();
    }
    let outcome = read_at(directory.path(), &["*.service"]);
    assert_eq!(outcome.workloads.invalid.len(), 1);
    assert_eq!(outcome.workloads.malformed.len(), 1);
}

#[test]
fn tokens_tell_names_from_values() {
    let outcome = fleet();
    let sources: &Sources = outcome.inputs.sources();
    let (_, source) = sources
        .iter()
        .find(|(_, source)| source.path() == "systemd/api.service")
        .unwrap();
    let of = |kind: TokenKind| -> Vec<&str> {
        let tokens = source.tokens().filter(|token| token.kind == kind);
        tokens.map(|token| sources.text(token.span)).collect()
    };
    let (keys, scalars) = (of(TokenKind::Key), of(TokenKind::Scalar));
    for key in [
        "[Service]",
        "Environment",
        "KV_ADDRESS",
        "LANG",
        "GONE",
        "ExecStart",
    ] {
        assert!(keys.contains(&key), "{key}");
    }
    for scalar in [
        "kv:4222",
        "hello world",
        "/usr/bin/api",
        "/etc/fleet/api.env",
    ] {
        assert!(scalars.contains(&scalar), "{scalar}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_span_lies_within_the_text(
        body in "(\\[Service\\]\n|\nEnvironment=|\nEnvironmentFile=/etc/fleet/x.env\n|\nUnsetEnvironment=|\nPassEnvironment=|[A-C]=|[ \"'\\\\%xi=#;é\r\n]|\u{feff}|.){0,40}",
        file in "([A-C]=|[ \"'\\\\$x=#;é\r\n]|.){0,40}",
    ) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/x.env"), file).unwrap();
        std::fs::write(root.join("a-b@c.service"), format!("[Service]\n{body}")).unwrap();
        let outcome = read_at(root, &["*.service"]);
        let sources = outcome.inputs.sources();
        let Workloads { workloads, malformed, invalid, unsupported, .. } = &outcome.workloads;
        let mut spans: Vec<Span> = [malformed, invalid, unsupported].into_iter().flatten().map(|problem| problem.span).collect();
        for workload in workloads {
            spans.extend([workload.name_span, workload.environment_span]);
            spans.extend(workload.environment.iter().flat_map(|(_, variable)| [variable.name_span, variable.value_span]));
        }
        spans.extend(sources.iter().flat_map(|(_, source)| source.tokens()).map(|token| token.span));
        for span in spans {
            let text = sources.get(span.source).text();
            prop_assert!(span.start <= span.end);
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }
}
