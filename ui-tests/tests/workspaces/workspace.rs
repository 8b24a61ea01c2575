//! Copies of the workspace, and cargo to build them with.

#![allow(
    dead_code,
    reason = "each test program uses another part of these helpers"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use serde_json::Value;

/// A copy. Its `@KVGUARD@` is this repository, its `@VERSION@` no other copy's: cargo tells the members of two workspaces
/// that build into one directory apart only by name, version and relative path.
pub struct Workspace {
    directory: tempfile::TempDir,
}

/// What a build came to.
pub struct Build {
    pub passed: bool,
    /// All that cargo told, to be shown where a test fails.
    pub output: String,
    messages: Vec<Value>,
}

/// What the compiler told of a place.
pub struct Told {
    pub message: String,
    pub file: String,
    start: usize,
    end: usize,
}

static COPIES: AtomicU32 = AtomicU32::new(0);

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn copy(from: &Path, to: &Path, version: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target, version);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            let text = text.replace("@KVGUARD@", repository().to_str().unwrap());
            fs::write(target, text.replace("@VERSION@", version)).unwrap();
        }
    }
}

impl Workspace {
    /// Of the fleet.
    pub fn copy() -> Self {
        Self::copy_of("fleet")
    }

    pub fn copy_of(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let version = format!("0.1.{}", COPIES.fetch_add(1, Ordering::Relaxed));
        let original = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("workspaces")
            .join(name);
        copy(&original, directory.path(), &version);
        // The same versions as here, which are there without a network.
        fs::copy(
            repository().join("Cargo.lock"),
            directory.path().join("Cargo.lock"),
        )
        .unwrap();
        Self { directory }
    }

    /// Another checkout of the same commit: cargo takes its packages for those of this one.
    pub fn checkout(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy(&self.path(), directory.path(), "");
        Self { directory }
    }

    /// The time of a file.
    pub fn modified(&self, file: &str) -> SystemTime {
        let metadata = fs::metadata(self.path().join(file)).unwrap();
        metadata.modified().unwrap()
    }

    /// Gives a file another time.
    pub fn set_modified(&self, file: &str, time: SystemTime) {
        let file = fs::File::options().write(true).open(self.path().join(file));
        file.unwrap().set_modified(time).unwrap();
    }

    pub fn path(&self) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap()
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).unwrap();
    }

    pub fn append(&self, file: &str, text: &str) {
        self.edit(file, |before| format!("{before}{text}"));
    }

    /// Changes a file; gives what it held before.
    pub fn edit(&self, file: &str, change: impl FnOnce(&str) -> String) -> String {
        let before = self.read(file);
        let after = change(&before);
        assert_ne!(before, after, "the change of {file} changes nothing");
        self.write(file, &after);
        before
    }

    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path().join(file)).unwrap();
    }

    /// `cargo check` of one package.
    pub fn check(&self, package: &str, variables: &[(&str, &str)]) -> Build {
        self.cargo("check", package, variables)
    }

    /// A command of cargo on one package.
    pub fn cargo(&self, command: &str, package: &str, variables: &[(&str, &str)]) -> Build {
        self.cargo_with(command, package, variables, &[])
    }

    /// The same, with more arguments.
    pub fn cargo_with(
        &self,
        command: &str,
        package: &str,
        variables: &[(&str, &str)],
        more: &[&str],
    ) -> Build {
        let mut cargo = Command::new(env!("CARGO"));
        for name in ["KVGUARD", "KVGUARD_ROOT", "CI", "OUT_DIR", "RUSTFLAGS"] {
            cargo.env_remove(name);
        }
        let output = cargo
            .args([
                command,
                "--offline",
                "--message-format=json",
                "--package",
                package,
            ])
            .args(more)
            .current_dir(self.path())
            // All copies build into one directory, so that the engine is built once.
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("macros"),
            )
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut messages = Vec::new();
        // What a person would be shown.
        let mut shown = String::from_utf8_lossy(&output.stderr).into_owned();
        for line in stdout.lines() {
            match serde_json::from_str::<Value>(line) {
                Ok(message) if message.is_object() => {
                    shown += message["message"]["rendered"].as_str().unwrap_or_default();
                    messages.push(message);
                }
                // What a test prints.
                _ => shown = format!("{shown}{line}\n"),
            }
        }
        Build {
            passed: output.status.success(),
            output: shown,
            messages,
        }
    }
}

