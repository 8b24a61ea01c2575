//! The copies of what services log in with go away however the command ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::fleet::{Harbour, entries};
use crate::support::{Command, Running};

/// A `docker` that answers as the real one does until it is asked for a file: then it says so through a pipe, and waits.
struct Waiting {
    harbour: Harbour,
    asked: PathBuf,
}

impl Waiting {
    fn new() -> Self {
        let harbour = Harbour::new();
        let programs = harbour.fleet.path("programs");
        let asked = harbour.fleet.path("asked");
        mkfifo(&asked, Mode::S_IRWXU).expect("a pipe");
        let docker = programs.join("docker");
        harbour.fleet.write("programs/docker", DOCKER);
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("a program");
        Self { harbour, asked }
    }

    /// A command that has asked for a file and waits for it.
    fn command(&self) -> Running {
        let path = format!(
            "{}:/usr/bin:/bin",
            self.harbour.fleet.path("programs").display()
        );
        let running = self
            .harbour
            .command("validate", "project")
            .args(["--from-compose", "recorded", "--service", "ingest"])
            .env("PATH", path)
            .env(
                "RECORDED",
                self.harbour.fleet.path("inspect/compose-1.29.json"),
            )
            .env("ASKED", &self.asked)
            .start();
        assert_eq!(fs::read_to_string(&self.asked).expect("a word"), "cp\n");
        running
    }

    fn left(&self) -> Vec<PathBuf> {
        entries(&self.harbour.temporary())
    }
}

const DOCKER: &str = r#"#!/bin/sh
case "$1" in
    context) echo '"unix:///var/run/docker.sock"' ;;
    ps) echo 0123456789abcdef ;;
    inspect) cat "$RECORDED" ;;
    cp)
        echo cp > "$ASKED"
        exec sleep 1000
        ;;
esac
"#;

#[test]
fn a_signal_ends_the_search_within_a_second_and_leaves_nothing() {
    let waiting = Waiting::new();
    for end in [Running::interrupt, Running::terminate] {
        let running = waiting.command();
        let left = waiting.left();
        assert_eq!(left.len(), 1, "{left:?}");
        let mode = fs::metadata(&left[0]).expect("a directory").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
        end(&running);
        let run = running.finish_within(Duration::from_secs(5));
        run.assert_code(2).assert_says("interrupted");
        assert!(run.took < Duration::from_secs(1), "{:?}", run.took);
        waiting.harbour.assert_nothing_left(&run);
    }
}

#[test]
fn what_a_killed_command_leaves_is_removed_by_the_next_and_what_a_running_one_uses_is_not() {
    let waiting = Waiting::new();
    let killed = waiting.command();
    killed.kill();
    assert_eq!(killed.finish().code, None);
    let left = waiting.left();
    assert_eq!(left.len(), 1, "{left:?}");

    let first = waiting.command();
    let of_first = waiting.left();
    assert_eq!(of_first.len(), 1, "{of_first:?}");
    assert_ne!(left, of_first);

    let second = waiting.command();
    assert_eq!(waiting.left().len(), 2);
    for running in [first, second] {
        running.interrupt();
        running.finish();
    }
    assert!(waiting.left().is_empty());
}

#[test]
fn the_whole_search_takes_no_longer_than_it_may() {
    let waiting = Waiting::new();
    let path = waiting.harbour.fleet.path("programs");
    // Nobody reads the pipe, so that the program waits at once.
    let run = Command::new("validate", waiting.harbour.fleet.root())
        .args(["--deployment", "project", "--from-compose", "recorded"])
        .args(["--service", "ingest", "--timeout", "300ms"])
        .env("TMPDIR", waiting.harbour.temporary())
        .env("PATH", format!("{}:/usr/bin:/bin", path.display()))
        .env(
            "RECORDED",
            waiting.harbour.fleet.path("inspect/compose-1.29.json"),
        )
        .env("ASKED", &waiting.asked)
        .run();
    run.assert_code(2)
        .assert_says("stopped after 300ms, as --timeout says");
    waiting.harbour.assert_nothing_left(&run);
}
