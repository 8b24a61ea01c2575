//! `--probe-enforcement`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kvguard_runtime::testing::Authority;

use crate::support::{Backend, Command, Identity, Running, Setup, Stand, assert_no_secret};

/// What probe keys begin with.
const PREFIX: &str = "kvguard/probe/";

/// The key that is written before the probe key, and removed after it.
const OPEN: &str = "kvguard/probe/open";

/// The command with logins for both probes.
fn probe(stand: &Stand) -> Command {
    stand
        .command("validate")
        .arg("--probe-enforcement")
        .args(stand.login("probe-", Identity::Stranger))
        .args(stand.login("probe-reader-", Identity::READER))
}

/// The command with an authority that issues the certificates of both probes.
fn probe_by(stand: &Stand, authority: &Authority) -> Command {
    let (certificate, key) = write(stand.fleet.root(), authority);
    stand
        .command("validate")
        .arg("--probe-enforcement")
        .arg("--probe-ca")
        .arg(certificate)
        .arg("--probe-ca-key")
        .arg(key)
}

fn write(directory: &Path, authority: &Authority) -> (PathBuf, PathBuf) {
    let certificate = directory.join("probe-ca.crt");
    let key = directory.join("probe-ca.key");
    std::fs::write(&certificate, authority.certificate_pem()).unwrap();
    std::fs::write(&key, authority.key_pem()).unwrap();
    (certificate, key)
}

#[track_caller]
fn nothing_is_left(stand: &Stand) {
    assert_eq!(stand.left_below(PREFIX), Vec::<String>::new());
}

