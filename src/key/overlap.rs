//! Whether two keys, or templates of keys, may be the same key.

use super::{Part, parse_template};

/// What a key, or a template of keys, looks like: made once for each that is compared with many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    segments: Vec<Vec<Piece>>,
}

impl Shape {
    /// Takes a key or a template apart. What is no template is a key that the store refuses.
    pub fn new(text: &str) -> Self {
        let parsed = parse_template(text).ok();
        let parts = parsed.map_or_else(|| vec![Part::Text(text)], |parsed| parsed.parts);
        let mut segments = Vec::new();
        let mut last = Vec::new();
        for part in parts {
            let text = match part {
                Part::Text(text) => text,
                Part::Variable(_) => {
                    last.push(Piece::Variable);
                    continue;
                }
            };
            for (position, piece) in text.split('/').enumerate() {
                if position > 0 {
                    segments.push(std::mem::take(&mut last));
                }
                last.extend(piece.bytes().map(Piece::Byte));
            }
        }
        segments.push(last);
        Self { segments }
    }

    /// Whether there is a key that both may be, for some values of their variables. No value holds a `/`, as the parts
    /// between them are what a scope is cut into.
    pub fn may_be(&self, other: &Self) -> bool {
        self.segments.len() == other.segments.len()
            && self
                .segments
                .iter()
                .zip(&other.segments)
                .all(|(one, other)| one == other || overlap(one, other))
    }
}

/// Whether there is a key that both may be, for some values of their variables.
pub fn may_be_same(one: &str, other: &str) -> bool {
    Shape::new(one).may_be(&Shape::new(other))
}

/// A piece of a segment: a byte, or the place of a variable, which is at least one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Variable,
}

/// How a text may have come to fit so much of two segments.
#[derive(Clone, Copy, Default)]
struct Reached {
    /// It does.
    fits: bool,
    /// The variable of the first one that ends here may go on.
    first_open: bool,
    /// The variable of the second one that ends here may go on.
    second_open: bool,
}

/// Whether a text fits two segments: for each length of the first, whether it may end where so much of the second does.
fn overlap(one: &[Piece], other: &[Piece]) -> bool {
    if !one.contains(&Piece::Variable) && !other.contains(&Piece::Variable) {
        return one == other;
    }
    let width = other.len() + 1;
    let mut reached = vec![Reached::default(); (one.len() + 1) * width];
    reached[0].fits = true;
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            let here = reached[i * width + j];
            let (first, second) = (one.get(i), other.get(j));
            let mut reach = |i: usize, j: usize, first_open: bool, second_open: bool| {
                let place = &mut reached[i * width + j];
                place.fits = true;
                place.first_open |= first_open;
                place.second_open |= second_open;
            };
            if here.fits
                && let (Some(first), Some(second)) = (first, second)
            {
                let fits = match (first, second) {
                    (Piece::Byte(one), Piece::Byte(other)) => one == other,
                    _ => true,
                };
                if fits {
                    reach(
                        i + 1,
                        j + 1,
                        *first == Piece::Variable,
                        *second == Piece::Variable,
                    );
                }
            }
            // A variable that is open takes what stands on the other side.
            if here.first_open
                && let Some(second) = second
            {
                reach(i, j + 1, true, *second == Piece::Variable);
            }
            if here.second_open
                && let Some(first) = first
            {
                reach(i + 1, j, *first == Piece::Variable, true);
            }
        }
    }
    reached[one.len() * width + other.len()].fits
}

#[cfg(test)]
mod tests {
    use super::may_be_same;

    #[test]
    fn keys_that_some_values_make_the_same() {
        for (one, other) in [
            ("config/a.json", "config/a.json"),
            ("stations/north/agent.toml", "stations/{{id}}/agent.toml"),
            (
                "stations/{{id}}/agent.toml",
                "stations/{{name}}/{{kind}}.toml",
            ),
            ("a/x-{{id}}", "a/{{id}}-y"),
            ("a/{{one}}b", "a/b{{two}}"),
            ("{{one}}.json", "config.{{two}}"),
        ] {
            assert!(may_be_same(one, other), "{one} {other}");
            assert!(may_be_same(other, one), "{other} {one}");
        }
    }

    #[test]
    fn keys_that_no_values_make_the_same() {
        for (one, other) in [
            ("config/a.json", "config/b.json"),
            ("stations/agent.toml", "stations/{{id}}/agent.toml"),
            (
                "stations/north/east/agent.toml",
                "stations/{{id}}/agent.toml",
            ),
            ("stations/{{id}}/agent.toml", "stations/{{id}}/gauge.json"),
            // A variable is filled with something.
            ("stations/agent-.toml", "stations/agent-{{id}}.toml"),
            ("a/x{{id}}", "a/y{{id}}"),
            ("a/{{id}}x", "a/{{id}}y"),
            ("a/{{id", "a/b"),
        ] {
            assert!(!may_be_same(one, other), "{one} {other}");
            assert!(!may_be_same(other, one), "{other} {one}");
        }
    }
}
