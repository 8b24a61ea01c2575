//! `fix` as a fleet meets it: what is certain is mended, everything else stays as it is, byte for byte.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

#[cfg(unix)]
mod links;
#[path = "../support/mod.rs"]
mod support;
mod together;

use std::fs;

use support::{Fleet, Run};

const STORE: &str = "store.json";
const AGENT: &str = r#"{"identity": "spiffe://acme.test/services/agent", "role": "writer"}"#;
const API: &str = r#"{"identity": "spiffe://acme.test/services/api", "role": "writer"}"#;

fn reader(grant: &str) -> String {
    grant.replace("writer", "reader")
}

/// A fleet with a grant too low in each of its access tables, and a misspelt one.
fn drifted(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    fleet.replace(STORE, AGENT, &reader(AGENT));
    fleet.replace(STORE, "services/worker", "services/wxrker");
    fleet.replace(
        "store.yaml",
        "O=Acme\", role: writer",
        "O=Acme\", role: reader",
    );
    assert_eq!(fleet.check().code, Some(1));
    fleet
}

fn text(fleet: &Fleet, file: &str) -> String {
    String::from_utf8(fleet.read(file)).unwrap()
}

fn assert_code(run: &Run, code: i32) {
    run.assert_whole();
    assert_eq!(run.code, Some(code), "{}:\n{}", run.what, run.text());
}

fn leftovers(fleet: &Fleet) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "a test looks at its own files")]
    let entries = fs::read_dir(fleet.path("")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".kvguard-")).collect()
}

#[test]
fn what_is_mended_is_as_it_was_before_the_drift() {
    let fleet = drifted("as before");
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    let clean = Fleet::new("clean");
    for file in [STORE, "store.yaml"] {
        assert_eq!(text(&fleet, file), text(&clean, file), "{}", run.text());
    }
    assert!(
        run.output.contains("kvguard: mended 3 findings in 2 files"),
        "{}",
        run.text()
    );
    fleet.check().assert_clean();
    assert_eq!(leftovers(&fleet), [] as [&str; 0]);
}

#[test]
fn without_a_terminal_it_writes_only_if_it_is_told_to() {
    let fleet = drifted("shown");
    let before = text(&fleet, STORE);
    for arguments in [&["fix"][..], &["fix", "--dry-run"]] {
        let run = fleet.run(arguments);
        assert_code(&run, 1);
        let added = format!("@@ -7,2 +7,2 @@\n-      {},\n", reader(AGENT));
        assert!(run.output.contains(&added), "{}", run.text());
        assert!(
            run.output.contains(&format!("\n+      {AGENT},\n")),
            "{}",
            run.text()
        );
        assert!(
            run.output.ends_with("kvguard: nothing is written\n"),
            "{}",
            run.text()
        );
        assert_eq!(text(&fleet, STORE), before);
    }
    assert_code(&fleet.run(&["fix", "--yes", "--dry-run"]), 2);
    let clean = Fleet::new("nothing to mend");
    let run = clean.run(&["fix"]);
    run.assert_clean();
    assert!(
        run.output
            .contains("nothing that is found has a mend that is certain"),
        "{}",
        run.text()
    );
}

#[test]
fn colours_are_for_whoever_wants_them() {
    let fleet = drifted("colours");
    let run = fleet.run(&["fix", "--color", "always"]);
    let removed = format!("\u{1b}[31m-      {},\u{1b}[0m\n", reader(AGENT));
    assert!(run.output.contains(&removed), "{}", run.text());
    assert!(!fleet.run(&["fix"]).output.contains('\u{1b}'));
}

