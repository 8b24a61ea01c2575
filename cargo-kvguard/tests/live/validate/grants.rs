//! `--probe-grants`.

use kvguard_runtime::testing::{NatsPermissions, Role};

use crate::support::{BUCKET, Backend, EXPECTED, Identity, Run, Setup, Stand, assert_no_secret};

const GATEWAY: Identity = Identity::Service("gateway");

fn store(backend: Backend, otherwise: &[(Identity, Option<Role>)]) -> Stand {
    let setup = Setup {
        otherwise: otherwise.to_vec(),
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    stand.seed();
    stand
}

fn probe(stand: &Stand, service: &'static str) -> Run {
    let run = stand
        .command_as("validate", Identity::Service(service))
        .args(["--service", service, "--probe-grants"])
        .run();
    assert_no_secret(stand, &run, &[]);
    run
}

pub fn denied(backend: Backend) {
    // What the table promises works, and no key is written for it.
    let stand = store(backend, &[]);
    let revisions = |stand: &Stand| EXPECTED.map(|(key, _)| stand.revision(key));
    let before = revisions(&stand);
    for service in ["gateway", "meter", "billing", "sensor"] {
        let run = probe(&stand, service);
        run.assert_code(0).assert_codes(&[]);
        run.assert_says(&format!("service `{service}` may read"));
        run.assert_says(&format!("service `{service}` may write"));
    }
    assert_eq!(revisions(&stand), before);

    let stand = store(backend, &[(GATEWAY, Some(Role::Reader))]);
    let run = probe(&stand, "gateway");
    run.assert_code(1).assert_codes(&["KV708"]);
    run.assert_says("may not write `config/gateway.json`")
        .assert_says("access.json:");

    let stand = store(backend, &[(GATEWAY, None)]);
    let run = probe(&stand, "gateway");
    run.assert_code(1)
        .assert_says("none of the expected keys could be read");
    run.assert_codes(&["KV708"])
        .assert_says("may not read `config/gateway.json`");
}

pub fn excess(backend: Backend) {
    let stand = store(backend, &[]);
    let run = probe(&stand, "dashboard");
    run.assert_code(0)
        .assert_codes(&[])
        .assert_says("service `dashboard` may not write");

    let stand = store(backend, &[(Identity::READER, Some(Role::Writer))]);
    let before = stand.revision("config/dashboard.json");
    let run = probe(&stand, "dashboard");
    run.assert_code(1).assert_codes(&["KV709"]);
    run.assert_says("write a key, which its role `reader` does not promise")
        .assert_says("access.json:");
    assert_eq!(stand.revision("config/dashboard.json"), before);
}

#[test]
fn permissions_that_cover_only_the_services_own_key_are_enough() {
    for backend in Backend::NATS {
        let key = "config/gateway.json";
        let own = NatsPermissions::connecting(BUCKET)
            .publish(format!("$JS.API.DIRECT.GET.KV_{BUCKET}.$KV.{BUCKET}.{key}"))
            .publish(format!("$KV.{BUCKET}.{key}"));
        let setup = Setup {
            permissions: Some((GATEWAY, own)),
            ..Setup::default()
        };
        let stand = Stand::with(backend, &setup);
        stand.seed();
        let run = probe(&stand, "gateway");
        run.assert_code(0).assert_codes(&[]);
    }
}

#[test]
fn a_login_that_is_of_no_service_or_of_another_one_is_refused() {
    let stand = store(Backend::DatasvcMtls, &[]);
    let run = stand.command("validate").arg("--probe-grants").run();
    run.assert_code(2).assert_says("--service");
    let run = stand
        .command_as("validate", Identity::Service("meter"))
        .args(["--service", "gateway", "--probe-grants"])
        .run();
    run.assert_code(2)
        .assert_says("is the certificate of `spiffe://harbour.test/services/meter`");
}
