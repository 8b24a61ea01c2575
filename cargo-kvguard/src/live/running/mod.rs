//! What runs of a deployment's services, and what it logs: asked of Docker, of the journal, of kubectl, or read from files.

mod arguments;
mod compose;
mod directory;
mod journald;
mod kubectl;
pub mod log;

use std::time::SystemTime;

pub use arguments::Source;
pub use compose::Compose;
use directory::Directory;
use journald::Journald;
use kubectl::Kubectl;
use log::{Log, MAX_BYTES};

use super::failure::Failure;
use super::program::{Printed, Program, ProgramError};

/// A service that is watched, and the workloads that run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The service.
    pub service: String,
    /// Its workloads, as the deployment names them.
    pub workloads: Vec<String>,
}

/// Something that runs a service: a container, a unit; or the file with its log.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The service.
    pub service: String,
    /// What it is, as messages name it: a container, a unit, a file.
    pub place: String,
    /// The image that it runs, with its digest, where that is known.
    pub image: Option<String>,
    /// How often it was started again in its life, where that is known.
    pub restarts: Option<u64>,
    /// Why it does not run as it should, if that is known: the end of a sentence whose subject is the unit.
    pub unready: Option<String>,
    /// How its source finds it again.
    handle: Handle,
}

#[derive(Debug, Clone)]
enum Handle {
    /// The ID of a container.
    Container(String),
    /// A container of a pod, and whether there was one before it.
    Pod {
        pod: String,
        container: String,
        was_restarted: bool,
    },
    /// A unit of systemd, or a pattern of units.
    Journal(String),
    /// A file.
    File(std::path::PathBuf),
}

/// What is asked about the services that run.
#[derive(Debug)]
pub enum Services {
    /// Docker, about the containers of a compose project.
    Compose(Compose),
    /// The journal.
    Journald(Journald),
    /// kubectl, about pods.
    Kubectl(Kubectl),
    /// Files with logs.
    Directory(Directory),
}

impl Services {
    /// Whom to ask about a deployment; logs are read since a moment where they have times.
    ///
    /// # Errors
    ///
    /// The source needs to be told more: which project, which namespace.
    pub fn of(
        source: &Source,
        deployment: &kvguard::resolve::Deployment,
        root: &std::path::Path,
        since: SystemTime,
    ) -> Result<Self, Failure> {
        Ok(match source {
            Source::Compose(project) => {
                Self::Compose(Compose::of(project.clone(), deployment, root, since)?)
            }
            Source::Journald(directory) => Self::Journald(Journald::new(directory.clone(), since)),
            Source::Kubectl(namespace) => {
                let stated = namespace.as_deref().or(deployment.policy.namespace());
                Self::Kubectl(Kubectl::new(stated.map(str::to_owned), since))
            }
            Source::Directory(directory) => Self::Directory(Directory::new(directory.clone())),
        })
    }

    /// What runs of these services now. What does not run at all is unready.
    ///
    /// # Errors
    ///
    /// It cannot be asked, or one of the services has nothing that could log.
    pub async fn units(&self, watched: &[Watched]) -> Result<Vec<Unit>, Failure> {
        match self {
            Self::Compose(compose) => compose.units(watched).await,
            Self::Journald(_) => Ok(Journald::units(watched)),
            Self::Kubectl(kubectl) => kubectl.units(watched).await,
            Self::Directory(directory) => directory.units(watched),
        }
    }

    /// The log of a unit. Of a unit whose restarts show in its log, their number is noted.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is too long.
    pub async fn log(&self, unit: &mut Unit) -> Result<Log, Failure> {
        match (self, unit.handle.clone()) {
            (Self::Compose(compose), Handle::Container(id)) => compose.log(&id).await,
            (Self::Journald(journald), Handle::Journal(name)) => journald.log(&name, unit).await,
            (
                Self::Kubectl(kubectl),
                Handle::Pod {
                    pod,
                    container,
                    was_restarted,
                },
            ) => kubectl.log(&pod, &container, was_restarted).await,
            (Self::Directory(_), Handle::File(file)) => directory::log(&file),
            _ => Err(Failure::Other(format!(
                "{} is of another source of logs",
                unit.place
            ))),
        }
    }

    /// What cannot be told of what runs, and why: a sentence each.
    pub fn not_checked(&self) -> Vec<String> {
        match self {
            Self::Compose(_) | Self::Kubectl(_) => Vec::new(),
            Self::Journald(_) => vec![
                "images and health, as a journal tells neither; restarts are counted by the units' invocations in it".to_owned(),
            ],
            Self::Directory(_) => vec![
                "images, health and restarts, as files with logs tell none of them".to_owned(),
            ],
        }
    }
}

impl Unit {
    fn new(service: &str, place: String, handle: Handle) -> Self {
        Self {
            service: service.to_owned(),
            place,
            image: None,
            restarts: None,
            unready: None,
            handle,
        }
    }
}

/// A service of which nothing was found that could log.
fn nothing_runs(service: &str, looked_for: &str) -> Failure {
    Failure::Other(format!("nothing of service `{service}` runs: {looked_for}"))
}

/// Asks a program about what runs, or for its log, which may take as long as the whole command.
async fn ask(program: &str, words: &[&str]) -> Result<Printed, Failure> {
    let program = Program::new(program)
        .args(words.iter().copied())
        .printing_at_most(MAX_BYTES)
        .without_time_limit();
    program.printed().await.map_err(|error| match error {
        ProgramError::PrintedTooMuch { .. } => {
            Failure::Other(format!("{error}; read less of the log with --since"))
        }
        error => error.into(),
    })
}
