//! What lies in commits: links, submodules, files that are large, lost or damaged.

use std::os::unix::fs::symlink;

use super::repository::{Repository, git};

#[test]
fn links_are_followed_in_the_commit_and_not_in_the_work_tree() {
    let repository = Repository::new("links");
    repository.branch("change");
    repository.git(&["mv", "store.json", "units/access.json"]);
    symlink("units", repository.path("access")).unwrap();
    symlink("access/access.json", repository.path("store.json")).unwrap();
    repository.commit("the access table behind two links");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(
        run.output.contains("added: nothing; removed: nothing"),
        "{}",
        run.text()
    );
    // The link is gone from the disk, and not from the commit.
    repository.fleet.remove("store.json");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());
}

#[test]
fn a_submodule_is_refused_only_if_a_file_in_it_is_needed() {
    let module = Repository::new("the module");
    let repository = Repository::new("submodule");
    let from = module.path(".").display().to_string();
    repository.branch("module");
    repository.git(&["submodule", "--quiet", "add", &from, "vendor/module"]);
    repository.commit("a submodule that nothing needs");
    let run = repository.against("main");
    assert_eq!(run.code, Some(0), "{}", run.text());

    repository.branch("change");
    repository.fleet.replace(
        "kvguard.toml",
        "\"store.json\"",
        "\"vendor/module/store.json\"",
    );
    repository.commit("need a file in it");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.contains("HEAD could not be checked"),
        "{}",
        run.text()
    );
    assert!(
        run.output
            .contains("it is in the submodule `vendor/module`"),
        "{}",
        run.text()
    );
    // The files are there on the disk, where the usual check reads them.
    repository.fleet.check().assert_clean();
}

#[test]
fn a_lost_file_of_either_commit_is_not_taken_for_one_that_does_not_exist() {
    for (commit, name) in [("main", "the base"), ("HEAD", "HEAD")] {
        for object in ["store.json", "units/agent.service", "units", "templates"] {
            let repository = Repository::new("lost");
            repository.branch("change");
            for file in ["store.json", "units/agent.service", "templates/api.json"] {
                let mut text = repository.fleet.read(file);
                text.push(b'\n');
                repository.fleet.write(file, text);
            }
            repository.commit("a change of each file");
            repository.lose(&format!("{commit}:{object}"));
            let run = repository.against("main");
            assert_eq!(run.code, Some(2), "{object} of {commit}: {}", run.text());
            assert!(
                run.output
                    .contains(&format!("{name} could not be checked, ")),
                "{object} of {commit}: {}",
                run.text()
            );
            let id = repository.git(&["rev-parse", &format!("{commit}:{object}")]);
            let told = format!("the git object {id} is missing; `git fsck` lists all that are");
            assert!(
                run.output.contains(&told),
                "{object} of {commit}: {}",
                run.text()
            );
        }
    }
}

#[test]
fn a_lost_directory_that_is_only_asked_for_a_file_is_told() {
    let repository = Repository::empty("lost and only asked for", &[]);
    repository.fleet.replace(
        "compose.yaml",
        "image: acme/api\n",
        "image: acme/api\n    configs: [extra]\n",
    );
    let compose = String::from_utf8(repository.fleet.read("compose.yaml")).unwrap();
    let configs = "\nconfigs:\n  extra:\n    file: ./extra/app.conf\n";
    repository
        .fleet
        .write("compose.yaml", format!("{compose}{configs}"));
    repository.fleet.write("extra/app.conf", "canary");
    repository.commit("a file that is not read");
    let whole = repository.against("main");
    assert_eq!(whole.code, Some(0), "{}", whole.text());
    repository.lose("HEAD:extra");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    let told = "error[could not check]: `extra/app.conf` cannot be read: the git object ";
    assert!(run.output.contains(told), "{}", run.text());
}

#[test]
fn a_damaged_file_is_not_read_as_what_it_has_become() {
    let repository = Repository::new("damaged");
    repository.branch("change");
    repository.lower_role("agent");
    repository.commit("drift");
    repository.damage("HEAD:store.json", "main:store.json");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output
            .contains("is damaged; `git fsck` lists all that are"),
        "{}",
        run.text()
    );
}

#[test]
fn a_broken_commit_is_named() {
    let lost = |object: &str| {
        let repository = Repository::new("broken commit");
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", "second"]);
        repository.branch("change");
        repository.lower_role("agent");
        repository.commit("drift");
        repository.switch("main");
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", "third"]);
        repository.switch("change");
        repository.lose(object);
        let run = repository.against("main");
        assert_eq!(run.code, Some(2), "{object}: {}", run.text());
        run.text()
    };
    for (object, expected) in [
        ("main", "the commit `main` cannot be read"),
        ("HEAD", "the commit `HEAD` cannot be read"),
        (
            "main~1",
            "the history of `main` and HEAD cannot be followed",
        ),
        ("main~1^{tree}", "is missing; `git fsck` lists"),
    ] {
        let text = lost(object);
        assert!(text.contains(expected), "{object}: {text}");
    }
}

#[test]
fn a_file_of_git_lfs_is_refused() {
    let repository = Repository::new("lfs");
    repository.branch("change");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    repository.fleet.write("store.json", pointer);
    repository.commit("keep it in LFS");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.contains("Git LFS keeps its content outside"),
        "{}",
        run.text()
    );
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let repository = Repository::new("large");
    repository.branch("change");
    let size = usize::try_from(kvguard::source::MAX_FILE_BYTES).unwrap();
    repository.fleet.write("store.json", vec![b' '; size + 1]);
    repository.commit("a large file");
    let run = repository.against("main");
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(
        run.output.contains("`store.json` is too large"),
        "{}",
        run.text()
    );
}

#[test]
fn values_of_either_commit_are_not_shown() {
    let repository = Repository::empty("values", &[]);
    repository.fleet.replace("compose.env", "=", "=canary-1-");
    repository
        .fleet
        .replace("compose.yaml", "LOG_LEVEL: info", "LOG_LEVEL: canary-2");
    repository.commit("values");
    repository.branch("change");
    repository
        .fleet
        .replace("compose.yaml", "canary-2", "canary-3");
    repository.lower_role("agent");
    repository.commit("other values, and drift");
    let forward = repository.against("main");
    assert!(
        forward.output.contains("added: 1 error"),
        "{}",
        forward.text()
    );
    git(
        &repository.path("."),
        &["switch", "--quiet", "--create", "back"],
    );
    repository.git(&["revert", "--no-edit", "HEAD"]);
    let back = repository.against("change");
    assert!(back.output.contains("removed: 1 error"), "{}", back.text());
    for run in [forward, back] {
        assert!(!run.text().contains("canary"), "{}", run.text());
    }
}
