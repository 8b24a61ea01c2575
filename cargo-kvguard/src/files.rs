//! Writes files so that nobody ever sees half of one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::fleet::Error;

/// Replaces a file, or makes it: the text is written beside it first.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let fail = |error| Error::NotWritten(path.to_owned(), error);
    let beside = beside(path);
    let written = write_whole(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What is left beside it is of no use; that it is there is not what went wrong.
        let _ = fs::remove_file(&beside);
        fail(error)
    })
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|error| Error::NotWritten(path.to_owned(), error))
}

fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name in the same directory, since a rename across file systems fails.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}
