//! Copies of workspaces, and cargo to build them with.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A copy of a workspace. Its `@KVGUARD@` is this crate, its `@VERSION@` no other copy's: cargo tells the
/// members of two workspaces that build into one directory apart only by name, version and relative path.
pub struct Workspace {
    directory: tempfile::TempDir,
    version: String,
}

static COPIES: AtomicU32 = AtomicU32::new(0);

/// What a build came to.
pub struct Build {
    pub passed: bool,
    output: String,
}

/// A build that is about to run.
pub struct Check<'w> {
    workspace: &'w Workspace,
    package: String,
    variables: BTreeMap<String, String>,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All workspaces build into one directory, so that the engine is built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-scripts")
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
            let engine = repository().to_str().unwrap();
            let text = text
                .replace("@KVGUARD@", engine)
                .replace("@VERSION@", version);
            fs::write(target, text).unwrap();
        }
    }
}

impl Workspace {
    pub fn copy_of(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let version = format!("0.1.{}", COPIES.fetch_add(1, Ordering::Relaxed));
        let original = repository().join("tests/workspaces").join(name);
        copy(&original, directory.path(), &version);
        // The same versions as here, which are there without a network.
        let lock = repository().join("Cargo.lock");
        fs::copy(lock, directory.path().join("Cargo.lock")).unwrap();
        Self { directory, version }
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

    /// Changes a file; gives what it held before.
    pub fn edit(&self, file: &str, change: impl FnOnce(&str) -> String) -> String {
        let before = self.read(file);
        let after = change(&before);
        assert_ne!(before, after, "the change of {file} changes nothing");
        self.write(file, &after);
        before
    }

    pub fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }

    /// `cargo check` of one package.
    pub fn check(&self, package: &str) -> Check<'_> {
        Check {
            workspace: self,
            package: package.to_owned(),
            variables: BTreeMap::new(),
        }
    }
}

impl Check<'_> {
    /// With a variable of the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn run(self) -> Build {
        self.run_as(&[])
    }

    /// Checks, and gives the build script's executable.
    pub fn script(self) -> PathBuf {
        self.told("custom-build", |message| {
            (message["target"]["kind"][0] == "custom-build").then(|| &message["filenames"][0])
        })
    }

    /// Checks, and gives the `OUT_DIR`.
    pub fn out_dir(self) -> PathBuf {
        self.told("build-script-executed", |message| {
            (message["reason"] == "build-script-executed").then(|| &message["out_dir"])
        })
    }

    /// A path that cargo tells of this package.
    fn told(
        self,
        what: &str,
        path: impl Fn(&serde_json::Value) -> Option<&serde_json::Value>,
    ) -> PathBuf {
        let package = format!("/{}#", self.package);
        let build = self.run_as(&["--message-format=json"]);
        let messages = build
            .output
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let paths = messages
            .filter(|message| message["package_id"].to_string().contains(&package))
            .filter_map(|message| Some(PathBuf::from(path(&message)?.as_str()?)))
            .collect::<Vec<_>>();
        match paths.as_slice() {
            [path] => path.clone(),
            _ => panic!("cargo tells of no one {what}: {build}"),
        }
    }

    fn run_as(self, arguments: &[&str]) -> Build {
        let mut command = Command::new(env!("CARGO"));
        for name in ["KVGUARD", "KVGUARD_ROOT", "CI", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        let output = command
            .args([
                "check",
                "--offline",
                "--verbose",
                "--package",
                &self.package,
            ])
            .args(arguments)
            .current_dir(self.workspace.path())
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .envs(&self.variables)
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        let version = format!("@{}:", self.workspace.version);
        Build {
            passed: output.status.success(),
            output: String::from_utf8_lossy(&told).replace(&version, ":"),
        }
    }
}

impl Build {
    pub fn says(&self, text: &str) -> bool {
        self.output.contains(text)
    }

    pub fn count(&self, text: &str) -> usize {
        self.output.matches(text).count()
    }

    /// What stands behind a beginning in each line that has it.
    pub fn lines<'b>(&'b self, beginning: &'b str) -> impl Iterator<Item = &'b str> {
        let lines = self.output.lines();
        lines.filter_map(move |line| line.strip_prefix(beginning))
    }

    /// Whether cargo ran a package's build script, and did not find it fresh.
    pub fn ran_script_of(&self, package: &str) -> bool {
        let path = format!("/build/{package}-");
        self.output.lines().any(|line| {
            line.trim_start().starts_with("Running")
                && line.contains(&path)
                && line.contains("build-script-build")
        })
    }
}

impl fmt::Display for Build {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.output)
    }
}

/// Bazel's `rules_rust`, as it runs a build script and reads its output.
pub mod rules_rust {
    use super::{Command, Path, Workspace, fs};

    /// What the script told.
    #[derive(Debug)]
    pub struct Run {
        succeeded: bool,
        pub stdout: String,
        pub stderr: String,
    }

    impl Run {
        /// It looks at the exit code alone.
        pub fn passes(&self) -> bool {
            self.succeeded
        }

        /// What it would hand to crates that depend on this one: every directive it does not know,
        /// `cargo::error` among them.
        pub fn metadata(&self) -> Vec<&str> {
            let known = |name: &str| {
                name.starts_with("rustc-")
                    || ["rerun-if-changed", "rerun-if-env-changed", "warning"].contains(&name)
            };
            self.stdout
                .lines()
                .filter(|line| {
                    let directive = line.split_once('=').and_then(|(name, _)| {
                        name.strip_prefix("cargo::").or(name.strip_prefix("cargo:"))
                    });
                    directive.is_some_and(|name| !known(name))
                })
                .collect()
        }
    }

    /// Runs a script with the variables that `cargo_build_script` sets, and no others but the path.
    pub fn run(workspace: &Workspace, script: &Path, package: &str) -> Run {
        let sandbox = workspace.path().join("bazel-out");
        let out_dir = sandbox.join(format!("{package}_build_script.out_dir"));
        fs::create_dir_all(&out_dir).unwrap();
        let manifest_dir = workspace.path().join(package);
        let output = Command::new(script)
            .current_dir(&manifest_dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CARGO", env!("CARGO"))
            .env("CARGO_CRATE_NAME", package)
            .env("CARGO_MANIFEST_DIR", &manifest_dir)
            .env("CARGO_PKG_NAME", package)
            .env("CARGO_PKG_VERSION", "0.1.0")
            .env("CARGO_ENCODED_RUSTFLAGS", "--remap-path-prefix=/sandbox=.")
            .env("CARGO_CFG_TARGET_OS", "linux")
            .env("DEBUG", "true")
            .env("HOST", "x86_64-unknown-linux-gnu")
            .env("NUM_JOBS", "1")
            .env("OPT_LEVEL", "0")
            .env("OUT_DIR", &out_dir)
            .env("PROFILE", "debug")
            .env("RUSTC", "rustc")
            .env("RUSTDOC", "rustdoc")
            .env("RUST_BACKTRACE", "full")
            .env("TARGET", "x86_64-unknown-linux-gnu")
            .output()
            .unwrap();
        Run {
            succeeded: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
