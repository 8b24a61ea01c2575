//! The built command, run within a limit of time.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a command may take. It needs a second or two; the rest is for busy machines.
const LIMIT: Duration = Duration::from_secs(120);

/// A command that is to be run. Its environment is empty but for `PATH`.
pub struct Command {
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    directory: std::path::PathBuf,
    is_patient: bool,
}

impl Command {
    /// A command of `kvguard` in a directory.
    pub fn new(name: &str, directory: &Path) -> Self {
        Self {
            arguments: vec![name.into()],
            variables: Vec::new(),
            directory: directory.to_owned(),
            is_patient: false,
        }
    }

    /// With more time for each request than it has by itself, unless an argument says how much: a busy machine may not let a process run
    /// for seconds, which is no fault of the store.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.is_patient = true;
        self
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// With more arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// With an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Run {
        self.start().finish()
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let is_said = self.arguments.iter().any(|own| own == "--request-timeout");
        if self.is_patient && !is_said {
            self = self.args(["--request-timeout", "30s"]);
        }
        let words: Vec<_> = self
            .arguments
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        let what = format!("kvguard {}", words.join(" "));
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_kvguard"))
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.variables)
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let output = drained(child.stdout.take().expect("a pipe"));
        let errors = drained(child.stderr.take().expect("a pipe"));
        Running {
            what,
            child,
            output,
            errors,
        }
    }
}

/// A command that runs. It is killed when it is dropped.
pub struct Running {
    what: String,
    child: Child,
    output: Receiver<String>,
    errors: Receiver<String>,
}

impl Running {
    /// Sends it SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal(Signal::SIGINT);
    }

    /// Sends it SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Sends it SIGKILL.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process's number");
        kill(Pid::from_raw(id), signal).unwrap_or_else(|error| panic!("{}: {error}", self.what));
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(self) -> Run {
        self.finish_within(LIMIT)
    }

    /// Waits for its end, which must come within this time.
    #[track_caller]
    pub fn finish_within(mut self, limit: Duration) -> Run {
        let began = Instant::now();
        let left = || limit.saturating_sub(began.elapsed());
        let texts = self
            .output
            .recv_timeout(left())
            .and_then(|output| Ok((output, self.errors.recv_timeout(left())?)));
        let Ok((output, errors)) = texts else {
            panic!("{}: not done after {limit:?}", self.what);
        };
        let status = self.child.wait().expect("its status");
        Run {
            what: std::mem::take(&mut self.what),
            code: status.code(),
            output,
            errors,
            took: began.elapsed(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone already where it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Run {
    /// What was run.
    pub what: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed on standard output.
    pub output: String,
    /// What it printed on standard error.
    pub errors: String,
    /// How long it was waited for.
    pub took: Duration,
}

impl Run {
    /// Everything it printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.output, self.errors)
    }

    /// Fails unless it ended with this exit code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.what, self.text());
        self
    }

    /// Fails unless it printed this text.
    #[track_caller]
    pub fn assert_says(&self, text: &str) -> &Self {
        let all = self.text();
        assert!(
            all.contains(text),
            "{}: `{text}` is not in\n{all}",
            self.what
        );
        self
    }

    /// Fails if it printed this text.
    #[track_caller]
    pub fn assert_silent_about(&self, text: &str) -> &Self {
        let all = self.text();
        assert!(!all.contains(text), "{}: `{text}` is in\n{all}", self.what);
        self
    }

    /// The codes of the findings in a report for people, sorted.
    pub fn codes(&self) -> Vec<&str> {
        fn code(line: &str) -> Option<&str> {
            let (level, rest) = line.split_once('[')?;
            let (code, _) = rest.split_once("]: ")?;
            (matches!(level, "error" | "warning") && code.starts_with("KV")).then_some(code)
        }
        let mut codes: Vec<&str> = self.output.lines().filter_map(code).collect();
        codes.sort_unstable();
        codes
    }

    /// Fails unless the findings are those of these codes, sorted.
    #[track_caller]
    pub fn assert_codes(&self, expected: &[&str]) -> &Self {
        assert_eq!(self.codes(), expected, "{}\n{}", self.what, self.text());
        self
    }
}

/// Reads a pipe to its end in a thread of its own.
fn drained(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
