//! What a change does, in the formats of `check`.

use super::repository::Repository;
use super::validators::{REPORT, assert_valid};

/// A repository with an error on `main`, and another one on the branch that is checked out.
fn changed(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.lower_role("agent");
    repository.commit("an error");
    repository.branch("change");
    repository.lower_role("worker");
    repository.commit("another error");
    repository
}

#[test]
fn json_is_valid_by_the_published_schema() {
    let repository = changed("json");
    let arguments = ["check", "--against", "main", "--format", "json"];
    let report = assert_valid(
        &REPORT,
        &repository.fleet.run(&arguments).output,
        "a change",
    );
    assert_eq!(report["added"].as_array().unwrap().len(), 1);
    // Without a policy at the base, and with a file missing at HEAD.
    repository.git(&["switch", "--quiet", "--orphan", "other"]);
    repository.fleet.write("unrelated", "");
    repository.commit("no policy");
    let run = repository.fleet.run(&arguments);
    assert_eq!(run.code, Some(2), "{}", run.text());
    repository.switch("change");
    repository.git(&["rm", "--quiet", "store.json"]);
    repository.commit("no access table");
    let run = repository.fleet.run(&arguments);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert_valid(&REPORT, &run.output, "a failure");
}

#[test]
fn annotations_and_the_summary_tell_only_what_was_added() {
    let repository = changed("annotations");
    let run = repository.fleet.run(&[
        "check",
        "--against",
        "main",
        "--format=github",
        "--output=markdown=change.md",
        "--output=json=change.json",
        "--output=human=change.txt",
    ]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    let errors: Vec<&str> = run
        .output
        .lines()
        .filter(|line| line.starts_with("::error "))
        .collect();
    assert!(
        matches!(errors[..], [one] if one.contains("worker")),
        "{}",
        run.output
    );
    let read = |file: &str| String::from_utf8(repository.fleet.read(file)).unwrap();
    let rows = read("change.md");
    let rows: Vec<&str> = rows
        .lines()
        .filter(|line| line.starts_with("| error"))
        .collect();
    assert!(
        matches!(rows[..], [one] if one.contains("worker")),
        "{rows:?}"
    );
    assert_valid(&REPORT, &read("change.json"), "a change");
    assert!(read("change.txt").contains("kvguard: added: 1 error"));
}

#[test]
fn what_could_not_be_checked_of_the_base_is_an_error_in_annotations() {
    let repository = Repository::new("base");
    repository.git(&["rm", "--quiet", "store.json"]);
    repository.commit("no access table");
    let table = repository.git(&["show", "HEAD~:store.json"]);
    repository.branch("change");
    repository.fleet.write("store.json", table);
    repository.commit("an access table");
    let run = repository
        .fleet
        .run(&["check", "--against", "main", "--format", "github"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    let mut lines = run.output.lines();
    assert!(
        lines.any(|line| line.starts_with("::error ") && line.contains("the base: ")),
        "{}",
        run.output
    );
}

#[test]
fn formats_that_stand_for_the_whole_fleet_are_refused() {
    let repository = changed("refused");
    for format in [
        "--format=sarif",
        "--format=junit",
        "--output=sarif=change.sarif",
    ] {
        let run = repository
            .fleet
            .run(&["check", "--against", "main", format]);
        assert_eq!((run.code, run.output.as_str()), (Some(2), ""), "{format}");
        assert!(
            run.errors.contains("stands for the whole fleet"),
            "{}",
            run.errors
        );
        assert!(!repository.path("change.sarif").exists());
    }
}

#[test]
fn quiet_prints_added_errors_only() {
    let repository = Repository::new("quiet");
    repository.branch("change");
    repository
        .fleet
        .replace("store.json", "services/worker", "retired/press-17");
    repository
        .fleet
        .replace("identities.txt", "register worker", "register  worker");
    repository.commit("drift");
    repository.branch("mended");
    repository.git(&["restore", "--source", "main", "."]);
    repository.commit("mend all of it");
    let mended = repository
        .fleet
        .run(&["check", "--against", "change", "--quiet"]);
    assert_eq!((mended.code, mended.text()), (Some(0), String::new()));
    repository.switch("change");
    let drifted = repository
        .fleet
        .run(&["check", "--against", "main", "--quiet"]);
    assert_eq!(drifted.code, Some(1), "{}", drifted.text());
    assert!(!drifted.output.contains("warning["), "{}", drifted.text());
}

#[test]
fn the_formats_of_pull_requests_report_what_was_added_and_the_rest_goes_to_standard_error() {
    let repository = Repository::empty("other formats", &[]);
    repository.lower_role("api");
    repository.lower_role("worker");
    repository.commit("a fleet with two errors");
    repository.branch("change");
    repository.fleet.replace(
        "store.json",
        "api\", \"role\": \"reader",
        "api\", \"role\": \"writer",
    );
    repository.lower_role("agent");
    repository.commit("mend one and break another");
    for format in ["github", "markdown"] {
        let run = repository
            .fleet
            .run(&["check", "--against", "main", "--format", format]);
        assert_eq!(run.code, Some(1), "{format}: {}", run.text());
        for (workload, is_added) in [("agent", true), ("api", false), ("worker", false)] {
            let [plain, marked] = [
                format!("workload `{workload}`"),
                format!("workload <code>{workload}</code>"),
            ];
            let is_told = run.output.contains(&plain) || run.output.contains(&marked);
            assert_eq!(is_told, is_added, "{format}: {}", run.output);
        }
        let rest = "removed: error[KV102]: workload `api` of `compose`";
        assert!(run.errors.starts_with(rest), "{format}: {}", run.errors);
        let summary = "kvguard: added: 1 error; removed: 1 error; in both: 1 finding\n";
        assert!(run.errors.contains(summary), "{format}: {}", run.errors);
    }
    let human = repository.against("main");
    let written =
        repository
            .fleet
            .run(&["check", "--against", "main", "--output", "json=report.json"]);
    assert_eq!((written.code, &written.output), (Some(1), &human.output));
    let json: serde_json::Value =
        serde_json::from_slice(&repository.fleet.read("report.json")).unwrap();
    assert_eq!(json["added"].as_array().unwrap().len(), 1);
}

#[test]
fn programs_get_both_commits_and_what_was_added_and_removed() {
    let repository = Repository::empty("json", &[]);
    repository.lower_role("api");
    repository.commit("a fleet with an error");
    repository.branch("change");
    repository.git(&["restore", "--source", "main", "."]);
    repository.fleet.replace(
        "store.json",
        "api\", \"role\": \"reader",
        "api\", \"role\": \"writer",
    );
    repository.lower_role("agent");
    repository.commit("mend one and break another");
    let run = repository
        .fleet
        .run(&["check", "--against", "main", "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    let json: serde_json::Value = serde_json::from_str(&run.output).unwrap();
    let id = |name| serde_json::Value::from(repository.git(&["rev-parse", name]));
    assert_eq!(json["base"]["commit"], id("main"));
    assert_eq!(json["base"]["name"], "main");
    assert_eq!(json["base"]["has_policy"], true);
    assert_eq!(json["head"]["commit"], id("HEAD"));
    for (member, workload) in [("added", "agent"), ("removed", "api")] {
        let findings = json[member].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{member}");
        assert_eq!(findings[0]["workloads"][0], workload);
        assert_eq!(findings[0]["code"], "KV102");
    }
    assert_eq!(json["in_both"], 0);
    assert_eq!(json["exit_code"], 1);
}
