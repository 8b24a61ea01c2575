//! Repositories of other shapes: parts of the history, several work trees, a root below the top.

use std::fs;
use std::process::Command;

use super::repository::{Repository, git};
use super::support::{Fleet, Run, fleet_files};

/// Three commits on `main`, and a branch `change` that parts from the second of them and adds an error.
fn history(name: &str, options: &[&str]) -> Repository {
    let repository = Repository::empty(name, options);
    repository.commit("first");
    let empty = ["commit", "--quiet", "--allow-empty", "--message"];
    repository.git(&[&empty[..], &["second"]].concat());
    repository.branch("change");
    repository.lower_role("agent");
    repository.commit("drift");
    repository.switch("main");
    repository.git(&[&empty[..], &["third"]].concat());
    repository.switch("change");
    repository
}

/// A clone of a repository, made as over a network.
struct Clone {
    directory: tempfile::TempDir,
}

impl Clone {
    fn of(repository: &Repository, options: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let from = format!("file://{}", repository.path(".").display());
        let arguments = [&["clone", "--quiet"], options, &[&from, "."]].concat();
        git(directory.path(), &arguments);
        Self { directory }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.directory.path(), arguments)
    }

    fn against(&self, reference: &str) -> Run {
        run_in(self.directory.path(), &["check", "--against", reference])
    }
}

/// Runs the command in any directory.
fn run_in(directory: &std::path::Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_kvguard"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    Run {
        what: arguments.join(" "),
        code: output.status.code(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_shallow_clone_without_the_merge_base_is_refused_and_a_deeper_one_is_not() {
    let repository = history("shallow", &[]);
    for depth in ["1", "2"] {
        let clone = Clone::of(&repository, &["--no-single-branch", "--depth", depth]);
        let run = clone.against("origin/main");
        // With two commits of each branch, both have the second commit; its own parents are cut off.
        if depth == "1" {
            assert_eq!(run.code, Some(2), "{}", run.text());
            assert!(
                run.errors
                    .contains("this is a shallow clone, and it does not reach back"),
                "{}",
                run.text()
            );
            assert!(
                run.errors.contains("`git fetch --unshallow`")
                    && run.errors.contains("fetch-depth: 0"),
                "{}",
                run.text()
            );
            clone.git(&["fetch", "--quiet", "--unshallow"]);
            assert_eq!(clone.against("origin/main").code, Some(1));
        } else {
            assert_eq!(run.code, Some(1), "{}", run.text());
        }
    }
}

#[test]
fn a_shallow_clone_that_may_hide_a_better_merge_base_is_refused() {
    // `change` has merged `side`, which has all of `main`. Where the clone has no more of `side` than its last commit, the second commit
    // looks like where `change` and `main` parted.
    let repository = history("shallow with a merge", &[]);
    repository.git(&["switch", "--quiet", "--create", "side", "main"]);
    for message in ["fourth", "fifth"] {
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }
    repository.switch("change");
    repository.git(&["merge", "--quiet", "--no-edit", "side"]);
    let whole = repository.against("main");
    assert!(whole.output.contains(" (main)\n"), "{}", whole.text());

    let clone = Clone::of(&repository, &[]);
    let cut = clone.git(&["rev-parse", "origin/side"]);
    fs::write(
        clone.directory.path().join(".git/shallow"),
        format!("{cut}\n"),
    )
    .unwrap();
    clone.git(&["update-ref", "-d", "refs/remotes/origin/side"]);
    clone.git(&["gc", "--quiet", "--prune=now"]);
    let second = clone.git(&["merge-base", "origin/main", "HEAD"]);
    assert_eq!(second, clone.git(&["rev-parse", "origin/main~1"]));
    let run = clone.against("origin/main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors.contains("this is a shallow clone"),
        "{}",
        run.text()
    );
}

#[test]
fn the_parent_of_the_last_commit_is_enough_where_it_is_what_is_named() {
    let repository = history("depth of two", &[]);
    let clone = Clone::of(&repository, &["--depth", "2"]);
    let run = clone.against("HEAD^");
    assert_eq!(run.code, Some(1), "{}", run.text());
    let run = clone.against("HEAD~2");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors
            .contains("this is a shallow clone, which may lack it"),
        "{}",
        run.text()
    );
}

#[test]
fn a_partial_clone_that_lacks_files_is_told_how_to_get_them() {
    let repository = history("partial", &[]);
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = Clone::of(&repository, &["--filter=blob:none"]);
    let run = clone.against("origin/main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.contains("the base could not be checked"),
        "{}",
        run.text()
    );
    let command = "git fetch --refetch --no-filter origin";
    assert!(run.output.contains(command), "{}", run.text());
    clone.git(&["fetch", "--quiet", "--refetch", "--no-filter", "origin"]);
    assert_eq!(clone.against("origin/main").code, Some(1));
}

#[test]
fn repositories_of_either_hash_are_read_packed_or_not() {
    for hash in ["sha1", "sha256"] {
        let repository = history(hash, &["--object-format", hash]);
        for packed in [false, true] {
            if packed {
                repository.git(&["gc", "--quiet"]);
            }
            let run = repository.against("main");
            assert_eq!(run.code, Some(1), "{hash}: {}", run.text());
            assert!(
                run.output.contains("(merge base of main and HEAD)"),
                "{hash}: {}",
                run.text()
            );
        }
    }
}

#[test]
fn another_work_tree_of_the_repository_has_its_own_head() {
    let repository = history("work trees", &[]);
    let other = tempfile::tempdir().unwrap();
    let other = other.path().join("other");
    repository.git(&[
        "worktree",
        "add",
        "--quiet",
        other.to_str().unwrap(),
        "main",
    ]);
    let run = run_in(&other, &["check", "--against", "main~1"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(run.output.contains("in both: 0 findings"), "{}", run.text());
    assert_eq!(repository.against("main~1").code, Some(1));
}

#[test]
fn a_directory_without_a_repository_or_a_commit_is_refused() {
    let alone = Fleet::new("no repository").run(&["check", "--against", "main"]);
    assert_eq!(alone.code, Some(2), "{}", alone.text());
    assert!(
        alone.errors.contains("is in no git repository"),
        "{}",
        alone.text()
    );

    let nowhere = ["check", "--against", "main", "--root", "nowhere"];
    let nowhere = Fleet::new("no root").run(&nowhere);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.text());
    assert!(
        nowhere.errors.contains("the root `nowhere` does not exist"),
        "{}",
        nowhere.text()
    );

    let unborn = Repository::empty("no commit", &[]).against("main");
    assert_eq!(unborn.code, Some(2), "{}", unborn.text());
    assert!(
        unborn
            .errors
            .contains("HEAD names the branch `main`, which has no commit yet"),
        "{}",
        unborn.text()
    );

    let repository = history("bare", &[]);
    let bare = Clone::of(&repository, &["--bare"]);
    let run = run_in(
        bare.directory.path(),
        &["check", "--against", "main", "--root", "."],
    );
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors.contains("is a bare repository"),
        "{}",
        run.text()
    );
}

#[test]
fn references_that_are_not_files_are_refused() {
    let repository = history("reference storage", &[]);
    repository.git(&["config", "core.repositoryFormatVersion", "1"]);
    let config = repository.path(".git/config");
    let settings = fs::read_to_string(&config).unwrap();
    fs::write(
        config,
        format!("{settings}[extensions]\n\trefStorage = reftable\n"),
    )
    .unwrap();
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors.contains("`git refs migrate --ref-format=files`"),
        "{}",
        run.text()
    );
}

