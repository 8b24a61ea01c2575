//! A copy of a fleet, whose files are changed and put back.

use std::fs;
use std::path::{Path, PathBuf};

use kvguard::check::{Options, Report};
use tempfile::TempDir;

use crate::support::{copy_fleet, judge, options};

/// A copy of a fleet.
pub struct Tree {
    directory: TempDir,
    policy: Option<PathBuf>,
}

impl Tree {
    /// Copies a fleet. A policy that is not in it is read where it is.
    pub fn copy(root: &Path, policy: Option<&Path>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        copy_fleet(root, directory.path());
        Self {
            directory,
            policy: policy.map(|path| std::path::absolute(path).expect("a path")),
        }
    }

    /// Checks the copy as it is now.
    pub fn check(&self) -> Report {
        judge(&Options {
            policy: self.policy.clone(),
            ..options(self.directory.path())
        })
    }

    /// What a file holds now, if it is there.
    #[expect(clippy::disallowed_methods, reason = "a test reads what it changes")]
    pub fn text(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.directory.path().join(file)).ok()
    }

    /// Writes a file, or removes it.
    pub fn write(&self, file: &str, text: Option<&str>) {
        let path = self.directory.path().join(file);
        match text {
            Some(text) => fs::write(path, text),
            None => fs::remove_file(path),
        }
        .expect("the copy is writable");
    }
}
