//! A small clean fleet in a directory of its own, and the command run on it within limits.

#![allow(
    dead_code,
    reason = "each test program uses another part of these helpers"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests prepare the files that the command reads"
)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How much address space the command may use, in KiB.
const MEMORY_KIB: u64 = 1_500_000;

/// How long the command may take. It needs milliseconds; the rest is for busy machines.
const TIME: Duration = Duration::from_secs(60);

/// What the command did.
pub struct Run {
    /// What was run on what, for messages.
    pub what: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed on standard output.
    pub output: String,
    /// What it printed on standard error.
    pub errors: String,
}

impl Run {
    /// Everything it printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.output, self.errors)
    }

    /// The first line of each finding in a report for people.
    pub fn found(&self) -> Vec<&str> {
        let is_finding = |line: &&str| line.starts_with("error[") || line.starts_with("warning[");
        self.output.lines().filter(is_finding).collect()
    }

    /// Fails unless the command came to an end of its own, without a panic.
    pub fn assert_whole(&self) -> &Self {
        let text = self.text();
        assert!(
            matches!(self.code, Some(0..=2)),
            "{}: exit code {:?}\n{}",
            self.what,
            self.code,
            shortened(&text)
        );
        assert!(
            !text.contains("panicked"),
            "{}: {}",
            self.what,
            shortened(&text)
        );
        self
    }

    /// Fails unless the command refused what it read, with a message that says `expected`.
    pub fn assert_refused(&self, expected: &str) -> &Self {
        self.assert_whole();
        let text = self.text();
        assert!(
            matches!(self.code, Some(1 | 2)),
            "{}: exit code {:?}\n{}",
            self.what,
            self.code,
            shortened(&text)
        );
        assert!(
            text.contains(expected),
            "{}: `{expected}` is not in\n{}",
            self.what,
            shortened(&text)
        );
        self
    }

    /// Fails unless the command found nothing.
    pub fn assert_clean(&self) -> &Self {
        assert_eq!(
            self.code,
            Some(0),
            "{}:\n{}",
            self.what,
            shortened(&self.text())
        );
        self
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(4_000).collect()
}

/// A fleet in a directory of its own.
pub struct Fleet {
    directory: TempDir,
    name: String,
}

impl Fleet {
    /// The clean fleet. `name` tells in messages which case it is for.
    pub fn new(name: &str) -> Self {
        Self::copy(&fixtures(), name)
    }

    /// The clean fleet that runs on Kubernetes: an overlay and a chart.
    pub fn cluster(name: &str) -> Self {
        Self::copy(&fixtures().with_file_name("cluster"), name)
    }

    /// The example fleet of the repository, which is clean as well.
    pub fn example(name: &str) -> Self {
        let packages = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::copy(&packages.join("../examples/fleet"), name)
    }

    fn copy(from: &Path, name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fleet = Self {
            directory,
            name: name.to_owned(),
        };
        let mut files = Vec::new();
        collect(from, "", &mut files);
        for file in files {
            fleet.write(&file, fs::read(from.join(&file)).unwrap());
        }
        fleet
    }

    /// The clean fleet with its registry in another file of `registries/`.
    pub fn with_registry(name: &str, registry: &str) -> Self {
        let fleet = Self::new(name);
        fleet.replace(
            "kvguard.toml",
            "file = \"registry.json\"",
            &format!("file = \"{registry}\""),
        );
        fleet
    }

    /// Where a file of the fleet is.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// A file's bytes.
    pub fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file, with the directories it needs.
    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Takes a file away.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }

    /// Replaces a text that must be in a file.
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.read(file)).unwrap();
        assert!(text.contains(from), "{file} does not hold `{from}`");
        self.write(file, text.replace(from, to));
    }

    /// Runs the command on the fleet within limits of time and memory.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_below("", arguments)
    }

    /// Runs the command in a directory of the fleet, which is made if it is not there.
    pub fn run_below(&self, directory: &str, arguments: &[&str]) -> Run {
        let directory = self.path(directory);
        fs::create_dir_all(&directory).unwrap();
        let begin = Instant::now();
        let what = format!("{}: kvguard {}", self.name, arguments.join(" "));
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_kvguard"))
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh, which sets the memory limit, can be run");
        let output = drained(child.stdout.take().unwrap());
        let errors = drained(child.stderr.take().unwrap());
        let left = || TIME.saturating_sub(begin.elapsed());
        let texts = output
            .recv_timeout(left())
            .and_then(|output| Ok((output, errors.recv_timeout(left())?)));
        let Ok((output, errors)) = texts else {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: not done after {TIME:?}");
        };
        Run {
            what,
            code: child.wait().unwrap().code(),
            output,
            errors,
        }
    }

    /// Runs `check`.
    pub fn check(&self) -> Run {
        self.run(&["check"])
    }

    /// Runs every other command that reads the fleet, and writes the report in every format; they must come to an end, whatever they
    /// find.
    pub fn run_others(&self) {
        let reports = tempfile::tempdir().expect("a temporary directory");
        let mut arguments = vec!["check".to_owned()];
        for format in ["json", "sarif", "github", "junit", "markdown"] {
            let file = reports.path().join(format);
            arguments.push(format!("--output={format}={}", file.display()));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = self.run(&arguments);
        run.assert_whole();
        assert!(!run.errors.contains("cannot be written"), "{}", run.errors);
        for arguments in [
            ["render", "compose"],
            ["render", "systemd"],
            ["list", "identities"],
            ["inputs", "--format=json"],
        ] {
            self.run(&arguments).assert_whole();
        }
    }
}

/// Reads a pipe to its end in a thread of its own.
fn drained(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet")
}

/// Every file of the clean fleet, relative to its root, sorted.
pub fn fleet_files() -> Vec<String> {
    let mut files = Vec::new();
    collect(&fixtures(), "", &mut files);
    files.sort();
    files
}

fn collect(directory: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        // What cargo built there is no part of a fleet, and large.
        if entry.path().join("CACHEDIR.TAG").is_file() {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push(name);
        }
    }
}
