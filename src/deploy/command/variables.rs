//! The variables that the program of a command will see.

use std::collections::BTreeMap;

use super::letters::Letters;
use super::{Effect, Taken};
use crate::deploy::{Environment, Known, Variable};
use crate::source::{Problem, Span};

/// The longest value that is followed: Linux passes on no longer one.
const MAX_VALUE: usize = 128 << 10;

/// An environment that a command changes.
#[derive(Debug)]
pub(super) struct Variables {
    set: BTreeMap<String, Variable>,
    effect: Effect,
    /// Whether something that no file tells may have set others before the command.
    has_untold: bool,
}

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It has this value.
    Text(String),
    /// It is not set.
    Unset,
    /// It may be set to anything.
    Untold,
}

impl Variables {
    pub(super) fn new(environment: &Environment, has_untold: bool) -> Self {
        let variables = environment.iter();
        Self {
            set: variables
                .map(|(name, variable)| (name.to_owned(), variable.clone()))
                .collect(),
            effect: Effect::default(),
            has_untold,
        }
    }

    pub(super) fn finish(self) -> (Environment, Effect) {
        (self.set.into_iter().collect(), self.effect)
    }

    pub(super) fn get(&self, name: &str) -> Found {
        match self.set.get(name) {
            Some(variable) => match variable.text() {
                Some(text) => Found::Text(text.to_owned()),
                None => Found::Untold,
            },
            None if self.may_be_set(name) => Found::Untold,
            None => Found::Unset,
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// Whether something that no file tells may set a variable that is not set otherwise.
    fn may_be_set(&self, name: &str) -> bool {
        let is_taken = self.effect.taken.place(name).is_some();
        !self.effect.untold.is_empty() || self.has_untold && !self.effect.clears && !is_taken
    }

    /// Sets a variable to the text of a word.
    pub(super) fn assign(&mut self, name: &Letters, value: &Letters) {
        let Some(text) = name.text() else { return };
        let value_span = value.span();
        let value = match value.text() {
            Some(value) if value.len() <= MAX_VALUE => Known::Text(value),
            _ => Known::Computed,
        };
        self.put(text, value, name.span(), value_span);
    }

    /// Notes that a variable may have been set, or taken away.
    pub(super) fn blur(&mut self, name: &Letters, value_span: Span) {
        if let Some(text) = name.text() {
            self.put(text, Known::Computed, name.span(), value_span);
        }
    }

    pub(super) fn put(&mut self, name: String, value: Known, name_span: Span, value_span: Span) {
        self.effect.taken.names.remove(&name);
        let variable = Variable {
            value,
            name_span,
            value_span,
        };
        self.set.insert(name, variable);
    }

    /// Takes a variable away.
    pub(super) fn unset(&mut self, name: &Letters) {
        let Some(text) = name.text() else { return };
        self.set.remove(&text);
        self.effect.taken.names.insert(text, name.span());
    }

    /// Takes all variables away.
    pub(super) fn clear(&mut self, span: Span) {
        self.set.clear();
        self.effect = Effect {
            taken: Taken {
                names: BTreeMap::new(),
                all: Some(span),
            },
            untold: Vec::new(),
            clears: true,
        };
    }

    /// Notes that something sets variables that no file tells.
    pub(super) fn note_untold(&mut self, problem: Problem) {
        self.effect.untold.push(problem);
    }
}
