//! What counts as added or removed.

use super::repository::Repository;

#[test]
fn an_added_error_fails_and_is_shown_in_full() {
    let repository = Repository::new("added");
    repository.branch("change");
    repository.lower_role("agent");
    repository.commit("drift");
    let run = repository.against("main");
    assert_eq!(run.code, Some(1), "{}", run.text());
    for expected in [
        "error[KV102]: workload `agent` of `compose`",
        "--> store.json:7:65",
        "help: raise the role",
        "kvguard: added: 1 error; removed: nothing; in both: 0 findings",
        "(main)\n",
        "(HEAD)\n",
    ] {
        assert!(run.output.contains(expected), "{expected}: {}", run.text());
    }
    for name in ["main", "HEAD"] {
        let id = repository.git(&["rev-parse", name]);
        assert!(run.output.contains(&id[..10]), "{id}: {}", run.text());
    }
}

#[test]
fn a_removed_finding_is_one_line_and_passes() {
    let repository = Repository::empty("removed", &[]);
    repository.lower_role("agent");
    repository.lower_role("api");
    repository.commit("a fleet with two errors");
    repository.branch("change");
    repository.fleet.replace(
        "store.json",
        "agent\", \"role\": \"reader",
        "agent\", \"role\": \"writer",
    );
    repository.commit("mend one");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
    let removed = "removed: error[KV102]: workload `agent` of `compose` needs the role `writer` and is granted `reader` (it was at store.json:7:65)\n";
    assert!(run.output.starts_with(removed), "{}", run.text());
    let summary = "kvguard: ok, added: nothing; removed: 1 error; in both: 1 finding\n";
    assert!(run.output.contains(summary), "{}", run.text());
}

#[test]
fn moved_lines_and_renamed_files_change_nothing() {
    let repository = Repository::empty("renamed", &[]);
    repository.lower_role("agent");
    repository.commit("a fleet with an error");
    repository.branch("change");
    repository.fleet.replace("store.json", "{\n", "{\n\n\n");
    repository.git(&["mv", "store.json", "access.json"]);
    repository
        .fleet
        .replace("kvguard.toml", "store.json", "access.json");
    repository.commit("rename the access table");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
    let summary = "kvguard: ok, added: nothing; removed: nothing; in both: 1 finding\n";
    assert!(run.output.starts_with(summary), "{}", run.text());
}

#[test]
fn of_findings_with_one_cause_only_the_added_one_is_told() {
    let repository = Repository::empty("one cause", &[]);
    let (api, agent) = ("templates/api.json", "templates/agent.toml");
    repository.fleet.remove(api);
    repository.commit("a fleet without a template");
    repository.branch("change");
    repository.fleet.remove(agent);
    repository.commit("remove another template");
    let run = repository
        .fleet
        .run(&["check", "--against", "main", "--format", "json"]);
    let (added, _) = run
        .output
        .split_once("\"removed\": [],")
        .unwrap_or_default();
    assert!(
        added.contains("`agent`") && !added.contains("`api`"),
        "{}",
        run.text()
    );
}

