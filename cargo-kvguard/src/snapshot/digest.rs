//! Hashes by which values are compared from run to run without being kept.
//!
//! They are made with a secret, as most values of a configuration could be guessed from a plain hash: there are only so many ports.

use std::fmt::Write;

use kvguard_runtime::Key;
use ring::hmac;

/// How many bytes the secret has.
pub const SECRET_BYTES: usize = 32;

/// How many bytes of a field's hash are kept. A value has few fields, so that even these hardly ever meet by chance.
const FIELD_BYTES: usize = 12;

/// Makes hashes with a secret.
pub struct Hasher(hmac::Key);

impl Hasher {
    /// One with a secret.
    pub fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Names the secret without telling it.
    pub fn name(&self) -> String {
        hex(&self.sign(&[b"the name of this secret"])[..FIELD_BYTES])
    }

    /// Of what a key holds.
    pub fn value(&self, key: &Key, value: &[u8]) -> String {
        hex(&self.sign(&[b"value", key.as_str().as_bytes(), value]))
    }

    /// Of a field. Equal values of different fields have different hashes.
    pub fn field(&self, key: &Key, path: &str, kind: &str, text: &str) -> String {
        let parts = [
            b"field",
            key.as_str().as_bytes(),
            path.as_bytes(),
            kind.as_bytes(),
            text.as_bytes(),
        ];
        hex(&self.sign(&parts)[..FIELD_BYTES])
    }

    /// Each part goes in with its length, so that no two lists of parts are the same bytes.
    fn sign(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use kvguard_runtime::Key;

    use super::{Hasher, SECRET_BYTES};

    #[test]
    fn equal_values_have_equal_hashes_only_in_the_same_place_and_with_the_same_secret() {
        let (one, other) = (
            Hasher::new(&[1; SECRET_BYTES]),
            Hasher::new(&[2; SECRET_BYTES]),
        );
        let [a, b] = ["config/a", "config/b"].map(|key| Key::new(key).unwrap());
        assert_eq!(one.value(&a, b"80"), one.value(&a, b"80"));
        assert_ne!(one.value(&a, b"80"), one.value(&a, b"81"));
        assert_ne!(one.value(&a, b"80"), one.value(&b, b"80"));
        assert_ne!(one.value(&a, b"80"), other.value(&a, b"80"));
        assert_ne!(
            one.field(&a, "port", "string", "80"),
            one.field(&a, "port", "number", "80")
        );
        assert_ne!(
            one.field(&a, "p", "ort", "80"),
            one.field(&a, "po", "rt", "80")
        );
        assert_ne!(one.name(), other.name());
    }
}
