//! Other programs that a command asks about what runs: without a shell, for a limited time, and with limited output.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use kvguard::emit::printable;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;

/// How long a program may take, unless it is said otherwise.
const TIME: Duration = Duration::from_secs(30);

/// How much a program may print, unless it is said otherwise.
const OUTPUT_BYTES: usize = 32 << 20;

/// How much of that is shown.
const SHOWN_BYTES: usize = 600;

/// Why a program did not tell what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There is no such program.
    #[error("`{program}` is not found on PATH; install it, or run this where it is installed")]
    NotFound {
        /// Its name.
        program: String,
    },
    /// It cannot be run.
    #[error("`{command}` cannot be run: {error}")]
    NotRun {
        /// What was typed.
        command: String,
        /// Why not.
        error: io::Error,
    },
    /// It failed.
    #[error("`{command}` failed: {said}")]
    Failed {
        /// What was typed.
        command: String,
        /// What it complained about.
        said: String,
    },
    /// It took too long.
    #[error("`{command}` was stopped after {}; type it to see what it waits for", humantime::format_duration(*.time))]
    TookTooLong {
        /// What was typed.
        command: String,
        /// How long it took.
        time: Duration,
    },
    /// It printed too much.
    #[error("`{command}` printed more than {bytes} bytes, of which nothing is used")]
    PrintedTooMuch {
        /// What was typed.
        command: String,
        /// How much it may print.
        bytes: usize,
    },
    /// What it printed is not what it prints as a rule.
    #[error("what `{command}` printed is not understood: {why}")]
    NotUnderstood {
        /// What was typed.
        command: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What a program printed.
#[derive(Debug)]
pub struct Printed {
    /// On standard output.
    pub output: Vec<u8>,
    /// On standard error.
    pub errors: Vec<u8>,
}

/// A program with its arguments, which are no secrets: they are shown where it fails.
pub struct Program {
    name: String,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    has_own_group: bool,
    time: Duration,
    output_bytes: usize,
}

impl Program {
    /// A program.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            has_own_group: false,
            time: TIME,
            output_bytes: OUTPUT_BYTES,
        }
    }

    /// With more arguments.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// With more variables in its environment. They may be secrets, and are not shown.
    #[must_use]
    pub fn envs(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// In a process group of its own, so that Ctrl-C at the terminal does not reach it.
    #[must_use]
    pub fn in_own_group(mut self) -> Self {
        self.has_own_group = true;
        self
    }

    /// Without a limit of time: whoever waits for it has one.
    #[must_use]
    pub fn without_time_limit(mut self) -> Self {
        self.time = Duration::MAX;
        self
    }

    /// With at most so many bytes on standard output, and on standard error.
    #[must_use]
    pub fn printing_at_most(mut self, bytes: usize) -> Self {
        self.output_bytes = bytes;
        self
    }

    /// What would be typed.
    pub fn typed(&self) -> String {
        let typed = format!("{} {}", self.name, self.arguments.join(" "));
        printable(&typed).into_owned()
    }

    /// What it prints on standard output, if it succeeds. It is killed where the future is dropped.
    ///
    /// # Errors
    ///
    /// [`ProgramError`]
    pub async fn output(&self) -> Result<Vec<u8>, ProgramError> {
        Ok(self.printed().await?.output)
    }

    /// All that it prints, if it succeeds. It is killed where the future is dropped.
    ///
    /// # Errors
    ///
    /// [`ProgramError`]
    pub async fn printed(&self) -> Result<Printed, ProgramError> {
        let work = async {
            let mut child = self.spawned()?;
            let (output, errors) = tokio::try_join!(
                self.bounded(child.stdout.take()),
                self.bounded(child.stderr.take())
            )?;
            let status = child.wait().await.map_err(|error| self.not_run(error))?;
            if status.success() {
                return Ok(Printed { output, errors });
            }
            Err(ProgramError::Failed {
                command: self.typed(),
                said: shown(&errors).unwrap_or_else(|| status.to_string()),
            })
        };
        tokio::time::timeout(self.time, work)
            .await
            .unwrap_or_else(|_| Err(self.took_too_long()))
    }

    /// The program while it runs. It is killed where it is dropped.
    ///
    /// # Errors
    ///
    /// It is not found, or cannot be run.
    pub fn spawned(&self) -> Result<Child, ProgramError> {
        tokio::process::Command::from(self.command())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => ProgramError::NotFound {
                    program: self.name.clone(),
                },
                _ => self.not_run(error),
            })
    }

    /// The program as the standard library runs it, for where nothing can be waited for any more.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        let variables = self.variables.iter();
        command
            .args(&self.arguments)
            .envs(variables.map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        #[cfg(unix)]
        if self.has_own_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command
    }

    /// That it took too long.
    pub fn took_too_long(&self) -> ProgramError {
        ProgramError::TookTooLong {
            command: self.typed(),
            time: self.time,
        }
    }

    /// How long it may take.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// That what it printed makes no sense.
    pub fn not_understood(&self, why: &(impl ToString + ?Sized)) -> ProgramError {
        ProgramError::NotUnderstood {
            command: self.typed(),
            why: why.to_string(),
        }
    }

    fn not_run(&self, error: io::Error) -> ProgramError {
        ProgramError::NotRun {
            command: self.typed(),
            error,
        }
    }

    /// Reads to the end, unless that is too much.
    async fn bounded(&self, pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, ProgramError> {
        let most = self.output_bytes;
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let most_and_one = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
            let read = pipe.take(most_and_one).read_to_end(&mut bytes).await;
            read.map_err(|error| self.not_run(error))?;
        }
        if bytes.len() > most {
            return Err(ProgramError::PrintedTooMuch {
                command: self.typed(),
                bytes: most,
            });
        }
        Ok(bytes)
    }
}

/// What a program complains about, in one line.
pub fn shown(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&said[..said.len().min(SHOWN_BYTES)]);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    (!line.is_empty()).then(|| printable(&line).into_owned())
}
