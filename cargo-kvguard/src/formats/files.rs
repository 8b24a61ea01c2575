//! Files that reports are written to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tempfile::Builder;

use super::Format;
use crate::fleet::Error;

/// A file that a report is to be written to: `FORMAT=FILE` on the command line.
#[derive(Debug, Clone)]
pub struct OutputFile {
    /// In which form.
    pub format: &'static Format,
    /// Where.
    pub path: PathBuf,
}

impl FromStr for OutputFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((format, path)) = text.split_once('=') else {
            return Err("expected FORMAT=FILE, such as sarif=kvguard.sarif".to_owned());
        };
        let format = Format::parse(format)?;
        if path.is_empty() {
            return Err(format!("no file is named; expected {}=FILE", format.name));
        }
        Ok(Self {
            format,
            path: PathBuf::from(path),
        })
    }
}

impl OutputFile {
    /// Writes a text to the file, whole or not at all: who reads it meanwhile sees the old text or the new one.
    pub fn write(&self, text: &str) -> Result<(), Error> {
        let fail = |error| Error::NotWritten(self.path.clone(), error);
        let directory = match self.path.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        let mut file = readable_by_all(&mut Builder::new())
            .prefix(".kvguard-")
            .tempfile_in(directory)
            .map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)?;
        file.persist(&self.path)
            .map_err(|error| fail(error.error))?;
        Ok(())
    }
}

/// A temporary file is its owner's alone unless it is said otherwise, and a report is for others. The process's umask still holds.
#[cfg(unix)]
fn readable_by_all<'b>(
    builder: &'b mut Builder<'static, 'static>,
) -> &'b mut Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_all<'b>(
    builder: &'b mut Builder<'static, 'static>,
) -> &'b mut Builder<'static, 'static> {
    builder
}
