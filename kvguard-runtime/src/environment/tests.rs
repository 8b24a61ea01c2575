use std::collections::BTreeMap;
use std::path::Path;

use kvguard_contract::{Contract, Mode, ModeWord, Role, Text};

use super::{
    ConfigSource, Connection, NatsSecurity, VariableFault, Variables, WORKLOAD_SOCKET, read,
    read_by,
};

const MTLS: [(&str, &str); 6] = [
    ("CONFIG_SOURCE", "kv"),
    ("KV_ADDRESS", "config-store:50057"),
    ("KV_SEC_MODE", "mtls"),
    ("KV_CERT_FILE", "/certs/a.pem"),
    ("KV_KEY_FILE", "a-key.pem"),
    ("KV_CA_FILE", "certs/root.pem"),
];

const SPIFFE: [(&str, &str); 5] = [
    ("CONFIG_SOURCE", "kv"),
    ("KV_ADDRESS", "config-store:50057"),
    ("KV_SEC_MODE", "spiffe"),
    ("KV_TRUST_DOMAIN", "brook.example"),
    (
        "KV_SERVER_SPIFFE_ID",
        "spiffe://brook.example/services/store",
    ),
];

const NATS: [(&str, &str); 5] = [
    ("CONFIG_SOURCE", "kv"),
    ("KV_ADDRESS", "tls://nats:4222"),
    ("KV_BUCKET", "config"),
    ("KV_SEC_MODE", "credentials"),
    ("KV_CREDENTIALS_FILE", "trapd.creds"),
];

fn with<'v>(
    base: &[(&'v str, &'v str)],
    changes: &[(&'v str, &'v str)],
) -> BTreeMap<&'v str, &'v str> {
    base.iter().chain(changes).copied().collect()
}

fn without<'v>(base: &[(&'v str, &'v str)], name: &str) -> BTreeMap<&'v str, &'v str> {
    base.iter()
        .copied()
        .filter(|(known, _)| *known != name)
        .collect()
}

fn faults(variables: &impl Variables) -> Vec<(&'static str, VariableFault<'static>)> {
    let error = read(variables).unwrap_err();
    let variables = error.variables();
    variables
        .map(|(name, fault)| (name, fault.clone()))
        .collect()
}

#[test]
fn an_environment_without_variables_means_the_file() {
    assert_eq!(read(&[]), Ok(ConfigSource::File));
    assert_eq!(read(&[("CONFIG_SOURCE", " ")]), Ok(ConfigSource::File));
    assert_eq!(
        read(&with(&MTLS, &[("CONFIG_SOURCE", "file")])),
        Ok(ConfigSource::File)
    );
}

#[test]
fn each_whole_environment_tells_its_connection() {
    let Ok(ConfigSource::Kv(mtls)) = read(&with(&MTLS, &[("KV_CERT_DIR", "/etc/certs")])) else {
        panic!("the environment is whole");
    };
    assert_eq!(mtls.address, "config-store:50057");
    let Connection::DatasvcMtls(files) = mtls.connection else {
        panic!("the mode is mtls");
    };
    assert_eq!(files.certificate, Path::new("/certs/a.pem"));
    assert_eq!(files.private_key, Path::new("/etc/certs/a-key.pem"));
    assert_eq!(files.authorities, Path::new("certs/root.pem"));

    let Ok(ConfigSource::Kv(spiffe)) = read(&SPIFFE) else {
        panic!("the environment is whole");
    };
    assert!(
        matches!(spiffe.connection, Connection::DatasvcSpiffe(found) if
        found.trust_domain == "brook.example" && found.workload_socket == WORKLOAD_SOCKET)
    );

    let Ok(ConfigSource::Kv(nats)) = read(&NATS) else {
        panic!("the environment is whole");
    };
    assert!(
        matches!(nats.connection, Connection::Nats { bucket, security: NatsSecurity::Credentials { .. } }
        if bucket == "config")
    );
}

