//! The only module that reads files and the environment. It records each for rebuild tracking.
//!
//! Every path is relative to the root, with `/` between its parts. Nothing outside the root is read,
//! neither through `..` nor through symbolic links.

mod content;
mod error;
mod path;
#[cfg(test)]
mod tests;
mod watch;

#[cfg(feature = "helm")]
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{
    Documents, Fragment, MAX_FILE_BYTES, MAX_TOTAL_BYTES, SourceId, Sources, Syntax, read,
};

pub use content::Content;
pub use error::{InputError, InputErrorKind};
pub(crate) use path::parent;
pub use path::{beside, is_pattern, join, matches, normalize};
pub use watch::Watch;

/// The most directory entries that the patterns of one run may look at.
pub const MAX_DIRECTORY_ENTRIES: usize = 200_000;

/// The files of one run.
#[derive(Debug)]
pub struct Inputs {
    root: PathBuf,
    sources: Sources,
    by_path: HashMap<Arc<str>, SourceId>,
    /// Room for the bytes of the file that is read.
    buffer: Vec<u8>,
    /// What files were read as, for all who ask. They are kept to the end: to free many thousand small pieces
    /// from among those that stay takes longer than to look at them.
    documents: HashMap<(SourceId, Syntax), Arc<Documents>>,
    /// What else was made of files, by its type.
    #[cfg(feature = "helm")]
    made: HashMap<(SourceId, TypeId), Arc<dyn Any + Send + Sync>>,
    outside: BTreeSet<PathBuf>,
    directories: BTreeSet<String>,
    missing: BTreeSet<String>,
    /// Each pattern's fixed directory, with the directories that hold what it found.
    found_in: BTreeMap<String, BTreeSet<String>>,
    unmatched: BTreeSet<String>,
    /// Directories without symbolic links: every file in one asks for it.
    real_directories: HashMap<String, PathBuf>,
    total_bytes: u64,
    entries_seen: usize,
}

impl Inputs {
    /// The files below a root.
    ///
    /// # Errors
    ///
    /// If the root is not there or is no directory.
    pub fn new(root: &Path) -> Result<Self, InputError> {
        let shown = root.display().to_string();
        let root = fs::canonicalize(root).map_err(|error| InputError {
            path: shown.clone(),
            kind: kind_of(&error),
        })?;
        if !root.is_dir() {
            return Err(InputError {
                path: shown,
                kind: InputErrorKind::NotAFile,
            });
        }
        Ok(Self {
            root,
            sources: Sources::new(),
            by_path: HashMap::new(),
            buffer: Vec::new(),
            documents: HashMap::new(),
            #[cfg(feature = "helm")]
            made: HashMap::new(),
            outside: BTreeSet::new(),
            directories: BTreeSet::new(),
            missing: BTreeSet::new(),
            found_in: BTreeMap::new(),
            unmatched: BTreeSet::new(),
            real_directories: HashMap::new(),
            total_bytes: 0,
            entries_seen: 0,
        })
    }

    /// The root, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The texts read so far.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The texts read so far, to note tokens in.
    pub fn sources_mut(&mut self) -> &mut Sources {
        &mut self.sources
    }