#[test]
fn the_root_may_be_a_directory_of_the_repository_and_what_lies_beside_it_is_not_read() {
    let top = tempfile::tempdir().unwrap();
    let fleet = top.path().join("deploy/fleet");
    let clean = Fleet::new("a root below the top");
    for file in fleet_files() {
        let path = fleet.join(&file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, clean.read(&file)).unwrap();
    }
    git(top.path(), &["init", "--quiet", "--initial-branch=main"]);
    fs::write(
        top.path().join("beside.json"),
        fs::read(fleet.join("store.json")).unwrap(),
    )
    .unwrap();
    git(top.path(), &["add", "--all"]);
    git(
        top.path(),
        &["commit", "--quiet", "--message", "a fleet below the top"],
    );
    let store = fs::read_to_string(fleet.join("store.json")).unwrap();
    let lower = store.replace("agent\", \"role\": \"writer", "agent\", \"role\": \"reader");
    fs::write(fleet.join("store.json"), lower).unwrap();
    git(
        top.path(),
        &["commit", "--quiet", "--all", "--message", "drift"],
    );
    for (directory, shown) in [
        (fleet.clone(), "--> store.json:"),
        (fleet.join("units"), "--> ../store.json:"),
    ] {
        let run = run_in(&directory, &["check", "--against", "HEAD^"]);
        assert_eq!(run.code, Some(1), "{}", run.text());
        assert!(run.output.contains(shown), "{}", run.text());
    }
    fs::remove_file(fleet.join("store.json")).unwrap();
    std::os::unix::fs::symlink("../../beside.json", fleet.join("store.json")).unwrap();
    git(
        top.path(),
        &[
            "commit",
            "--quiet",
            "--all",
            "--message",
            "a link out of the root",
        ],
    );
    let run = run_in(&fleet, &["check", "--against", "HEAD^"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.contains("`store.json` is outside the root"),
        "{}",
        run.text()
    );
}

#[test]
fn what_is_not_committed_is_not_looked_at_and_the_work_tree_stays_as_it_is() {
    let repository = Repository::new("not committed");
    repository.branch("change");
    repository
        .fleet
        .replace("compose.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug");
    repository.commit("a change");
    repository.lower_role("agent");
    let crlf = String::from_utf8(repository.fleet.read("compose.yaml")).unwrap();
    repository
        .fleet
        .write("compose.yaml", crlf.replace('\n', "\r\n"));
    let index = fs::read(repository.path(".git/index")).unwrap();
    let status = repository.git(&["--no-optional-locks", "status", "--porcelain"]);
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
    let note = "note: changes that are not committed were not looked at: store.json\n";
    assert!(run.output.ends_with(note), "{}", run.text());
    assert_eq!(fs::read(repository.path(".git/index")).unwrap(), index);
    assert_eq!(
        repository.git(&["--no-optional-locks", "status", "--porcelain"]),
        status
    );
}
