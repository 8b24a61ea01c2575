//! The artifact directory: a directory for each run, of which the earlier ones are never touched but to be removed whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use crate::live::failure::Failure;
use crate::snapshot::digest::{Hasher, SECRET_BYTES};
use crate::snapshot::{self, Snapshot};
use crate::{files, fleet};

/// What the names of directories begin with that are being written, or being removed.
const UNFINISHED: &str = ".kvguard-run-";

/// The file with the secret that hashes are made with.
const SECRET: &str = ".hash-secret";

/// The file that is locked while a run is under way.
const LOCK: &str = ".lock";

/// The artifact directory, locked.
pub struct Artifacts {
    path: PathBuf,
    #[cfg(unix)]
    _lock: nix::fcntl::Flock<fs::File>,
}

/// The directory of the run that is under way. It is removed if it is not finished.
pub struct Run<'a> {
    directory: TempDir,
    artifacts: &'a Path,
    name: String,
}

impl Artifacts {
    /// Makes the directory if it is not there, and locks it.
    ///
    /// # Errors
    ///
    /// It cannot be written to, or another run is under way.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let fail = |error| not_written(path, error);
        private(&mut fs::DirBuilder::new())
            .recursive(true)
            .create(path)
            .map_err(fail)?;
        #[cfg(unix)]
        let lock = lock(&path.join(LOCK))?;
        let artifacts = Self {
            path: path.to_owned(),
            #[cfg(unix)]
            _lock: lock,
        };
        artifacts.remove_unfinished()?;
        Ok(artifacts)
    }

    /// Makes hashes with the directory's secret, which is made where there is none.
    pub fn hasher(&self) -> Result<Hasher, Failure> {
        let path = self.path.join(SECRET);
        let read = match files::read(&path, SECRET_BYTES as u64) {
            Ok(bytes) => {
                <[u8; SECRET_BYTES]>::try_from(bytes).map_err(|_| "it is too short".to_owned())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.new_hasher(&path);
            }
            Err(error) => Err(error.to_string()),
        };
        read.map(|secret| Hasher::new(&secret)).map_err(|why| {
            Failure::Other(format!(
                "`{}` is not the secret of this directory's hashes: {why}; remove it, and the next run compares no values with those before it",
                path.display()
            ))
        })
    }

    fn new_hasher(&self, path: &Path) -> Result<Hasher, Failure> {
        use ring::rand::{SecureRandom, SystemRandom};
        let mut secret = [0; SECRET_BYTES];
        let filled = SystemRandom::new().fill(&mut secret);
        filled
            .map_err(|_| Failure::Other("the operating system gives no random bytes".to_owned()))?;
        let fail = |error| not_written(path, error);
        // A temporary file is its owner's alone.
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(&self.path)
            .map_err(fail)?;
        file.write_all(&secret)
            .and_then(|()| file.as_file().sync_all())
            .map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        Ok(Hasher::new(&secret))
    }

    /// Begins a run.
    pub fn begin(&self, began: SystemTime) -> Result<Run<'_>, Failure> {
        let directory = private_directory()
            .tempdir_in(&self.path)
            .map_err(|error| not_written(&self.path, error))?;
        // Colons are not allowed in names everywhere.
        let name = humantime::format_rfc3339_millis(began)
            .to_string()
            .replace(':', "-");
        Ok(Run {
            directory,
            artifacts: &self.path,
            name,
        })
    }

    /// The snapshot of the last run of a deployment in which everything was looked at.
    pub fn last_whole(&self, deployment: &str) -> Result<Option<Snapshot>, Failure> {
        for run in self.runs()?.iter().rev() {
            let snapshot = snapshot::read(run)?;
            if snapshot.is_whole && snapshot.deployment == deployment {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    /// Removes the oldest runs but so many.
    pub fn keep(&self, count: usize) -> Result<(), Failure> {
        let runs = self.runs()?;
        let many = runs.len().saturating_sub(count);
        for run in &runs[..many] {
            let fail = |error| not_written(run, error);
            // Its name goes first, so that what is half removed is never taken for a run.
            let aside = private_directory().tempdir_in(&self.path).map_err(fail)?;
            fs::rename(run, aside.path().join("run")).map_err(fail)?;
            aside.close().map_err(fail)?;
        }
        Ok(())
    }

    /// The directories of runs, the oldest first.
    fn runs(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut runs = self.entries()?;
        runs.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            is_run(&name) && path.is_dir()
        });
        runs.sort();
        Ok(runs)
    }

    /// Removes what runs left that were killed.
    fn remove_unfinished(&self) -> Result<(), Failure> {
        for path in self.entries()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(UNFINISHED) {
                continue;
            }
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(|error| not_written(&path, error))?;
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<PathBuf>, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this looks at the command's own artifacts, which the check does not read"
        )]
        let entries = fs::read_dir(&self.path);
        let paths = entries.and_then(|entries| {
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            paths.collect()
        });
        paths.map_err(|error| {
            Failure::Other(format!("`{}` cannot be read: {error}", self.path.display()))
        })
    }
}

