//! `list` tells of each thing what holds for it.

mod support;

use support::Fleet;

/// A pattern that gives every workload of the compose project one more SPIFFE ID.
const SECOND: &str = "[[deployment.identity]]
form = \"spiffe\"
pattern = \"spiffe://{trust_domain}/second/{workload}\"

[[deployment]]
name = \"systemd\"
";

#[test]
fn each_identity_of_a_workload_is_listed_with_what_is_granted_to_it() {
    let fleet = Fleet::new("two identities");
    fleet.replace(
        "kvguard.toml",
        "[[deployment]]\nname = \"systemd\"\n",
        SECOND,
    );
    let told = fleet.run(&["list", "identities", "--deployment", "compose"]);
    let access = |identity: &str| {
        let line = told.output.lines().find(|line| line.contains(identity));
        let line = line.unwrap_or_else(|| panic!("no `{identity}` in\n{}", told.text()));
        let (_, access) = line.split_once(identity).unwrap_or_default();
        access.trim().to_owned()
    };
    assert_eq!(access("spiffe://acme.test/services/api"), "writer");
    assert_eq!(access("spiffe://acme.test/second/api"), "none (KV101)");
    let checked = fleet.check().text();
    assert!(checked.contains("error[KV111]"), "{checked}");
}

#[test]
fn list_and_why_show_paths_as_seen_from_the_current_directory() {
    let fleet = Fleet::new("from below");
    for arguments in [&["list", "services"][..], &["why", "api"]] {
        let here = fleet.run(arguments);
        let below = fleet.run_below("below", arguments);
        assert!(here.text().contains(" registry.json:"), "{}", here.text());
        assert!(
            below.text().contains(" ../registry.json:"),
            "{}",
            below.text()
        );
    }
}

#[test]
fn of_a_service_only_its_own_workloads_are_listed() {
    let fleet = Fleet::new("one service");
    let listed = |arguments: &[&str]| {
        let told = fleet.run(arguments).output;
        ["api", "agent"].map(|service| told.contains(&format!("services/{service}")))
    };
    assert_eq!(listed(&["list", "identities"]), [true, true]);
    let of_one = ["list", "identities", "--service", "api"];
    assert_eq!(listed(&of_one), [true, false]);
}
