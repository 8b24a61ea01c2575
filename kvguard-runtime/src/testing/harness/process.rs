//! A process of its own, with all that it starts.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What a process keeps of the environment around it where it is to have its own.
const KEPT: [&str; 12] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "SystemRoot",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "NO_COLOR",
];

/// How long the last of a log is waited for once a process has ended.
const LAST_OF_LOG: Duration = Duration::from_secs(1);

/// The most bytes of a log that are kept.
const MAX_LOG_BYTES: usize = 1 << 20;

/// A process, and those that it starts; all are ended when this is dropped.
pub(super) struct Process {
    child: Child,
    group: Option<u32>,
    log: Log,
    readers: Vec<JoinHandle<()>>,
}

/// What a process tells, so far.
#[derive(Clone)]
pub(super) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    grown: Arc<watch::Sender<()>>,
}

/// The environment of a process.
pub(super) struct Environment {
    /// Whether it has nothing of the one around it but what programs need to run.
    pub(super) is_own: bool,
    /// The deployment's variables. Of those that programs need to run, its own count.
    pub(super) variables: Vec<(String, OsString)>,
    /// The test's variables, which count before all others.
    pub(super) of_test: Vec<(String, OsString)>,
}

impl Process {
    /// Starts a program as the leader of a group.
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        environment: Environment,
    ) -> std::io::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        if environment.is_own {
            command.env_clear();
            for name in KEPT {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "what any program needs to run, no configuration"
                )]
                if let Some(value) = std::env::var_os(name) {
                    command.env(name, value);
                }
            }
        }
        for (name, value) in environment.variables {
            if !KEPT.contains(&name.as_str()) {
                command.env(name, value);
            }
        }
        command.envs(environment.of_test);
        let mut child = command.spawn()?;
        let log = Log {
            bytes: Arc::default(),
            grown: Arc::new(watch::Sender::new(())),
        };
        let mut readers = Vec::new();
        if let Some(output) = child.stdout.take() {
            readers.push(tokio::spawn(collect(output, log.clone())));
        }
        if let Some(output) = child.stderr.take() {
            readers.push(tokio::spawn(collect(output, log.clone())));
        }
        Ok(Self {
            group: child.id(),
            child,
            log,
            readers,
        })
    }

    /// Waits until it has ended by itself. Dropping the future loses nothing.
    pub(super) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// The group that it leads, until it is ended.
    pub(super) fn group(&self) -> Option<u32> {
        self.group
    }

    /// What it tells.
    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// Ends it and all that it has started; gives all that it told.
    pub(super) async fn end(mut self) -> String {
        self.kill();
        // It is killed; this only collects it.
        let _ = timeout(LAST_OF_LOG, self.child.wait()).await;
        self.drain().await;
        self.log.text()
    }

    /// Waits until all that it told before it ended is in the log. What it started may hold its output open; that is not waited for.
    pub(super) async fn drain(&mut self) {
        for reader in std::mem::take(&mut self.readers) {
            let _ = timeout(LAST_OF_LOG, reader).await;
        }
    }

    #[cfg(unix)]
    fn kill(&mut self) {
        use nix::sys::signal::{Signal, killpg};
        use nix::unistd::Pid;
        let group = self
            .group
            .take()
            .and_then(|group| i32::try_from(group).ok());
        if let Some(group) = group {
            // An error is that there is none any more.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }

    #[cfg(not(unix))]
    fn kill(&mut self) {
        self.group = None;
        let _ = self.child.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        for reader in &self.readers {
            reader.abort();
        }
    }
}

impl Log {
    /// All of it so far.
    pub(super) fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Tells of each change.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }
}

async fn collect(mut output: impl AsyncRead + Unpin, log: Log) {
    let mut buffer = vec![0; 8192];
    while let Ok(count) = output.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        {
            let mut bytes = log.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(&buffer[..count]);
            if bytes.len() > MAX_LOG_BYTES {
                let surplus = bytes.len() - MAX_LOG_BYTES / 2;
                bytes.drain(..surplus);
            }
        }
        log.grown.send_replace(());
    }
}

/// How a process ended, in words.
pub(super) fn words(status: &std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => match status.code() {
            Some(code) => format!("exited with {code}"),
            None => format!("was ended ({status})"),
        },
        Err(error) => format!("cannot be waited for ({error})"),
    }
}
