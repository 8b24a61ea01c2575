//! Finds the fleet that the arguments mean, and checks it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use kvguard::check::{Options, POLICY_FILE, Report, check};
use kvguard::finding::Level;
use kvguard::policy::date::Date;
use kvguard::rules::RuleId;

use crate::cli::{Fleet, Scope};

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no policy from the current directory upwards.
    #[error(
        "no {POLICY_FILE} here or in a directory above\n\n  `cargo kvguard init` writes one to begin with; --root and --policy name one that is elsewhere"
    )]
    NoPolicy,
    /// The current directory is gone.
    #[error("the current directory cannot be read: {reason}; change to another one, or name the fleet's with --root", reason = reason(.0))]
    NoCurrentDirectory(std::io::Error),
    /// A file cannot be written.
    #[error("`{path}` cannot be written: {reason}", path = .0.display(), reason = reason(.1))]
    NotWritten(PathBuf, std::io::Error),
    /// A level is for a rule that does not exist.
    #[error("{0}")]
    UnknownRule(String),
}

/// What is wrong, and where it is plain what to do, that.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists => {
            "it is there already; edit it, or remove it to begin anew".to_owned()
        }
        ErrorKind::NotFound => "its directory does not exist; make that first".to_owned(),
        ErrorKind::NotADirectory => {
            "what is named as its directory is a file; name a directory".to_owned()
        }
        ErrorKind::PermissionDenied => {
            "you have no permission there; choose another directory, or change its permissions"
                .to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only; choose a directory elsewhere".to_owned()
        }
        ErrorKind::StorageFull => "no space is left there; make some".to_owned(),
        _ => {
            let told = error.to_string();
            // The number tells a person nothing.
            let reason = told.split(" (os error").next().unwrap_or_default();
            format!("the operating system says: {reason}")
        }
    }
}

/// What to check: `--root`, else the policy's directory, else upwards from the current directory.
pub fn options(
    fleet: &Fleet,
    scope: &Scope,
    levels: Vec<(RuleId, Level)>,
) -> Result<Options, Error> {
    let root = match (&fleet.root, &fleet.policy) {
        (Some(root), _) => root.clone(),
        (None, Some(policy)) => directory_of(policy),
        (None, None) => {
            let current = std::env::current_dir().map_err(Error::NoCurrentDirectory)?;
            upwards(&current).ok_or(Error::NoPolicy)?
        }
    };
    Ok(Options {
        root,
        policy: fleet.policy.clone(),
        deployments: scope.deployment.clone(),
        services: scope.service.clone(),
        levels,
        today: today(),
        reads_code: true,
    })
}

/// Checks the whole fleet.
pub fn report(fleet: &Fleet, scope: &Scope) -> Result<Report, Error> {
    Ok(check(&options(fleet, scope, Vec::new())?))
}

fn upwards(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .find(|directory| directory.join(POLICY_FILE).is_file())
        .map(Path::to_path_buf)
}

fn directory_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn today() -> Date {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Date::from_days_since_epoch(since.as_secs() / 86_400)
}
