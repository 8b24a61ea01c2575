//! Why something could not be read.

use crate::source::{MAX_FILE_BYTES, MAX_TOTAL_BYTES};

use super::MAX_DIRECTORY_ENTRIES;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The path as the policy or a deployment file names it.
    pub path: String,
    /// What kept it from being read.
    pub kind: InputErrorKind,
}

/// What kept a file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputErrorKind {
    /// There is nothing at the path.
    Missing,
    /// The path leads out of the root, directly or through a symbolic link.
    OutsideRoot,
    /// It is a directory where a file is needed, or another kind of file.
    NotAFile,
    /// It is larger than [`MAX_FILE_BYTES`], or all files together are larger than [`MAX_TOTAL_BYTES`].
    TooLarge,
    /// The patterns look at more than [`MAX_DIRECTORY_ENTRIES`] directory entries.
    TooManyEntries,
    /// The pattern's `**` leads through more than [`crate::source::MAX_DEPTH`] directories.
    TooDeep,
    /// The operating system, or whatever else the tree is read from, refused, with its reason.
    Unreadable(String),
}

impl std::fmt::Display for InputError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        match &self.kind {
            InputErrorKind::Missing => write!(formatter, "`{path}` does not exist"),
            InputErrorKind::OutsideRoot => {
                write!(
                    formatter,
                    "`{path}` is outside the root; map it with `[[path_map]]` if it is meant"
                )
            }
            InputErrorKind::NotAFile => write!(formatter, "`{path}` is not a regular file"),
            InputErrorKind::TooLarge => write!(
                formatter,
                "`{path}` is too large: a file may have {} MiB, all files together {} MiB",
                MAX_FILE_BYTES >> 20,
                MAX_TOTAL_BYTES >> 20
            ),
            InputErrorKind::TooManyEntries => write!(
                formatter,
                "`{path}` looks at more than {MAX_DIRECTORY_ENTRIES} directory entries; narrow the pattern"
            ),
            InputErrorKind::TooDeep => write!(
                formatter,
                "`{path}` leads through more than {} directories in each other; narrow the pattern",
                crate::source::MAX_DEPTH
            ),
            InputErrorKind::Unreadable(reason) => {
                write!(formatter, "`{path}` cannot be read: {reason}")
            }
        }
    }
}

impl std::error::Error for InputError {}
