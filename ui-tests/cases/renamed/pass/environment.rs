//! The environment goes by the names and words of the policy, not by the standard ones.

use std::collections::BTreeMap;

use kvguard_runtime::{Bootstrap, BootstrapError, Descriptor, descriptor};

const SORTER: &Descriptor = descriptor!("sorter");

const WHOLE: [(&str, &str); 7] = [
    ("DEPOT_SETTINGS", "bucket"),
    ("DEPOT_SETTINGS_URL", "store:50057"),
    ("DEPOT_AUTH", " TLS"),
    ("DEPOT_TLS_CERT", "a.pem"),
    ("DEPOT_TLS_KEY", "a-key.pem"),
    ("DEPOT_TLS_CA", "ca.pem"),
    ("DEPOT_REGION", "north"),
];

fn read(variables: &BTreeMap<&str, &str>) -> Result<(), String> {
    let bootstrap: Result<Bootstrap<()>, BootstrapError> =
        Bootstrap::new(SORTER).with_environment(variables);
    bootstrap.map(drop).map_err(|error| error.to_string())
}

fn main() {
    let whole = BTreeMap::from(WHOLE);
    assert_eq!(read(&whole), Ok(()));
    for (name, _) in WHOLE {
        let mut lacking = whole.clone();
        lacking.remove(name);
        let error = read(&lacking).expect_err(name);
        assert!(error.contains(&format!("`{name}` is missing")), "{error}");
        assert!(error.contains("`DEPOT_SETTINGS=local`"), "{error}");
    }
    let mut other = whole.clone();
    other.insert("DEPOT_AUTH", "mtls");
    let error = read(&other).expect_err("its word is another one");
    assert!(
        error.contains("`DEPOT_AUTH` is none of `spiffe`, `tls`"),
        "{error}"
    );
    other.insert("DEPOT_AUTH", "spiffe");
    other.insert("SPIFFE_ENDPOINT_SOCKET", "unix:/run/agent.sock");
    let error = read(&other).expect_err("the policy names no trust domain");
    assert!(
        error.contains("add `trust_domain_variable`, `server_identity_variable`"),
        "{error}"
    );
    // The standard names mean nothing here.
    assert_eq!(
        read(&BTreeMap::from([
            ("CONFIG_SOURCE", "etcd"),
            ("KV_ADDRESS", "x")
        ])),
        Ok(())
    );
}
