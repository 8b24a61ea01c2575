//! Logs in files: `SERVICE.log` in a directory.

use std::path::{Path, PathBuf};

use super::log::{Log, MAX_BYTES, too_long};
use super::{Handle, Unit, Watched, nothing_runs};
use crate::files;
use crate::live::failure::Failure;

/// A directory with a file for each service.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn units(&self, watched: &[Watched]) -> Result<Vec<Unit>, Failure> {
        let unit = |watched: &Watched| {
            let file = self.path.join(format!("{}.log", watched.service));
            if !file.is_file() {
                let looked_for = format!("there is no file `{}`", file.display());
                return Err(nothing_runs(&watched.service, &looked_for));
            }
            let place = file.display().to_string();
            Ok(Unit::new(&watched.service, place, Handle::File(file)))
        };
        watched.iter().map(unit).collect()
    }
}

pub(super) fn log(file: &Path) -> Result<Log, Failure> {
    let shown = file.display();
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    if length > MAX_BYTES as u64 {
        return Err(too_long(&format!("`{shown}`")));
    }
    let bytes = files::read(file, MAX_BYTES as u64)
        .map_err(|error| Failure::Other(format!("`{shown}` cannot be read: {error}")))?;
    Ok(Log::plain(&bytes))
}
