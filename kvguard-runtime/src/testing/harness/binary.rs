//! A program, started as it is, and judged by what it asks of the store, when it is ready, how it exits and what it logs.

mod confirmation;
mod control;
mod level;
mod lines;
mod sockets;
mod value;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::failed::Failed;
use super::plan::Program;
use super::process::{self, Environment, Process};
use super::scene::Scene;
use crate::testing::Recorded;

pub(super) use confirmation::Sign;
pub(super) use control::Control;
use sockets::Listening;
pub(super) use value::shows;

/// How often the sockets of a process are looked at, since nothing tells of a change.
const LOOK: Duration = Duration::from_millis(50);

/// The shortest time that is waited for what must not happen after a program is ready.
const LINGER: Duration = Duration::from_millis(500);

/// The same where what must not happen may be delayed on purpose, as restarts are.
const SETTLE: Duration = Duration::from_secs(2);

/// A program that runs.
pub(super) struct Running<'s, 'b> {
    pub(super) scene: &'s Scene<'b>,
    process: Process,
    /// How many operations there were before it was started.
    before: usize,
    started: Instant,
    /// Whether all that it logged is known, since it has ended.
    has_ended: bool,
}

/// How long a program that is ready may take to tell that it goes on with its file.
const TELLING: Duration = Duration::from_secs(5);

/// What is known of a program that runs.
pub(super) struct Observed {
    /// What it has asked of the store.
    pub(super) recorded: Vec<Recorded>,
    /// What it has logged, without the path of its configuration file, which may contain the key.
    pub(super) log: String,
    /// The lines of that which are whole: what is written in parts may still become another line.
    pub(super) lines: String,
    /// The processes whose sockets may show that it is ready.
    group: Option<u32>,
}

impl Observed {
    /// What it listens on. All processes of the machine are gone through for it, so it is asked for only where it counts.
    fn listening(&self) -> Listening {
        self.group.map(sockets::listening).unwrap_or_default()
    }
}

/// What was waited for.
pub(super) enum Seen {
    /// It came.
    Met,
    /// The program ended before: in words, and whether that was a failure.
    Ended { words: String, is_failure: bool },
    /// Neither in time.
    TimedOut,
}

impl<'b> Scene<'b> {
    /// Starts the program.
    pub(super) fn start_binary(&self) -> Result<Running<'_, 'b>, Failed> {
        let binary = self.bench.binary()?;
        let mut arguments = Vec::new();
        for argument in binary.arguments {
            arguments.push(self.filled(argument)?);
        }
        let of_system = |variables: Vec<(String, String)>| {
            let variables = variables.into_iter();
            variables
                .map(|(name, value)| (name, OsString::from(value)))
                .collect()
        };
        let environment = Environment {
            is_own: true,
            variables: of_system(self.environment()),
            of_test: of_system(self.bench.setup.borrow().variables().to_vec()),
        };
        let before = self.recorded().len();
        let program = program(&binary.program)?;
        let started = Instant::now();
        let process = Process::start(&program, &arguments, environment).map_err(|error| {
            Failed::not_judged(format!(
                "the program `{}` cannot be started: {error}",
                program.display()
            ))
            .help("build it before this test runs, and name it by `bin`, `program` or `command`")
        })?;
        Ok(Running {
            scene: self,
            process,
            before,
            started,
            has_ended: false,
        })
    }

    /// An argument with the configuration file and the setup's values in it.
    fn filled(&self, argument: &str) -> Result<String, Failed> {
        let config = self.config_path().to_string_lossy();
        let mut setup = self.bench.setup.borrow_mut();
        setup.filled(&argument.replace("{config}", &config))
    }
}

fn program(program: &Program) -> Result<PathBuf, Failed> {
    match program {
        Program::Found(name) => Ok(PathBuf::from(name)),
        Program::File { directory, path } => {
            let path = Path::new(directory).join(path);
            if path.is_file() {
                return Ok(path);
            }
            let text = format!("there is no program `{}`", path.display());
            Err(Failed::not_judged(text).help(
                "build it before this test runs; `program` is relative to the package's directory",
            ))
        }
    }
}

impl Running<'_, '_> {
    /// What it has asked of the store.
    pub(super) fn recorded(&self) -> Vec<Recorded> {
        let mut all = self.scene.recorded();
        all.drain(..self.before.min(all.len()));
        all
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        self.without_its_path(&self.process.log().text())
    }

