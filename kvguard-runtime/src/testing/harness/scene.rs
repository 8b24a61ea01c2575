//! A service that starts, once or again, and what becomes of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::KvHarness;
use super::bench::{Bench, Fault, Setting};
use super::failed::Failed;
use super::outcome::{Boot, Updates};
use super::pipe::{self, Listener, Message, Told};
use super::plan::{Body, Subject};
use super::process::{self, Environment, Process};
use super::stage::Stage;
use crate::KvStore;
use crate::testing::Recorded;

/// A store, a file, and the service between them.
pub(super) struct Scene<'b> {
    pub(super) bench: &'b Bench,
    stage: Stage,
    /// The store of the first load, connected before anything went wrong.
    store: Option<Arc<dyn KvStore>>,
    /// Kept as long as its file is used.
    _directory: tempfile::TempDir,
    config_path: PathBuf,
    /// What the service told that connected by itself.
    pub(super) log: String,
}

/// What a load came to.
pub(super) enum Ending {
    Loaded(Loaded),
    /// It gave an error.
    Refused(String),
    Panicked(String),
    TimedOut,
    /// Its process ended before it gave anything.
    Gone(String),
}

/// What was loaded.
pub(super) struct Loaded {
    pub(super) configuration: Value,
    pub(super) degraded: Option<String>,
    /// The service as it goes on, where it shows what its watch brings.
    pub(super) updates: Option<Watching>,
}

/// Where the updates of a service come from.
pub(super) enum Watching {
    Here(Updates),
    There(Box<(Told, Process)>),
}

impl<'b> Scene<'b> {
    pub(super) async fn open(bench: &'b Bench, setting: Setting<'_>) -> Result<Self, Failed> {
        let is_denied = setting.fault == Fault::Denied;
        let mut stage = Stage::open(bench.backend, bench.suite, bench.trial, is_denied).await?;
        if let Some(value) = setting.value {
            stage.set(&bench.key, value).await?;
        }
        let store = match bench.suite.subject {
            Subject::Store(_) => Some(stage.store().await?),
            _ => None,
        };
        match setting.fault {
            Fault::Outage => stage.cut(),
            Fault::SilentWatches => stage.silence_watches(),
            Fault::None | Fault::Denied => {}
        }
        let cannot = |error: std::io::Error| {
            Failed::new(format!("the configuration file cannot be written: {error}"))
        };
        let directory = tempfile::tempdir().map_err(cannot)?;
        let config_path = directory.path().join(bench.config_name());
        let file = setting.file.unwrap_or(bench.template_text());
        std::fs::write(&config_path, file).map_err(cannot)?;
        Ok(Self {
            bench,
            stage,
            store,
            _directory: directory,
            config_path,
            log: String::new(),
        })
    }

    /// What holds the values.
    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// All that the store was asked.
    pub(super) fn recorded(&self) -> Vec<Recorded> {
        self.stage.recording().all()
    }

    /// What the service's key holds.
    pub(super) async fn value(&self) -> Result<Option<Vec<u8>>, Failed> {
        let contents = self.stage.contents(&self.bench.key).await?;
        let mut own = contents
            .into_iter()
            .filter(|(key, _)| key == self.bench.key.as_str());
        Ok(own.next().map(|(_, value)| value))
    }

    /// A failure with what the service told.
    pub(super) fn failed(&self, message: impl AsRef<str>) -> Failed {
        self.bench.failed(message).log(&self.log)
    }

    pub(super) fn config_path(&self) -> &Path {
        &self.config_path
    }

    /// Starts the service and waits until it has loaded its configuration, or not.
    pub(super) async fn load(&mut self) -> Result<Ending, Failed> {
        (self.bench.began.borrow_mut())();
        match &self.bench.suite.subject {
            Subject::Store(body) => self.load_here(*body).await,
            Subject::Environment(_) => self.load_there().await,
            Subject::Binary(_) => Err(Failed::new(
                "a binary gives nothing; this is a mistake of the test itself",
            )),
        }
    }

