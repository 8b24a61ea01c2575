//! A fleet in a repository of its own, made by git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::support::{Fleet, Run};

/// A fleet's files under version control, all of them committed on the branch `main`.
pub struct Repository {
    /// The work tree, which is the fleet's root.
    pub fleet: Fleet,
}

impl Repository {
    /// The clean fleet, committed on the branch `main`. `name` tells in messages which case it is for.
    pub fn new(name: &str) -> Self {
        let repository = Self::empty(name, &[]);
        repository.commit("the clean fleet");
        repository
    }

    /// The clean fleet, nothing of it committed yet.
    pub fn empty(name: &str, options: &[&str]) -> Self {
        let fleet = Fleet::new(name);
        let arguments = [&["init", "--quiet", "--initial-branch=main"], options].concat();
        git(&fleet.path("."), &arguments);
        Self { fleet }
    }

    /// Where a file is.
    pub fn path(&self, file: &str) -> PathBuf {
        self.fleet.path(file)
    }

    /// Runs git, and gives what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.path("."), arguments)
    }

    /// Commits all files as they are.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Begins a branch.
    pub fn branch(&self, name: &str) {
        self.git(&["switch", "--quiet", "--create", name]);
    }

    /// Goes to another branch.
    pub fn switch(&self, name: &str) {
        self.git(&["switch", "--quiet", name]);
    }

    /// Gives a workload of the compose project a lower role than it needs: one error.
    pub fn lower_role(&self, workload: &str) {
        let grant = |role| {
            format!(r#"{{"identity": "spiffe://acme.test/services/{workload}", "role": "{role}"}}"#)
        };
        self.fleet
            .replace("store.json", &grant("writer"), &grant("reader"));
    }

    /// Removes an object's file, as if a disk had lost it.
    pub fn lose(&self, object: &str) {
        fs::remove_file(self.object(object)).unwrap();
    }

    /// Puts another object's content in place of an object's.
    pub fn damage(&self, object: &str, other: &str) {
        let file = self.object(object);
        fs::remove_file(&file).unwrap();
        fs::copy(self.object(other), file).unwrap();
    }

    fn object(&self, object: &str) -> PathBuf {
        let id = self.git(&["rev-parse", object]);
        self.path(".git/objects").join(&id[..2]).join(&id[2..])
    }

    /// Runs `check --against`.
    pub fn against(&self, reference: &str) -> Run {
        self.fleet.run(&["check", "--against", reference])
    }
}

/// Runs git in a directory, without the settings of who runs the tests, and gives what it prints.
pub fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = try_git(directory, arguments);
    assert!(
        output.status.success(),
        "git {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn try_git(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    for person in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{person}_NAME"), "A Person")
            .env(format!("GIT_{person}_EMAIL"), "person@acme.test")
            .env(format!("GIT_{person}_DATE"), "2026-01-01T00:00:00Z");
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect(
            "these tests make repositories with git; `apt-get install git` or the like installs it",
        )
}
