//! How a file of the disk is read.

use std::collections::HashMap;
use std::fs;

use super::{Content, holds, kind_of, read_bounded};
use crate::inputs::{InputErrorKind, Inputs};
use crate::source::MAX_FILE_BYTES;

#[test]
fn a_file_takes_little_more_memory_than_its_size() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let size = 100_000;
    // Of this size, and without room on the disk.
    fs::File::create(&path).unwrap().set_len(size).unwrap();
    let mut buffer = Vec::new();
    assert!(read_bounded(&path, size, size, &mut buffer).unwrap());
    assert_eq!(buffer.len() as u64, size);
    assert!((buffer.capacity() as u64) < 2 * size);
    // Who names a size that is too large gets no more room than is allowed.
    let mut buffer = Vec::new();
    assert!(!read_bounded(&path, u64::MAX, size - 1, &mut buffer).unwrap());
    assert!((buffer.capacity() as u64) < 2 * size);
}

#[test]
fn a_file_holds_these_bytes_or_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "text").unwrap();
    assert!(holds(&path, b"text").unwrap());
    for other in ["", "tex", "test", "text\n"] {
        assert!(!holds(&path, other.as_bytes()).unwrap(), "{other}");
    }
    assert!(!holds(directory.path(), b"text").unwrap());
    fs::remove_file(&path).unwrap();
    holds(&path, b"text").unwrap_err();
}

#[test]
fn content_is_current_until_the_file_is_changed_removed_or_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let missing = Content::of(path.clone());
    assert!(missing.is_current());
    fs::write(&path, "text").unwrap();
    let read = Content::of(path.clone());
    assert!(read.is_current() && !missing.is_current());
    fs::write(&path, "test").unwrap();
    assert!(!read.is_current() && !missing.is_current());
    fs::write(&path, "text").unwrap();
    assert!(read.is_current());
    fs::remove_file(&path).unwrap();
    assert!(!read.is_current() && missing.is_current());
}

#[test]
fn an_error_of_the_operating_system_says_what_is_wrong_and_not_its_number() {
    use std::io::{Error, ErrorKind};
    for (error, kind) in [
        (ErrorKind::NotFound.into(), InputErrorKind::Missing),
        (ErrorKind::NotADirectory.into(), InputErrorKind::Missing),
        (
            ErrorKind::PermissionDenied.into(),
            InputErrorKind::Unreadable(
                "whoever runs this may not read it; change its permissions or the user".to_owned(),
            ),
        ),
        (
            Error::other("Input/output error (os error 5)"),
            InputErrorKind::Unreadable("the operating system says: Input/output error".to_owned()),
        ),
    ] {
        assert_eq!(kind_of(&error), kind);
    }
}

#[cfg(unix)]
#[test]
fn a_file_is_taken_to_hold_another_text_by_whatever_name_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let path = |file: &str| directory.path().join(file);
    fs::write(path("file"), "is").unwrap();
    fs::write(path("other"), "is").unwrap();
    std::os::unix::fs::symlink("file", path("link")).unwrap();
    fs::write(outside.path().join("named"), "is").unwrap();
    let real = fs::canonicalize(path("file")).unwrap();
    let texts = HashMap::from([
        (real.clone(), "would be".to_owned()),
        (outside.path().join("named"), "would be".to_owned()),
    ]);
    let mut inputs = Inputs::with_texts(directory.path(), texts).unwrap();
    for (file, text) in [("file", "would be"), ("link", "would be"), ("other", "is")] {
        let id = inputs.read(file).unwrap();
        assert_eq!(&**inputs.sources().get(id).text(), text, "{file}");
        let is_there = inputs.real_place(id) == Some(real.clone());
        assert_eq!(is_there, file != "other", "{file}");
    }
    // A file outside of the root is read but never written, so it has no place here.
    let id = inputs.read_named(&outside.path().join("named")).unwrap();
    assert_eq!(&**inputs.sources().get(id).text(), "is");
    assert_eq!(inputs.real_place(id), None);
}

#[test]
fn a_text_that_a_file_is_taken_to_hold_is_bounded_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "is").unwrap();
    let real = fs::canonicalize(&path).unwrap();
    let longest = " ".repeat(usize::try_from(MAX_FILE_BYTES).unwrap());
    for (text, expected) in [
        (longest.clone(), None),
        (longest + " ", Some(InputErrorKind::TooLarge)),
    ] {
        let texts = HashMap::from([(real.clone(), text)]);
        let mut inputs = Inputs::with_texts(directory.path(), texts).unwrap();
        let error = inputs.read("file").err();
        assert_eq!(error.map(|error| error.kind), expected);
    }
}
