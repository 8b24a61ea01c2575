//! What HEAD is compared with, as people name it, and what is said where there is no such commit.

use super::repository::Repository;

/// A repository with a second commit on the branch `change`, which adds an error.
fn drifted(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.branch("change");
    repository.lower_role("agent");
    repository.commit("drift");
    repository
}

#[test]
fn a_commit_is_named_as_git_has_it() {
    let repository = drifted("names");
    repository.git(&["tag", "v1", "main"]);
    repository.git(&["tag", "--annotate", "--message", "a release", "v2", "main"]);
    let id = repository.git(&["rev-parse", "main"]);
    for name in [
        "main",
        "refs/heads/main",
        "HEAD~1",
        "HEAD^",
        "v1",
        "v2",
        "v2^{commit}",
        &id,
        &id[..12],
        "@{-1}",
        "@~",
    ] {
        let run = repository.against(name);
        assert_eq!(run.code, Some(1), "{name}: {}", run.text());
        let base = format!("\n  base: {} ({name})\n", &id[..10]);
        assert!(run.output.contains(&base), "{name}: {}", run.text());
    }
}

#[test]
fn what_names_no_commit_is_refused_with_what_to_type() {
    let repository = drifted("no such name");
    repository.git(&["update-ref", "refs/remotes/origin/release", "main"]);
    repository.git(&["branch", "v1", "main"]);
    repository.git(&["tag", "v1", "change"]);
    for (name, expected) in [
        ("mian", "did you mean `main`?"),
        ("release", "did you mean `origin/release`?"),
        (
            "zzzzzzzzzz",
            "`git branch --all`, `git tag` and `git log` list what there is",
        ),
        ("HEAD~7", "no commit here is named `HEAD~7`"),
        ("", "no commit here is named ``"),
        ("main..HEAD", "`main..HEAD` does not name one commit"),
        ("main...HEAD", "`main...HEAD` does not name one commit"),
        (
            "HEAD:store.json",
            "`HEAD:store.json` names a file, not a commit",
        ),
        ("HEAD:units", "`HEAD:units` names a directory, not a commit"),
        (
            "v1",
            "`--against refs/heads/v1` or `--against refs/tags/v1`",
        ),
        (
            "0123456789012345678901234567890123456789",
            "no commit here is named",
        ),
    ] {
        let run = repository.against(name);
        assert_eq!(run.code, Some(2), "{name}: {}", run.text());
        assert!(run.errors.contains(expected), "{name}: {}", run.text());
        assert!(run.output.is_empty(), "{name}: {}", run.text());
    }
    for name in ["refs/heads/v1", "refs/tags/v1"] {
        assert_ne!(repository.against(name).code, Some(2), "{name}");
    }
}

#[test]
fn a_branch_and_a_tag_of_one_commit_are_one_name() {
    let repository = drifted("branch and tag");
    repository.git(&["branch", "v1", "main"]);
    repository.git(&["tag", "--annotate", "--message", "a release", "v1", "main"]);
    assert_eq!(repository.against("v1").code, Some(1));
}

#[test]
fn digits_that_several_commits_begin_with_are_refused() {
    let repository = drifted("short id");
    // The ids depend on nothing but this, so that two of the commits begin alike.
    let mut seen: Vec<String> = Vec::new();
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    let alike = loop {
        let message = format!("commit {}", seen.len());
        let id = repository.git(&["commit-tree", "-p", "main", "-m", &message, &tree]);
        if let Some(other) = seen.iter().find(|other| other[..4] == id[..4]) {
            break [other.clone(), id];
        }
        seen.push(id);
        assert!(
            seen.len() < 2_000,
            "no two of 2000 commits begin with the same four digits"
        );
    };
    let run = repository.against(&alike[0][..4]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors
            .contains("several commits have an id that begins with"),
        "{}",
        run.text()
    );
    for id in &alike {
        assert!(run.errors.contains(&id[..5]), "{id}: {}", run.text());
    }
}

#[test]
fn histories_without_a_common_commit_are_refused() {
    let repository = drifted("unrelated");
    repository.git(&["switch", "--quiet", "--orphan", "other"]);
    repository.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "a beginning",
    ]);
    repository.switch("change");
    let run = repository.against("other");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.errors
            .contains("`other` and HEAD have no commit in common"),
        "{}",
        run.text()
    );
}

#[test]
fn a_commit_that_has_all_of_head_leaves_nothing_to_compare() {
    let repository = drifted("nothing to compare");
    for head in ["main", "change"] {
        repository.switch(head);
        let run = repository.against("change");
        assert_eq!(run.code, Some(0), "{}", run.text());
        let note = "note: `change` has all commits of HEAD, so there is nothing to compare\n";
        assert!(run.output.contains(note), "{}", run.text());
    }
}