#[test]
fn findings_with_one_cause_count_as_one_as_in_check() {
    let repository = Repository::new("counted as one");
    let worker = "services/worker\", \"role\": \"writer\"}";
    let grant =
        |name| format!(r#"{{"identity": "spiffe://acme.test/retired/{name}", "role": "writer"}}"#);
    let more = [worker, &grant("a"), &grant("b")].join(",\n      ");
    repository.branch("change");
    repository.fleet.replace("store.json", worker, &more);
    repository.commit("two grants that nobody presents");
    let checked = repository.fleet.check();
    assert!(
        checked.output.contains("kvguard: ok, 1 warning ("),
        "{}",
        checked.text()
    );
    let summary = |base: &str| {
        let run = repository.against(base);
        assert_eq!(run.code, Some(0), "{}", run.text());
        let summary = run
            .output
            .lines()
            .find(|line| line.starts_with("kvguard: "));
        summary.unwrap_or_default().to_owned()
    };
    let added = "kvguard: ok, added: 1 warning; removed: nothing; in both: 0 findings";
    assert_eq!(summary("main"), added);

    let empty = ["commit", "--quiet", "--allow-empty", "--message", "nothing"];
    repository.git(&empty);
    let common = "kvguard: ok, added: nothing; removed: nothing; in both: 1 finding";
    assert_eq!(summary("HEAD^"), common);

    repository.fleet.replace("store.json", &more, worker);
    repository.commit("take both away");
    let removed = "kvguard: ok, added: nothing; removed: 1 warning; in both: 0 findings";
    assert_eq!(summary("HEAD^"), removed);
}

#[test]
fn what_others_changed_meanwhile_is_neither_added_nor_removed() {
    let repository = Repository::new("meanwhile");
    repository.branch("change");
    repository
        .fleet
        .replace("compose.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug");
    repository.commit("nothing wrong here");
    repository.switch("main");
    repository.lower_role("api");
    repository.commit("drift of others");
    repository.switch("change");
    let summary = "kvguard: ok, added: nothing; removed: nothing; in both: 0 findings\n";
    let before = repository.against("main");
    assert_eq!(before.code, Some(0), "{}", before.text());
    assert!(before.output.starts_with(summary), "{}", before.text());
    assert!(
        before.output.contains("(merge base of main and HEAD)"),
        "{}",
        before.text()
    );

    repository.git(&["merge", "--quiet", "--no-edit", "main"]);
    let merged = repository.against("main");
    assert_eq!(merged.code, Some(0), "{}", merged.text());
    assert!(
        merged.output.contains("in both: 1 finding"),
        "{}",
        merged.text()
    );
    // What the change itself adds after the merge is still found.
    repository.lower_role("agent");
    repository.commit("drift");
    let added = repository.against("main");
    assert_eq!(added.code, Some(1), "{}", added.text());
    assert!(
        added
            .output
            .contains("added: 1 error; removed: nothing; in both: 1 finding"),
        "{}",
        added.text()
    );
}

#[test]
fn each_commit_is_checked_by_its_own_policy() {
    let repository = Repository::empty("policy", &[]);
    repository.lower_role("agent");
    let levels = "[levels]\n";
    repository.fleet.replace(
        "kvguard.toml",
        levels,
        "[levels]\ninsufficient-role = \"warn\"\n",
    );
    repository.commit("a fleet with a warning");
    repository.branch("change");
    repository
        .fleet
        .replace("kvguard.toml", "\"warn\"", "\"deny\"");
    repository.commit("take it seriously");
    let run = repository.against("main");
    assert_eq!(run.code, Some(1), "{}", run.text());
    let summary = "added: 1 error; removed: 1 warning; in both: 0 findings\n";
    assert!(run.output.contains(summary), "{}", run.text());

    // A policy that is named is each commit's own, too, if it is inside the root; another one is the same for both.
    let named = repository
        .fleet
        .run(&["check", "--against", "main", "--policy", "kvguard.toml"]);
    assert_eq!(named.output, run.output);
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().join("policy.toml");
    std::fs::copy(repository.path("kvguard.toml"), &outside).unwrap();
    let outside = outside.to_str().unwrap();
    let same = [
        "check",
        "--against",
        "main",
        "--root",
        ".",
        "--policy",
        outside,
    ];
    let same = repository.fleet.run(&same);
    assert_eq!(same.code, Some(0), "{}", same.text());
    assert!(
        same.output.contains("in both: 1 finding"),
        "{}",
        same.text()
    );
}

#[test]
fn without_a_policy_at_the_base_every_finding_counts_as_added() {
    let repository = Repository::empty("no policy", &[]);
    repository.lower_role("agent");
    repository.git(&["add", "--all"]);
    repository.git(&["rm", "--quiet", "--cached", "kvguard.toml"]);
    repository.git(&["commit", "--quiet", "--message", "a fleet without kvguard"]);
    repository.branch("change");
    let absent = repository.against("main");
    assert_eq!(absent.code, Some(2), "{}", absent.text());
    assert!(
        absent.errors.contains("HEAD has no `kvguard.toml`"),
        "{}",
        absent.text()
    );

    repository.commit("switch kvguard on");
    let run = repository.against("main");
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert!(run.output.contains("added: 1 error;"), "{}", run.text());
    assert!(
        run.output.contains("note: the base has no policy"),
        "{}",
        run.text()
    );
}

#[test]
fn a_commit_that_cannot_be_checked_is_named_and_findings_are_shown_all_the_same() {
    let repository = Repository::new("not checked");
    repository.branch("change");
    repository.fleet.remove("secrets.json");
    repository.lower_role("agent");
    repository.commit("delete a file");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.starts_with("HEAD could not be checked, "),
        "{}",
        run.text()
    );
    assert!(
        run.output.contains("`secrets.json` does not exist"),
        "{}",
        run.text()
    );
    assert!(run.output.contains("error[KV102]"), "{}", run.text());

    repository.branch("mended");
    repository.git(&["restore", "--source", "main", "secrets.json"]);
    repository.commit("restore it");
    let run = repository.against("change");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.starts_with("the base could not be checked, "),
        "{}",
        run.text()
    );
    assert!(
        run.output
            .contains("note: not all of both commits could be checked"),
        "{}",
        run.text()
    );
}

