//! A copy of the fleet.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A copy of the fleet in `tests/fixtures/live`, in a directory of its own.
pub struct Fleet {
    directory: TempDir,
}

impl Fleet {
    /// A copy.
    pub fn new() -> Self {
        Self::named("live")
    }

    /// A copy of another fleet in `tests/fixtures`.
    pub fn named(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        copy(&fixtures.join(name), directory.path());
        Self { directory }
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Where one of its files is.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    /// The text of a file.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file, with the directories that it needs.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a file in the fleet")).expect("a directory");
        fs::write(path, text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Replaces a text that must be in a file.
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold `{from}`");
        self.write(file, &text.replace(from, to));
    }

    /// Takes a file away.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("the fixtures") {
        let entry = entry.expect("a fixture");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}
