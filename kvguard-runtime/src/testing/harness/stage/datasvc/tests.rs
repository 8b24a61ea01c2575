use std::collections::BTreeMap;

use kvguard_contract::{Contract, Mode, ModeWord, Role, Text};

use super::Datasvc;
use crate::environment::{ConfigSource, Connection, read_by};
use crate::testing::harness::plan::Trial;

fn text(text: &'static str) -> Text {
    Text::Borrowed(text)
}

/// A contract that renames every variable and mode that the data service's environment has.
fn renamed() -> &'static Contract {
    let names = Role::ALL.map(|role| {
        let name = role.standard_name().replace("KV_", "DEPOT_");
        (role, Some(Text::from(name.replace("CONFIG_", "DEPOT_"))))
    });
    let mode = |word, means| ModeWord {
        word: text(word),
        means: Some(means),
        required: Vec::new().into(),
    };
    Box::leak(Box::new(Contract {
        names: names.to_vec().into(),
        modes: vec![mode("tls", Mode::Mtls), mode("svid", Mode::Spiffe)].into(),
        ..Contract::STANDARD
    }))
}

fn trial(
    mode: &'static str,
    environment: &'static [(&'static str, Option<&'static str>)],
) -> &'static Trial {
    Box::leak(Box::new(Trial {
        deployment: "compose",
        workload: "gauge",
        workload_location: "",
        contract: renamed(),
        mode: Some(mode),
        environment,
        spiffe_id: Some("spiffe://store.test/gauge"),
        subject: None,
        identity: None,
        compare: &["spiffe"],
        tries_all: false,
        table_location: "",
        rules: &[],
        need: "writer",
        is_need_lowered: false,
        need_location: None,
        template: ("", ""),
        supplied: &[],
    }))
}

/// What a service makes of the deployment's variables, with the stage's in their place.
async fn connection(trial: &'static Trial) -> Connection {
    let mut stage = Datasvc::open(trial, None).unwrap();
    stage.store().await.unwrap();
    let mut variables: BTreeMap<String, String> = trial.variables().collect();
    variables.extend(stage.environment());
    assert!(
        variables.keys().all(|name| !name.starts_with("KV_")),
        "{variables:?}"
    );
    match read_by(trial.contract, None, &variables) {
        Ok(ConfigSource::Kv(found)) => found.connection,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_stage_is_found_by_the_names_of_the_contract() {
    let mtls = trial(
        "tls",
        &[
            ("DEPOT_SOURCE", Some("kv")),
            ("DEPOT_SEC_MODE", Some("tls")),
            ("DEPOT_ADDRESS", Some("store:50057")),
            ("DEPOT_CERT_DIR", Some("/etc/certs")),
            ("DEPOT_CERT_FILE", Some("gauge.pem")),
        ],
    );
    let Connection::DatasvcMtls(files) = connection(mtls).await else {
        panic!("the mode is that of certificates");
    };
    assert!(files.certificate.ends_with("gauge.pem"));
}

#[cfg(feature = "spiffe")]
#[tokio::test]
async fn the_stage_s_identity_is_found_by_the_names_of_the_contract() {
    let spiffe = trial(
        "svid",
        &[
            ("DEPOT_SOURCE", Some("kv")),
            ("DEPOT_SEC_MODE", Some("svid")),
            ("DEPOT_TRUST_DOMAIN", Some("store.test")),
        ],
    );
    let Connection::DatasvcSpiffe(found) = connection(spiffe).await else {
        panic!("the mode is that of SPIFFE");
    };
    assert!(found.workload_socket.contains('/'), "{found:?}");
    assert_eq!(found.server_id, "spiffe://store.test/services/store");
}
