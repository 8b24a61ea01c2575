//! What the helps offer to write into the policy mends the finding, and makes no new one.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::fs;

use support::{copy_fleet, fixtures, options, tell, text};

/// A place in the policy.
enum Place {
    End,
    /// Directly below a line.
    Below(&'static str),
    /// In place of a line.
    For(&'static str),
}

/// Writes what a help of a bad fleet offers where it says, and asserts that the fleet is clean then.
#[track_caller]
fn mends(fleet: &str, help: &str, place: &Place, lines: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    copy_fleet(&fixtures().join("rules").join(fleet), directory.path());
    let before = tell(&options(directory.path()));
    let mut helps = before
        .report
        .findings
        .iter()
        .flat_map(|finding| &finding.help);
    assert!(
        helps.any(|offered| offered.message.contains(help)),
        "{fleet}: no help says `{help}`\n{}",
        before.human
    );
    let path = directory.path().join("kvguard.toml");
    let policy = text(&path);
    let policy = match place {
        Place::End => format!("{policy}\n{lines}\n"),
        Place::Below(line) => {
            assert!(policy.contains(line), "{fleet}: {line}");
            policy.replacen(line, &format!("{line}\n{lines}"), 1)
        }
        Place::For(line) => {
            assert!(policy.contains(line), "{fleet}: {line}");
            policy.replacen(line, lines, 1)
        }
    };
    fs::write(&path, policy).expect("the copy is writable");
    let after = tell(&options(directory.path()));
    assert!(
        after.report.findings.is_empty() && after.report.failures.is_empty(),
        "{fleet}\n{}",
        after.human
    );
}

#[test]
fn a_list_of_a_store_that_the_policy_does_not_have() {
    for (fleet, list) in [
        (
            "store-address-mismatch/bad",
            r#"addresses = ["datasvcs:50057"]"#,
        ),
        (
            "server-identity-mismatch/bad",
            r#"identities = ["spiffe://acme.dev/services/datasvc", "spiffe://acme.dev/services/datasvcs"]"#,
        ),
        (
            "server-identity-mismatch/bad-unlisted-pod",
            r#"identities = ["spiffe://acme.dev/services/datasvc"]"#,
        ),
        (
            "trust-domain-mismatch/bad",
            r#"trust_domains = ["acme.dve"]"#,
        ),
        // The other client goes on in its own domain.
        (
            "trust-domain-mismatch/bad-two-in-use",
            r#"trust_domains = ["acme.dev", "acme.test"]"#,
        ),
    ] {
        let help = format!("`[[deployment.store]]`, and on a line of its own `{list}`");
        let lines = format!("[[deployment.store]]\n{list}");
        mends(fleet, &help, &Place::End, &lines);
    }
}

#[test]
fn a_list_of_a_store_that_the_policy_has_already() {
    let list = r#"addresses = ["proxy:9000", "datasvcs:50057"]"#;
    mends(
        "store-address-mismatch/bad-stated-addresses",
        &format!("in place of the list that the policy has: `{list}`"),
        &Place::For(r#"addresses = ["proxy:9000"]"#),
        list,
    );
    let list = r#"addresses = ["localhost:50075"]"#;
    mends(
        "store-address-mismatch/bad-one-host",
        &format!("directly below the store's `[[deployment.store]]` in the policy: `{list}`"),
        &Place::Below("[[deployment.store]]"),
        list,
    );
}

#[test]
fn a_setting_of_a_service_that_the_policy_has_already() {
    mends(
        "placeholder-value/bad-dotted-service",
        r#"directly below `[service."worker.eu"]`"#,
        &Place::Below(r#"[service."worker.eu"]"#),
        "expands = true",
    );
    mends(
        "placeholder-value/bad-template",
        "at the end of the policy: `[service.worker]`, and on a line of its own `expands = true`",
        &Place::End,
        "[service.worker]\nexpands = true",
    );
    mends(
        "workload-never-runs/bad-done-without-elsewhere",
        "as one more entry of the service's `not_in`",
        &Place::End,
        "[[service.worker.not_in]]\ndeployment = \"compose\"\nreason = \"not yet\"",
    );
}
