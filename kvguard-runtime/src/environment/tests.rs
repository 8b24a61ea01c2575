use std::collections::BTreeMap;
use std::path::Path;

use super::{
    ConfigSource, Connection, NatsSecurity, VariableFault, Variables, WORKLOAD_SOCKET, read,
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

fn faults(variables: &impl Variables) -> Vec<(&'static str, VariableFault)> {
    read(variables).unwrap_err().variables().collect()
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
        "the environment is no whole one: `KV_ADDRESS` is missing, `KV_CERT_FILE` is missing, `KV_KEY_FILE` is empty, \
         `KV_CA_FILE` is missing: set what it needs, or `CONFIG_SOURCE=file` to do without the store"
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
