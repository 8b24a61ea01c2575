//! What a running fleet's store should hold, and how the values that it holds are read.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::collections::BTreeMap;

use kvguard::check::{Report, check};
use kvguard::live::{Expectation, Value};
use kvguard::registry::Format;
use support::{CANARY, fixtures, options};

fn fleet() -> Report {
    check(&options(&fixtures().join("live/expected")))
}

fn instance(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let variables = variables.iter();
    variables
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The expected keys of services in a deployment, `SERVICE: KEY`.
fn keys(deployment: &str, given: &[BTreeMap<String, String>]) -> Vec<String> {
    let report = fleet();
    let model = report.model.as_ref().expect("a model");
    let own = expectation(&report, deployment, given).keys.into_iter();
    own.map(|own| format!("{}: {}", model.service_name(own.service), own.key))
        .collect()
}

fn expectation(
    report: &Report,
    deployment: &str,
    given: &[BTreeMap<String, String>],
) -> Expectation {
    let model = report.model.as_ref().expect("a model");
    let mut deployments = model.deployments.iter();
    let deployment = deployments.find(|own| own.name() == deployment);
    Expectation::of(model, deployment.expect("the deployment"), given)
}

#[test]
fn a_store_should_hold_the_key_of_each_service_that_loads_it_there_or_has_it_loaded() {
    let expected = [
        "api: config/api.json",
        "api: config/api-canary.json",
        "agent: agents/a1/agent.json",
        "agent: agents/a2/agent.json",
        "poller: sites/north/a4/poller.json",
        "fixed: config/fixed.json",
        "renamed: config/new-name.json",
        "sidecar: config/sidecar.json",
    ];
    assert_eq!(keys("compose", &[]), expected);
    assert_eq!(
        keys("elsewhere", &[]),
        ["agent: agents/a1/agent.json", "agent: agents/a3/agent.json"]
    );
}

#[test]
fn every_service_without_a_key_is_excused_with_its_reason() {
    let excused = expectation(&fleet(), "compose", &[]).excused.into_iter();
    let told: Vec<String> = excused
        .map(|own| format!("{}: {}", own.service, own.reason))
        .collect();
    let expected = [
        "api: `CONFIG_KV_KEY` of workload `api-lost` names its key, and no file tells what it holds",
        "api: `CONFIG_KV_KEY` of workload `api-broken` names no key that a store accepts: it holds `\\u{f6}`",
        "mixer: its key `sites/{{site}}/{{agent_id}}/mixer.json` is another one for each agent_id and site, and no instance with just these variables is stated: `[[instance]]` in the policy, or `--instance agent_id=…,site=…`",
        "help: `console` reads its key on its behalf, and does not load it from the store in `compose`",
        "console: it loads its configuration from a file",
        "silent: it loads its configuration from a file",
        "other: the files do not tell where it loads its configuration from",
        "absent: no workload of `compose` runs it",
        "portal: the policy says that `compose` does without it",
        "parked: no workload that runs it is ever started",
        "faulty: its key `config//faulty.json` is invalid: it has an empty part beside a `/`",
        "unclosed: its key template `agents/{{agent_id/unclosed.json` is invalid: a `{{` without its `}}`",
    ];
    assert_eq!(told, expected);
}

#[test]
fn instances_that_are_given_are_expected_beside_those_of_the_policy() {
    let given = [
        instance(&[("site", "south"), ("agent_id", "a5")]),
        instance(&[("agent_id", "a1")]),
    ];
    let of = |keys: Vec<String>, service: &str| {
        let mut own = keys;
        own.retain(|key| key.starts_with(service));
        own
    };
    assert_eq!(
        of(keys("compose", &given), "poller"),
        [
            "poller: sites/north/a4/poller.json",
            "poller: sites/south/a5/poller.json"
        ]
    );
    assert_eq!(
        of(keys("compose", &given), "mixer"),
        ["mixer: sites/south/a5/mixer.json"]
    );
    // One that the policy states, too, is expected once.
    assert_eq!(of(keys("compose", &given), "agent").len(), 2);
}

#[test]
fn an_expected_key_of_a_template_tells_its_instance() {
    let report = fleet();
    let all = expectation(&report, "elsewhere", &[]).keys;
    let instances: Vec<_> = all.iter().map(|own| own.instance.clone()).collect();
    assert_eq!(
        instances,
        [
            instance(&[("agent_id", "a1")]),
            instance(&[("agent_id", "a3")])
        ]
    );
}

#[test]
fn an_instance_whose_key_no_store_accepts_is_told() {
    let given = [instance(&[("site", "no rth"), ("agent_id", "a5")])];
    let report = fleet();
    let excused = expectation(&report, "compose", &given).excused;
    let mixer = excused.iter().find(|own| own.service == "mixer");
    assert_eq!(
        mixer.map(|own| own.reason.as_str()),
        Some("its key `sites/no rth/a5/mixer.json` is invalid: it holds ` `")
    );
}

/// What is told of a value: the line, the column and the message.
type Told = (u32, u32, &'static str);

/// A value, its format, and what is told of it.
const MISREAD: [(&str, Format, &[Told]); 8] = [
    ("", Format::Json, &[(1, 1, "it is empty")]),
    (" \n", Format::Yaml, &[(1, 1, "it is empty")]),
    (
        "# canary\n",
        Format::Yaml,
        &[(1, 1, "it holds no document")],
    ),
    (
        "a: canary\n---\nb: canary\n",
        Format::Yaml,
        &[(1, 1, "it holds 2 documents, and a configuration is one")],
    ),
    ("", Format::Toml, &[]),
    ("a = 'canary'", Format::Toml, &[]),
    ("{\"a\": \"canary\"}", Format::Json, &[]),
    ("a: canary", Format::Yaml, &[]),
];

#[test]
fn a_value_is_one_document_in_its_format() {
    for (text, format, expected) in MISREAD {
        let value = Value::read(text.as_bytes(), format);
        let told: Vec<(u32, u32, &str)> = value
            .misread
            .iter()
            .map(|one| (one.line, one.column, one.message.as_str()))
            .collect();
        assert_eq!(told, expected, "{text:?}");
        assert_eq!(value.root().is_some(), expected.is_empty(), "{text:?}");
        assert_eq!(value.bytes, text.len());
    }
}

#[test]
fn what_is_told_of_a_broken_value_holds_nothing_of_it() {
    let broken = [
        "{\"a\": canary}",
        "{\"a\": \"canary}",
        "{\"a\": \"canary\", \"a\": \"canary\"}",
        "{\"a\": \"\\ucanary\"}",
        "canary",
        "a = canary",
        "a = \"canary",
        "a = 'canary' 'canary'",
        "[canary",
        "a: [canary",
        "a: 'canary",
        "a: *canary",
        "a: &canary [*canary]",
        "a: !canary {b: c",
        "a: !!canary",
        "a: !!canary b",
        "a: !!canary [b]",
        "a: !!int canary",
        "a: >canary\n  b",
        "a: |canary",
        "a: @canary",
        "a: `canary`",
        "? canary\n: [",
        "a: \"\\canary\"",
        "\ta: canary",
        "%canary\n---\na: b",
        "a: canary\0",
        "- canary\nb: canary",
        "<<: canary",
    ];
    let mut told = 0;
    for text in broken {
        for format in [Format::Json, Format::Toml, Format::Yaml] {
            for misread in Value::read(text.as_bytes(), format).misread {
                assert!(
                    !misread.message.contains(CANARY),
                    "{text:?}: {}",
                    misread.message
                );
                assert!(misread.line > 0 && misread.column > 0, "{text:?}");
                told += 1;
            }
        }
    }
    assert!(told > 40, "{told}");
}

#[test]
fn bytes_that_are_no_text_are_told_at_the_first_of_them() {
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        let value = Value::read(b"# a\nb\xff", format);
        let told: Vec<(u32, u32)> = value
            .misread
            .iter()
            .map(|one| (one.line, one.column))
            .collect();
        assert_eq!(told, [(2, 2)], "{format:?}");
        assert!(value.root().is_none());
    }
}

#[test]
fn a_large_value_keeps_no_other_one_from_being_read() {
    // Each counts almost all that one text may hold.
    let large = format!("[{}0]", "0,".repeat(4_000_000));
    for _ in 0..2 {
        let value = Value::read(large.as_bytes(), Format::Json);
        assert_eq!(value.misread, []);
    }
}

#[test]
fn a_value_that_is_nested_or_aliased_too_much_is_told_in_bounded_time() {
    let nested = "[".repeat(1_000_000);
    let aliased = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned()
        + &(b'b'..=b'i').fold(String::new(), |text, name| {
            let (name, before) = (char::from(name), char::from(name - 1));
            let aliases = vec![format!("*{before}"); 10].join(", ");
            text + &format!("{name}: &{name} [{aliases}]\n")
        });
    for (text, format) in [
        (nested.as_str(), Format::Json),
        (nested.as_str(), Format::Yaml),
        (nested.as_str(), Format::Toml),
        (aliased.as_str(), Format::Yaml),
    ] {
        assert!(!Value::read(text.as_bytes(), format).misread.is_empty());
    }
}
