//! A container engine of the tests' own, with its files and its socket below the target directory.
//!
//! It changes no rule of the machine's firewall and makes no network but those of the tests' projects, so that it may run beside another
//! engine. It runs at most for a limited time, also where the tests are killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// What to do where a program is missing.
pub const INSTALL: &str = "`cargo xtask test` installs it (Debian's packages docker.io, docker-compose and docker-registry)";

/// How long the engine may run, in seconds.
const LIFE: &str = "900";

/// An engine. It ends, with all its containers, when this is dropped.
pub struct Engine {
    directory: TempDir,
    daemon: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    /// Starts one, without images.
    pub fn start() -> Self {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = tempfile::Builder::new()
            .prefix("engine-")
            .tempdir_in(parent)
            .expect("a directory");
        let path = directory.path();
        let mut daemon = Command::new("timeout")
            .args(["--signal=TERM", "--kill-after=30", LIFE, "dockerd"])
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .arg("--data-root")
            .arg(path.join("data"))
            .arg("--exec-root")
            .arg(path.join("exec"))
            .arg("--pidfile")
            .arg(path.join("pid"))
            .arg("--host")
            .arg(format!("unix://{}", path.join("docker.sock").display()))
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`timeout` of the coreutils");
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(daemon.stderr.take().expect("a pipe")).lines();
        let listens = lines.by_ref().map_while(Result::ok).any(|line| {
            let listens = line.contains("API listen on");
            log.lock().expect("a log").push(line);
            listens
        });
        let engine = Self {
            directory,
            daemon,
            log: Arc::clone(&log),
        };
        assert!(
            listens,
            "the container engine does not start; {INSTALL}, and it needs root:\n{}",
            engine.log()
        );
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                log.lock().expect("a log").push(line);
            }
        });
        engine
    }

    /// What it logged.
    fn log(&self) -> String {
        self.log.lock().expect("a log").join("\n")
    }

    /// A directory for files that are of no use without it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its endpoint, the value of `DOCKER_HOST`.
    pub fn endpoint(&self) -> String {
        format!(
            "unix://{}",
            self.directory.path().join("docker.sock").display()
        )
    }

    /// What `docker` prints.
    pub fn docker(&self, arguments: &[&str]) -> String {
        self.run(Command::new("docker").args(arguments))
    }

    /// What `docker-compose` does in a directory.
    pub fn compose(&self, directory: &Path, arguments: &[&str]) {
        self.run(
            Command::new("docker-compose")
                .args(arguments)
                .current_dir(directory),
        );
    }

    /// Runs a program with this engine; what it prints.
    #[track_caller]
    pub fn run(&self, command: &mut Command) -> String {
        let output = command
            .env("DOCKER_HOST", self.endpoint())
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; {INSTALL}"));
        assert!(
            output.status.success(),
            "{command:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Makes an image of a program that needs nothing else, which is all that the image holds.
    pub fn import(&self, image: &str, program: &Path) {
        let archive = self.directory.path().join("image.tar");
        let mut builder = tar::Builder::new(std::fs::File::create(&archive).expect("a file"));
        builder
            .append_path_with_name(program, "program")
            .expect("a program");
        builder.finish().expect("an archive");
        let archive = archive.display().to_string();
        self.docker(&[
            "import",
            "--change",
            "ENTRYPOINT [\"/program\"]",
            "--change",
            "WORKDIR /data",
            &archive,
            image,
        ]);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let id = i32::try_from(self.daemon.id()).expect("a process's number");
        // It stops its containers, and unmounts what it has mounted.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        let _ = self.daemon.wait();
    }
}

/// Where programs are searched for: the engine's are in the directories of administrators.
fn search_path() -> String {
    let own = std::env::var("PATH").unwrap_or_default();
    format!("{own}:/usr/local/sbin:/usr/sbin:/sbin")
}

/// Runs Go, whose programs need no libraries then.
#[track_caller]
pub fn go(command: &mut Command) {
    let output = command
        .env("CGO_ENABLED", "0")
        .output()
        .unwrap_or_else(|error| {
            panic!("{command:?}: {error}; install Go: https://go.dev/doc/install")
        });
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
