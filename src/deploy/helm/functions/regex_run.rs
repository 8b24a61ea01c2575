//! Runs a compiled regular expression in time linear in the text: all ways at once, the preferred first.

use super::regex_parse::{Assertion, Class, Program, Step, Unicode};

/// Where a match and its groups are; empty for groups that took no part.
pub(super) type Groups = Vec<Option<usize>>;

impl Class {
    fn takes(&self, character: char) -> bool {
        let inside = |character: char| {
            self.ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&character))
                || self
                    .unicode
                    .iter()
                    .any(|(class, negated)| class.takes(character) != *negated)
        };
        let folded = self.folds
            && (character.to_lowercase().any(inside) || character.to_uppercase().any(inside));
        (inside(character) || folded) != self.negated
    }
}

impl Unicode {
    fn takes(self, character: char) -> bool {
        match self {
            Self::Letter => character.is_alphabetic(),
            Self::Upper => character.is_uppercase(),
            Self::Lower => character.is_lowercase(),
            Self::Number => character.is_numeric(),
            Self::Space => character.is_whitespace() && !character.is_control(),
            Self::Control => character.is_control(),
        }
    }
}

fn is_word(character: Option<char>) -> bool {
    character.is_some_and(|character| character == '_' || character.is_ascii_alphanumeric())
}

fn holds(assertion: Assertion, before: Option<char>, after: Option<char>) -> bool {
    match assertion {
        Assertion::TextStart => before.is_none(),
        Assertion::TextEnd => after.is_none(),
        Assertion::LineStart => before.is_none_or(|character| character == '\n'),
        Assertion::LineEnd => after.is_none_or(|character| character == '\n'),
        Assertion::Word => is_word(before) != is_word(after),
        Assertion::NotWord => is_word(before) == is_word(after),
    }
}

struct Threads {
    list: Vec<(usize, Groups)>,
    seen: Vec<bool>,
}

impl Threads {
    fn new(steps: usize) -> Self {
        Self {
            list: Vec::new(),
            seen: vec![false; steps],
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
    }
}

impl Program {
    /// How much work a search of so many bytes may be.
    pub(super) fn work(&self, bytes: usize) -> usize {
        bytes.saturating_mul(self.steps.len())
    }

    /// The leftmost match from a byte on.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Groups> {
        let mut now = Threads::new(self.steps.len());
        let mut next = Threads::new(self.steps.len());
        let mut found: Option<Groups> = None;
        let mut at = from;
        let mut before = text.get(..from).and_then(|text| text.chars().next_back());
        loop {
            let after = text.get(at..).and_then(|text| text.chars().next());
            if found.is_none() {
                let groups = vec![None; (self.groups + 1) * 2];
                self.add(&mut now, 0, groups, at, (before, after));
            }
            if now.list.is_empty() && found.is_some() {
                return found;
            }
            next.clear();
            let length = after.map_or(0, char::len_utf8);
            let follow = text.get(at + length..).and_then(|text| text.chars().next());
            for (step, groups) in std::mem::take(&mut now.list) {
                match self.steps.get(step) {
                    Some(Step::Class(class)) => {
                        let takes = after.is_some_and(|character| {
                            self.classes
                                .get(*class)
                                .is_some_and(|class| class.takes(character))
                        });
                        if takes {
                            self.add(&mut next, step + 1, groups, at + length, (after, follow));
                        }
                    }
                    Some(Step::Match) => {
                        found = Some(groups);
                        // What comes after is less preferred.
                        break;
                    }
                    _ => {}
                }
            }
            now.clear();
            std::mem::swap(&mut now, &mut next);
            if after.is_none() {
                return found;
            }
            at += length;
            before = after;
        }
    }

    /// Follows what takes no character.
    fn add(
        &self,
        threads: &mut Threads,
        step: usize,
        groups: Groups,
        at: usize,
        around: (Option<char>, Option<char>),
    ) {
        let mut stack = vec![(step, groups)];
        while let Some((step, mut groups)) = stack.pop() {
            match threads.seen.get_mut(step) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.steps.get(step) {
                Some(Step::Jump(to)) => stack.push((*to, groups)),
                Some(Step::Fork(first, second)) => {
                    stack.push((*second, groups.clone()));
                    stack.push((*first, groups));
                }
                Some(Step::Save(slot)) => {
                    if let Some(slot) = groups.get_mut(*slot) {
                        *slot = Some(at);
                    }
                    stack.push((step + 1, groups));
                }
                Some(Step::Assert(assertion)) if holds(*assertion, around.0, around.1) => {
                    stack.push((step + 1, groups));
                }
                Some(_) => threads.list.push((step, groups)),
                None => {}
            }
        }
    }
}
