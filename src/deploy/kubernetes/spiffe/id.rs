//! SPIFFE IDs.

/// The trust domain of a SPIFFE ID.
pub(super) fn trust_domain(id: &str) -> Option<&str> {
    id.strip_prefix("spiffe://")?.split('/').next()
}

/// Whether a text is a SPIFFE ID.
pub(super) fn check(id: &str) -> Result<(), &'static str> {
    let rest = id
        .strip_prefix("spiffe://")
        .ok_or("it must begin with `spiffe://`")?;
    let (domain, path) = rest
        .split_once('/')
        .map_or((rest, None), |(domain, path)| (domain, Some(path)));
    let in_domain = |character: char| {
        character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || matches!(character, '.' | '-' | '_')
    };
    if domain.is_empty() || !domain.chars().all(in_domain) {
        return Err("its trust domain must be of small letters, digits, `.`, `-` and `_`");
    }
    let in_path =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        if segment.is_empty() || segment == "." || segment == ".." {
            return Err("no part of its path may be empty, `.` or `..`");
        }
        if !segment.chars().all(in_path) {
            return Err("its path must be of letters, digits, `.`, `-` and `_`");
        }
    }
    Ok(())
}
