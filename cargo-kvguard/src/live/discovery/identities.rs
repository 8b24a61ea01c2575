//! The directory that holds what services log in with while a command runs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

/// What the names of such directories begin with.
const PREFIX: &str = "kvguard-identities-";

/// How often a directory is made anew that another run took for a leftover.
const ATTEMPTS: usize = 8;

/// A directory that only its owner may look into, which goes away with this. Where the command is killed, it stays for the next one to
/// remove: it is locked for as long as its command runs, and one that is not locked belongs to nobody any more.
#[derive(Debug)]
pub struct Identities {
    // The lock is given up after the directory is gone.
    directory: TempDir,
    _lock: lock::Lock,
}

impl Identities {
    /// Makes one, and removes those that were left over.
    ///
    /// # Errors
    ///
    /// The system's, where it cannot be made.
    pub fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let mut builder = Builder::new();
            builder.prefix(PREFIX);
            for_owner_only(&mut builder);
            let directory = builder.tempdir_in(parent)?;
            if let Some(lock) = lock::take(directory.path()) {
                remove_leftovers(parent, directory.path());
                return Ok(Self {
                    directory,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other(
            "other programs remove the directories that are made there",
        ))
    }

    /// A directory in it, for one workload.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn of(&self, position: usize, workload: &str) -> io::Result<PathBuf> {
        let is_plain = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
        let name: String = workload.chars().filter(is_plain).take(64).collect();
        let path = self.directory.path().join(format!("{position}-{name}"));
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

/// Writes a new file that only its owner may read.
///
/// # Errors
///
/// The system's; a file of this name is there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(bytes)
}

/// Removes the directories of commands that were killed. That one is there hinders nobody, so neither does that it stays.
fn remove_leftovers(parent: &Path, own: &Path) {
    #[expect(
        clippy::disallowed_methods,
        reason = "this looks for directories of the command's own, which the check does not read"
    )]
    let entries = fs::read_dir(parent);
    for entry in entries.into_iter().flatten().flatten() {
        let path = entry.path();
        let is_leftover = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && path != own
            && have_same_owner(&path, own);
        if !is_leftover {
            continue;
        }
        if let Some(_lock) = lock::take(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(unix)]
fn for_owner_only(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn for_owner_only(_builder: &mut Builder<'_, '_>) {}

/// Whether both are directories, and no links to any, of one user.
#[cfg(unix)]
fn have_same_owner(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| {
        let metadata = fs::symlink_metadata(path).ok()?;
        metadata.is_dir().then(|| metadata.uid())
    };
    owner(one).is_some_and(|uid| owner(other) == Some(uid))
}

#[cfg(not(unix))]
fn have_same_owner(_one: &Path, _other: &Path) -> bool {
    false
}

/// Locks on directories, which end with their process in whatever way that ends.
#[cfg(unix)]
mod lock {
    use std::fs::{self, File};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use nix::fcntl::{Flock, FlockArg};

    pub(super) type Lock = Flock<File>;

    /// Locks a directory, unless another process has locked it or it is gone.
    pub(super) fn take(path: &Path) -> Option<Lock> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this locks a directory of the command's own, which the check does not read"
        )]
        let directory = File::open(path).ok()?;
        let lock = Flock::lock(directory, FlockArg::LockExclusiveNonblock).ok()?;
        // Another process may have removed it in between.
        let (held, found) = (lock.metadata().ok()?, fs::symlink_metadata(path).ok()?);
        (held.ino() == found.ino() && held.dev() == found.dev()).then_some(lock)
    }
}

/// Where directories cannot be locked, none is taken for a leftover.
#[cfg(not(unix))]
mod lock {
    use std::path::Path;

    #[derive(Debug)]
    pub(super) struct Lock;

    pub(super) fn take(_path: &Path) -> Option<Lock> {
        Some(Lock)
    }
}

#[cfg(test)]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a test looks at its own files")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{Identities, PREFIX, write};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_owner_may_read_what_is_in_it_and_it_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let identities = Identities::new_in(parent.path()).unwrap();
        let own = identities.of(3, "../a b").unwrap();
        assert_eq!(own.file_name().unwrap(), "3-ab");
        let file = own.join("key.pem");
        write(&file, b"canary").unwrap();
        assert_eq!(mode(identities.directory.path()), 0o700);
        assert_eq!(mode(&file), 0o600);
        assert!(write(&file, b"other").is_err(), "it is written once");
        drop(identities);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_command_left_is_removed_and_what_another_one_uses_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join("0-a")).unwrap();
        fs::write(left.join("0-a/key.pem"), "canary").unwrap();
        let of_others = parent.path().join("others");
        fs::create_dir(&of_others).unwrap();
        std::os::unix::fs::symlink(&of_others, parent.path().join(format!("{PREFIX}link")))
            .unwrap();

        let first = Identities::new_in(parent.path()).unwrap();
        assert!(!left.exists());
        let second = Identities::new_in(parent.path()).unwrap();
        assert!(first.directory.path().exists());
        assert!(second.directory.path().exists());
        assert!(of_others.exists());
    }
}
