//! The files of a commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::objs::{Kind as ObjectKind, TreeRefIter};
use kvguard::inputs::{Entry, Found, InputError, InputErrorKind, Kind, Tree};
use kvguard::source::{MAX_FILE_BYTES, MAX_TOTAL_BYTES};

use super::objects::{self, Unread};

/// How many symbolic links one path may lead through; as Linux has it.
const MAX_LINKS: usize = 40;

/// The longest target of a symbolic link, in bytes; as Linux has it.
const MAX_LINK_BYTES: u64 = 4_096;

/// How a file of Git LFS begins, which stands in the commit for the real one.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The files of a commit below the fleet's root.
pub struct CommitTree {
    repository: gix::Repository,
    /// The directory at the repository's top.
    top: Item,
    /// The fleet's root on the disk.
    root: PathBuf,
    /// The root's parts as seen from the repository's top.
    place: Vec<String>,
    /// The root's parts in this commit, symbolic links followed; `None` if it does not exist.
    real_place: Option<Vec<String>>,
    directories: HashMap<ObjectId, Arc<Directory>>,
    /// How many bytes the directories take in the repository.
    directory_bytes: u64,
    unreadable: Unreadable,
}

/// What could not be read although it is there, or although that could not be told: a check without it is none. Some questions are
/// answered by "no" then, so it is kept here, too.
#[derive(Debug, Clone, Default)]
pub struct Unreadable(Arc<Mutex<BTreeSet<String>>>);

impl Unreadable {
    /// What could not be read and why, sorted.
    pub fn told(&self) -> Vec<String> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().cloned().collect()
    }

    fn note(&self, error: &InputError) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(error.to_string());
    }
}

type Directory = BTreeMap<String, Item>;

#[derive(Debug, Clone, Copy)]
struct Item {
    kind: EntryKind,
    id: ObjectId,
}

/// Something in the commit, with its real place as seen from the repository's top.
struct Place {
    parts: Vec<String>,
    item: Item,
}

impl fmt::Debug for CommitTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("CommitTree");
        debug.field("top", &self.top.id);
        debug.field("root", &self.root);
        debug.finish_non_exhaustive()
    }
}

impl CommitTree {
    pub(super) fn new(
        repository: gix::Repository,
        top: ObjectId,
        root: PathBuf,
        place: &str,
    ) -> (Self, Unreadable) {
        let unreadable = Unreadable::default();
        let mut tree = Self {
            repository,
            top: Item {
                kind: EntryKind::Tree,
                id: top,
            },
            root,
            place: place.split('/').map(str::to_owned).collect(),
            real_place: None,
            directories: HashMap::new(),
            directory_bytes: 0,
            unreadable: unreadable.clone(),
        };
        let real_place = tree.locate("", true);
        tree.real_place = tree.noted("", real_place).ok().map(|place| place.parts);
        (tree, unreadable)
    }