#[test]
fn line_endings_the_mark_at_the_beginning_and_the_missing_end_stay() {
    for (name, ending, begin, end) in [
        ("CRLF", "\r\n", "", "\r\n"),
        ("no end", "\n", "", ""),
        ("CRLF without an end", "\r\n", "", ""),
        ("mark", "\n", "\u{feff}", "\n"),
        ("all", "\r\n", "\u{feff}", ""),
    ] {
        let fleet = Fleet::new(name);
        for file in [STORE, "store.yaml"] {
            let lines = text(&fleet, file);
            let written = lines.trim_end().replace('\n', ending);
            // JSON allows no mark.
            let begin = if file == STORE { "" } else { begin };
            fleet.write(file, format!("{begin}{written}{end}"));
        }
        fleet.check().assert_clean();
        let clean = [STORE, "store.yaml"].map(|file| text(&fleet, file));
        fleet.replace(STORE, AGENT, &reader(AGENT));
        fleet.replace(
            "store.yaml",
            "O=Acme\", role: writer",
            "O=Acme\", role: reader",
        );
        let run = fleet.run(&["fix", "--yes"]);
        run.assert_clean();
        assert_eq!(
            [STORE, "store.yaml"].map(|file| text(&fleet, file)),
            clean,
            "{name}"
        );
        // An entry on lines of its own gets the line endings of the file.
        let grant =
            format!("    - identity: CN=agent.acme.test,O=Acme{ending}      role: writer{ending}");
        fleet.replace("store.yaml", &grant, "");
        let run = fleet.run(&["fix", "--yes"]);
        run.assert_clean();
        let mended = text(&fleet, "store.yaml");
        let rest = mended.replace(ending, "");
        assert!(!rest.contains(['\r', '\n']), "{name}: {mended:?}");
        assert!(
            mended.starts_with(begin) && (mended.ends_with(ending) != end.is_empty()),
            "{name}: {mended:?}"
        );
        assert_eq!(
            mended.lines().count(),
            clean[1].lines().count(),
            "{name}: {mended:?}"
        );
        fleet.check().assert_clean();
    }
}

#[test]
fn two_grants_that_one_list_lacks_are_both_added_once() {
    let fleet = Fleet::new("two in one list");
    fleet.replace(STORE, &format!("      {API},\n"), "");
    fleet.replace(STORE, &format!("      {AGENT},\n"), "");
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    let store = text(&fleet, STORE);
    for grant in [API, AGENT] {
        assert_eq!(store.matches(grant).count(), 1, "{store}");
    }
    fleet.check().assert_clean();
}

#[test]
fn a_part_of_the_fleet_is_mended_by_itself() {
    for (arguments, mended, left) in [
        (["--deployment", "systemd"], "store.yaml", STORE),
        (["--service", "agent"], STORE, "store.yaml"),
        (["--rule", "KV105"], STORE, "store.yaml"),
        (["--rule", "near-miss-identity"], STORE, "store.yaml"),
    ] {
        let fleet = drifted(arguments[1]);
        let before = [mended, left].map(|file| text(&fleet, file));
        let run = fleet.run(&["fix", "--yes", arguments[0], arguments[1]]);
        // Only what was asked for counts.
        run.assert_clean();
        assert!(
            run.output.contains("mended 1 finding in 1 file\n"),
            "{}",
            run.text()
        );
        assert_ne!(text(&fleet, mended), before[0]);
        assert_eq!(text(&fleet, left), before[1]);
    }
}

#[test]
fn a_name_that_is_not_there_mends_nothing() {
    let fleet = drifted("names");
    let before = text(&fleet, STORE);
    for (arguments, told) in [
        (
            ["--deployment", "composed"],
            "there is no deployment `composed`; did you mean `compose`?",
        ),
        (
            ["--service", "agnet"],
            "there is no service `agnet`; did you mean `agent`?",
        ),
        (
            ["--rule", "missing-grants"],
            "there is no rule `missing-grants`; did you mean `missing-grant`?",
        ),
    ] {
        let run = fleet.run(&["fix", "--yes", arguments[0], arguments[1]]);
        assert_code(&run, 2);
        assert!(run.errors.contains(told), "{}", run.text());
        assert_eq!(text(&fleet, STORE), before);
    }
}

