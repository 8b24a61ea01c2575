//! Whether two keys, or templates of keys, may be the same key.

use std::collections::{BTreeMap, HashMap};

use super::{MAX_KEY_BYTES, Part, parse_template};

/// What a key, or a template of keys, looks like: made once for each that is compared with many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What stands between the `/`; nothing for what is too long for a key.
    segments: Vec<Segment>,
}

type Segment = Vec<Piece>;

/// A piece of a segment: a byte, or the place of a variable, which is at least one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Piece {
    Byte(u8),
    Variable,
}

/// How much was compared. No number of keys may take too long.
#[derive(Debug, Default)]
pub struct Work {
    steps: usize,
}

impl Work {
    /// Some seconds at most, also in a build script, which is not optimised. Of templates that differ only within the part of their
    /// variable, some six hundred are that much.
    const MOST: usize = 20_000_000;

    /// Adds steps that something else takes.
    pub fn add(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// Whether to stop and say so.
    pub fn is_too_much(&self) -> bool {
        self.steps > Self::MOST
    }
}

impl Shape {
    /// Takes a key or a template apart. What is no template is a key that the store refuses.
    pub fn new(text: &str) -> Self {
        let parsed = parse_template(text).ok();
        let parts = parsed.map_or_else(|| vec![Part::Text(text)], |parsed| parsed.parts);
        let length = |part: &Part<'_>| match part {
            Part::Text(text) => text.len(),
            Part::Variable(_) => 1,
        };
        let mut segments = Vec::new();
        if parts.iter().map(length).sum::<usize>() > MAX_KEY_BYTES {
            return Self { segments };
        }
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
    pub fn may_be(&self, other: &Self, work: &mut Work) -> bool {
        let both = self.segments.iter().zip(&other.segments);
        self.segments.len() == other.segments.len() && !self.segments.is_empty() && { both }
            .all(|(one, other)| overlap(one, other, work))
    }

    fn has_variable(&self) -> bool {
        self.segments.iter().any(has_variable)
    }

    /// The first and the last segment, each if it has no variable.
    fn ends(&self) -> Ends<'_> {
        let is_literal = |segment: &&Segment| !has_variable(segment);
        let (first, last) = (self.segments.first(), self.segments.last());
        (first.filter(is_literal), last.filter(is_literal))
    }
}

fn has_variable(segment: &Segment) -> bool {
    segment.contains(&Piece::Variable)
}

type Ends<'s> = (Option<&'s Segment>, Option<&'s Segment>);

/// Shapes, found by what a shape that may be one of them looks like, so that few pairs are left to compare.
#[derive(Debug, Default)]
pub struct Shapes<'s> {
    /// Those without variables.
    keys: HashMap<&'s [Segment], Vec<usize>>,
    /// Those with variables, by how many segments they have.
    templates: HashMap<usize, BTreeMap<Ends<'s>, Vec<usize>>>,
}

