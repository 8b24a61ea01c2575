//! Keeps secrets that the store holds out of the logs that are kept.

use std::collections::BTreeSet;

/// What a secret is replaced with.
const MASK: &str = "‹masked›";

/// The shortest secret that is masked. A shorter one would be found within every second word.
const SHORTEST: usize = 4;

/// The texts that are masked.
#[derive(Debug, Default)]
pub struct Mask {
    secrets: BTreeSet<Box<str>>,
}

impl Mask {
    /// Masks these, too.
    pub fn add(&mut self, secrets: Vec<Box<str>>) {
        for secret in secrets {
            // A log has a text of several lines line by line.
            let lines = secret.lines().map(str::trim);
            let long = lines.filter(|line| line.chars().count() >= SHORTEST);
            self.secrets.extend(long.map(Box::from));
        }
    }

    /// A text without them.
    pub fn apply(&self, text: &str) -> String {
        // Of two of which one holds the other, the longer one first.
        let mut secrets: Vec<&str> = self.secrets.iter().map(AsRef::as_ref).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| {
            let text = text.replace(secret, MASK);
            // As a structured log writes it.
            let escaped = secret.escape_default().to_string();
            if escaped == secret {
                text
            } else {
                text.replace(&escaped, MASK)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{MASK, Mask};

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let mut mask = Mask::default();
        mask.add(vec![
            "canary".into(),
            "canary-and-more".into(),
            "a\"b\"c".into(),
            "no".into(),
        ]);
        let text = "token=canary-and-more token=canary {\"t\":\"a\\\"b\\\"c\"} a\"b\"c no\n";
        let expected = format!("token={MASK} token={MASK} {{\"t\":\"{MASK}\"}} {MASK} no\n");
        assert_eq!(mask.apply(text), expected);
    }
}
