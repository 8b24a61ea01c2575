//! What a regular expression is compiled to.

use super::{Fault, Parsed, Tree};

/// The most instructions that a program may have.
const MAX_PROGRAM: usize = 20_000;

/// A step of a program.
#[derive(Debug, Clone)]
pub(in super::super) enum Step {
    Class(usize),
    /// Goes on at both; the first is preferred.
    Fork(usize, usize),
    Jump(usize),
    Save(usize),
    Assert(Assertion),
    Match,
}

/// What holds at a place without taking a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    Word,
    NotWord,
}

/// Which characters a step takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Class {
    pub(in super::super) negated: bool,
    pub(in super::super) ranges: Vec<(char, char)>,
    pub(in super::super) folds: bool,
    /// Classes by their names: `\pL`, and whether they are negated.
    pub(in super::super) unicode: Vec<(Unicode, bool)>,
}

/// The general categories that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Unicode {
    Letter,
    Upper,
    Lower,
    Number,
    Space,
    Control,
}

/// A compiled expression.
#[derive(Debug, Default)]
pub(in super::super) struct Program {
    pub(in super::super) steps: Vec<Step>,
    pub(in super::super) classes: Vec<Class>,
    pub(in super::super) groups: usize,
    pub(in super::super) names: Vec<(String, usize)>,
}

impl Program {
    pub(super) fn push(&mut self, step: Step) -> Parsed<usize> {
        if self.steps.len() >= MAX_PROGRAM {
            return Err(Fault::TooLarge);
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    pub(super) fn set(&mut self, at: usize, step: Step) {
        if let Some(slot) = self.steps.get_mut(at) {
            *slot = step;
        }
    }

    pub(super) fn tree(&mut self, tree: &Tree) -> Parsed<()> {
        match tree {
            Tree::Empty => {}
            Tree::Class(class) => {
                let known = self.classes.iter().position(|known| known == class);
                let index = known.unwrap_or_else(|| {
                    self.classes.push(class.clone());
                    self.classes.len() - 1
                });
                self.push(Step::Class(index))?;
            }
            Tree::Assert(assertion) => {
                self.push(Step::Assert(*assertion))?;
            }
            Tree::Group(Some(number), inner) => {
                self.push(Step::Save(number * 2))?;
                self.tree(inner)?;
                self.push(Step::Save(number * 2 + 1))?;
            }
            Tree::Group(None, inner) => self.tree(inner)?,
            Tree::Sequence(all) => all.iter().try_for_each(|inner| self.tree(inner))?,
            Tree::Choice(all) => self.choice(all)?,
            Tree::Repeat {
                inner,
                least,
                most,
                greedy,
            } => self.repeat(inner, *least, *most, *greedy)?,
        }
        Ok(())
    }

    pub(super) fn choice(&mut self, all: &[Tree]) -> Parsed<()> {
        let mut ends = Vec::new();
        for (index, inner) in all.iter().enumerate() {
            if index + 1 == all.len() {
                self.tree(inner)?;
            } else {
                let fork = self.push(Step::Match)?;
                self.tree(inner)?;
                ends.push(self.push(Step::Match)?);
                let next = self.steps.len();
                self.set(fork, Step::Fork(fork + 1, next));
            }
        }
        let end = self.steps.len();
        for at in ends {
            self.set(at, Step::Jump(end));
        }
        Ok(())
    }

    pub(super) fn fork(&mut self, at: usize, inside: usize, past: usize, greedy: bool) {
        let step = if greedy {
            Step::Fork(inside, past)
        } else {
            Step::Fork(past, inside)
        };
        self.set(at, step);
    }

    pub(super) fn repeat(
        &mut self,
        inner: &Tree,
        least: u32,
        most: Option<u32>,
        greedy: bool,
    ) -> Parsed<()> {
        for _ in 0..least {
            self.tree(inner)?;
        }
        let Some(most) = most else {
            let fork = self.push(Step::Match)?;
            self.tree(inner)?;
            self.push(Step::Jump(fork))?;
            let past = self.steps.len();
            self.fork(fork, fork + 1, past, greedy);
            return Ok(());
        };
        let mut forks = Vec::new();
        for _ in least..most {
            forks.push(self.push(Step::Match)?);
            self.tree(inner)?;
        }
        let past = self.steps.len();
        for at in forks {
            self.fork(at, at + 1, past, greedy);
        }
        Ok(())
    }
}
