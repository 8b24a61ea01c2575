//! A stand whose services log to files, with an artifact directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kvguard_runtime::Key;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Command, Stand};

/// The services whose logs are read.
pub const SERVICES: [&str; 5] = ["gateway", "meter", "billing", "sensor", "dashboard"];

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The line that each must log.
pub const LINE: &str = "INFO kv update detected";

/// A stand with logs and artifacts.
pub struct Stage {
    /// The stand.
    pub stand: Stand,
    directory: TempDir,
    artifacts: PathBuf,
}

impl Stage {
    /// One on which every service has logged what it should.
    pub fn new(stand: Stand) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(directory.path().join("logs")).expect("a directory");
        let artifacts = directory.path().join("artifacts");
        fs::create_dir(&artifacts).expect("a directory");
        let stage = Self {
            stand,
            directory,
            artifacts,
        };
        for service in SERVICES {
            stage.log(service, &format!("INFO starting\n{LINE}\n"));
        }
        stage
    }

    /// Replaces the log of a service.
    pub fn log(&self, service: &str, text: &str) {
        fs::write(self.log_file(service), text).expect("a log");
    }

    /// The file of a service's log.
    pub fn log_file(&self, service: &str) -> PathBuf {
        self.directory.path().join(format!("logs/{service}.log"))
    }

    /// The artifact directory.
    pub fn artifacts(&self) -> &Path {
        &self.artifacts
    }

    /// The command, which does not wait long for lines that never come.
    pub fn watchdog(&self) -> Command {
        self.watchdog_of(&self.logs())
    }

    /// The command, which waits for lines until the test has written them.
    pub fn patient_watchdog(&self) -> Command {
        self.command(&self.logs(), "60s")
    }

    /// The command with logs from somewhere else.
    pub fn watchdog_of(&self, logs: &str) -> Command {
        self.command(logs, "1s")
    }

    fn command(&self, logs: &str, wait: &str) -> Command {
        let artifacts = self.artifacts().display().to_string();
        let words = ["--artifacts", &artifacts, "--logs", logs, "--wait", wait];
        self.stand
            .command("watchdog")
            .args(words)
            .args(["--settle", "1s"])
    }

    fn logs(&self) -> String {
        self.directory.path().join("logs").display().to_string()
    }

    /// The directories of the runs that are kept, the oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.artifacts()).expect("the artifacts");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut runs: Vec<PathBuf> = paths.filter(|path| is_run(path)).collect();
        runs.sort();
        runs
    }

    /// The snapshot of one of them.
    pub fn snapshot(&self, run: usize) -> Value {
        json(&self.runs()[run].join("snapshot.json"))
    }

    /// The revision of the key that is touched last.
    pub fn revision(&self) -> u64 {
        let key = Key::new("config/dashboard.json").expect("a key");
        let entry = self.stand.block_on(self.stand.store().get(&key));
        entry.expect("a get").expect("a value").revision.get()
    }

    /// Waits until that revision is another one.
    #[track_caller]
    pub fn wait_for_touch(&self, before: u64) {
        wait_until("the keys are touched", || self.revision() != before);
    }

    /// `diff` of two of them.
    pub fn diff(&self, earlier: usize, later: usize) -> Command {
        let runs = self.runs();
        Command::new("diff", self.artifacts()).args([&runs[earlier], &runs[later]])
    }
}

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < PATIENCE,
            "in {PATIENCE:?} it is not so that {what}"
        );
        std::thread::yield_now();
    }
}

/// The JSON in a file.
pub fn json(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_run(path: &Path) -> bool {
    path.is_dir() && !path.file_name().unwrap().to_string_lossy().starts_with('.')
}