    fn without_its_path(&self, log: &str) -> String {
        let config = self.scene.config_path().to_string_lossy();
        log.replace(&*config, "")
    }

    /// How long ago it was started.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// The lines that it has logged and that are whole.
    pub(super) fn lines(&self) -> String {
        if self.has_ended {
            return self.log();
        }
        self.without_its_path(&self.process.log().lines())
    }

    fn observed(&self) -> Observed {
        Observed {
            recorded: self.recorded(),
            log: self.log(),
            lines: self.lines(),
            group: self.process.group(),
        }
    }

    /// Waits until a case sees what it needs, no longer than one load may take.
    pub(super) async fn until(&mut self, condition: impl Fn(&Observed) -> bool) -> Seen {
        let limit = self.scene.bench.timeout();
        self.until_in(limit, condition).await
    }

    /// Waits until it is as ready as the control run was. Where nothing showed that, it has to run on for as long as a load may take.
    pub(super) async fn until_ready(&mut self, control: &Control) -> Seen {
        match (
            self.until(|seen| control.is_ready(seen)).await,
            control.has_sign(),
        ) {
            (Seen::TimedOut, false) => Seen::Met,
            (seen, _) => seen,
        }
    }

    /// Waits for what a ready program must not do, by the time that the control run took to get ready.
    pub(super) async fn linger(
        &mut self,
        control: &Control,
        condition: impl Fn(&Observed) -> bool,
    ) -> Seen {
        let limit = control.ready_after.max(LINGER);
        self.until_in(limit.min(self.scene.bench.timeout()), condition)
            .await
    }

    /// Whether it still runs after a while.
    async fn runs_on_for(&mut self, time: Duration) -> bool {
        let limit = time.max(LINGER).min(self.scene.bench.timeout());
        !matches!(self.until_in(limit, |_| false).await, Seen::Ended { .. })
    }

    /// Waits for what a ready program has to tell.
    pub(super) async fn tells(
        &mut self,
        control: &Control,
        condition: impl Fn(&Observed) -> bool,
    ) -> Seen {
        let limit = (control.ready_after * 2).max(TELLING);
        self.until_in(limit.min(self.scene.bench.timeout()), condition)
            .await
    }

    /// Waits for what a ready program must not do, and may put off, as services do with restarts.
    pub(super) async fn settle(
        &mut self,
        control: &Control,
        condition: impl Fn(&Observed) -> bool,
    ) -> Seen {
        let limit = (control.ready_after * 2).max(SETTLE);
        self.until_in(limit.min(self.scene.bench.timeout()), condition)
            .await
    }

    async fn until_in(&mut self, limit: Duration, condition: impl Fn(&Observed) -> bool) -> Seen {
        let mut recording = self.scene.stage().recording().subscribe();
        let mut log = self.process.log().subscribe();
        let deadline = tokio::time::sleep(limit);
        tokio::pin!(deadline);
        let status = loop {
            recording.mark_unchanged();
            log.mark_unchanged();
            if condition(&self.observed()) {
                return Seen::Met;
            }
            tokio::select! {
                // A program that retries without a pause must not keep its end and the deadline from being seen.
                biased;
                status = self.process.ended() => break status,
                () = &mut deadline => return Seen::TimedOut,
                _ = recording.changed() => {}
                _ = log.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        };
        // What it told last may still be on its way.
        self.process.drain().await;
        self.has_ended = true;
        if condition(&self.observed()) {
            return Seen::Met;
        }
        Seen::Ended {
            words: process::words(&status),
            is_failure: !status.is_ok_and(|status| status.success()),
        }
    }

    /// A failure with what it logged; it is ended.
    pub(super) async fn failed(self, message: impl AsRef<str>) -> Failed {
        let bench = self.scene.bench;
        let log = self.process.end().await;
        bench.failed(message).log(&log)
    }

    /// A failure that says why the case cannot be judged, with what it logged; it is ended.
    pub(super) async fn not_judged(self, why: impl AsRef<str>) -> Failed {
        let bench = self.scene.bench;
        let log = self.process.end().await;
        bench.not_judged(why).log(&log)
    }

    /// Ends it, and gives all that it logged.
    pub(super) async fn end(self) -> String {
        self.process.end().await
    }
}
