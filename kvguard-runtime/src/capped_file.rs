//! Files that are read whole, up to a limit.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be read.
    Io(io::Error),
    /// It has more bytes than this.
    TooLarge(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(formatter, "cannot be read: {error}"),
            Self::TooLarge(most) => write!(formatter, "is longer than {most} bytes"),
        }
    }
}

/// A file's bytes.
#[cfg(any(feature = "bootstrap", feature = "nats", feature = "testing"))]
#[expect(
    clippy::disallowed_methods,
    reason = "a service reads its own files while it runs; nothing is tracked"
)]
pub(crate) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Fault> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(Fault::Io)?;
    file.take(one_more(most))
        .read_to_end(&mut bytes)
        .map_err(Fault::Io)?;
    within(most, bytes)
}

/// The same without blocking the thread.
#[cfg(feature = "datasvc")]
pub(crate) async fn read_async(path: &Path, most: usize) -> Result<Vec<u8>, Fault> {
    use tokio::io::AsyncReadExt;
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(Fault::Io)?;
    file.take(one_more(most))
        .read_to_end(&mut bytes)
        .await
        .map_err(Fault::Io)?;
    within(most, bytes)
}

/// One byte too many tells that there are more.
fn one_more(most: usize) -> u64 {
    most as u64 + 1
}

fn within(most: usize, bytes: Vec<u8>) -> Result<Vec<u8>, Fault> {
    if bytes.len() > most {
        return Err(Fault::TooLarge(most));
    }
    Ok(bytes)
}

#[cfg(all(test, any(feature = "bootstrap", feature = "nats")))]
mod tests {
    use super::{Fault, read};

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_beyond() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        assert!(matches!(read(&path, 3), Err(Fault::Io(_))));
        std::fs::write(&path, "abc").expect("it is written");
        assert_eq!(read(&path, 3).expect("it is read"), b"abc");
        let fault = read(&path, 2).expect_err("it is too long");
        assert_eq!(fault.to_string(), "is longer than 2 bytes");
    }
}