    /// Every file read, relative to the root, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let mut files: Vec<&str> = self.by_path.keys().map(|path| &**path).collect();
        files.sort_unstable();
        files.into_iter()
    }

    /// Whether a file was read, by its path relative to the root.
    pub(crate) fn has_read(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Every file read that the user named and that lies outside the root, absolute, sorted.
    pub fn files_outside(&self) -> impl Iterator<Item = &Path> {
        self.outside.iter().map(PathBuf::as_path)
    }

    /// Every directory whose entries decided what was read, relative to the root, sorted; `""` is the root.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.iter().map(String::as_str)
    }

    /// Every path that was looked for and was not there, relative to the root, sorted.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.missing.iter().map(String::as_str)
    }

    /// Every pattern that named no file, relative to the root, sorted.
    pub fn unmatched(&self) -> impl Iterator<Item = &str> {
        self.unmatched.iter().map(String::as_str)
    }

    /// Reads a file once; a second call gives the same source.
    ///
    /// # Errors
    ///
    /// See [`InputErrorKind`]. What is no text is read, and has a [`crate::source::Source::defect`].
    pub fn read(&mut self, path: &str) -> Result<SourceId, InputError> {
        let Some(path) = normalize(path) else {
            return Err(InputError {
                path: path.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            });
        };
        if let Some(id) = self.by_path.get(&*path) {
            return Ok(*id);
        }
        let fail = |kind| InputError {
            path: path.clone(),
            kind,
        };
        let (file, metadata) = self.resolve(&path).inspect_err(|error| {
            if error.kind == InputErrorKind::Missing {
                self.missing.insert(path.clone());
            }
        })?;
        // A device or a pipe could block for ever.
        if !metadata.is_file() {
            return Err(fail(InputErrorKind::NotAFile));
        }
        let allowed = MAX_FILE_BYTES.min(MAX_TOTAL_BYTES - self.total_bytes);
        let is_whole = read_bounded(&file, metadata.len(), allowed, &mut self.buffer)
            .map_err(|error| fail(kind_of(&error)))?;
        if !is_whole {
            return Err(fail(InputErrorKind::TooLarge));
        }
        self.total_bytes += self.buffer.len() as u64;
        let path: Arc<str> = Arc::from(path);
        let id = self.sources.add_bytes(path.clone(), &self.buffer);
        self.by_path.insert(path, id);
        Ok(id)
    }

    /// Reads a file if it is there; a link that leads nowhere is an error. That it may appear is not watched.
    ///
    /// # Errors
    ///
    /// See [`InputErrorKind`].
    pub(crate) fn read_if_there(&mut self, path: &str) -> Result<Option<SourceId>, InputError> {
        match self.resolve(path) {
            Err(error)
                if error.kind == InputErrorKind::Missing
                    && fs::read_link(self.root.join(path)).is_err() =>
            {
                Ok(None)
            }
            _ => self.read(path).map(Some),
        }
    }

    /// The documents of a file that was read, parsed once.
    pub(crate) fn documents(&mut self, id: SourceId, syntax: Syntax) -> Arc<Documents> {
        if let Some(documents) = self.documents.get(&(id, syntax)) {
            return documents.clone();
        }
        let fragment = Fragment::of_source(&self.sources, id);
        let documents = Arc::new(read(&mut self.sources, &fragment, syntax));
        self.documents.insert((id, syntax), documents.clone());
        documents
    }

    /// What [`Self::keep`] was given of this type for a file.
    #[cfg(feature = "helm")]
    pub(crate) fn kept<T: Any + Send + Sync>(&self, id: SourceId) -> Option<Arc<T>> {
        let made = self.made.get(&(id, TypeId::of::<T>()))?;
        made.clone().downcast().ok()
    }

    /// Keeps what was made of a file that was read for whoever reads it again, as documents are kept.
    #[cfg(feature = "helm")]
    pub(crate) fn keep<T: Any + Send + Sync>(&mut self, id: SourceId, made: T) -> Arc<T> {
        let made = Arc::new(made);
        self.made.insert((id, TypeId::of::<T>()), made.clone());
        made
    }

    /// Reads a file that the user names, wherever it is. Its path is shown relative to the root if it is
    /// inside, as it was named otherwise.
    ///
    /// # Errors
    ///
    /// See [`InputErrorKind`].
    pub fn read_named(&mut self, path: &Path) -> Result<SourceId, InputError> {
        let shown = path.display().to_string();
        let fail = |kind| InputError {
            path: shown.clone(),
            kind,
        };
        let real = fs::canonicalize(path).map_err(|error| fail(kind_of(&error)))?;
        if let Some(inside) = real.strip_prefix(&self.root).ok().and_then(Path::to_str) {
            return self.read(inside);
        }
        let metadata = fs::metadata(&real).map_err(|error| fail(kind_of(&error)))?;
        if !metadata.is_file() {
            return Err(fail(InputErrorKind::NotAFile));
        }
        let is_whole = read_bounded(&real, metadata.len(), MAX_FILE_BYTES, &mut self.buffer)
            .map_err(|error| fail(kind_of(&error)))?;
        if !is_whole {
            return Err(fail(InputErrorKind::TooLarge));
        }
        self.outside.insert(real);
        let id = self.sources.add_bytes(shown, &self.buffer);
        self.sources.note_named(id);
        Ok(id)
    }

    /// Whether there is something at a path inside the root.
    pub fn exists(&mut self, path: &str) -> bool {
        let Some(path) = normalize(path) else {
            return false;
        };
        let found = self.resolve(&path).is_ok();
        if !found {
            self.missing.insert(path);
        }
        found
    }

    /// Whether there is nothing at a path inside the root, not even a link that leads out of it.
    pub fn is_missing(&mut self, path: &str) -> bool {
        let Some(path) = normalize(path) else {
            return false;
        };
        let found = self.resolve(&path);
        let is_missing = found.is_err_and(|error| error.kind == InputErrorKind::Missing)
            && !self.is_link_outside(&path);
        if is_missing {
            self.missing.insert(path);
        }
        is_missing
    }

    /// Whether a path is a link out of the root, whatever is behind it.
    fn is_link_outside(&self, path: &str) -> bool {
        let Ok(target) = fs::read_link(self.root.join(path)) else {
            return false;
        };
        target.is_absolute() || normalize(&beside(path, &target.to_string_lossy())).is_none()
    }

    /// Whether there is a directory at a path inside the root.
    pub fn is_directory(&mut self, path: &str) -> bool {
        let Some(path) = normalize(path) else {
            return false;
        };
        if let Ok((_, metadata)) = self.resolve(&path) {
            return metadata.is_dir();
        }
        self.missing.insert(path);
        false
    }

    /// The files that a pattern names, sorted. `*` and `?` stand for characters of one path part, `**` for
    /// any number of parts. A pattern without them names itself, whether or not it exists.
    ///
    /// # Errors
    ///
    /// If the pattern leads out of the root, or looks at too many entries.
    pub fn glob(&mut self, pattern: &str) -> Result<Vec<String>, InputError> {
        let Some(pattern) = normalize(pattern) else {
            return Err(InputError {
                path: pattern.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            });
        };
        if !is_pattern(&pattern) {
            return Ok(vec![pattern]);
        }
        let parts: Vec<&str> = pattern.split('/').collect();
        let fixed = parts.iter().take_while(|part| !is_pattern(part)).count();
        let base = parts[..fixed].join("/");
        self.directories.insert(base.clone());
        let mut walk = Walk {
            pattern: &pattern,
            done: BTreeSet::new(),
            found: BTreeSet::new(),
        };
        self.walk(&base, &parts[fixed..], 0, &mut walk)?;
        let found = walk.found;
        if found.is_empty() {
            self.unmatched.insert(pattern.clone());
        }
        let holders = found.iter().map(|path| parent(path).to_owned());
        self.found_in.entry(base).or_default().extend(holders);
        Ok(found.into_iter().collect())
    }

    fn walk(
        &mut self,
        directory: &str,
        parts: &[&str],
        depth: usize,
        walk: &mut Walk<'_>,
    ) -> Result<(), InputError> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(());
        };
        if !walk.done.insert((directory.to_owned(), parts.len())) {
            return Ok(());
        }
        if *part == "**" {
            self.walk(directory, rest, depth, walk)?;
        }
        let entries = match self.entries(directory, walk.pattern) {
            Ok(entries) => entries,
            Err(error) if error.kind == InputErrorKind::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        for (name, is_directory) in entries {
            let path = if directory.is_empty() {
                name.clone()
            } else {
                format!("{directory}/{name}")
            };
            if *part == "**" {
                // Symbolic links are not followed here, so the depth is that of the tree.
                if !is_directory {
                    continue;
                }
                if depth == crate::source::MAX_DEPTH {
                    return Err(InputError {
                        path: walk.pattern.to_owned(),
                        kind: InputErrorKind::TooDeep,
                    });
                }
                self.walk(&path, parts, depth + 1, walk)?;
            } else if matches(part, &name) {
                if rest.is_empty() {
                    if !self.root.join(&path).is_dir() {
                        walk.found.insert(path);
                    }
                } else if self
                    .resolve(&path)
                    .is_ok_and(|(_, metadata)| metadata.is_dir())
                {
                    self.walk(&path, rest, depth, walk)?;
                }
            }
        }
        Ok(())
    }

    /// The names in a directory, sorted, and which of them are directories themselves (not links to some).
    /// Empty if there is no such directory.
    ///
    /// # Errors
    ///
    /// If the run has looked at too many entries.
    pub fn list(&mut self, directory: &str) -> Result<Vec<(String, bool)>, InputError> {
        let Some(directory) = normalize(directory) else {
            return Err(InputError {
                path: directory.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            });
        };
        if !self.exists(&directory) {
            return Ok(Vec::new());
        }
        self.directories.insert(directory.clone());
        self.entries(&directory, &directory)
    }

    fn entries(&mut self, directory: &str, asked: &str) -> Result<Vec<(String, bool)>, InputError> {
        let fail = |kind| InputError {
            path: asked.to_owned(),
            kind,
        };
        let (path, _) = self.resolve(directory)?;
        #[expect(clippy::disallowed_methods, reason = "this is the module that reads")]
        let entries = fs::read_dir(path).map_err(|error| fail(kind_of(&error)))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| fail(kind_of(&error)))?;
            self.entries_seen += 1;
            if self.entries_seen > MAX_DIRECTORY_ENTRIES {
                return Err(fail(InputErrorKind::TooManyEntries));
            }
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            names.push((
                entry.file_name().to_string_lossy().into_owned(),
                is_directory,
            ));
        }
        names.sort();
        Ok(names)
    }

    /// The real place of a normalised path, and what is there, if it exists and lies inside the root.
    fn resolve(&mut self, path: &str) -> Result<(PathBuf, Metadata), InputError> {
        let (real, metadata) = self.real_place(path).map_err(|error| InputError {
            path: path.to_owned(),
            kind: kind_of(&error),
        })?;
        if real.starts_with(&self.root) {
            Ok((real, metadata))
        } else {
            Err(InputError {
                path: path.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            })
        }
    }

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
}

/// What a pattern has led to.
struct Walk<'p> {
    pattern: &'p str,
    /// The directories looked at, with how many parts of the pattern were left there: several `**` lead to
    /// the same place in many ways.
    done: BTreeSet<(String, usize)>,
    found: BTreeSet<String>,
}

/// Reads a file into a buffer; gives whether it is no larger than allowed.
fn read_bounded(
    path: &Path,
    size: u64,
    allowed: u64,
    buffer: &mut Vec<u8>,
) -> std::io::Result<bool> {
    #[expect(clippy::disallowed_methods, reason = "this is the module that reads")]
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
