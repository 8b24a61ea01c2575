//! A program that is run without a shell, with no other environment than it is given, and no longer than it may.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

/// A program, and with what it is run.
pub struct Program {
    /// Its words: the program itself, and its arguments.
    pub words: Vec<String>,
    /// All of its environment.
    pub variables: BTreeMap<String, OsString>,
    /// Where it runs. A program with a relative path is looked for there.
    pub directory: PathBuf,
}

/// Why a program did not end well: the end of a sentence whose subject it is.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be started.
    #[error("cannot be started: `{program}`: {error}")]
    NotStarted {
        /// The program.
        program: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It did not end in time, and was killed.
    #[error("did not end within {}, and was killed", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// It ended with a failure.
    #[error("failed: {0}")]
    Failed(ExitStatus),
}

impl Program {
    /// Runs it to its end. It is killed, with all that it has started, where it takes longer or is not waited for any more.
    ///
    /// # Errors
    ///
    /// See [`Fault`].
    pub async fn run(&self, limit: Duration) -> Result<(), Fault> {
        let name = self.words.first().map_or("", String::as_str);
        let failed = |error| Fault::NotStarted {
            program: name.to_owned(),
            error,
        };
        let mut command = Command::new(self.path(name));
        command
            .args(self.words.iter().skip(1))
            .env_clear()
            .envs(&self.variables)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        let mut group = Group(child.id());
        let ended = tokio::time::timeout(limit, child.wait()).await;
        match ended {
            Ok(Ok(status)) => {
                group.0 = None;
                if status.success() {
                    Ok(())
                } else {
                    Err(Fault::Failed(status))
                }
            }
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(Fault::TimedOut(limit)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = Path::new(name);
        if path.components().count() > 1 {
            self.directory.join(path)
        } else {
            path.to_owned()
        }
    }
}

/// A program that runs, with all that it has started. These are killed when this is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok()) {
            use nix::sys::signal::{Signal, killpg};
            // The program was not waited for, so its number is still its own.
            let _ = killpg(nix::unistd::Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}