    /// The variables of the workload, with those by which the store is found here.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let overrides = self.stage.environment();
        let own = self.bench.trial.variables();
        let own = own.filter(|(name, _)| !overrides.iter().any(|(other, _)| other == name));
        own.chain(overrides.iter().cloned()).collect()
    }

    async fn load_here(&mut self, body: Body) -> Result<Ending, Failed> {
        let store = match self.store.take() {
            Some(store) => store,
            None => self.stage.store().await?,
        };
        let harness = KvHarness::new(
            self.bench,
            Some(store),
            self.config_path.clone(),
            self.environment(),
        );
        // A panic is the task's, not the test's.
        let task: JoinHandle<Result<Boot, String>> = tokio::task::spawn_local(body(harness));
        let abort = task.abort_handle();
        let Ok(ended) = timeout(self.bench.timeout(), task).await else {
            abort.abort();
            return Ok(Ending::TimedOut);
        };
        match ended {
            Ok(Ok(boot)) => {
                let updates = boot.updates.map(Watching::Here);
                self.loaded(boot.configuration, boot.degraded, updates)
            }
            Ok(Err(error)) => Ok(Ending::Refused(error)),
            Err(error) => Ok(Ending::Panicked(panic_message(error))),
        }
    }

    fn loaded(
        &self,
        configuration: Result<Value, String>,
        degraded: Option<String>,
        updates: Option<Watching>,
    ) -> Result<Ending, Failed> {
        let configuration = configuration.map_err(|error| {
            self.failed(format!(
                "what was loaded cannot be serialised as JSON: {error}"
            ))
        })?;
        Ok(Ending::Loaded(Loaded {
            configuration,
            degraded,
            updates,
        }))
    }

    /// The function in a process of its own, whose environment is the workload's.
    async fn load_there(&mut self) -> Result<Ending, Failed> {
        let (process, listener) = spawn_test(
            &self.bench.test,
            &self.config_path,
            true,
            self.environment(),
        )
        .await?;
        let mut process = process;
        let first = {
            let heard = async {
                let mut told = listener.accept().await.ok()?;
                let message = told.next().await?;
                Some((told, message))
            };
            tokio::pin!(heard);
            let limit = tokio::time::sleep(self.bench.timeout());
            tokio::pin!(limit);
            tokio::select! {
                biased;
                heard = &mut heard => heard.map_or(First::Gone, |(told, message)| First::Heard(Box::new((told, message)))),
                () = &mut limit => First::TimedOut,
                status = process.ended() => {
                    // What it told last may still be on its way.
                    match timeout(Duration::from_secs(1), heard).await {
                        Ok(Some((told, message))) => First::Heard(Box::new((told, message))),
                        _ => First::Ended(process::words(&status)),
                    }
                }
            }
        };
        match first {
            First::Heard(heard) => {
                let (told, message) = *heard;
                match message {
                    Message::Loaded {
                        configuration,
                        degraded,
                        has_updates: true,
                    } => {
                        let watching = Watching::There(Box::new((told, process)));
                        self.loaded(configuration, degraded, Some(watching))
                    }
                    Message::Loaded {
                        configuration,
                        degraded,
                        ..
                    } => {
                        self.log.push_str(&process.end().await);
                        self.loaded(configuration, degraded, None)
                    }
                    Message::Refused(error) => {
                        self.log.push_str(&process.end().await);
                        Ok(Ending::Refused(error))
                    }
                    Message::Panicked(message) => {
                        self.log.push_str(&process.end().await);
                        Ok(Ending::Panicked(message))
                    }
                    other => Err(Failed::new(format!(
                        "a process told what it cannot: {other:?}"
                    ))),
                }
            }
            First::TimedOut => {
                self.log.push_str(&process.end().await);
                Ok(Ending::TimedOut)
            }
            First::Gone => {
                let status = timeout(Duration::from_secs(1), process.ended()).await;
                let words = status.map_or_else(
                    |_| "executed something else in its place".to_owned(),
                    |status| process::words(&status),
                );
                self.log.push_str(&process.end().await);
                Ok(Ending::Gone(words))
            }
            First::Ended(words) => {
                self.log.push_str(&process.end().await);
                Ok(Ending::Gone(words))
            }
        }
    }
}

/// What comes first of a process.
enum First {
    Heard(Box<(Told, Message)>),
    TimedOut,
    Gone,
    Ended(String),
}

/// Starts a test of this executable in a process of its own.
pub(super) async fn spawn_test(
    test: &str,
    config_path: &Path,
    is_own: bool,
    variables: Vec<(String, String)>,
) -> Result<(Process, Listener), Failed> {
    let cannot = |error: std::io::Error| {
        Failed::new(format!(
            "the test cannot be run in a process of its own: {error}"
        ))
    };
    let program = std::env::current_exe().map_err(cannot)?;
    let listener = Listener::open().await.map_err(cannot)?;
    let address = listener.address(test).map_err(cannot)?;
    let mut variables: Vec<(String, OsString)> = variables
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    variables.push((pipe::VARIABLE.to_owned(), address.into()));
    variables.push((pipe::CONFIG_VARIABLE.to_owned(), config_path.into()));
    let arguments = [
        "--exact",
        test,
        "--nocapture",
        "--include-ignored",
        "--test-threads=1",
    ];
    let process = Process::start(
        &program,
        &arguments.map(str::to_owned),
        Environment {
            is_own,
            variables,
            of_test: Vec::new(),
        },
    )
    .map_err(cannot)?;
    Ok((process, listener))
}

impl Watching {
    /// The next update; nothing if there will be none.
    pub(super) async fn next(&mut self) -> Option<Result<Value, String>> {
        match self {
            Self::Here(updates) => {
                std::future::poll_fn(|context| updates.as_mut().poll_next(context)).await
            }
            Self::There(there) => loop {
                match there.0.next().await? {
                    Message::Update(update) => return Some(update),
                    Message::UpdatesEnded => return None,
                    _ => {}
                }
            },
        }
    }
}

impl Ending {
    /// What it is, to follow "loading the configuration".
    pub(super) fn words(&self) -> String {
        match self {
            Self::Loaded(_) => "went well".to_owned(),
            Self::Refused(error) => format!("is an error: {}", brief(error)),
            Self::Panicked(message) => format!("panics: {}", brief(message)),
            Self::TimedOut => {
                "does not end in time (`timeout` sets how long it may take)".to_owned()
            }
            Self::Gone(words) => format!(
                "ends the process, which {words}, before it gives anything: a service must return its errors"
            ),
        }
    }
}

/// An error's own words, in one line, unless they hold a secret.
pub(super) fn brief(error: &str) -> String {
    if error.contains(super::bench::CANARY) {
        return "(its words hold the value of a secret field)".to_owned();
    }
    let line = error.lines().next().unwrap_or_default();
    let mut text: String = line.chars().take(300).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

/// What a task panicked with.
pub(super) fn panic_message(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (None, Some(text)) => text.clone(),
            (None, None) => "with something that is no text".to_owned(),
        },
        Err(error) => error.to_string(),
    }
}
