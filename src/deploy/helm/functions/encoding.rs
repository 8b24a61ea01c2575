//! Base64 and base32.

use super::super::template::Refusal;
use super::{Function, Outcome, no_text};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "b64enc",
        "s",
        |_, a| Ok(base64(a.text(0).as_bytes()).into()),
    ),
    Function::new("b64dec", "s", |_, a| {
        decoded(&a.text(0), &SIXTY_FOUR, "base64")
    }),
    Function::new("b32enc", "s", |_, a| {
        Ok(encode(a.text(0).as_bytes(), &THIRTY_TWO).into())
    }),
    Function::new("b32dec", "s", |_, a| {
        decoded(&a.text(0), &THIRTY_TWO, "base32")
    }),
];

struct Alphabet {
    digits: &'static [u8],
    bits: u32,
    /// How many digits belong together.
    group: usize,
}

const SIXTY_FOUR: Alphabet = Alphabet {
    digits: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
};

const THIRTY_TWO: Alphabet = Alphabet {
    digits: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    bits: 5,
    group: 8,
};

/// Bytes in base64, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    encode(bytes, &SIXTY_FOUR)
}

fn encode(bytes: &[u8], alphabet: &Alphabet) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    let (mut held, mut bits) = (0_u32, 0_u32);
    let mask = (1 << alphabet.bits) - 1;
    let mut push = |value: u32| {
        let digit = alphabet.digits.get((value & mask) as usize).copied();
        out.push(char::from(digit.unwrap_or(b'=')));
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= alphabet.bits {
            bits -= alphabet.bits;
            push(held >> bits);
        }
        held &= 0xff;
    }
    if bits > 0 {
        push(held << (alphabet.bits - bits));
    }
    while !out.len().is_multiple_of(alphabet.group) {
        out.push('=');
    }
    out
}

fn decoded(text: &str, alphabet: &Alphabet, name: &str) -> Outcome {
    match decode(text, alphabet) {
        Ok(bytes) => {
            let text: Result<String, Refusal> = String::from_utf8(bytes).map_err(|_| no_text());
            Ok(text?.into())
        }
        // Sprig gives the error's words as the result.
        Err(at) => Ok(format!("illegal {name} data at input byte {at}").into()),
    }
}

fn decode(text: &str, alphabet: &Alphabet) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0_u32);
    let mut digits = 0_usize;
    let mut characters = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\n' | b'\r'))
        .peekable();
    while let Some((at, byte)) = characters.next() {
        if byte == b'=' {
            let in_group = digits % alphabet.group;
            let legal = match alphabet.group {
                4 => in_group >= 2,
                _ => matches!(in_group, 2 | 4 | 5 | 7),
            };
            if !legal {
                return Err(at);
            }
            let missing = alphabet.group - in_group - 1;
            for _ in 0..missing {
                match characters.next() {
                    Some((_, b'=')) => {}
                    Some((at, _)) => return Err(if alphabet.group == 4 { at } else { at - 1 }),
                    None => return Err(text.len()),
                }
            }
            return match characters.next() {
                Some((at, _)) => Err(at),
                None => Ok(out),
            };
        }
        let Some(value) = alphabet.digits.iter().position(|digit| *digit == byte) else {
            return Err(at);
        };
        digits += 1;
        held = (held << alphabet.bits) | u32::try_from(value).unwrap_or(0);
        bits += alphabet.bits;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
        }
        held &= (1 << bits) - 1;
    }
    if digits.is_multiple_of(alphabet.group) {
        Ok(out)
    } else {
        let at = text.len() - digits % alphabet.group;
        Err(at)
    }
}
