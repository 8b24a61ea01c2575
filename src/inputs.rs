//! The only module that reads files and the environment. It records each for rebuild tracking.
//!
//! The files lie in a [`Tree`]; usually that is a directory of the disk. Every path is relative to the root, with `/` between its parts. Nothing outside the root is read,
//! neither through `..` nor through symbolic links.

mod disk;
mod error;
mod glob;
mod path;
#[cfg(test)]
mod tests;
mod tree;

#[cfg(feature = "helm")]
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::Disk;

use crate::source::{
    Documents, Fragment, MAX_FILE_BYTES, MAX_TOTAL_BYTES, Source, SourceId, Sources, Syntax, read,
};

pub use disk::{Content, Watch, holds};
pub use error::{InputError, InputErrorKind};
pub(crate) use path::parent;
pub use path::{beside, is_pattern, join, matches, normalize};
pub use tree::{Entry, Found, Kind, Tree};

/// The most directory entries that the patterns of one run may look at.
pub const MAX_DIRECTORY_ENTRIES: usize = 200_000;

/// The files of one run.
#[derive(Debug)]
pub struct Inputs {
    tree: Box<dyn Tree>,
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
    total_bytes: u64,
    entries_seen: usize,
}

impl Inputs {
    /// The files below a directory.
    ///
    /// # Errors
    ///
    /// If the directory is not there or is none.
    pub fn new(root: &Path) -> Result<Self, InputError> {
        Ok(Self::of(Disk::new(root)?))
    }

    /// The files below a directory, of which some are taken to hold other texts than they do. They are named by their
    /// real places, as [`Self::real_place`] gives them.
    ///
    /// # Errors
    ///
    /// If the directory is not there or is none.
    pub fn with_texts(root: &Path, texts: HashMap<PathBuf, String>) -> Result<Self, InputError> {
        Ok(Self::of(Disk::new(root)?.with_texts(texts)))
    }

    /// The files of a tree.
    pub fn of(tree: impl Tree + 'static) -> Self {
        Self {
            tree: Box::new(tree),
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
            total_bytes: 0,
            entries_seen: 0,
        }
    }

    /// The root, absolute and without symbolic links.
    pub fn root(&self) -> &Path {
        self.tree.root()
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

    /// The place on the disk, without symbolic links, of a file that was read from inside the root.
    pub fn real_place(&self, id: SourceId) -> Option<PathBuf> {
        let path = self.sources.get(id).path();
        let is_inside = self.by_path.get(path) == Some(&id);
        is_inside.then(|| self.tree.real_place(path))?
    }

    /// Whether a file was read, by its path relative to the root.
    pub(crate) fn has_read(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// A file that was read.
    pub fn source(&self, path: &str) -> Option<&Source> {
        let id = self.by_path.get(path)?;
        Some(self.sources.get(*id))
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
        let allowed = MAX_FILE_BYTES.min(MAX_TOTAL_BYTES - self.total_bytes);
        if let Err(kind) = self.tree.read(&path, allowed, &mut self.buffer) {
            if kind == InputErrorKind::Missing {
                self.missing.insert(path.clone());
            }
            return Err(InputError { path, kind });
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
            Err(InputErrorKind::Missing) if self.tree.link(path).is_none() => Ok(None),
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
        if let Some(inside) = self.tree.inside(path).map_err(fail)? {
            return self.read(&inside);
        }
        let real = disk::read_outside(path, MAX_FILE_BYTES, &mut self.buffer).map_err(fail)?;
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
        let is_missing =
            self.resolve(&path) == Err(InputErrorKind::Missing) && !self.is_link_outside(&path);
        if is_missing {
            self.missing.insert(path);
        }
        is_missing
    }

    /// Whether a path is a link out of the root, whatever is behind it.
    fn is_link_outside(&mut self, path: &str) -> bool {
        let Some(target) = self.tree.link(path) else {
            return false;
        };
        target.starts_with('/') || normalize(&beside(path, &target)).is_none()
    }

    /// Whether there is a directory at a path inside the root.
    pub fn is_directory(&mut self, path: &str) -> bool {
        let Some(path) = normalize(path) else {
            return false;
        };
        if let Ok(kind) = self.resolve(&path) {
            return kind == Kind::Directory;
        }
        self.missing.insert(path);
        false
    }

    /// What is at a normalised path, if it lies inside the root.
    fn resolve(&mut self, path: &str) -> Result<Kind, InputErrorKind> {
        let found = self.tree.find(path)?;
        if found.is_inside {
            Ok(found.kind)
        } else {
            Err(InputErrorKind::OutsideRoot)
        }
    }
}
