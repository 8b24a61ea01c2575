//! `why` never says that every link holds where `check` denies something of the workload.

mod support;

use support::Fleet;

/// Changes of `compose.yaml` that different rules deny, each with the rule's code.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "KV210",
        "KV_ADDRESS: ${STORE_ADDRESS}",
        "KV_ADDRESS: CHANGEME",
    ),
    ("KV212", "  api:\n", "  api:\n    deploy: {replicas: 0}\n"),
    (
        "KV308",
        "      LOG_LEVEL: info\n",
        "      CONFIG_KV_KEY: config/agent.toml\n",
    ),
];

#[test]
fn a_chain_holds_only_where_nothing_is_denied() {
    let clean = Fleet::new("clean").run(&["why", "api", "--deployment", "compose"]);
    assert_eq!(clean.code, Some(0), "{}", clean.text());
    assert!(
        clean
            .output
            .contains("ok           every link that is judged holds; 2 not judged"),
        "{}",
        clean.text()
    );
    for (code, from, to) in CHANGES {
        let fleet = Fleet::new(code);
        fleet.replace("compose.yaml", from, to);
        let checked = fleet.check().text();
        assert!(checked.contains(&format!("error[{code}]")), "{checked}");
        let told = fleet.run(&["why", "api", "--deployment", "compose"]);
        assert_eq!(told.code, Some(1), "{}", told.text());
        assert!(
            told.output.contains(&format!("BROKEN       {code}")),
            "{}",
            told.text()
        );
        assert!(!told.output.contains("  ok  "), "{}", told.text());
    }
}