impl<'s> Shapes<'s> {
    /// Takes in shapes, each with its position.
    pub fn new(shapes: impl Iterator<Item = (usize, &'s Shape)>) -> Self {
        let mut all = Self::default();
        for (position, shape) in shapes {
            let like = if shape.has_variable() {
                let templates = all.templates.entry(shape.segments.len()).or_default();
                templates.entry(shape.ends()).or_default()
            } else {
                all.keys.entry(&shape.segments).or_default()
            };
            like.push(position);
        }
        all
    }

    /// The positions of those that a shape may be, and of some that it may not be, in their order. Of a shape with variables only
    /// those that have some, too.
    pub fn like(&self, shape: &Shape, work: &mut Work) -> Vec<usize> {
        let ends = shape.ends();
        let fits = |one: Option<&Segment>, other: Option<&Segment>| {
            one.is_none() || other.is_none() || one == other
        };
        let mut found = Vec::new();
        found.extend(self.keys.get(&*shape.segments).into_iter().flatten());
        if let Some(templates) = self.templates.get(&shape.segments.len()) {
            if let (Some(_), Some(_)) = ends {
                let like = [ends, (ends.0, None), (None, ends.1), (None, None)];
                let like = like.iter().filter_map(|ends| templates.get(ends));
                found.extend(like.flatten());
            } else {
                work.add(templates.len());
                let like = templates.iter();
                let like = like.filter(|(other, _)| fits(ends.0, other.0) && fits(ends.1, other.1));
                found.extend(like.flat_map(|(_, positions)| positions));
            }
        }
        work.add(found.len() + 1);
        found.sort_unstable();
        found
    }
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

impl Reached {
    fn reach(&mut self, first_open: bool, second_open: bool) {
        self.fits = true;
        self.first_open |= first_open;
        self.second_open |= second_open;
    }
}

/// Whether a text fits two segments: for each length of the first, whether it may end where so much of the second does.
fn overlap(one: &Segment, other: &Segment, work: &mut Work) -> bool {
    work.add(1);
    if one == other || !has_variable(one) && !has_variable(other) {
        return one == other;
    }
    work.add((one.len() + 1) * (other.len() + 1));
    let is_variable = |piece: Option<&Piece>| piece == Some(&Piece::Variable);
    let mut row = vec![Reached::default(); other.len() + 1];
    row[0].fits = true;
    for i in 0..=one.len() {
        let first = one.get(i);
        let mut next = vec![Reached::default(); other.len() + 1];
        for j in 0..=other.len() {
            let (here, second) = (row[j], other.get(j));
            let fits = match (first, second) {
                (Some(Piece::Byte(one)), Some(Piece::Byte(other))) => one == other,
                (Some(_), Some(_)) => true,
                _ => false,
            };
            if here.fits && fits {
                next[j + 1].reach(is_variable(first), is_variable(second));
            }
            // A variable that is open takes what stands on the other side.
            if here.first_open && second.is_some() {
                row[j + 1].reach(true, is_variable(second));
            }
            if here.second_open && first.is_some() {
                next[j].reach(is_variable(first), true);
            }
        }
        if i < one.len() {
            row = next;
        }
    }
    row[other.len()].fits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Shape, Shapes, Work};

    fn may_be_same(one: &str, other: &str) -> bool {
        Shape::new(one).may_be(&Shape::new(other), &mut Work::default())
    }

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

    #[test]
    fn what_is_too_long_for_a_key_is_no_key_and_takes_no_room() {
        let long = "x{{id}}".repeat(1 << 17);
        assert!(!may_be_same(&long, &format!("{long}y")));
        assert!(!may_be_same(&long, "x"));
        // Its name may be long.
        assert!(may_be_same(
            &format!("a/{{{{{}}}}}", "n".repeat(5000)),
            "a/b"
        ));
    }

    #[test]
    fn the_longest_keys_are_compared_within_the_work_of_a_second() {
        let one = "{{a}}x".repeat(512);
        let other = "{{b}}y".repeat(512);
        let mut work = Work::default();
        assert!(!Shape::new(&one).may_be(&Shape::new(&other), &mut work));
        assert!(!work.is_too_much());
    }

    #[test]
    fn a_hundred_thousand_templates_with_ends_of_their_own_are_not_too_much() {
        let text = |number: u32| format!("agents/{{{{id}}}}/{number}.json");
        let shapes: Vec<Shape> = (0..100_000)
            .map(|number| Shape::new(&text(number)))
            .collect();
        let all = Shapes::new(shapes.iter().enumerate());
        let mut work = Work::default();
        for (position, shape) in shapes.iter().enumerate() {
            assert_eq!(all.like(shape, &mut work), [position]);
        }
        assert!(!work.is_too_much());
    }

    fn template() -> impl Strategy<Value = Vec<String>> {
        let segment = prop_oneof![
            "[ab]{1,2}",
            Just("{{v}}".to_owned()),
            "[ab]\\{\\{v\\}\\}[ab]?"
        ];
        prop::collection::vec(segment, 1..4)
    }

    proptest! {
        #[test]
        fn a_template_may_be_each_key_that_values_make_of_it(
            template in template(),
            values in prop::collection::vec("[ab]{1,3}", 4),
        ) {
            let filled = template.iter().zip(&values);
            let filled: Vec<String> = filled
                .map(|(segment, value)| segment.replace("{{v}}", value))
                .collect();
            prop_assert!(may_be_same(&template.join("/"), &filled.join("/")));
        }

        #[test]
        fn two_templates_that_values_make_the_same_key_are_told(one in template(), other in template()) {
            let is_told = may_be_same(&one.join("/"), &other.join("/"));
            let values = ["a", "b", "aa", "ab", "ba", "bb"];
            let keys = |template: &[String]| {
                let mut keys = vec![String::new()];
                for segment in template {
                    let filled = values.iter().map(|value| segment.replace("{{v}}", value));
                    let filled: std::collections::BTreeSet<String> = filled.collect();
                    let longer = |key: &String| {
                        let key = key.clone();
                        filled.iter().map(move |segment| format!("{key}/{segment}")).collect::<Vec<_>>()
                    };
                    keys = keys.iter().flat_map(longer).collect();
                }
                keys.into_iter().collect::<std::collections::BTreeSet<String>>()
            };
            if keys(&one).intersection(&keys(&other)).next().is_some() {
                prop_assert!(is_told);
            }
        }

        #[test]
        fn all_that_a_shape_may_be_is_found(
            texts in prop::collection::vec(template(), 1..8),
            asked in template(),
        ) {
            let shapes: Vec<Shape> = texts.iter().map(|text| Shape::new(&text.join("/"))).collect();
            let asked = Shape::new(&asked.join("/"));
            let mut work = Work::default();
            let found = Shapes::new(shapes.iter().enumerate()).like(&asked, &mut work);
            for (position, shape) in shapes.iter().enumerate() {
                let is_sought = !asked.has_variable() || shape.has_variable();
                if is_sought && shape.may_be(&asked, &mut work) {
                    prop_assert!(found.contains(&position));
                }
            }
        }
    }
}