#[test]
fn nothing_is_mended_while_something_cannot_be_checked() {
    let fleet = drifted("not checked");
    fleet.remove("units/worker.service");
    fleet.remove("units/api.service");
    fleet.remove("units/agent.service");
    let before = text(&fleet, STORE);
    let run = fleet.run(&["fix", "--yes"]);
    assert_code(&run, 2);
    assert!(
        run.errors
            .contains("nothing is mended while something cannot be checked"),
        "{}",
        run.text()
    );
    assert_eq!(text(&fleet, STORE), before);
}

#[test]
fn what_is_allowed_is_not_mended() {
    let fleet = drifted("baseline");
    fleet.run(&["baseline"]).assert_clean();
    let before = [STORE, "store.yaml"].map(|file| text(&fleet, file));
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    assert_eq!([STORE, "store.yaml"].map(|file| text(&fleet, file)), before);
    let fleet = drifted("comment");
    fleet.replace(
        "store.yaml",
        "    - {identity",
        "    # kvguard: allow insufficient-role because it only reads for now\n    - {identity",
    );
    let before = text(&fleet, "store.yaml");
    fleet.run(&["fix", "--yes"]).assert_clean();
    assert_eq!(text(&fleet, "store.yaml"), before);
    let fleet = drifted("allow");
    let policy = text(&fleet, "kvguard.toml");
    fleet.write(
        "kvguard.toml",
        format!("{policy}\n[[allow]]\nrule = \"insufficient-role\"\ndeployment = \"systemd\"\nreason = \"it only reads for now\"\n"),
    );
    let before = text(&fleet, "store.yaml");
    fleet.run(&["fix", "--yes"]).assert_clean();
    assert_eq!(text(&fleet, "store.yaml"), before);
}

#[test]
fn what_a_person_has_to_decide_is_counted_by_rule() {
    let fleet = drifted("left");
    fleet.remove("templates/api.json");
    let run = fleet.run(&["fix", "--yes"]);
    assert_code(&run, 1);
    assert!(
        run.output.contains("mended 3 findings in 2 files"),
        "{}",
        run.text()
    );
    assert!(
        run.output.contains("`missing-template`: "),
        "{}",
        run.text()
    );
    assert!(
        run.output.contains("which `cargo kvguard check` shows"),
        "{}",
        run.text()
    );
}

#[test]
fn values_beside_what_changes_are_not_shown() {
    let fleet = Fleet::new("canaries");
    let grants = format!(
        "[{}, {API}, {}]",
        reader(AGENT),
        API.replace("/api", "/wxrker")
    );
    fleet.write(
        STORE,
        format!("{{\"bucket_ttl\": \"0s\", \"token\": \"canary-1\", \"rbac\": {{\"password\": \"canary-2\", \"roles\": {grants}}}, \"key\": \"canary-3\"}}\n"),
    );
    let yaml = text(&fleet, "store.yaml");
    fleet.write(
        "store.yaml",
        format!(
            "before: canary-4 # canary-5\n{}after: canary-6\n",
            yaml.replace("role: writer}", "role: reader, note: canary-7}")
        ),
    );
    for colour in ["never", "always"] {
        let run = fleet.run(&["fix", "--color", colour]);
        assert_code(&run, 1);
        assert!(run.output.contains("services/worker"), "{}", run.text());
        assert!(!run.text().contains("canary"), "{}", run.text());
    }
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    assert!(!run.text().contains("canary"), "{}", run.text());
    for (file, canaries) in [(STORE, 3), ("store.yaml", 4)] {
        assert_eq!(text(&fleet, file).matches("canary").count(), canaries);
    }
}

#[test]
fn leftovers_of_a_run_that_was_broken_off_are_removed() {
    let fleet = drifted("leftovers");
    fleet.write(".kvguard-new-a1b2c3", "half of a fi");
    fleet.check();
    fleet.run(&["fix", "--yes"]).assert_clean();
    assert_eq!(leftovers(&fleet), [] as [&str; 0]);
}
