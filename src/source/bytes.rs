//! Searches for bytes, quick in the few of a line as in the many of a file.

/// How many bytes can be counted in one byte.
const COUNTED: usize = 128;

/// Where a byte is first.
pub(crate) fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    const LOWEST: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        // Eight bytes at once: those that are it become zero, and the lowest that is zero gets its highest bit.
        let other = u64::from_le_bytes(*word) ^ u64::from_ne_bytes([byte; 8]);
        let zeros = other.wrapping_sub(LOWEST) & !other & HIGHEST;
        if zeros != 0 {
            return Some(number * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let before = bytes.len() - rest.len();
    rest.iter()
        .position(|other| *other == byte)
        .map(|at| before + at)
}

/// How many line breaks there are.
pub(crate) fn line_breaks(bytes: &[u8]) -> usize {
    count(bytes, |byte| byte == b'\n')
}

/// Of how many bytes something is true.
pub(super) fn count(bytes: &[u8], is_counted: impl Fn(u8) -> bool) -> usize {
    let some = bytes.chunks(COUNTED);
    some.map(|some| count_few(some, &is_counted) as usize).sum()
}

/// How often something is true of at most 255 bytes: few enough to be counted in one byte, which takes the
/// processor a fraction of the time.
pub(super) fn count_few(bytes: &[u8], is_counted: impl Fn(u8) -> bool) -> u32 {
    let sum: u8 = bytes.iter().map(|byte| u8::from(is_counted(*byte))).sum();
    u32::from(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{line_breaks, position};

    proptest! {
        #[test]
        fn bytes_are_found_and_counted_as_one_by_one(
            bytes in prop::collection::vec(prop::sample::select(b"\nab".to_vec()), 0..700),
            from in 0..100_usize,
        ) {
            let bytes = bytes.get(from..).unwrap_or_default();
            for byte in *b"\nac" {
                prop_assert_eq!(position(bytes, byte), bytes.iter().position(|other| *other == byte));
            }
            let is_break = |byte: &&u8| **byte == b'\n';
            prop_assert_eq!(line_breaks(bytes), bytes.iter().filter(is_break).count());
        }

        #[test]
        fn what_is_rare_is_found_too(before in 0..90_usize, after in 0..90_usize) {
            let mut bytes = vec![b'a'; before + 1 + after];
            bytes[before] = b'\n';
            prop_assert_eq!(position(&bytes, b'\n'), Some(before));
            prop_assert_eq!(position(&bytes, b'b'), None);
        }
    }
}
