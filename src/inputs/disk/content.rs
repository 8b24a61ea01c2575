//! The content of files that were read, to find out later whether it is still the same.

use std::path::{Path, PathBuf};

use kvguard_contract::digest;

use super::read_bounded;
use crate::source::MAX_FILE_BYTES;

/// A file and a digest of its content; `None` if it is not there or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file, absolute.
    pub path: PathBuf,
    /// The digest.
    pub digest: Option<u64>,
}

impl Content {
    /// The content that a file has now.
    #[must_use]
    pub fn of(path: PathBuf) -> Self {
        let digest = content(&path);
        Self { path, digest }
    }

    /// Whether the file still has it.
    #[must_use]
    pub fn is_current(&self) -> bool {
        content(&self.path) == self.digest
    }
}

/// Whether a file holds these bytes now, and no others.
///
/// # Errors
///
/// If it cannot be read.
pub fn holds(path: &Path, expected: &[u8]) -> std::io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    let size = expected.len() as u64;
    // A device or a pipe could block for ever.
    if !metadata.is_file() || metadata.len() != size {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    let is_whole = read_bounded(path, size, size, &mut bytes)?;
    Ok(is_whole && bytes == expected)
}

fn content(path: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(path).ok()?;
    // A device or a pipe could block for ever.
    if !metadata.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let is_whole = read_bounded(path, metadata.len(), MAX_FILE_BYTES, &mut bytes).ok()?;
    is_whole.then(|| digest(&bytes))
}
