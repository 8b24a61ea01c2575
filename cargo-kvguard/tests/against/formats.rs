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
