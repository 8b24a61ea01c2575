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
    /// A file that is to be changed is protected against that.
    #[error(
        "`{path}` is read-only, so nothing is written; make it writable, or leave it out with --deployment, --service or --rule", path = .0.display()
    )]
    ReadOnly(PathBuf),
    /// A file was changed by somebody else while it was mended.
    #[error("`{path}` was changed after it was read, so nothing is written; run the command again", path = .0.display())]
    Changed(PathBuf),
    /// A file could not be written, nor could what was written before it be put back.
    #[error("{2}; and `{path}`, which was written before it, cannot be put back: {reason}", path = .0.display(), reason = reason(.1))]
    NotPutBack(PathBuf, std::io::Error, Box<Error>),
    /// The root cannot be read.
    #[error("the root {0}")]
    NoRoot(#[from] kvguard::inputs::InputError),
    /// Findings are accepted for no reason.
    #[error(
        "--accept needs a reason, which the baseline keeps: `cargo kvguard baseline --accept \"lands with the next release\"`"
    )]
    NoReason,
    /// Two commits cannot be compared.
    #[cfg(feature = "git")]
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    /// A format stands for the whole fleet.
    #[cfg(feature = "git")]
    #[error(
        "the format `{0}` stands for the whole fleet: with --against it would say that all the rest is mended; leave out --against, or name one of {1}"
    )]
    TellsNoChanges(&'static str, String),
    /// A file is to hold two reports.
    #[error("`{path}` is named for two reports, of which one would be lost; name another file for one of them", path = .0.display())]
    NamedTwice(PathBuf),
    /// A report would take the place of what it is about.
    #[error("`{path}` is one of the files that are checked, and the report would take its place; name another file", path = .0.display())]
    IsChecked(PathBuf),
    /// A file that cannot be read to its end is to be accepted.
    #[error(
        "`{0}` is not accepted, as what a file holds that cannot be read to its end would be judged no more; mend it first"
    )]
    NotAccepted(String),
    /// A running fleet cannot be looked at.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Live(#[from] crate::live::failure::Failure),
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
        ErrorKind::IsADirectory => "a directory has that name; name a file".to_owned(),
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
        variables: Vec::new(),
        reads_code: true,
    })
}

/// Checks the whole fleet.
pub fn report(fleet: &Fleet, scope: &Scope) -> Result<Report, Error> {
    Ok(checked(&options(fleet, scope, Vec::new())?))
}

/// Checks a fleet, whose paths people are then shown as seen from the current directory.
pub fn checked(options: &Options) -> Report {
    let mut report = check(options);
    show_paths_from_here(&mut report);
    report
}

/// Shows paths as seen from the current directory.
pub fn show_paths_from_here(report: &mut Report) {
    if let Some(inputs) = &mut report.inputs
        && let Some(way) = way_to(inputs.root())
    {
        inputs.sources_mut().show_paths_from(way);
    }
}

/// The way from the current directory to another one, with `/` at its end; the whole path where the two have nothing in common.
fn way_to(directory: &Path) -> Option<String> {
    let current = std::env::current_dir().ok()?.canonicalize().ok()?;
    way_between(&current, directory)
}

fn way_between(current: &Path, directory: &Path) -> Option<String> {
    let common = current
        .ancestors()
        .find(|above| directory.starts_with(above))?;
    let down = directory.strip_prefix(common).ok()?;
    let mut way = PathBuf::new();
    if common.parent().is_some() {
        let up = current.strip_prefix(common).ok()?;
        way.extend(up.components().map(|_| ".."));
        way.push(down);
    } else {
        way.push(directory);
    }
    let way = way.to_str()?;
    let is_here = way.is_empty() || way.ends_with('/');
    Some(if is_here {
        way.to_owned()
    } else {
        format!("{way}/")
    })
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::way_between;

    #[test]
    fn the_way_to_the_root_is_as_seen_from_the_current_directory() {
        for (current, root, way) in [
            ("/work/fleet", "/work/fleet", ""),
            ("/work", "/work/fleet", "fleet/"),
            ("/work/fleet/crates/a", "/work/fleet", "../../"),
            ("/work/other", "/work/fleet", "../fleet/"),
            ("/home/me", "/work/fleet", "/work/fleet/"),
        ] {
            let found = way_between(Path::new(current), Path::new(root));
            assert_eq!(found.as_deref(), Some(way), "{current} to {root}");
        }
    }
}
