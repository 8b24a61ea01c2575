//! Whether a file is still what it was when it was read.

use std::hash::{DefaultHasher, Hasher as _};

/// A digest of a file's content, by which the macros and the tests of a build notice that it is no longer what the build script read.
///
/// Only what one toolchain built may be compared: the standard library may change its hash in any release. It is no protection
/// against somebody who makes two files with one digest.
#[must_use]
pub fn digest(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_digest_depends_on_every_byte_and_their_order() {
        assert_eq!(digest(b"role = reader"), digest(b"role = reader"));
        for other in [
            &b"role = writer"[..],
            b"role = reade",
            b"reader = role",
            b"",
        ] {
            assert_ne!(digest(b"role = reader"), digest(other));
        }
    }
}
