//! The variables that the program of a command will see.

use std::collections::BTreeMap;

use super::Effect;
use super::letters::Letters;
use crate::deploy::Taken;
use crate::deploy::{Environment, Known, Variable};
use crate::source::{Problem, Span};

/// The longest value that is followed: Linux passes on no longer one.
pub(super) const MAX_VALUE: usize = 128 << 10;

/// How many characters of values one command may put in for its references. Linux passes on less than this in total.
pub(super) const MAX_PUT_IN: usize = 2 << 20;

/// Variables that a shell, a container's engine or systemd sets.
const SET_AT_RUN_TIME: [&str; 24] = [
    "CACHE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "EUID",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "INVOCATION_ID",
    "LANG",
    "LOGNAME",
    "LOGS_DIRECTORY",
    "MACHTYPE",
    "MAINPID",
    "OLDPWD",
    "OSTYPE",
    "PATH",
    "PPID",
    "PWD",
    "RANDOM",
    "RUNTIME_DIRECTORY",
    "SHELL",
    "STATE_DIRECTORY",
    "UID",
    "USER",
];

/// An environment that a command changes.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    set: BTreeMap<String, Variable>,
    effect: Effect,
    /// Whether something that no file tells may have set others before the command.
    has_untold: bool,
    /// How many more characters may be put in for references.
    left: usize,
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
    /// The variables of an environment. A command may put in at most `limit` characters for its references.
    pub(super) fn new(environment: &Environment, has_untold: bool, limit: usize) -> Self {
        let variables = environment.iter();
        Self {
            set: variables
                .map(|(name, variable)| (name.to_owned(), variable.clone()))
                .collect(),
            effect: Effect::default(),
            has_untold,
            left: limit,
        }
    }

    /// How many more characters may be put in for references.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Takes the cost of a value off what may be put in; whether enough was left.
    pub(super) fn pay(&mut self, length: usize) -> bool {
        let left = self.left.checked_sub(length.saturating_add(1));
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    pub(super) fn finish(self) -> (Environment, Effect) {
        (self.set.into_iter().collect(), self.effect)
    }

    pub(super) fn get(&mut self, name: &str) -> Found {
        let length = self.set.get(name).and_then(Variable::text).map(str::len);
        if !self.pay(length.unwrap_or(0)) {
            return Found::Untold;
        }
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
        if SET_AT_RUN_TIME.contains(&name) {
            return !self.effect.taken.names.contains_key(name);
        }
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
            taken: Taken::all_at(span),
            untold: Vec::new(),
            clears: true,
            open_quote: None,
        };
    }

    /// Takes for uncertain what was changed since a state before. A variable that was added stays certain if `keeps_added`.
    pub(super) fn doubt(&mut self, before: Self, keeps_added: bool) {
        for (name, variable) in &mut self.set {
            let is_same = match before.set.get(name) {
                Some(known) => known.value == variable.value,
                None => keeps_added,
            };
            if !is_same {
                variable.value = Known::Computed;
            }
        }
        for (name, mut variable) in before.set {
            let taken = self.effect.taken.place(&name);
            if let (false, Some(place)) = (self.set.contains_key(&name), taken) {
                variable.value = Known::Computed;
                (variable.name_span, variable.value_span) = (place, place);
                self.set.insert(name, variable);
            }
        }
        let mut untold = before.effect.untold;
        untold.extend(std::mem::take(&mut self.effect.untold));
        untold.dedup();
        self.effect = Effect {
            untold,
            ..before.effect
        };
    }

    /// Notes that a shell refuses the script that the program stands in.
    pub(super) fn note_open_quote(&mut self, place: Span) {
        self.effect.open_quote = Some(place);
    }

    /// Notes that something sets variables that no file tells.
    pub(super) fn note_untold(&mut self, problem: Problem) {
        self.effect.untold.push(problem);
    }
}
