//! Which known name an unknown one was probably meant to be.

/// What differs after the common beginning and end may be this long, so that long names cost little.
const MAX_DIFFERING: usize = 64;

/// The candidate that a name is most likely a misspelling of, letters' case aside: at most two
/// edits away, of names up to four letters at most one. Of equally near ones the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let limit = if candidate.len().min(name.len()) <= 4 {
            1
        } else {
            2
        };
        let Some(distance) = distance_within(name, candidate, limit) else {
            continue;
        };
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A misspelling's suggestion as the end of a message: `; did you mean …?`, or nothing.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates)
        .map(|candidate| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

/// How many letters must be added, dropped, changed or swapped with the next one to turn one name
/// into the other, if no more than `limit`.
pub(crate) fn distance_within(one: &str, other: &str, limit: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > limit * 4 {
        return None;
    }
    let before = common(one.chars(), other.chars());
    let (one, other) = (one.get(before..)?, other.get(before..)?);
    let after = common(one.chars().rev(), other.chars().rev());
    let one = one.get(..one.len() - after)?;
    let other = other.get(..other.len() - after)?;
    let (length, other_length) = (one.chars().count(), other.chars().count());
    if length.max(other_length) > MAX_DIFFERING || length.abs_diff(other_length) > limit {
        return None;
    }
    let lower =
        |text: &str| -> Vec<char> { text.chars().map(|c| c.to_ascii_lowercase()).collect() };
    let distance = distance(&lower(one), &lower(other));
    (distance <= limit).then_some(distance)
}

/// How many bytes long the letters are with which both begin.
fn common(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other)
        .take_while(|(left, right)| left.eq_ignore_ascii_case(right))
        .map(|(left, _)| left.len_utf8())
        .sum()
}

fn distance(one: &[char], other: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in other.iter().enumerate() {
            let changed = last[column] + usize::from(left != right);
            let mut fewest = changed.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && one[row - 1] == *right && other[column - 1] == *left;
            if swapped {
                fewest = fewest.min(before_last[column - 1] + 1);
            }
            current.push(fewest);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_misspelling_finds_its_name() {
        let known = ["name", "kv_key", "kv_key_template", "format"];
        assert_eq!(nearest("kv_kye", known), Some("kv_key"));
        assert_eq!(nearest("fromat", known), Some("format"));
        assert_eq!(nearest("KV_KEY", known), Some("kv_key"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("kv_key_templte", known), Some("kv_key_template"));
    }

    #[test]
    fn another_word_finds_nothing() {
        let known = ["name", "scope", "format"];
        assert_eq!(nearest("node", known), None);
        assert_eq!(nearest("owner", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn the_nearest_wins_over_an_earlier_one() {
        assert_eq!(
            nearest("services", ["servicez1", "service"]),
            Some("service")
        );
    }

    proptest! {
        #[test]
        fn any_texts_are_compared_and_the_distance_is_the_same_both_ways(one in "\\PC{0,80}", other in "\\PC{0,80}") {
            prop_assert_eq!(
                distance_within(&one, &other, 2),
                distance_within(&other, &one, 2)
            );
        }
    }
}
