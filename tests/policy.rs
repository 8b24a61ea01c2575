//! Mistakes in a policy: all are told at once, each at its place, and none passes.
//!
//! Every file in `tests/fixtures/policy` is a policy with mistakes; the snapshots hold what is told.

mod support;

use support::{files, fixtures, options, tell};

#[test]
fn every_mistake_in_a_policy_is_told_at_its_place() {
    let directory = fixtures().join("policy");
    let policies = files(&directory);
    assert!(policies.len() > 8, "{policies:?}");
    for file in policies {
        let mut options = options(&directory);
        options.policy = Some(directory.join(&file));
        let told = tell(&options);
        assert_eq!(told.report.exit_code(), 2, "{file}");
        assert_eq!(told.report.findings, [], "{file}");
        for failure in &told.report.failures {
            let Some(span) = failure.span else {
                assert!(
                    failure.message.contains("empty"),
                    "{file}: no place for: {}",
                    failure.message
                );
                continue;
            };
            let place = told.report.sources().location(span);
            assert_eq!(place.file, file, "{}", failure.message);
        }
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(file.replace(".toml", ""), told.human);
        });
    }
}

#[test]
fn a_policy_that_is_named_and_not_there_is_told() {
    let mut options = options(&fixtures());
    options.policy = Some(fixtures().join("policy/none.toml"));
    let told = tell(&options);
    assert_eq!(told.report.exit_code(), 2);
    let messages: Vec<&str> = told
        .report
        .failures
        .iter()
        .map(|failure| failure.message.as_str())
        .collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("there is no policy: "));
    assert!(messages[0].contains("cargo kvguard init"));
}
