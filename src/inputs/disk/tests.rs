//! How a file of the disk is read.

use super::read_bounded;
use std::fs;

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