    /// Follows a path from the repository's top through the root. A link at its end is followed only if asked for.
    fn locate(&mut self, path: &str, follows_last: bool) -> Result<Place, InputErrorKind> {
        let mut left: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        left.extend(self.place.iter().rev().cloned());
        let mut parts: Vec<String> = Vec::new();
        // The directories passed through; the last one is where the path has come to.
        let mut passed = vec![self.top];
        let mut links = 0;
        while let Some(part) = left.pop() {
            let at = passed.last().copied().unwrap_or(self.top);
            let directory = self.directory(at, &parts)?;
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    parts.pop().ok_or(InputErrorKind::OutsideRoot)?;
                    passed.pop();
                    continue;
                }
                _ => {}
            }
            let item = *directory.get(&part).ok_or(InputErrorKind::Missing)?;
            if item.kind != EntryKind::Link || (left.is_empty() && !follows_last) {
                parts.push(part);
                passed.push(item);
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(InputErrorKind::Unreadable(
                    "too many symbolic links lead to each other".to_owned(),
                ));
            }
            let target = self.target(item)?;
            if target.starts_with('/') {
                return Err(InputErrorKind::OutsideRoot);
            }
            if target.is_empty() {
                return Err(InputErrorKind::Missing);
            }
            left.extend(target.rsplit('/').map(str::to_owned));
        }
        let item = passed.last().copied().unwrap_or(self.top);
        Ok(Place { parts, item })
    }

    /// What is in a directory. `parts` is its place.
    fn directory(
        &mut self,
        item: Item,
        parts: &[String],
    ) -> Result<Arc<Directory>, InputErrorKind> {
        match item.kind {
            EntryKind::Tree => {}
            EntryKind::Commit => {
                return Err(InputErrorKind::Unreadable(format!(
                    "it is in the submodule `{}`, whose files are not among the objects of this repository; --against cannot check a fleet that needs them",
                    parts.join("/")
                )));
            }
            EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {
                return Err(InputErrorKind::Missing);
            }
        }
        if let Some(known) = self.directories.get(&item.id) {
            return Ok(known.clone());
        }
        let room = MAX_FILE_BYTES.min(MAX_TOTAL_BYTES - self.directory_bytes);
        let content = self
            .object(item.id, ObjectKind::Tree, room)
            .map_err(|kind| {
                if kind == InputErrorKind::TooLarge {
                    let reason = objects::reason(&self.repository, item.id, Unread::TooLarge);
                    InputErrorKind::Unreadable(reason)
                } else {
                    kind
                }
            })?;
        self.directory_bytes += content.len() as u64;
        let entries = entries(&content, item.id.kind()).ok_or_else(|| {
            let reason = objects::reason(&self.repository, item.id, Unread::Damaged);
            InputErrorKind::Unreadable(reason)
        })?;
        let entries = Arc::new(entries);
        self.directories.insert(item.id, entries.clone());
        Ok(entries)
    }

    /// Where a symbolic link leads, as it is written.
    fn target(&self, link: Item) -> Result<String, InputErrorKind> {
        let target = self.object(link.id, ObjectKind::Blob, MAX_LINK_BYTES)?;
        Ok(String::from_utf8_lossy(&target).into_owned())
    }

    fn object(
        &self,
        id: ObjectId,
        kind: ObjectKind,
        allowed: u64,
    ) -> Result<Vec<u8>, InputErrorKind> {
        objects::read(&self.repository, id, kind, allowed).map_err(|unread| match unread {
            Unread::TooLarge => InputErrorKind::TooLarge,
            Unread::Missing | Unread::Damaged => {
                InputErrorKind::Unreadable(objects::reason(&self.repository, id, unread))
            }
        })
    }

    fn is_inside(&self, place: &Place) -> bool {
        let root = self.real_place.as_ref();
        root.is_some_and(|root| place.parts.starts_with(root))
    }

    fn locate_inside(&mut self, path: &str) -> Result<Place, InputErrorKind> {
        let place = self.locate(path, true)?;
        if self.is_inside(&place) {
            Ok(place)
        } else {
            Err(InputErrorKind::OutsideRoot)
        }
    }

    fn content(
        &mut self,
        path: &str,
        allowed: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), InputErrorKind> {
        let place = self.locate_inside(path)?;
        if kind_of(place.item) != Kind::File {
            return Err(InputErrorKind::NotAFile);
        }
        *buffer = self.object(place.item.id, ObjectKind::Blob, allowed)?;
        if buffer.starts_with(LFS_POINTER) {
            return Err(InputErrorKind::Unreadable(
                "Git LFS keeps its content outside of the repository's objects; --against cannot check a fleet that needs it".to_owned(),
            ));
        }
        Ok(())
    }

    fn names(&mut self, path: &str, allowed: usize) -> Result<Vec<Entry>, InputErrorKind> {
        let place = self.locate_inside(path)?;
        let directory = self.directory(place.item, &place.parts)?;
        if directory.len() > allowed {
            return Err(InputErrorKind::TooManyEntries);
        }
        let entries = directory.iter().map(|(name, item)| Entry {
            name: name.clone(),
            is_directory: kind_of(*item) == Kind::Directory,
        });
        Ok(entries.collect())
    }

    /// Keeps what could not be read.
    fn noted<T>(&self, path: &str, result: Result<T, InputErrorKind>) -> Result<T, InputErrorKind> {
        if let Err(kind @ InputErrorKind::Unreadable(_)) = &result {
            let path = if path.is_empty() { "." } else { path };
            self.unreadable.note(&InputError {
                path: path.to_owned(),
                kind: kind.clone(),
            });
        }
        result
    }
}

impl Tree for CommitTree {
    fn root(&self) -> &Path {
        &self.root
    }

    fn find(&mut self, path: &str) -> Result<Found, InputErrorKind> {
        let place = self.locate(path, true);
        let place = self.noted(path, place)?;
        Ok(Found {
            kind: kind_of(place.item),
            is_inside: self.is_inside(&place),
        })
    }

    fn read(
        &mut self,
        path: &str,
        allowed: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), InputErrorKind> {
        let read = self.content(path, allowed, buffer);
        self.noted(path, read)
    }

    fn list(&mut self, path: &str, allowed: usize) -> Result<Vec<Entry>, InputErrorKind> {
        let names = self.names(path, allowed);
        self.noted(path, names)
    }

    fn link(&mut self, path: &str) -> Option<String> {
        let place = self.locate(path, false).ok()?;
        if place.item.kind != EntryKind::Link {
            return None;
        }
        let target = self.target(place.item);
        self.noted(path, target).ok()
    }

    fn inside(&self, named: &Path) -> Result<Option<String>, InputErrorKind> {
        // The file need not be in the work tree, but its directory must.
        let directory = named.parent().filter(|above| !above.as_os_str().is_empty());
        let directory = std::fs::canonicalize(directory.unwrap_or(Path::new(".")))
            .map_err(|_| InputErrorKind::Missing)?;
        let place = named.file_name().map(|name| directory.join(name));
        let inside = place
            .as_deref()
            .and_then(|place| place.strip_prefix(&self.root).ok());
        Ok(inside.and_then(Path::to_str).map(str::to_owned))
    }
}

fn kind_of(item: Item) -> Kind {
    match item.kind {
        EntryKind::Tree | EntryKind::Commit => Kind::Directory,
        EntryKind::Blob | EntryKind::BlobExecutable => Kind::File,
        EntryKind::Link => Kind::Other,
    }
}

/// The entries of a directory; `None` if it is none that git makes.
fn entries(content: &[u8], hash: gix::hash::Kind) -> Option<Directory> {
    let mut entries = Directory::new();
    for entry in TreeRefIter::from_bytes(content, hash) {
        let entry = entry.ok()?;
        let name = String::from_utf8_lossy(entry.filename).into_owned();
        if matches!(name.as_str(), "" | "." | "..") || name.contains('/') {
            return None;
        }
        let item = Item {
            kind: entry.mode.kind(),
            id: entry.oid.to_owned(),
        };
        if entries.insert(name, item).is_some() {
            return None;
        }
    }
    Some(entries)
}