impl Run<'_> {
    /// Writes a file, which only its owner may read.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.directory.path().join(name);
        let write = || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| not_written(&path, error))
    }

    /// Writes the log of a unit.
    pub fn write_log(&self, service: &str, place: &str, text: &str) -> Result<(), Failure> {
        let logs = self.directory.path().join("logs");
        let made = private(&mut fs::DirBuilder::new())
            .recursive(true)
            .create(&logs);
        made.map_err(|error| not_written(&logs, error))?;
        // Two places may have names that differ only in what is replaced.
        let base = format!("logs/{}--{}", file_name(service), file_name(place));
        let name = (0..).map(|number| match number {
            0 => format!("{base}.log"),
            number => format!("{base}.{number}.log"),
        });
        let is_free = |name: &String| !self.directory.path().join(name).exists();
        match name.take(1000).find(is_free) {
            Some(name) => self.write(&name, text),
            None => Err(Failure::Other(format!(
                "there are too many logs of `{service}`"
            ))),
        }
    }

    /// Gives it its name; where it is then.
    pub fn finish(self) -> Result<PathBuf, Failure> {
        let path = self.artifacts.join(&self.name);
        let fail = |error| not_written(&path, error);
        if path.exists() {
            return Err(fail(std::io::Error::from(
                std::io::ErrorKind::AlreadyExists,
            )));
        }
        fs::rename(self.directory.path(), &path).map_err(fail)?;
        // There is nothing at its first place any more that could be removed.
        let _ = self.directory.keep();
        Ok(path)
    }
}

/// Whether a name is that of a run: a time in UTC.
fn is_run(name: &str) -> bool {
    let pattern = "0000-00-00T00-00-00.000Z";
    name.len() == pattern.len()
        && name
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

/// A name that is one file everywhere.
fn file_name(text: &str) -> String {
    let letters = text.chars().take(80);
    letters
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect()
}

/// A directory under way that only its owner may look into.
fn private_directory() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

/// With permissions for the owner alone.
fn private(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
    builder
}

#[cfg(unix)]
fn lock(path: &Path) -> Result<nix::fcntl::Flock<fs::File>, Failure> {
    use nix::errno::Errno;
    use nix::fcntl::{Flock, FlockArg};
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .map_err(|error| not_written(path, error))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| match error {
        Errno::EWOULDBLOCK => Failure::Other(format!(
            "another run of the watchdog is under way in `{}`; wait for its end, or name another directory with --artifacts",
            path.parent().unwrap_or(path).display()
        )),
        error => not_written(path, error.into()),
    })
}

fn not_written(path: &Path, error: std::io::Error) -> Failure {
    Failure::Other(fleet::Error::NotWritten(path.to_owned(), error).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Artifacts, file_name, is_run};

    #[test]
    fn only_the_newest_runs_are_kept_and_nothing_else_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(directory.path()).unwrap();
        std::fs::create_dir(directory.path().join("notes")).unwrap();
        for second in 0..4 {
            let run = artifacts
                .begin(UNIX_EPOCH + Duration::from_secs(second))
                .unwrap();
            run.write("snapshot.json", "{}").unwrap();
            run.finish().unwrap();
        }
        drop(artifacts.begin(UNIX_EPOCH).unwrap());
        artifacts.keep(2).unwrap();
        let names = artifacts.entries().unwrap();
        let mut names: Vec<_> = names
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                ".lock",
                "1970-01-01T00-00-02.000Z",
                "1970-01-01T00-00-03.000Z",
                "notes"
            ]
        );
    }

    #[test]
    fn hashes_of_one_directory_can_be_compared_from_run_to_run() {
        let directory = tempfile::tempdir().unwrap();
        let name = || {
            Artifacts::open(directory.path())
                .unwrap()
                .hasher()
                .unwrap()
                .name()
        };
        assert_eq!(name(), name());
    }

    #[test]
    fn names_of_files_are_names_everywhere() {
        assert_eq!(file_name("container a/b:c"), "container_a_b_c");
        assert!(is_run("2026-06-01T01-02-03.004Z"));
        assert!(!is_run("2026-06-01T01-02-03.004Z.old") && !is_run("notes"));
    }
}
