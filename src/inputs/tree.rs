//! What the files of a run are read from.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::InputErrorKind;

/// The files below a root: a directory of the disk, or something of the same form, such as a commit.
///
/// Paths are relative to the root, with `/` between their parts and without `.` and `..`; `""` is the root.
/// Symbolic links are followed. What lies outside of the root then is never read.
pub trait Tree: Debug + Send {
    /// The root's place on the disk, absolute and without symbolic links.
    fn root(&self) -> &Path;

    /// What is at a path.
    ///
    /// # Errors
    ///
    /// If nothing is there, or if it cannot be told.
    fn find(&mut self, path: &str) -> Result<Found, InputErrorKind>;

    /// Reads the file at a path into a buffer, whose content is replaced.
    ///
    /// # Errors
    ///
    /// If there is no file inside the root, or if it holds more bytes than allowed: then no more than these are read.
    fn read(
        &mut self,
        path: &str,
        allowed: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), InputErrorKind>;

    /// The names in the directory at a path, in any order.
    ///
    /// # Errors
    ///
    /// If there is no directory inside the root, or if it holds more entries than allowed.
    fn list(&mut self, path: &str, allowed: usize) -> Result<Vec<Entry>, InputErrorKind>;

    /// Where the symbolic link at a path leads, as it is written; `None` if there is no link at this path.
    fn link(&mut self, path: &str) -> Option<String>;

    /// The place on the disk, without symbolic links, of the file at a path inside the root; `None` where no file of the disk can be written.
    fn real_place(&self, _path: &str) -> Option<PathBuf> {
        None
    }

    /// The path inside the root of a file that the user names by its place on the disk; `None` if it lies outside.
    ///
    /// # Errors
    ///
    /// If there is no such file.
    fn inside(&self, named: &Path) -> Result<Option<String>, InputErrorKind>;
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Whether it lies inside the root.
    pub is_inside: bool,
}

/// What something in a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A device, a pipe, or something else that is not read.
    Other,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// Whether it is a directory itself, not a link to one.
    pub is_directory: bool,
}