#[test]
fn a_finding_that_is_allowed_since_is_not_told_as_removed() {
    let repository = Repository::empty("allowed since", &[]);
    repository.lower_role("agent");
    repository.commit("a fleet with an error");
    repository.branch("change");
    let policy = String::from_utf8(repository.fleet.read("kvguard.toml")).unwrap();
    let allow =
        "\n[[allow]]\nrule = \"insufficient-role\"\nservice = \"agent\"\nreason = \"canary\"\n";
    repository
        .fleet
        .write("kvguard.toml", format!("{policy}{allow}"));
    repository.commit("allow it");
    let allowed = repository.against("main");
    assert_eq!(allowed.code, Some(0), "{}", allowed.text());
    let line = "allowed since: error[KV102]: workload `agent`";
    assert!(allowed.output.starts_with(line), "{}", allowed.text());
    let summary = "removed: nothing; allowed since: 1 error; in both: 0 findings\n";
    assert!(allowed.output.contains(summary), "{}", allowed.text());

    repository.branch("allowed-no-longer");
    repository.fleet.write("kvguard.toml", policy);
    repository.commit("allow it no longer");
    let added = repository.against("change");
    assert_eq!(added.code, Some(1), "{}", added.text());
    assert!(added.output.contains("added: 1 error"), "{}", added.text());
}

#[test]
fn what_is_judged_no_longer_is_told() {
    let repository = Repository::empty("no longer judged", &[]);
    let systemd = "[[deployment]]\nname = \"systemd\"";
    let store = "[[deployment.store]]\naddresses = [\"store:50057\"]\n\n";
    repository
        .fleet
        .replace("kvguard.toml", systemd, &format!("{store}{systemd}"));
    repository.commit("a fleet that says where its store is");
    repository.branch("change");
    repository.fleet.replace("kvguard.toml", store, "");
    repository
        .fleet
        .replace("compose.env", "store:50057", "elsewhere:50057");
    repository.commit("call another store, and do not say where the store is");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
    let note = "note: since the base, `store-address-mismatch` no longer judges agent, api, worker of `compose`: ";
    assert!(run.output.contains(note), "{}", run.text());
    assert!(!run.output.contains("of `systemd`"), "{}", run.text());
    let other = ["check", "--against", "main", "--deployment", "systemd"];
    let other = repository.fleet.run(&other);
    assert!(
        !other.output.contains("no longer judges"),
        "{}",
        other.text()
    );
}

#[test]
fn only_what_is_asked_for_is_told_even_if_one_commit_lacks_it() {
    let repository = Repository::empty("asked for", &[]);
    let policy = String::from_utf8(repository.fleet.read("kvguard.toml")).unwrap();
    let without_systemd = policy
        .split("[[deployment]]\nname = \"systemd\"")
        .next()
        .unwrap();
    repository.fleet.write("kvguard.toml", without_systemd);
    repository.commit("a fleet with one deployment");
    repository.branch("change");
    repository.fleet.write("kvguard.toml", policy.as_str());
    repository.lower_role("agent");
    repository.commit("another deployment");
    for (asked, code) in [
        (["--deployment", "systemd"], 0),
        (["--deployment", "compose"], 1),
        (["--service", "api"], 0),
        (["--service", "agent"], 1),
        (["--deployment", "nowhere"], 2),
    ] {
        let arguments = [&["check", "--against", "main"][..], &asked].concat();
        let run = repository.fleet.run(&arguments);
        assert_eq!(run.code, Some(code), "{asked:?}: {}", run.text());
    }
}
