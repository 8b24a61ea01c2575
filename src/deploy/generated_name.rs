//! The names that kustomize gives to what it generates.

/// A name without the hash that kustomize puts behind the names of what it generates, if it ends with one.
pub fn base_of_generated(name: &str) -> Option<&str> {
    const LENGTH: usize = 10;
    const LETTERS: &str = "2456789bcdfghkmt";
    let (base, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == LENGTH && hash.chars().all(|letter| LETTERS.contains(letter));
    (is_hash && !base.is_empty()).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::base_of_generated;

    #[test]
    fn a_generated_name_ends_with_a_hash() {
        assert_eq!(base_of_generated("store-9t7tt5hkc4"), Some("store"));
        assert_eq!(base_of_generated("the-store-9t7tt5hkc4"), Some("the-store"));
        for name in [
            "store",
            "store-",
            "store-backup-ab",
            "store-9t7tt5hkc",
            "-9t7tt5hkc4",
        ] {
            assert_eq!(base_of_generated(name), None, "{name}");
        }
    }
}