pub fn unenforced(backend: Backend) {
    let stand = Stand::seeded(backend);
    let run = probe(&stand).run();
    run.assert_code(0).assert_codes(&[]);
    run.assert_says("which the access table does not list, may neither read nor write");
    run.assert_says("which is a reader, may read and not write");
    nothing_is_left(&stand);
    assert_no_secret(&stand, &run, &[]);

    let setup = Setup {
        is_enforced: false,
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    stand.seed();
    let run = probe(&stand).run();
    run.assert_code(1);
    assert!(!run.codes().is_empty(), "{}", run.text());
    assert!(
        run.codes().iter().all(|code| *code == "KV707"),
        "{}",
        run.text()
    );
    run.assert_says("which the access table does not list, may read and write");
    run.assert_says("which is a reader, may read and write");
    run.assert_says("it does not enforce its access table");
    nothing_is_left(&stand);
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn certificates_are_made_for_the_probes_and_removed() {
    for backend in [
        Backend::NatsTls,
        Backend::DatasvcMtls,
        Backend::DatasvcSpiffe,
    ] {
        for is_enforced in [true, false] {
            let setup = Setup {
                is_enforced,
                ..Setup::default()
            };
            let stand = Stand::with(backend, &setup);
            stand.seed();
            let temporary = tempfile::tempdir().unwrap();
            let command = probe_by(&stand, &stand.credentials.authority);
            let run = command.env("TMPDIR", temporary.path()).run();
            if is_enforced {
                run.assert_code(0).assert_codes(&[]);
                run.assert_says("may neither read nor write");
                run.assert_says("spiffe://harbour.test/services/dashboard");
                run.assert_says("may read and not write");
            } else {
                run.assert_code(1).assert_says("KV707");
            }
            nothing_is_left(&stand);
            let left = std::fs::read_dir(temporary.path()).unwrap();
            assert_eq!(left.count(), 0, "the certificates are removed");
            assert!(!run.text().contains("PRIVATE KEY"));
            assert_no_secret(&stand, &run, &[]);
        }
    }
}

#[test]
fn a_probe_whose_certificate_the_store_does_not_trust_tells_nothing_and_does_not_pass() {
    for backend in [Backend::NatsTls, Backend::DatasvcMtls] {
        let stand = Stand::seeded(backend);
        let run = probe_by(&stand, &Authority::new()).run();
        run.assert_code(2).assert_codes(&[]);
        run.assert_says("does not take the certificate of the probe");
        nothing_is_left(&stand);
    }
}

#[test]
fn a_probe_needs_an_identity_that_the_table_does_not_list() {
    let stand = Stand::seeded(Backend::DatasvcMtls);
    let command = || stand.command("validate").arg("--probe-enforcement");
    let run = command().run();
    run.assert_code(2).assert_says("--probe-cert");
    let run = command()
        .args(stand.login("probe-", Identity::Service("gateway")))
        .run();
    run.assert_code(2)
        .assert_says("is granted `writer` by the access table");
    let run = command()
        .args(stand.login("probe-", Identity::READER))
        .run();
    run.assert_code(2)
        .assert_says("is granted `reader` by the access table");
    let stranger = || command().args(stand.login("probe-", Identity::Stranger));
    for (reader, says) in [
        (
            Identity::Service("gateway"),
            "an identity that may only read",
        ),
        (Identity::Stranger, "the access table does not list"),
    ] {
        let run = stranger().args(stand.login("probe-reader-", reader)).run();
        run.assert_code(2).assert_says(says);
    }
    // Without a reader, the report says what is not known.
    let run = stranger().run();
    run.assert_code(0)
        .assert_says("not checked")
        .assert_says("only a reader");
    nothing_is_left(&stand);
}

#[test]
fn an_svid_of_an_identity_that_is_listed_is_no_probe() {
    let stand = Stand::seeded(Backend::DatasvcSpiffe);
    let run = stand
        .command("validate")
        .arg("--probe-enforcement")
        .args(stand.login("probe-", Identity::Service("gateway")))
        .run();
    run.assert_code(2)
        .assert_says("is granted `writer` by the access table");
    nothing_is_left(&stand);
}

#[test]
fn nothing_is_probed_by_a_login_that_could_not_remove_the_probe_key() {
    for backend in Backend::ALL {
        let setup = Setup {
            is_enforced: true,
            ..Setup::default()
        };
        let stand = Stand::with(backend, &setup);
        stand.seed();
        let run = stand
            .command_as("validate", Identity::READER)
            .arg("--probe-enforcement")
            .args(stand.login("probe-", Identity::Stranger))
            .run();
        run.assert_code(2).assert_says("nothing was probed");
        nothing_is_left(&stand);
    }
}

#[test]
fn a_probe_that_is_stopped_leaves_no_key() {
    for backend in Backend::ALL {
        for signal in [Running::interrupt, Running::terminate] {
            let stand = Stand::seeded(backend);
            let mut open = stand.watch(OPEN);
            stand.line().delay(Duration::from_millis(30));
            let running = probe(&stand).start();
            stand.wait_for(&mut open);
            signal(&running);
            let run = running.finish_within(Duration::from_secs(5));
            run.assert_code(2).assert_says("interrupted");
            assert!(run.took < Duration::from_secs(1), "{:?}", run.took);
            nothing_is_left(&stand);
            assert_no_secret(&stand, &run, &[]);
        }
    }
}

#[test]
fn a_probe_key_that_a_killed_run_left_is_removed_by_the_next_run_which_says_so() {
    for backend in Backend::ALL {
        let stand = Stand::seeded(backend);
        let mut open = stand.watch(OPEN);
        stand.line().delay(Duration::from_millis(30));
        let running = probe(&stand).start();
        stand.wait_for(&mut open);
        running.kill();
        assert_eq!(running.finish().code, None);
        let left = stand.left_below(PREFIX);
        assert!(left.contains(&OPEN.to_owned()), "{left:?}");
        // As if it had been killed a moment later.
        let name = stand.get(OPEN).expect("the name of the probe key");
        stand.put(&name, "left");
        stand.line().delay(Duration::ZERO);
        let run = probe(&stand).run();
        run.assert_code(0)
            .assert_says(&format!("removed the probe key `{name}`"));
        nothing_is_left(&stand);
        let run = probe(&stand).run();
        run.assert_code(0)
            .assert_silent_about("removed the probe key");
    }
}

#[test]
fn only_probe_keys_are_removed_whatever_the_fixed_key_names() {
    let stand = Stand::seeded(Backend::NatsPlain);
    stand.put(OPEN, "config/gateway.json");
    probe(&stand).run().assert_code(0).assert_codes(&[]);
    assert!(stand.get("config/gateway.json").is_some());
    nothing_is_left(&stand);
}
