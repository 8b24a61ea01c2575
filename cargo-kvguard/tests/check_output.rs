//! The options of `check` that choose what its report for people shows.

mod support;

use std::process::Command;

use support::Fleet;

/// A fleet whose access table has a grant too low, a grant too few, and one that nobody presents: two errors and a warning.
fn drifted(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    let agent = r#"{"identity": "spiffe://acme.test/services/agent", "role": "writer"}"#;
    fleet.replace("store.json", agent, &agent.replace("writer", "reader"));
    fleet.replace("store.json", "services/worker", "retired/press-17");
    fleet
}

fn count(text: &str, level: &str) -> usize {
    let start = format!("{level}[");
    text.lines().filter(|line| line.starts_with(&start)).count()
}

#[test]
fn max_findings_shows_errors_first_and_counts_the_others_by_rule() {
    let fleet = drifted("max findings");
    let all = fleet.run(&["check", "--max-findings", "all"]);
    let errors = count(&all.output, "error");
    let warnings = count(&all.output, "warning");
    assert!(errors > 1 && warnings == 1, "{}", all.text());
    assert!(!all.output.contains("not shown"), "{}", all.text());

    let one = fleet.run(&["check", "--max-findings", "1"]);
    assert_eq!(count(&one.output, "error"), 1, "{}", one.text());
    assert_eq!(count(&one.output, "warning"), 0, "{}", one.text());
    let hidden = format!("{} more findings not shown", errors + warnings - 1);
    assert!(one.output.contains(&hidden), "{}", one.text());
    assert!(
        one.output.contains(", 1 of KV107 `orphan-grant`"),
        "{}",
        one.text()
    );
    assert_eq!(one.output.lines().last(), all.output.lines().last());
    assert_eq!(one.code, Some(1));

    let exact = fleet.run(&["check", "--max-findings", &(errors + warnings).to_string()]);
    assert_eq!(exact.output, all.output);

    let json = fleet.run(&["check", "--format", "json", "--max-findings", "1"]);
    assert!(json.output.contains("\"deny\": 2,"), "{}", json.output);
    for rule in ["insufficient-role", "missing-grant", "orphan-grant"] {
        assert!(json.output.contains(rule), "{rule}: {}", json.output);
    }
}

#[test]
fn an_invalid_number_of_findings_is_refused() {
    let run = Fleet::new("invalid number").run(&["check", "--max-findings", "many"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.errors.contains("expected a number, or `all`"),
        "{}",
        run.errors
    );
}

#[test]
fn quiet_prints_errors_only_and_nothing_where_all_is_well() {
    let clean = Fleet::new("quiet and clean").run(&["check", "--quiet"]);
    assert_eq!((clean.code, clean.text()), (Some(0), String::new()));

    let drifted = drifted("quiet and drifted").run(&["check", "-q"]);
    assert_eq!(drifted.code, Some(1));
    assert!(count(&drifted.output, "error") > 1, "{}", drifted.text());
    assert_eq!(count(&drifted.output, "warning"), 0, "{}", drifted.text());
    assert!(drifted.output.contains("\nkvguard: "), "{}", drifted.text());
}

#[test]
fn verbose_prints_what_was_checked_in_each_deployment() {
    let run = Fleet::new("verbose").run(&["check", "-v"]);
    run.assert_clean();
    for deployment in ["compose", "systemd"] {
        let line = run
            .output
            .lines()
            .find(|line| line.starts_with(&format!("{deployment}: ")));
        let line = line.unwrap_or_else(|| panic!("no line for `{deployment}` in\n{}", run.text()));
        assert!(line.contains(", from the store: "), "{line}");
    }
}

#[test]
fn paths_are_shown_as_seen_from_the_current_directory() {
    let fleet = drifted("paths");
    let here = fleet.run(&["check"]);
    assert!(here.output.contains("--> store.json:"), "{}", here.text());
    let above = fleet.path("..");
    let run = Command::new(env!("CARGO_BIN_EXE_kvguard"))
        .args(["check", "--root"])
        .arg(fleet.path("."))
        .current_dir(&above)
        .output()
        .expect("the command can be run");
    let output = String::from_utf8(run.stdout).expect("text");
    let name = fleet.path(".").canonicalize().expect("a directory");
    let name = name
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    let shown = format!("--> {name}/store.json:");
    assert!(output.contains(&shown), "{output}");
}
