//! `release-check`, as a release script calls it before it makes the tag.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The example fleet in a repository of its own, with a release script.
struct Release {
    directory: tempfile::TempDir,
}

/// What the script or the command said, and how it ended.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Release {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let release = Self { directory };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let listed = Command::new("git")
            .args(["ls-files", "-z", "examples/fleet"])
            .current_dir(&repository)
            .output()
            .expect("git");
        assert!(listed.status.success());
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        for file in listed.split('\0').filter(|file| !file.is_empty()) {
            let to = release.path(file.trim_start_matches("examples/fleet/"));
            fs::create_dir_all(to.parent().expect("a directory")).expect("a directory");
            fs::copy(repository.join(file), to).expect("a copy");
        }
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/release_check/cut-release.sh");
        fs::copy(script, release.path("cut-release.sh")).expect("a copy");
        fs::write(release.path("VERSION"), "2.4.0\n").expect("a file");
        fs::write(release.path("CHANGELOG.md"), "## 2.4.0\n").expect("a file");
        release.git(&["init", "-q", "-b", "main"]);
        release.commit();
        release
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// Replaces a text that must be in a file, and commits that.
    fn drift(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("a text");
        assert!(text.contains(from), "{file} does not hold `{from}`");
        fs::write(path, text.replacen(from, to, 1)).expect("a file");
        self.commit();
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a step"]);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.program("git").args(arguments).output().expect("git");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(self.directory.path())
            .env("KVGUARD", env!("CARGO_BIN_EXE_kvguard"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Someone")
                .env(format!("GIT_{who}_EMAIL"), "someone@example.org");
        }
        command
    }

    fn script(&self, arguments: &[&str]) -> Said {
        let output = self
            .program("sh")
            .arg("cut-release.sh")
            .args(arguments)
            .output();
        said(output.expect("sh"))
    }

    fn check(&self, arguments: &[&str]) -> Said {
        let output = self
            .program(env!("CARGO_BIN_EXE_kvguard"))
            .arg("release-check")
            .args(arguments)
            .output();
        said(output.expect("kvguard"))
    }

    fn tags(&self) -> String {
        self.git(&["tag"])
    }
}

fn said(output: Output) -> Said {
    let text = [output.stdout, output.stderr].concat();
    Said {
        code: output.status.code(),
        text: String::from_utf8(text).expect("UTF-8"),
    }
}

impl Said {
    #[track_caller]
    fn is(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "no `{text}` in:\n{}", self.text);
        }
        assert!(!self.text.contains("canary"), "{}", self.text);
    }
}

#[test]
fn a_release_of_the_example_fleet_is_tried_and_then_tagged() {
    let release = Release::new();
    release
        .script(&["--dry-run", "2.5.0"])
        .is(0, &["dry run: v2.5.0 would be tagged", "kvguard: ok"]);
    assert_eq!(release.tags(), "");
    assert_eq!(release.git(&["status", "--porcelain"]), "");
    release.script(&["2.5.0"]).is(0, &["v2.5.0 is tagged"]);
    assert_eq!(release.tags(), "v2.5.0\n");
}

#[test]
fn a_template_that_is_gone_keeps_the_tag_from_being_made() {
    let release = Release::new();
    fs::remove_file(release.path("config/ingest.json")).expect("it is there");
    release.commit();
    release
        .script(&["2.5.0"])
        .is(2, &["missing-template", "config/ingest.json"]);
    assert_eq!(release.tags(), "");
}

#[test]
fn a_grant_that_is_gone_keeps_the_tag_from_being_made() {
    let release = Release::new();
    let table = "deploy/compose/config-store.json";
    let text = fs::read_to_string(release.path(table)).expect("a text");
    let grant = text.lines().find(|line| line.contains("services/ingest\""));
    let grant = format!("{}\n", grant.expect("the grant of ingest"));
    release.drift(table, &grant, "");
    release.script(&["2.5.0"]).is(
        1,
        &[
            "missing-grant",
            table,
            "spiffe://brook.example/services/ingest",
        ],
    );
    assert_eq!(release.tags(), "");
}

#[test]
fn an_image_of_another_release_keeps_the_tag_from_being_made() {
    let release = Release::new();
    release.drift(
        "deploy/compose/docker-compose.yml",
        "archive:${RELEASE:-latest}",
        "archive:2.4.0",
    );
    release.script(&["2.5.0"]).is(
        1,
        &[
            "untagged-image",
            "workload `archive` of `compose`",
            "registry.brook.example/archive:2.4.0",
        ],
    );
    assert_eq!(release.tags(), "");
}

#[test]
fn all_that_is_wrong_is_reported_at_once() {
    let release = Release::new();
    release.drift(
        "deploy/compose/docker-compose.yml",
        "archive:${RELEASE:-latest}",
        "archive:old",
    );
    fs::remove_file(release.path("config/ingest.json")).expect("it is there");
    release.commit();
    release
        .script(&["2.5.0"])
        .is(2, &["missing-template", "untagged-image"]);
}

#[test]
fn a_change_that_is_not_committed_is_refused_unless_it_may_differ() {
    let release = Release::new();
    fs::write(release.path("config/new.json"), "{}").expect("a file");
    let with_env = ["--tag", "2.4.0", "--env", "RELEASE=2.4.0"];
    release
        .check(&with_env)
        .is(2, &["`config/new.json`", "--may-differ"]);
    let others = [&with_env[..], &["--may-differ", "VERSION"]].concat();
    release.check(&others).is(2, &["`config/new.json`"]);
    let named = [&with_env[..], &["--may-differ", "config/new.json"]].concat();
    release.check(&named).is(0, &["kvguard: ok"]);
}

#[test]
fn a_tree_of_which_git_tells_nothing_is_refused_unless_all_of_it_may_differ() {
    let release = Release::new();
    fs::remove_dir_all(release.path(".git")).expect("it is there");
    release.check(&[]).is(2, &["git does not tell"]);
    release
        .check(&["--may-differ", "."])
        .is(0, &["kvguard: ok"]);
}

#[test]
fn nothing_below_the_root_is_written() {
    let release = Release::new();
    release.check(&["--tag", "2.4.0"]).is(0, &[]);
    assert_eq!(release.git(&["status", "--porcelain", "--ignored"]), "");
}

#[test]
fn without_a_tag_the_images_are_said_not_to_be_checked() {
    let release = Release::new();
    release.check(&[]).is(
        0,
        &["not checked: the images of `compose`: no --tag says of which release they should be"],
    );
}

#[test]
fn without_a_nats_server_a_store_in_memory_is_used_which_is_said() {
    let release = Release::new();
    let git = which("git");
    let directory = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(git, directory.path().join("git")).expect("a link");
    let output = release
        .program(env!("CARGO_BIN_EXE_kvguard"))
        .args(["release-check", "--tag", "2.4.0"])
        .env("PATH", directory.path())
        .env("HOME", directory.path())
        .env_remove("GOPATH")
        .env_remove("GOBIN")
        .output();
    said(output.expect("kvguard")).is(0, &["there is no nats-server", "kvguard: ok"]);
}

#[test]
fn a_deployment_that_does_not_exist_is_refused() {
    let release = Release::new();
    release.check(&["--deployment", "composed"]).is(
        2,
        &["there is no deployment `composed`; did you mean `compose`?"],
    );
}

/// Where a program is.
fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path");
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("`{name}` is not in PATH; install it"))
}