#[test]
fn each_variable_that_is_missing_or_empty_is_named() {
    for base in [&MTLS[..], &SPIFFE, &NATS] {
        for (name, _) in base {
            let missing = faults(&without(base, name));
            assert_eq!(missing.len(), 1, "{name}: {missing:?}");
            assert_eq!(missing[0].0, *name);
            let empty = faults(&with(base, &[(name, "")]));
            assert_eq!(empty.len(), 1, "{name}: {empty:?}");
            assert_eq!(empty[0].0, *name);
        }
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_value_is() {
    let variables = [
        ("CONFIG_SOURCE", "kv"),
        ("KV_SEC_MODE", "mtls"),
        ("KV_KEY_FILE", ""),
    ];
    let error = read(&variables).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the environment cannot be used: `KV_ADDRESS` is missing, `KV_CERT_FILE` is missing, `KV_KEY_FILE` is empty, \
         `KV_CA_FILE` is missing; set what it needs, or `CONFIG_SOURCE=file` to do without the store"
    );
}

#[test]
fn an_unknown_source_or_mode_is_refused_and_not_shown() {
    for (name, value) in [
        ("CONFIG_SOURCE", "KV"),
        ("CONFIG_SOURCE", " kv"),
        ("CONFIG_SOURCE", "hunter2"),
        ("KV_SEC_MODE", "hunter2"),
        ("KV_SEC_MODE", "MTLS"),
        ("KV_SEC_MODE", "mtls "),
        ("KV_ADDRESS", "nats:/hunter2@store"),
        ("KV_SERVER_NAME", "hunter2 store"),
        ("CONFIG_KV_KEY", "config/hunter2 json"),
    ] {
        let error = read(&with(&MTLS, &[(name, value)])).unwrap_err();
        assert_eq!(error.variables().next().unwrap().0, name);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn a_store_without_a_source_is_half_an_environment() {
    assert_eq!(
        faults(&without(&MTLS, "CONFIG_SOURCE")),
        [("CONFIG_SOURCE", VariableFault::Missing)]
    );
}

#[test]
fn the_address_is_not_shown() {
    let address = ("KV_ADDRESS", "nats://user:hunter2@nats:4222");
    let source = read(&with(&NATS, &[address])).unwrap();
    assert!(!format!("{source:?}").contains("hunter2"));
}

fn text(text: &'static str) -> Text {
    Text::Borrowed(text)
}

/// Every variable and word that a policy can rename, but for one mode that is another client's.
fn renamed() -> &'static Contract {
    Box::leak(Box::new(Contract {
        names: vec![
            (Role::Source, Some(text("DEPOT_SETTINGS"))),
            (Role::Address, Some(text("DEPOT_URL"))),
            (Role::Mode, Some(text("DEPOT_AUTH"))),
            (Role::TrustDomain, None),
        ]
        .into(),
        kv: text("bucket"),
        others: vec![text("local")].into(),
        modes: vec![
            ModeWord {
                word: text("tls"),
                means: Some(Mode::Mtls),
                required: vec![text("DEPOT_REGION")].into(),
            },
            ModeWord {
                word: text("spiffe"),
                means: Some(Mode::Spiffe),
                required: Vec::new().into(),
            },
            ModeWord {
                word: text("open"),
                means: None,
                required: Vec::new().into(),
            },
        ]
        .into(),
        ..Contract::STANDARD
    }))
}

const DEPOT: [(&str, &str); 7] = [
    ("DEPOT_SETTINGS", "bucket"),
    ("DEPOT_URL", "store:1"),
    ("DEPOT_AUTH", "tls"),
    ("DEPOT_REGION", "north"),
    ("KV_CERT_FILE", "a"),
    ("KV_KEY_FILE", "b"),
    ("KV_CA_FILE", "c"),
];

#[test]
fn a_renamed_environment_means_the_store_and_the_standard_one_nothing() {
    let contract = renamed();
    let Ok(ConfigSource::Kv(found)) = read_by(contract, None, &DEPOT) else {
        panic!("the environment is whole");
    };
    assert_eq!(found.address, "store:1");
    assert!(matches!(found.connection, Connection::DatasvcMtls(_)));
    let local = with(&DEPOT, &[("DEPOT_SETTINGS", "local")]);
    assert_eq!(read_by(contract, None, &local), Ok(ConfigSource::File));
    assert_eq!(read_by(contract, None, &MTLS), Ok(ConfigSource::File));
}

#[test]
fn a_renamed_environment_that_is_half_set_is_refused_by_its_own_names() {
    let half = [("DEPOT_SETTINGS", "bucket"), ("DEPOT_AUTH", "tls")];
    assert_eq!(
        read_by(renamed(), None, &half).unwrap_err().to_string(),
        "the environment cannot be used: `DEPOT_URL` is missing, `KV_CERT_FILE` is missing, `KV_KEY_FILE` is missing, \
         `KV_CA_FILE` is missing, `DEPOT_REGION` is missing; set what it needs, or `DEPOT_SETTINGS=local` to do without the store"
    );
    let error = read_by(renamed(), None, &without(&DEPOT, "DEPOT_SETTINGS")).unwrap_err();
    assert!(error.to_string().contains("`DEPOT_SETTINGS` is missing"));
}

#[test]
fn a_mode_of_other_clients_and_a_variable_without_a_name_are_refused() {
    for (mode, why) in [
        (
            "open",
            "is a mode that only other clients know, this one knows `tls`, `spiffe` (if",
        ),
        ("quantum", "is none of `tls`, `spiffe`;"),
    ] {
        let error = read_by(renamed(), None, &with(&DEPOT, &[("DEPOT_AUTH", mode)])).unwrap_err();
        assert!(
            error.to_string().contains(&format!("`DEPOT_AUTH` {why}")),
            "{error}"
        );
    }
    let unnamed = with(
        &DEPOT,
        &[
            ("DEPOT_AUTH", "spiffe"),
            ("KV_SERVER_SPIFFE_ID", "spiffe://brook.example/store"),
        ],
    );
    let error = read_by(renamed(), None, &unnamed).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`trust_domain_variable = \"KV_TRUST_DOMAIN\"`"),
        "{error}"
    );
}

/// What the definition takes, the clients take, too: no environment is refused only when the service connects.
#[cfg(all(feature = "datasvc", feature = "nats"))]
mod syntax {
    use kvguard_contract::syntax::{is_address, is_server_name, nats_servers};
    use proptest::prelude::*;
    use tokio_rustls::rustls::pki_types::ServerName;

    fn takes(name: &str) -> bool {
        ServerName::try_from(name.to_owned()).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn names_of_servers_are_those_of_rustls(
            name in "([a-cA-C_0-9x-]{0,3}\\.){0,3}[a-c_0-9xX-]{0,4}\\.?|[0-9a-f:]{0,12}|([0-9]{1,3}\\.){3}[0-9]{1,3}|.{0,4}",
        ) {
            prop_assert_eq!(is_server_name(&name), takes(&name), "{:?}", name);
        }

        #[test]
        fn addresses_of_nats_are_taken_by_its_client(
            login in "([a-z0-9._~%:!;=-]{1,6}@)?",
            host in "[a-c0-9.-]{1,6}|\\[[0-9a-f:]{2,8}\\]",
            rest in "(:[0-9]{1,5})?/?",
        ) {
            for scheme in ["nats", "tls"] {
                let address = format!("{scheme}://{login}{host}{rest}");
                for list in [address.clone(), format!("nats://a:4222,{address}"), format!("{address}, tls://b")] {
                    if !is_address(&list) {
                        continue;
                    }
                    for server in nats_servers(&list) {
                        let parsed = server.parse::<async_nats::ServerAddr>();
                        let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{list}: {error}")))?;
                        prop_assert!(!parsed.host().is_empty(), "{}", list);
                        prop_assert!(takes(parsed.host()), "{}", list);
                    }
                }
            }
        }
    }

    #[test]
    fn the_longest_names_are_those_of_rustls() {
        for (labels, length) in [(1, 63), (1, 64), (4, 62), (4, 63), (5, 49), (5, 50)] {
            let name = vec!["a".repeat(length); labels].join(".");
            for name in [name.clone(), format!("{name}.")] {
                assert_eq!(is_server_name(&name), takes(&name), "{}", name.len());
            }
        }
    }
}
