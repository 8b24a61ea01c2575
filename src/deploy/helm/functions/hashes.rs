//! Checksums.
#![expect(
    clippy::many_single_char_names,
    reason = "the names that the standard gives the state"
)]

use std::fmt::Write;

use super::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("sha1sum", "s", |_, a| {
        Ok(hexadecimal(&sha1(a.text(0).as_bytes())).into())
    }),
    Function::new("sha256sum", "s", |_, a| {
        Ok(hexadecimal(&sha256(a.text(0).as_bytes())).into())
    }),
    Function::new("sha512sum", "s", |_, a| {
        Ok(hexadecimal(&sha512(a.text(0).as_bytes())).into())
    }),
    Function::new("adler32sum", "s", |_, a| {
        Ok(adler32(a.text(0).as_bytes()).to_string().into())
    }),
];

fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (1_u32, 0_u32);
    for byte in bytes {
        first = (first + u32::from(*byte)) % 65_521;
        second = (second + first) % 65_521;
    }
    (second << 16) | first
}

/// The message with its padding, in blocks.
fn padded(bytes: &[u8], block: usize) -> Vec<u8> {
    let mut message = bytes.to_vec();
    message.push(0x80);
    let length_bytes = block / 8;
    while message.len() % block != block - length_bytes {
        message.push(0);
    }
    let bits = (bytes.len() as u128) * 8;
    let encoded = bits.to_be_bytes();
    message.extend_from_slice(encoded.get(16 - length_bytes..).unwrap_or_default());
    message
}

fn words32(block: &[u8]) -> impl Iterator<Item = u32> {
    block
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_be_bytes(*word))
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    let mut state: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in padded(bytes, 64).chunks(64) {
        let mut words: Vec<u32> = words32(block).collect();
        for at in 16..80 {
            let word = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words.push(word.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mixed, constant) = match at {
                0..20 => ((b & c) | (!b & d), 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The first bits of the fractions of the cube roots (or square roots) of the first primes.
fn primes(count: usize) -> Vec<u64> {
    let mut primes: Vec<u64> = Vec::new();
    let mut candidate = 2;
    while primes.len() < count {
        if primes.iter().all(|prime| candidate % prime != 0) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes
}

/// The largest `x` with `x^power <= value`, by bisection. `value` is a prime with zeros behind it.
fn root_fraction(prime: u64, power: u32) -> u64 {
    // root(prime) * 2^64, of which the low 64 bits are the fraction; found bit by bit.
    let mut root = 0_u128;
    for bit in (0..72).rev() {
        let candidate = root | (1_u128 << bit);
        if not_above(candidate, power, prime) {
            root = candidate;
        }
    }
    u64::try_from(root & u128::from(u64::MAX)).unwrap_or(0)
}

/// Whether `(candidate / 2^64)^power <= prime`, in wide arithmetic.
fn not_above(candidate: u128, power: u32, prime: u64) -> bool {
    let limbs = |value: u128| {
        (0..4)
            .map(|index| u64::try_from((value >> (32 * index)) & 0xffff_ffff).unwrap_or(0))
            .collect::<Vec<u64>>()
    };
    let multiply = |first: &[u64], second: &[u64]| {
        let mut product = vec![0_u64; first.len() + second.len()];
        for (i, a) in first.iter().enumerate() {
            let mut carry = 0;
            for (j, b) in second.iter().enumerate() {
                let sum = product[i + j] + a * b + carry;
                product[i + j] = sum & 0xffff_ffff;
                carry = sum >> 32;
            }
            product[i + second.len()] += carry;
        }
        product
    };
    let base = limbs(candidate);
    let mut product = base.clone();
    for _ in 1..power {
        product = multiply(&product, &base);
    }
    // prime * 2^(64 * power)
    let mut limit = vec![0_u64; 2 * power as usize];
    limit.push(prime);
    let length = product.len().max(limit.len());
    product.resize(length, 0);
    limit.resize(length, 0);
    product.iter().rev().cmp(limit.iter().rev()).is_le()
}

struct Constants {
    rounds: Vec<u64>,
    start: Vec<u64>,
}

fn constants() -> &'static Constants {
    static CONSTANTS: std::sync::OnceLock<Constants> = std::sync::OnceLock::new();
    CONSTANTS.get_or_init(|| {
        let primes = primes(80);
        Constants {
            rounds: primes
                .iter()
                .map(|prime| root_fraction(*prime, 3))
                .collect(),
            start: primes
                .iter()
                .take(8)
                .map(|prime| root_fraction(*prime, 2))
                .collect(),
        }
    })
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    let high = |value: &u64| u32::try_from(value >> 32).unwrap_or(0);
    let constants = constants();
    let rounds: Vec<u32> = constants.rounds.iter().take(64).map(high).collect();
    let mut state = [0_u32; 8];
    for (slot, value) in state.iter_mut().zip(&constants.start) {
        *slot = high(value);
    }
    for block in padded(bytes, 64).chunks(64) {
        let mut words: Vec<u32> = words32(block).collect();
        for at in 16..64 {
            let (w15, w2) = (words[at - 15], words[at - 2]);
            let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3);
            let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10);
            words.push(
                words[at - 16]
                    .wrapping_add(s0)
                    .wrapping_add(words[at - 7])
                    .wrapping_add(s1),
            );
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(&rounds) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let first = h
                .wrapping_add(s1)
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(*constant)
                .wrapping_add(*word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (
                g,
                f,
                e,
                d.wrapping_add(first),
                c,
                b,
                a,
                first.wrapping_add(second),
            );
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn sha512(bytes: &[u8]) -> Vec<u8> {
    let constants = constants();
    let mut state = [0_u64; 8];
    state.copy_from_slice(constants.start.get(..8).unwrap_or(&[0; 8]));
    for block in padded(bytes, 128).chunks(128) {
        let mut words: Vec<u64> = block
            .as_chunks::<8>()
            .0
            .iter()
            .map(|word| u64::from_be_bytes(*word))
            .collect();
        for at in 16..80 {
            let (w15, w2) = (words[at - 15], words[at - 2]);
            let s0 = w15.rotate_right(1) ^ w15.rotate_right(8) ^ (w15 >> 7);
            let s1 = w2.rotate_right(19) ^ w2.rotate_right(61) ^ (w2 >> 6);
            words.push(
                words[at - 16]
                    .wrapping_add(s0)
                    .wrapping_add(words[at - 7])
                    .wrapping_add(s1),
            );
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(&constants.rounds) {
            let s1 = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
            let first = h
                .wrapping_add(s1)
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(*constant)
                .wrapping_add(*word);
            let s0 = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
            let second = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (
                g,
                f,
                e,
                d.wrapping_add(first),
                c,
                b,
                a,
                first.wrapping_add(second),
            );
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}
