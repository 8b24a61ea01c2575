//! Whether the work tree is what will be tagged.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::live::failure::Failure;

/// How many files a message names.
const MAX_NAMED: usize = 10;

/// Refuses a work tree with changes that are not committed, but for the paths that may differ: those that a release script writes itself.
/// Git's own answer counts, with its filters, ignored files and submodules.
///
/// # Errors
///
/// There are such changes; or git does not tell.
pub fn refuse_changes(root: &Path, may_differ: &[PathBuf]) -> Result<(), Failure> {
    if may_differ.iter().any(|path| path == Path::new(".")) {
        return Ok(());
    }
    let mut git = Command::new("git");
    git.current_dir(root).stdin(Stdio::null()).args([
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=all",
        "--no-renames",
        "--",
        ":/",
    ]);
    for path in may_differ {
        git.arg(format!(":(exclude,literal){}", path.display()));
    }
    let unknown = |why: &str| {
        Failure::Other(format!(
            "git does not tell whether the work tree is clean: {why}; `--may-differ .` checks it as it is"
        ))
    };
    let output = git.output().map_err(|error| unknown(&error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(unknown(said.lines().next().unwrap_or("git failed")));
    }
    let changed = String::from_utf8_lossy(&output.stdout);
    // Each entry has two letters and a blank before the path.
    let changed: Vec<&str> = changed
        .split('\0')
        .filter_map(|entry| entry.get(3..))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut named: Vec<String> = changed
        .iter()
        .take(MAX_NAMED)
        .map(|path| format!("`{path}`"))
        .collect();
    let more = changed.len() - named.len();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    Err(Failure::Other(format!(
        "the work tree has changes that are not committed, and the tag would not have them: {}; commit them, or name with --may-differ what the release script writes itself",
        named.join(", ")
    )))
}
