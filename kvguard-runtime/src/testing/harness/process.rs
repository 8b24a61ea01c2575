//! A process of its own, with all that it starts.

mod log;
mod strays;

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(super) use log::Log;
use log::Output;

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

/// A process, and those that it starts; all are ended when this is dropped.
pub(super) struct Process {
    child: Child,
    group: Option<u32>,
    mark: String,
    log: Log,
    readers: Vec<JoinHandle<()>>,
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
        let mark = strays::new_mark();
        command.envs(environment.of_test).env(strays::MARK, &mark);
        let mut child = command.spawn()?;
        let log = Log::new();
        let mut readers = Vec::new();
        if let Some(output) = child.stdout.take() {
            readers.push(tokio::spawn(log.clone().read(Output::Standard, output)));
        }
        if let Some(output) = child.stderr.take() {
            readers.push(tokio::spawn(log.clone().read(Output::Error, output)));
        }
        Ok(Self {
            group: child.id(),
            child,
            mark,
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
            strays::kill(&self.mark);
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
