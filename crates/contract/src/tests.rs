use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::{
    Backend, Contract, FaultKind, Found, Mode, ModeWord, Reading, Role, Source, Text, Value, Values,
};

const MTLS: [(&str, &str); 6] = [
    ("CONFIG_SOURCE", "kv"),
    ("KV_ADDRESS", "store:50057"),
    ("KV_SEC_MODE", "mtls"),
    ("KV_CERT_FILE", "a.pem"),
    ("KV_KEY_FILE", "a-key.pem"),
    ("KV_CA_FILE", "root.pem"),
];

const NKEY: [(&str, &str); 5] = [
    ("CONFIG_SOURCE", "kv"),
    ("KV_ADDRESS", "nats://nats:4222"),
    ("KV_BUCKET", "config"),
    ("KV_SEC_MODE", "nkey"),
    ("KV_NKEY_FILE", "a.nk"),
];

type Variables<'v> = BTreeMap<&'v str, &'v str>;

fn with<'v>(base: &[(&'v str, &'v str)], changes: &[(&'v str, &'v str)]) -> Variables<'v> {
    base.iter().chain(changes).copied().collect()
}

fn read<'c, 'v>(contract: &'c Contract, variables: &Variables<'v>) -> Reading<'c, 'v> {
    contract.read(Some("trapd"), |name| {
        let value = variables.get(name)?;
        Some(Value::Text(Cow::Borrowed(value)))
    })
}

/// The faults by their names.
fn faults<'c>(contract: &'c Contract, variables: &Variables<'_>) -> Vec<(&'c str, FaultKind<'c>)> {
    let faults = read(contract, variables).faults.into_iter();
    faults.map(|fault| (fault.name, fault.kind)).collect()
}

const STANDARD: &Contract = Contract::STANDARD_REF;

#[test]
fn roles_differ_in_their_names_and_in_their_keys_of_the_policy() {
    for (position, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, position, "{role:?}");
        for other in &Role::ALL[..position] {
            assert_ne!(role.standard_name(), other.standard_name());
            assert_ne!(role.policy_key(), other.policy_key());
        }
    }
}

#[test]
fn a_whole_environment_has_no_fault_and_tells_its_values() {
    for (variables, backend, mode) in [
        (&MTLS[..], Backend::Datasvc, Mode::Mtls),
        (&NKEY, Backend::Nats, Mode::Nkey),
    ] {
        let variables = with(variables, &[("CONFIG_SERVICE", "trapd")]);
        let reading = read(STANDARD, &variables);
        assert_eq!(reading.faults, []);
        assert_eq!(reading.source, Source::Kv);
        assert_eq!(reading.backend, Some(backend));
        assert!(matches!(reading.mode, Found::Known(word) if word.means == Some(mode)));
        assert_eq!(reading.value(Role::Address), Some(variables["KV_ADDRESS"]));
    }
}

#[test]
fn without_a_source_nothing_else_may_be_set_up() {
    assert_eq!(read(STANDARD, &with(&[], &[])).source, Source::Unset);
    assert_eq!(
        faults(STANDARD, &with(&[("KV_CA_FILE", "root.pem")], &[])),
        []
    );
    for name in ["KV_ADDRESS", "KV_SEC_MODE"] {
        let missing = with(&[(name, "x")], &[]);
        assert_eq!(
            faults(STANDARD, &missing),
            [("CONFIG_SOURCE", FaultKind::Missing)]
        );
        let empty = with(&[(name, "x"), ("CONFIG_SOURCE", " ")], &[]);
        assert_eq!(
            faults(STANDARD, &empty),
            [("CONFIG_SOURCE", FaultKind::Empty)]
        );
        let file = with(&[(name, "x"), ("CONFIG_SOURCE", "file")], &[]);
        assert_eq!(faults(STANDARD, &file), []);
    }
}

