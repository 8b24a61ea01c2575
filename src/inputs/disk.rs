//! A tree on the disk, and whatever else looks at the disk.

mod content;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::tree::{Entry, Found, Kind, Tree};
use super::{InputError, InputErrorKind};

pub use content::{Content, holds};
pub use watch::Watch;

/// The files below a directory.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    /// Directories without symbolic links: every file in one asks for it.
    real_directories: HashMap<String, PathBuf>,
    /// What files are taken to hold, by their real places, instead of what they do.
    texts: HashMap<PathBuf, String>,
}

impl Disk {
    pub(super) fn new(root: &Path) -> Result<Self, InputError> {
        let fail = |kind| InputError {
            path: root.display().to_string(),
            kind,
        };
        let real = fs::canonicalize(root).map_err(|error| fail(kind_of(&error)))?;
        if !real.is_dir() {
            return Err(fail(InputErrorKind::NotAFile));
        }
        Ok(Self {
            root: real,
            real_directories: HashMap::new(),
            texts: HashMap::new(),
        })
    }

    /// Takes files to hold other texts than they do.
    pub(super) fn with_texts(self, texts: HashMap<PathBuf, String>) -> Self {
        Self { texts, ..self }
    }

    /// The real place of a path, and what is there.
    fn real_place(&mut self, path: &str) -> std::io::Result<(PathBuf, Metadata)> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let place = if let Some(real) = self.real_directories.get(directory) {
            real.join(name)
        } else {
            let real = fs::canonicalize(self.root.join(directory))?;
            let place = real.join(name);
            self.real_directories.insert(directory.to_owned(), real);
            place
        };
        let metadata = fs::symlink_metadata(&place)?;
        if metadata.is_symlink() || name.is_empty() {
            let real = fs::canonicalize(place)?;
            let metadata = fs::metadata(&real)?;
            return Ok((real, metadata));
        }
        Ok((place, metadata))
    }

    /// The real place of a path inside the root.
    fn place_inside(&mut self, path: &str) -> Result<(PathBuf, Metadata), InputErrorKind> {
        let (real, metadata) = self.real_place(path).map_err(|error| kind_of(&error))?;
        if real.starts_with(&self.root) {
            Ok((real, metadata))
        } else {
            Err(InputErrorKind::OutsideRoot)
        }
    }
}

impl Tree for Disk {
    fn root(&self) -> &Path {
        &self.root
    }

    fn find(&mut self, path: &str) -> Result<Found, InputErrorKind> {
        let (real, metadata) = self.real_place(path).map_err(|error| kind_of(&error))?;
        let kind = if metadata.is_dir() {
            Kind::Directory
        } else if metadata.is_file() {
            Kind::File
        } else {
            Kind::Other
        };
        Ok(Found {
            kind,
            is_inside: real.starts_with(&self.root),
        })
    }

    fn read(
        &mut self,
        path: &str,
        allowed: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), InputErrorKind> {
        let (real, metadata) = self.place_inside(path)?;
        let Some(text) = self.texts.get(&real) else {
            return read_regular(&real, &metadata, allowed, buffer);
        };
        if text.len() as u64 > allowed {
            return Err(InputErrorKind::TooLarge);
        }
        buffer.clear();
        buffer.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn list(&mut self, path: &str, allowed: usize) -> Result<Vec<Entry>, InputErrorKind> {
        let (real, _) = self.place_inside(path)?;
        #[expect(clippy::disallowed_methods, reason = "part of the module that reads")]
        let entries = fs::read_dir(real).map_err(|error| kind_of(&error))?;
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| kind_of(&error))?;
            if found.len() == allowed {
                return Err(InputErrorKind::TooManyEntries);
            }
            found.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_directory: entry.file_type().is_ok_and(|kind| kind.is_dir()),
            });
        }
        Ok(found)
    }

    fn link(&mut self, path: &str) -> Option<String> {
        let target = fs::read_link(self.root.join(path)).ok()?;
        Some(target.to_string_lossy().into_owned())
    }

    fn real_place(&self, path: &str) -> Option<PathBuf> {
        let real = fs::canonicalize(self.root.join(path)).ok()?;
        real.starts_with(&self.root).then_some(real)
    }

    fn inside(&self, named: &Path) -> Result<Option<String>, InputErrorKind> {
        let real = fs::canonicalize(named).map_err(|error| kind_of(&error))?;
        let inside = real.strip_prefix(&self.root).ok().and_then(Path::to_str);
        Ok(inside.map(str::to_owned))
    }
}

/// Reads a file that the user names, which lies outside of every tree. Gives its real place.
pub(super) fn read_outside(
    named: &Path,
    allowed: u64,
    buffer: &mut Vec<u8>,
) -> Result<PathBuf, InputErrorKind> {
    let real = fs::canonicalize(named).map_err(|error| kind_of(&error))?;
    let metadata = fs::metadata(&real).map_err(|error| kind_of(&error))?;
    read_regular(&real, &metadata, allowed, buffer)?;
    Ok(real)
}

fn read_regular(
    real: &Path,
    metadata: &Metadata,
    allowed: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), InputErrorKind> {
    // A device or a pipe could block for ever.
    if !metadata.is_file() {
        return Err(InputErrorKind::NotAFile);
    }
    let is_whole =
        read_bounded(real, metadata.len(), allowed, buffer).map_err(|error| kind_of(&error))?;
    if is_whole {
        Ok(())
    } else {
        Err(InputErrorKind::TooLarge)
    }
}

/// Reads a file into a buffer; gives whether it is no larger than allowed.
fn read_bounded(
    path: &Path,
    size: u64,
    allowed: u64,
    buffer: &mut Vec<u8>,
) -> std::io::Result<bool> {
    #[expect(clippy::disallowed_methods, reason = "part of the module that reads")]
    let file = fs::File::open(path)?;
    // Room for the whole and for the read that finds its end.
    let room = usize::try_from(size.min(allowed)).unwrap_or(0) + 64;
    buffer.clear();
    buffer.reserve(room);
    // The size told beforehand may be wrong: what counts is what comes.
    file.take(allowed + 1).read_to_end(buffer)?;
    Ok(buffer.len() as u64 <= allowed)
}

fn kind_of(error: &std::io::Error) -> InputErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => InputErrorKind::Missing,
        std::io::ErrorKind::PermissionDenied => InputErrorKind::Unreadable(
            "whoever runs this may not read it; change its permissions or the user".to_owned(),
        ),
        _ => {
            let told = error.to_string();
            // The number tells a person nothing.
            let reason = told.split(" (os error").next().unwrap_or_default();
            InputErrorKind::Unreadable(format!("the operating system says: {reason}"))
        }
    }
}
