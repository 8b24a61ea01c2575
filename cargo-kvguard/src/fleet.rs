//! Finds the fleet that the arguments mean, and checks it.

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
    #[error("the current directory cannot be read: {0}")]
    NoCurrentDirectory(std::io::Error),
    /// A file cannot be written.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    NotWritten(PathBuf, std::io::Error),
    /// A level is for a rule that does not exist.
    #[error("{0}")]
    UnknownRule(String),
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
