//! Mends that meet at one place, are wrong together, or would break something else.

use super::support::Fleet;
use super::{AGENT, API, STORE, assert_code, reader, text};

/// A fleet whose table two deployments share.
fn shared(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    let policy = text(&fleet, "kvguard.toml");
    let (rest, compose) = policy
        .split_once("[[deployment]]\nname = \"compose\"")
        .unwrap();
    let (compose, systemd) = compose
        .split_once("[[deployment]]\nname = \"systemd\"")
        .unwrap();
    fleet.write(
        "kvguard.toml",
        format!(
            "{rest}[[deployment]]\nname = \"compose\"{compose}[[deployment]]\nname = \"other\"{compose}[[deployment]]\nname = \"systemd\"{systemd}"
        ),
    );
    fleet.check().assert_clean();
    fleet
}

#[test]
fn a_mend_after_which_something_new_is_found_is_not_made() {
    let fleet = shared("new finding");
    let policy = text(&fleet, "kvguard.toml");
    fleet.replace(STORE, API, &reader(API));
    fleet.replace(
        "store.yaml",
        "O=Acme\", role: writer",
        "O=Acme\", role: reader",
    );
    fleet.write(
        "kvguard.toml",
        format!("{policy}\n[[allow]]\nrule = \"insufficient-role\"\ndeployment = \"other\"\nreason = \"it only reads for now\"\n"),
    );
    let before = [STORE, "store.yaml"].map(|file| text(&fleet, file));
    let run = fleet.run(&["fix", "--yes"]);
    assert_code(&run, 1);
    // The role is mended for both deployments, so the exception excuses nothing any more.
    assert!(
        run.errors.contains("nothing is mended: with the mends this would be found, which is not found now:\n  unused-excuse"),
        "{}",
        run.text()
    );
    assert_eq!([STORE, "store.yaml"].map(|file| text(&fleet, file)), before);
    fleet
        .run(&["fix", "--yes", "--deployment", "systemd"])
        .assert_clean();
    assert_eq!(text(&fleet, STORE), before[0]);
    assert_ne!(text(&fleet, "store.yaml"), before[1]);
}

#[test]
fn what_the_baseline_holds_and_is_mended_by_the_way_is_told() {
    const HINT: &str = "`cargo kvguard baseline --prune`";
    let fleet = shared("baseline by the way");
    fleet.replace(STORE, API, &reader(API));
    fleet.run(&["baseline"]).assert_clean();
    let baseline = text(&fleet, "kvguard-baseline.toml");
    let (begin, rest) = baseline.split_once("[[finding]]").unwrap();
    let other = rest
        .split("[[finding]]")
        .find(|entry| entry.contains("\"other\""))
        .unwrap();
    fleet.write(
        "kvguard-baseline.toml",
        format!("{begin}[[finding]]{other}"),
    );
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    assert!(run.output.contains(HINT), "{}", run.text());
    let run = fleet.run(&["fix", "--yes"]);
    assert!(!run.output.contains(HINT), "{}", run.text());
    fleet.run(&["baseline", "--prune"]).assert_clean();
    fleet.check().assert_clean();
}

#[test]
fn mends_that_are_wrong_together_are_made_one_after_the_other() {
    let fleet = Fleet::new("one identity, two needs");
    let policy = text(&fleet, "kvguard.toml");
    let (before, rest) = policy.split_once("services/{workload}\"\n").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let policy = format!("{before}services/all\"\n{rest}");
    fleet.write(
        "kvguard.toml",
        format!(
            "{policy}\n[[external_identity]]\nidentity = \"spiffe://acme.test/tools/backup\"\ndeployment = \"compose\"\nreason = \"it reads all keys\"\n\n[[service.agent.need]]\nrole = \"reader\"\ndeployment = \"compose\"\nreason = \"it seeds nothing\"\n"
        ),
    );
    let grants =
        "[\n  {\"identity\": \"spiffe://acme.test/tools/backup\", \"role\": \"reader\"}\n]";
    let store = format!("{{\"bucket_ttl\": \"0s\", \"rbac\": {{\"roles\": {grants}}}}}\n");
    fleet.write(STORE, store);
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    let store = text(&fleet, STORE);
    let added =
        "[\n  {\"identity\": \"spiffe://acme.test/services/all\", \"role\": \"writer\"},\n  {";
    assert!(store.contains(added), "{store}");
    assert_eq!(store.matches("services/all").count(), 1, "{store}");
    fleet.check().assert_clean();
}

#[test]
fn two_mends_of_the_same_place_are_made_in_two_rounds() {
    let fleet = Fleet::new("same place");
    let copied = [
        (
            "registry.json",
            "    {\n      \"name\": \"worker\"",
            "    }\n  ]",
        ),
        ("included.yaml", "  worker:\n", ""),
        ("identities.txt", "register worker", ""),
    ];
    for (file, begin, end) in copied {
        let all = text(&fleet, file);
        let from = all.find(begin).unwrap();
        let to = if end.is_empty() {
            all.len()
        } else {
            from + all[from..].find(end).unwrap()
        };
        let entry = all[from..to].replace("worker", "workar");
        let comma = if end.is_empty() { "" } else { "    },\n" };
        fleet.write(
            file,
            format!("{}{entry}{comma}{}", &all[..from], &all[from..]),
        );
    }
    let template = fleet.read("templates/worker.yaml");
    fleet.write("templates/workar.yaml", template);
    let policy = text(&fleet, "kvguard.toml");
    fleet.write(
        "kvguard.toml",
        format!("{policy}\n[[service.workar.not_in]]\ndeployment = \"systemd\"\nreason = \"it is for containers\"\n"),
    );
    // It is nearly what both present.
    fleet.replace(STORE, "services/worker", "services/workur");
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    let store = text(&fleet, STORE);
    for identity in ["services/workar\"", "services/worker\""] {
        assert_eq!(store.matches(identity).count(), 1, "{store}");
    }
    assert!(!store.contains("workur"), "{store}");
    fleet.check().assert_clean();
}

#[test]
fn a_table_of_several_deployments_is_mended_once() {
    let fleet = shared("shared table");
    fleet.replace(STORE, &format!("      {AGENT},\n"), "");
    fleet.replace(STORE, API, &reader(API));
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    let store = text(&fleet, STORE);
    for grant in [API, AGENT] {
        assert_eq!(store.matches(grant).count(), 1, "{store}");
    }
    fleet.check().assert_clean();
}
