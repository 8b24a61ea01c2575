//! How a file of the disk is read.

use std::collections::HashMap;
use std::fs;

use super::{holds, read_bounded};
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
    let long = " ".repeat(usize::try_from(MAX_FILE_BYTES).unwrap() + 1);
    let texts = HashMap::from([(real, long)]);
    let mut inputs = Inputs::with_texts(directory.path(), texts).unwrap();
    let error = inputs.read("file").unwrap_err();
    assert_eq!(error.kind, InputErrorKind::TooLarge);
}
