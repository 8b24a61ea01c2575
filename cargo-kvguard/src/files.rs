//! Writes files so that nobody ever sees half of one.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use kvguard::inputs::holds;
use tempfile::{Builder, NamedTempFile};

use crate::fleet::Error;

/// What the name of a file begins with that was not yet put in its place. A run that was broken off may leave some.
const BESIDE: &str = ".kvguard-new-";

/// A file that is there, and what it is to hold.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// Its place, which is no symbolic link.
    pub path: &'a Path,
    /// What it must hold still.
    pub old: &'a str,
    /// What it is to hold.
    pub new: String,
}

/// Replaces a file, or makes it: the text is written beside it first.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let fail = |error| Error::NotWritten(path.to_owned(), error);
    let file = written_beside(path, text, None).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Replaces a file, or makes it, with what only its owner may read and write.
#[cfg(feature = "live")]
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |error| Error::NotWritten(path.to_owned(), error);
    // A temporary file is its owner's alone unless it is said otherwise.
    let file = Builder::new()
        .prefix(BESIDE)
        .tempfile_in(directory_of(path));
    let mut file = file.map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Makes a directory that only its owner may look into, and those above it, unless it is there.
#[cfg(feature = "live")]
pub fn make_private_directory(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| Error::NotWritten(path.to_owned(), error))
}

/// Replaces several files, or none. All are written beside their places first, with the permissions of what they replace; if one
/// cannot be put in its place, those that were are put back.
pub fn replace_all(files: &[Replacement<'_>]) -> Result<(), Error> {
    for file in files {
        remove_leftovers(file.path);
    }
    let mut written = Vec::new();
    for file in files {
        let fail = |error| Error::NotWritten(file.path.to_owned(), error);
        let permissions = fs::metadata(file.path).map_err(fail)?.permissions();
        if permissions.readonly() {
            return Err(Error::ReadOnly(file.path.to_owned()));
        }
        written.push(written_beside(file.path, &file.new, Some(permissions)).map_err(fail)?);
    }
    for file in files {
        let fail = |error| Error::NotWritten(file.path.to_owned(), error);
        if !holds(file.path, file.old.as_bytes()).map_err(fail)? {
            return Err(Error::Changed(file.path.to_owned()));
        }
    }
    put_in_place(files, written)
}

/// Reads a file that the command wrote itself, if it is no longer than that.
#[cfg(feature = "live")]
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    #[expect(
        clippy::disallowed_methods,
        reason = "this is a file of the command's own, which the check does not read"
    )]
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it is longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|error| Error::NotWritten(path.to_owned(), error))
}

fn put_in_place(files: &[Replacement<'_>], written: Vec<NamedTempFile>) -> Result<(), Error> {
    for (position, (file, beside)) in files.iter().zip(written).enumerate() {
        let Err(failed) = beside.persist(file.path) else {
            continue;
        };
        let error = Error::NotWritten(file.path.to_owned(), failed.error);
        for done in &files[..position] {
            if let Err(failed) = put_back(done) {
                return Err(Error::NotPutBack(
                    done.path.to_owned(),
                    failed,
                    Box::new(error),
                ));
            }
        }
        return Err(error);
    }
    Ok(())
}

fn put_back(file: &Replacement<'_>) -> io::Result<()> {
    let permissions = fs::metadata(file.path)?.permissions();
    let beside = written_beside(file.path, file.old, Some(permissions))?;
    beside.persist(file.path)?;
    Ok(())
}

/// A text in a file of its own in the same directory, since a rename across file systems fails. It is removed unless it is put in its
/// place.
fn written_beside(
    path: &Path,
    text: &str,
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(BESIDE);
    readable_by_all(&mut builder);
    let mut file = builder.tempfile_in(directory_of(path))?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Removes what a run that was broken off left beside a file. That it is there hinders nobody, so neither does that it stays.
fn remove_leftovers(path: &Path) {
    #[expect(
        clippy::disallowed_methods,
        reason = "this looks for files of the command's own, which the check does not read"
    )]
    let entries = fs::read_dir(directory_of(path));
    for entry in entries.into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(BESIDE) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// A temporary file is its owner's alone unless it is said otherwise. The process's umask still holds.
#[cfg(unix)]
fn readable_by_all(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable_by_all(_: &mut Builder<'_, '_>) {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::{BESIDE, Replacement, put_in_place, replace_all, written_beside};
    use crate::fleet::Error;

    fn files(texts: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
        let directory = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let paths = texts.iter().map(write).collect();
        (directory, paths)
    }

    #[expect(clippy::disallowed_methods, reason = "a test looks at its own files")]
    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a test looks at its own files")]
    fn names(directory: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn replacement<'a>(path: &'a Path, old: &'a str, new: &str) -> Replacement<'a> {
        Replacement {
            path,
            old,
            new: new.to_owned(),
        }
    }

    #[test]
    fn all_are_replaced_or_none() {
        let (directory, paths) = files(&[("a", "one"), ("b", "two"), ("c", "three")]);
        let [a, b, c] = [0, 1, 2].map(|index: usize| paths[index].as_path());
        let all = |old_c| {
            [
                replacement(a, "one", "1"),
                replacement(b, "two", "2"),
                replacement(c, old_c, "3"),
            ]
        };
        // As long as what is there, and longer.
        for other in ["thr33", "three!"] {
            let error = replace_all(&all(other)).unwrap_err();
            assert!(
                matches!(&error, Error::Changed(path) if path == c),
                "{error}"
            );
            assert_eq!([a, b, c].map(text), ["one", "two", "three"]);
        }
        replace_all(&all("three")).unwrap();
        assert_eq!([a, b, c].map(text), ["1", "2", "3"]);
        assert_eq!(names(&directory), ["a", "b", "c"]);
    }

    #[test]
    fn a_file_that_is_gone_keeps_all_from_being_written() {
        let (directory, paths) = files(&[("a", "one")]);
        let gone = directory.path().join("gone");
        let error = replace_all(&[
            replacement(&paths[0], "one", "1"),
            replacement(&gone, "two", "2"),
        ]);
        assert!(matches!(error, Err(Error::NotWritten(path, _)) if path == gone));
        assert_eq!(text(&paths[0]), "one");
        assert_eq!(names(&directory), ["a"]);
    }

    #[test]
    fn what_was_put_in_its_place_is_put_back_where_another_cannot_be() {
        let (directory, paths) = files(&[("a", "one"), ("b", "two")]);
        // No file can be put where a directory is.
        let taken = directory.path().join("taken");
        fs::create_dir_all(taken.join("inside")).unwrap();
        let all = [
            replacement(&paths[0], "one", "1"),
            replacement(&paths[1], "two", "2"),
            replacement(&taken, "", "3"),
        ];
        let written = all
            .iter()
            .map(|file| written_beside(file.path, &file.new, None).unwrap());
        let error = put_in_place(&all, written.collect()).unwrap_err();
        assert!(
            matches!(&error, Error::NotWritten(path, _) if *path == taken),
            "{error}"
        );
        assert_eq!([text(&paths[0]), text(&paths[1])], ["one", "two"]);
        assert_eq!(names(&directory), ["a", "b", "taken"]);
    }

    #[test]
    fn what_a_run_left_that_was_broken_off_is_removed_and_nothing_else() {
        let (directory, paths) = files(&[("a", "one"), (".kvguard-old", "of others")]);
        let left = directory.path().join(format!("{BESIDE}Xy12"));
        fs::write(&left, "half of").unwrap();
        replace_all(&[replacement(&paths[0], "one", "1")]).unwrap();
        assert_eq!(names(&directory), [".kvguard-old", "a"]);
    }
}