#[test]
fn what_is_wrong_with_a_value_is_told_of_its_variable() {
    let words = |words: &[&'static str]| FaultKind::NoneOf(words.to_vec());
    for (base, name, value, kind) in [
        (&MTLS[..], "CONFIG_SOURCE", "KV", words(&["kv", "file"])),
        (&MTLS, "CONFIG_SOURCE", "kv ", FaultKind::Blanks),
        (&MTLS, "CONFIG_SERVICE", "core", FaultKind::AnotherService),
        (&MTLS, "CONFIG_SERVICE", " trapd", FaultKind::Blanks),
        (&MTLS, "CONFIG_KV_KEY", "a b", FaultKind::NoKey),
        (&MTLS, "KV_ADDRESS", "", FaultKind::Empty),
        (&MTLS, "KV_ADDRESS", "store", FaultKind::NoAddress),
        (&MTLS, "KV_ADDRESS", "store:50057 ", FaultKind::Blanks),
        (&MTLS, "KV_SEC_MODE", "mtls\t", FaultKind::Blanks),
        (&MTLS, "KV_SEC_MODE", "Mtls", words(&["mtls", "spiffe"])),
        (&MTLS, "KV_SEC_MODE", "nkey", words(&["mtls", "spiffe"])),
        (&MTLS, "KV_CERT_FILE", "a.pem ", FaultKind::Blanks),
        (&MTLS, "KV_SERVER_NAME", "a_b..c", FaultKind::NoServerName),
        (&NKEY, "KV_BUCKET", "a.b", FaultKind::NoBucket),
        (&NKEY, "KV_INBOX_PREFIX", "a..b", FaultKind::NoInboxPrefix),
        (
            &NKEY,
            "KV_SEC_MODE",
            "spiffe",
            words(&["mtls", "credentials", "nkey"]),
        ),
    ] {
        assert_eq!(
            faults(STANDARD, &with(base, &[(name, value)])),
            [(name, kind)],
            "{name}={value}"
        );
    }
}

#[test]
fn what_a_mode_does_not_use_is_not_judged() {
    assert_eq!(faults(STANDARD, &with(&MTLS, &[("KV_BUCKET", "a.b")])), []);
    assert_eq!(
        faults(STANDARD, &with(&NKEY, &[("KV_SERVER_NAME", "a..b")])),
        []
    );
}

#[test]
fn the_socket_may_be_told_by_the_variable_of_every_client_of_spiffe() {
    let spiffe = [
        ("CONFIG_SOURCE", "kv"),
        ("KV_ADDRESS", "store:50057"),
        ("KV_SEC_MODE", "spiffe"),
        ("KV_TRUST_DOMAIN", "brook.example"),
        ("KV_SERVER_SPIFFE_ID", "spiffe://brook.example/store"),
    ];
    let other = with(&spiffe, &[("SPIFFE_ENDPOINT_SOCKET", "tcp://10.0.0.1:80")]);
    assert_eq!(
        faults(STANDARD, &other),
        [("SPIFFE_ENDPOINT_SOCKET", FaultKind::NoSocket)]
    );
    let own = with(
        &spiffe,
        &[
            ("SPIFFE_ENDPOINT_SOCKET", "tcp://10.0.0.1:80"),
            ("KV_WORKLOAD_SOCKET", "unix:/run/agent.sock"),
        ],
    );
    let reading = read(STANDARD, &own);
    assert_eq!(reading.faults, []);
    assert_eq!(
        reading.value(Role::WorkloadSocket),
        Some("unix:/run/agent.sock")
    );
}

#[test]
fn trimmed_values_may_have_blanks_and_their_words_any_case() {
    let trimmed = Contract {
        values: Values::Trimmed,
        ..Contract::STANDARD
    };
    let variables = with(
        &MTLS,
        &[
            ("CONFIG_SOURCE", " KV"),
            ("KV_SEC_MODE", "MTLS "),
            ("KV_ADDRESS", " store:50057"),
        ],
    );
    let reading = read(&trimmed, &variables);
    assert_eq!(reading.faults, []);
    assert_eq!(reading.value(Role::Address), Some("store:50057"));
}

#[test]
fn renamed_variables_and_words_take_the_place_of_the_standard_ones() {
    let renamed = renamed();
    let variables = with(
        &[
            ("DEPOT_SETTINGS", "bucket"),
            ("DEPOT_URL", "store:1"),
            ("KV_SEC_MODE", "tls"),
            ("KV_CERT_FILE", "a"),
            ("KV_KEY_FILE", "b"),
            ("KV_CA_FILE", "c"),
            ("DEPOT_REGION", "north"),
        ],
        &[],
    );
    assert_eq!(faults(&renamed, &variables), []);
    let half = with(&[("DEPOT_SETTINGS", "bucket"), ("KV_SEC_MODE", "tls")], &[]);
    let names: Vec<&str> = faults(&renamed, &half)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(
        names,
        [
            "DEPOT_URL",
            "KV_CERT_FILE",
            "KV_KEY_FILE",
            "KV_CA_FILE",
            "DEPOT_REGION"
        ]
    );
    let own = with(
        &[
            ("DEPOT_SETTINGS", "bucket"),
            ("DEPOT_URL", "dns:///store"),
            ("KV_SEC_MODE", "open"),
            ("DEPOT_REGION", "north"),
        ],
        &[],
    );
    assert_eq!(faults(&renamed, &own), []);
}

fn renamed() -> Contract {
    let text = |text: &'static str| -> Text { Cow::Borrowed(text) };
    Contract {
        names: Cow::Owned(vec![
            (Role::Source, Some(text("DEPOT_SETTINGS"))),
            (Role::Address, Some(text("DEPOT_URL"))),
        ]),
        kv: text("bucket"),
        required: Cow::Owned(vec![text("DEPOT_REGION")]),
        modes: Cow::Owned(vec![
            ModeWord {
                word: text("tls"),
                means: Some(Mode::Mtls),
                required: Cow::Borrowed(&[]),
            },
            ModeWord {
                word: text("open"),
                means: None,
                required: Cow::Borrowed(&[]),
            },
        ]),
        ..Contract::STANDARD
    }
}

#[test]
fn a_role_that_the_policy_names_no_variable_for_is_told_and_is_no_fault() {
    let contract = Contract {
        names: Cow::Owned(vec![(Role::Address, None)]),
        ..Contract::STANDARD
    };
    let mut variables = with(&MTLS, &[]);
    variables.remove("KV_ADDRESS");
    let reading = read(&contract, &variables);
    assert_eq!(reading.faults, []);
    assert_eq!(reading.unnamed, [Role::Address]);
}

#[test]
fn what_only_the_machine_knows_counts_as_right() {
    let reading = STANDARD.read(None, |name| match name {
        "CONFIG_SOURCE" => Some(Value::Text(Cow::Borrowed("kv"))),
        "KV_SEC_MODE" => Some(Value::Text(Cow::Borrowed("mtls"))),
        _ => Some(Value::Untold),
    });
    assert_eq!(reading.faults, []);
    assert_eq!(reading.backend, None);
    assert_eq!(reading.value(Role::Address), None);
}

#[test]
fn a_value_that_is_not_unicode_is_a_fault() {
    let reading = STANDARD.read(None, |name| match name {
        "CONFIG_SOURCE" => Some(Value::Text(Cow::Borrowed("kv"))),
        _ => Some(Value::NotUnicode),
    });
    let kinds: Vec<_> = reading.faults.iter().map(|fault| &fault.kind).collect();
    assert_eq!(kinds, vec![&FaultKind::NotUnicode; kinds.len()]);
    assert!(reading.fault(Role::Mode).is_some());
}

proptest! {
    #[test]
    fn any_values_are_read_without_a_panic_and_each_variable_has_one_fault(
        values in prop::collection::vec(prop::option::of("(kv|mtls|nats://| |[a:/.@%é]){0,4}"), Role::ALL.len()),
    ) {
        let reading = STANDARD.read(Some("trapd"), |name| {
            let role = Role::ALL.into_iter().find(|role| role.standard_name() == name)?;
            let value = values[role as usize].as_deref()?;
            Some(Value::Text(Cow::Borrowed(value)))
        });
        let mut names: Vec<&str> = reading.faults.iter().map(|fault| fault.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), count);
    }
}

#[test]
fn a_contract_names_each_of_its_variables_once() {
    let mode = ModeWord {
        word: "mtls".into(),
        means: Some(Mode::Mtls),
        required: vec!["KV_ADDRESS".into(), "SITE".into()].into(),
    };
    let contract = Contract {
        names: vec![
            (Role::Address, Some("KV_ADDRESS".into())),
            (Role::Key, None),
        ]
        .into(),
        modes: vec![mode].into(),
        required: vec!["ZONE".into(), "SITE".into()].into(),
        ..Contract::STANDARD
    };
    let names = contract.names();
    let count = |asked: &str| names.iter().filter(|name| **name == asked).count();
    assert_eq!(["KV_ADDRESS", "SITE", "ZONE"].map(count), [1, 1, 1]);
    assert_eq!(count(Role::Key.standard_name()), 0);
    assert_eq!(count(Role::Source.standard_name()), 1);
    assert!(names.is_sorted());
}