impl Build {
    fn of_package<'b>(&'b self, package: &str) -> impl Iterator<Item = &'b Value> {
        let name = package.to_owned();
        self.messages.iter().filter(move |message| {
            message["reason"] == "compiler-artifact"
                && message["target"]["name"] == name.as_str()
                && message["target"]["kind"][0] == "lib"
        })
    }

    /// Whether a package was compiled, and not found fresh.
    pub fn compiled(&self, package: &str) -> bool {
        let mut artifacts = self.of_package(package).peekable();
        assert!(
            artifacts.peek().is_some(),
            "{package} was not built: {}",
            self.output
        );
        artifacts.any(|message| message["fresh"] == false)
    }

    /// The files that a package was compiled to.
    pub fn artifacts(&self, package: &str) -> Vec<PathBuf> {
        let names = self
            .of_package(package)
            .filter_map(|message| message["filenames"].as_array());
        names
            .flatten()
            .filter_map(|name| Some(PathBuf::from(name.as_str()?)))
            .collect()
    }

    /// The program that was built of a name. Another copy of the workspace that is built later puts its own in the same place.
    pub fn program(&self, name: &str) -> PathBuf {
        let mut programs = self.messages.iter().filter(|message| {
            message["target"]["kind"][0] == "bin" && message["target"]["name"] == name
        });
        let path = programs.find_map(|message| message["executable"].as_str());
        PathBuf::from(path.unwrap_or_else(|| panic!("{name} was not built: {}", self.output)))
    }

    /// The `OUT_DIR` of a package.
    pub fn out_dir(&self, package: &str) -> PathBuf {
        let is_own = |message: &&Value| {
            let id = message["package_id"].as_str().unwrap_or_default();
            message["reason"] == "build-script-executed" && id.contains(&format!("/{package}#"))
        };
        let message = self.messages.iter().find(is_own);
        let path = message.and_then(|message| message["out_dir"].as_str());
        PathBuf::from(path.unwrap_or_else(|| panic!("no script of {package}: {}", self.output)))
    }

    /// The test executables that were built, by the names of their targets.
    pub fn tests(&self) -> Vec<(String, PathBuf)> {
        let messages = self.messages.iter();
        messages
            .filter(|message| message["profile"]["test"] == true)
            .filter_map(|message| {
                let name = message["target"]["name"].as_str()?;
                let path = message["executable"].as_str()?;
                Some((name.to_owned(), PathBuf::from(path)))
            })
            .collect()
    }

    pub fn errors(&self) -> Vec<Told> {
        self.told("error")
    }

    /// What the compiler told of a level, with the place it is about.
    pub fn told(&self, level: &str) -> Vec<Told> {
        let told = self
            .messages
            .iter()
            .filter(|message| message["reason"] == "compiler-message");
        told.map(|message| &message["message"])
            .filter(|message| message["level"] == level && message["spans"][0].is_object())
            .map(|message| {
                let span = outermost(&message["spans"][0]);
                let offset = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
                Told {
                    message: message["message"].as_str().unwrap().to_owned(),
                    file: span["file_name"].as_str().unwrap().to_owned(),
                    start: offset("byte_start"),
                    end: offset("byte_end"),
                }
            })
            .collect()
    }
}

/// The place in the code that a person wrote.
fn outermost(span: &Value) -> &Value {
    let mut span = span;
    while span["expansion"].is_object()
        && span["file_name"]
            .as_str()
            .is_some_and(|file| file.starts_with('<'))
    {
        span = &span["expansion"]["span"];
    }
    span
}

impl Told {
    /// The code at the place.
    pub fn code(&self, workspace: &Workspace) -> String {
        workspace.read(&self.file)[self.start..self.end].to_owned()
    }
}
