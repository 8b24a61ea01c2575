//! The repository that the fleet's root lies in.

use std::fmt;
use std::path::{Path, PathBuf};

use gix::discover::upwards;
use gix::objs::{CommitRefIter, Kind};
use gix::sec::{Trust, trust};
use gix::{ObjectId, ThreadSafeRepository};
use kvguard::source::MAX_FILE_BYTES;

use super::{CommitTree, Error, Unreadable, history, objects};

/// Commits that other objects stand in for are read as they are, and no object takes more memory than this.
const SETTINGS: &[&str] = &[
    "core.useReplaceRefs=false",
    "gitoxide.objects.allocLimit=256m",
];

/// The repository that the fleet's root lies in.
pub struct Repository {
    inner: gix::Repository,
    /// The fleet's root, absolute and without symbolic links.
    root: PathBuf,
    /// The root's place in the repository, with `/` between its parts.
    place: String,
}

/// A commit, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    id: ObjectId,
    name: String,
}

impl Commit {
    /// The whole id, in hexadecimal digits.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// What it is called: `HEAD`, the name that was given, or what it is to both.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.id.to_hex_with_len(10), self.name)
    }
}

impl Repository {
    /// Finds the repository from the root upwards.
    pub fn around(root: &Path) -> Result<Self, Error> {
        let root = std::fs::canonicalize(root).map_err(|_| Error::NoRoot(root.into()))?;
        let inner = open(&root)?;
        let storage = inner.config_snapshot().string("extensions.refStorage");
        if let Some(storage) = storage.filter(|storage| *storage != "files") {
            let storage = storage.to_string();
            return Err(Error::ReferenceStorage { root, storage });
        }
        let Some(work_tree) = inner.workdir() else {
            return Err(Error::Bare(inner.git_dir().to_path_buf()));
        };
        let real = std::fs::canonicalize(work_tree).unwrap_or_else(|_| work_tree.to_path_buf());
        let place = root.strip_prefix(&real).ok().and_then(Path::to_str);
        let Some(place) = place.map(str::to_owned) else {
            let work_tree = real;
            return Err(Error::NotInWorkTree { root, work_tree });
        };
        Ok(Self { inner, root, place })
    }

    /// The commit that is checked out.
    pub fn head(&self) -> Result<Commit, Error> {
        let id = history::head(&self.inner)?;
        let name = "HEAD".to_owned();
        Ok(Commit { id, name })
    }

    /// Where a commit that the user names and HEAD parted: the best commit that both have in their history.
    pub fn base(&self, name: &str, head: &Commit) -> Result<Commit, Error> {
        let named = history::commit(&self.inner, name)?;
        let id = history::parting(&self.inner, name, named, head.id)?;
        let name = if id == named {
            name.to_owned()
        } else {
            format!("merge base of {name} and {}", head.name)
        };
        Ok(Commit { id, name })
    }

    /// The files of a commit below the root, and what of them turns out to be unreadable.
    pub fn tree(&self, commit: &Commit) -> Result<(CommitTree, Unreadable), Error> {
        let fail = |reason| Error::Unreadable {
            name: commit.to_string(),
            reason,
        };
        let content = objects::read(&self.inner, commit.id, Kind::Commit, MAX_FILE_BYTES);
        let content =
            content.map_err(|unread| fail(objects::reason(&self.inner, commit.id, unread)))?;
        let tree = CommitRefIter::from_bytes(&content, commit.id.kind()).tree_id();
        let tree = tree.map_err(|_| {
            let damaged = objects::Unread::Damaged;
            fail(objects::reason(&self.inner, commit.id, damaged))
        })?;
        Ok(CommitTree::new(
            self.inner.clone(),
            tree,
            self.root.clone(),
            &self.place,
        ))
    }
}

/// Opens the repository without any settings but its own. Whoever owns it: nothing of it is run.
fn open(root: &Path) -> Result<gix::Repository, Error> {
    let search = upwards::Options {
        trust: upwards::TrustPolicy::Assume(Trust::Full),
        cross_fs: true,
        ..upwards::Options::default()
    };
    let options = gix::open::Options::isolated().config_overrides(SETTINGS.iter().copied());
    let by_trust = trust::Mapping {
        full: options.clone(),
        reduced: options,
    };
    let found = ThreadSafeRepository::discover_opts(root, search, by_trust);
    let mut repository = found
        .map_err(|error| not_opened(root, &error))?
        .to_thread_local();
    // The history is read commit by commit, some of them twice.
    repository.object_cache_size_if_unset(4 << 20);
    Ok(repository)
}

fn not_opened(root: &Path, error: &gix::Error) -> Error {
    let root = root.to_path_buf();
    let is_none = error.iter_errors().any(|error| {
        let error = error.downcast_ref::<upwards::Error>();
        error.is_some_and(|error| {
            matches!(
                error,
                upwards::Error::NoGitRepository { .. }
                    | upwards::Error::NoGitRepositoryWithinCeiling { .. }
                    | upwards::Error::NoGitRepositoryWithinFs { .. }
            )
        })
    });
    if is_none {
        Error::NoRepository(root)
    } else {
        let reason = error.to_string();
        Error::NotOpened { root, reason }
    }
}
