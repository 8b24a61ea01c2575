//! The process of a server, which does not outlive its test.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::NatsServerError;

/// The oldest server that is enough.
const OLDEST: (u32, u32) = (2, 10);

/// How long a server may take to be ready, on a machine that does much else.
const READY: Duration = Duration::from_secs(60);

/// How many of its last lines are kept.
const LINES: usize = 200;

type Log = Arc<Mutex<VecDeque<String>>>;

/// A server that runs.
#[derive(Debug)]
pub(super) struct Process {
    server: Child,
    address: SocketAddr,
    log: Log,
    // It sees its input end with this process, however that ends, and kills the server then.
    #[cfg(unix)]
    watcher: Option<Child>,
}

impl Process {
    /// Starts a server and waits until it is ready.
    pub(super) fn start(
        config: &serde_json::Value,
        directory: &Path,
    ) -> Result<Self, NatsServerError> {
        let program = program()?;
        let file = directory.join("server.conf");
        std::fs::File::create(&file)
            .and_then(|mut file| file.write_all(config.to_string().as_bytes()))
            .map_err(NatsServerError::directory)?;
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(&file)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut server = command.spawn().map_err(NatsServerError::not_started)?;
        let log = Log::default();
        let kept = Arc::clone(&log);
        let lines = server.stderr.take().map(|lines| lines_of(lines, kept));
        #[cfg(unix)]
        let watcher = watch(&server);
        let mut process = Self {
            server,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            log,
            #[cfg(unix)]
            watcher,
        };
        // From here on it is killed if anything fails.
        process.address =
            ready(lines.as_ref()).ok_or_else(|| NatsServerError::ended(process.log()))?;
        Ok(process)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it tells of itself, if it was set up to.
    pub(super) fn monitor(&self) -> Option<SocketAddr> {
        let log = self.log();
        let mut told = log
            .iter()
            .filter_map(|line| line.split_once("Starting http monitor on "));
        told.next()?.1.trim().parse().ok()
    }

    /// The last lines that it logged.
    pub(super) fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watcher goes first, while the server's number is still its own.
        #[cfg(unix)]
        if let Some(mut watcher) = self.watcher.take() {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Has another process kill the server once this one is gone.
#[cfg(unix)]
fn watch(server: &Child) -> Option<Child> {
    use std::os::unix::process::CommandExt;
    Command::new("sh")
        .arg("-c")
        .arg("read -r line; kill -9 \"$1\" 2>/dev/null")
        .arg("sh")
        .arg(server.id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What interrupts the tests does not end it first.
        .process_group(0)
        .spawn()
        .ok()
}

/// The lines that a server logs, read and kept as long as it runs, so that it never waits to log.
fn lines_of(lines: std::process::ChildStderr, log: Log) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(lines).lines().map_while(Result::ok) {
            {
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                if log.len() == LINES {
                    log.pop_front();
                }
                log.push_back(line.clone());
            }
            // Once it is ready nobody listens.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Waits until a server is ready; where it listens, if it is.
fn ready(lines: Option<&Receiver<String>>) -> Option<SocketAddr> {
    let until = Instant::now() + READY;
    let mut address = None;
    loop {
        let wait = until.saturating_duration_since(Instant::now());
        let line = lines?.recv_timeout(wait).ok()?;
        if let Some((_, told)) = line.split_once("Listening for client connections on ") {
            address = told.trim().parse().ok();
        }
        if line.contains("Server is ready") {
            return address;
        }
    }
}

/// The server's program, whose version is looked at once.
fn program() -> Result<&'static Path, NatsServerError> {
    static FOUND: OnceLock<Result<PathBuf, Option<String>>> = OnceLock::new();
    match FOUND.get_or_init(find) {
        Ok(path) => Ok(path),
        Err(None) => Err(NatsServerError::missing()),
        Err(Some(version)) => Err(NatsServerError::too_old(version)),
    }
}

fn find() -> Result<PathBuf, Option<String>> {
    let mut too_old = None;
    for directory in directories() {
        let path = directory.join("nats-server");
        let Ok(told) = Command::new(&path).arg("--version").output() else {
            continue;
        };
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        // What `go install` builds may not know its version, and is at least the one that is told above.
        match version(&told) {
            Some(found) if found < OLDEST => too_old = Some(told.trim().to_owned()),
            _ => return Ok(path),
        }
    }
    Err(too_old)
}

/// The version in `nats-server: v2.10.27`.
fn version(told: &str) -> Option<(u32, u32)> {
    let (_, version) = told.split_once('v')?;
    let (_, version) = version.split_once('v').unwrap_or((version, version));
    let mut parts = version.trim().split('.').map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Where programs are: PATH, and where `go install` puts them.
#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is said by the environment"
)]
fn directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let told = std::env::var_os("GOPATH").or_else(|| {
        let told = Command::new("go").args(["env", "GOPATH"]).output().ok()?;
        let told = String::from_utf8(told.stdout).ok()?.trim().to_owned();
        (!told.is_empty()).then(|| OsString::from(told))
    });
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("go"));
    let go = told
        .iter()
        .flat_map(std::env::split_paths)
        .chain(home)
        .map(|go| go.join("bin"));
    directories.extend(go);
    directories
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_read_from_what_the_program_prints() {
        assert_eq!(version("nats-server: v2.10.27\n"), Some((2, 10)));
        assert_eq!(version("nats-server: v2.9.10\n"), Some((2, 9)));
        assert_eq!(version("nats-server: (devel)"), None);
        assert_eq!(version(""), None);
    }
}
