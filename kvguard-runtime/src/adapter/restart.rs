//! Restarting a service that reads its configuration only when it starts.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::{error, warn};

/// How long a service may go on after a restart was asked for, unless it says otherwise.
const DELAY: Duration = Duration::from_millis(200);

/// Restarts the process, once, to apply a configuration that has changed.
///
/// On Unix the program is executed again in the same process, so that its supervisor, systemd or a container's, sees no end and needs
/// no rule for one. Elsewhere a new process is started, and this one ends. The arguments and the environment stay the same.
/// Where the program cannot be executed, the process exits with 1, for its supervisor to start it.
///
/// ```no_run
/// use kvguard_runtime::adapter::{ConfigWatcher, RestartHandle};
///
/// # async fn example(mut watcher: ConfigWatcher<serde_json::Value>) {
/// let restart = RestartHandle::new("trapd", "config/trapd.json");
/// while watcher.recv().await.is_some() {
///     restart.trigger();
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RestartHandle {
    service: Arc<str>,
    kv_key: Arc<str>,
    delay: Duration,
    /// Shared by all clones, so that the process restarts once.
    is_triggered: Arc<AtomicBool>,
}

impl RestartHandle {
    /// A handle that names the service and its key in what it logs.
    pub fn new(service: impl Into<String>, kv_key: impl Into<String>) -> Self {
        Self {
            service: Arc::from(service.into()),
            kv_key: Arc::from(kv_key.into()),
            delay: DELAY,
            is_triggered: Arc::new(AtomicBool::new(false)),
        }
    }

    /// With the time that the service may go on after [`trigger`](Self::trigger), 200 ms unless told.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Restarts the process after the delay. What is asked for after the first time changes nothing.
    pub fn trigger(&self) {
        if self.is_triggered.swap(true, Ordering::SeqCst) {
            return;
        }
        let Self {
            service, kv_key, ..
        } = self;
        warn!(target: "kvguard", %service, key = %kv_key, "KV update detected, restarting to apply it");
        let this = self.clone();
        // A thread of its own needs no runtime, and a task that never yields cannot hold it up.
        let started = std::thread::Builder::new()
            .name("kvguard-restart".to_owned())
            .spawn(move || this.restart());
        if let Err(reason) = started {
            error!(target: "kvguard", %service, key = %kv_key, %reason, "cannot restart, the next update tries again");
            self.is_triggered.store(false, Ordering::SeqCst);
        }
    }

    fn restart(&self) {
        std::thread::sleep(self.delay);
        let reason = execute_again();
        let Self {
            service, kv_key, ..
        } = self;
        error!(target: "kvguard", %service, key = %kv_key, %reason, "the program cannot be executed again, exiting");
        std::process::exit(1);
    }
}

/// Executes the program again with its arguments; comes back only if that fails, with the reason.
fn execute_again() -> io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let mut again = Command::new(program);
    again.args(arguments);
    execute(again, name)
}

#[cfg(unix)]
fn execute(mut again: Command, name: Option<OsString>) -> io::Error {
    use std::os::unix::process::CommandExt;
    if let Some(name) = name {
        again.arg0(name);
    }
    again.exec()
}

#[cfg(not(unix))]
fn execute(mut again: Command, _name: Option<OsString>) -> io::Error {
    match again.spawn() {
        Ok(_) => std::process::exit(0),
        Err(error) => error,
    }
}
