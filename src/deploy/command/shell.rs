//! A shell that is given its script as an argument, up to the program that the script is for.

use std::collections::{BTreeMap, BTreeSet};

use super::expansion::{Lookup, ShellWord, untold};
use super::letters::{Letter, Letters, is_name};
use super::program::{Program, starts_another};
use super::script::{Certainty, Simple, commands, meant};
use super::tokens::Operator;
use super::unreadable::is_refused;
use super::variables::{Found, Variables};
use crate::source::{Problem, Span};

/// Changes variables as a shell with these arguments does, and as the program does that its script is for.
pub(super) fn run(program: Program, arguments: &[Letters], variables: &mut Variables) {
    if let Some((script, exports_all)) = script(arguments) {
        run_script(program, script, exports_all, variables);
    }
}

/// The same, for a shell that runs a script.
pub(super) fn run_script(
    program: Program,
    script: &Letters,
    exports_all: bool,
    variables: &mut Variables,
) {
    let commands = match commands(script) {
        Ok(commands) => commands,
        Err(span) => {
            if is_refused(script, span) {
                variables.note_open_quote(span);
            }
            let message = "the script of a shell cannot be read from here on";
            return variables.note_untold(Problem::new(span, message));
        }
    };
    let mut shell = Shell {
        variables,
        own: BTreeMap::new(),
        exported: BTreeSet::new(),
        exports_all,
    };
    let meant = meant(&commands);
    let before = &commands[..meant.map_or(commands.len(), |meant| meant.at)];
    let list = meant.map(|meant| commands[meant.at].list);
    let mut is_certain = true;
    let mut current = None;
    for command in before {
        if current != Some(command.list) {
            current = Some(command.list);
            is_certain = true;
        } else if command.joined_by == Some(Operator::Or) {
            is_certain = false;
        }
        if !command.is_piped {
            shell.run(command, is_certain && !command.is_conditional);
        }
        // Where the program is in the same list, it runs only if these succeed.
        is_certain &= list == current || command.always_succeeds();
    }
    let Some(meant) = meant else { return };
    if meant.certainty != Certainty::Sure {
        shell.note_others(before);
    }
    let known = shell.variables.clone();
    let words = shell.start(&commands[meant.at]);
    program.next().run(&words, shell.variables);
    if meant.certainty != Certainty::Sure {
        let keeps_added = meant.certainty == Certainty::Last;
        shell.variables.doubt(known, keeps_added);
    }
}

/// The script that is among the arguments of a shell, and whether every variable is exported.
fn script(arguments: &[Letters]) -> Option<(&Letters, bool)> {
    let mut is_given = false;
    let mut exports_all = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let text = argument.text();
        let options = text
            .as_deref()
            .and_then(|text| text.strip_prefix(['-', '+']));
        let Some(options) = options.filter(|options| *options != "-") else {
            let script = if text.as_deref() == Some("--") {
                rest.next()?
            } else {
                argument
            };
            return is_given.then_some((script, exports_all));
        };
        if options.starts_with('-') {
            continue;
        }
        is_given |= options.contains('c');
        exports_all |= options.contains('a');
        if options.contains(['o', 'O']) {
            rest.next();
        }
    }
    None
}

struct Shell<'v> {
    variables: &'v mut Variables,
    /// Variables that are not passed on.
    own: BTreeMap<String, Letters>,
    /// Names that are passed on once they are set.
    exported: BTreeSet<String>,
    exports_all: bool,
}

impl Lookup for Shell<'_> {
    fn get(&mut self, name: &str) -> Found {
        match self.own.get(name) {
            Some(value) if !self.variables.pay(value.letters.len()) => Found::Untold,
            Some(value) => value.text().map_or(Found::Untold, Found::Text),
            None => self.variables.get(name),
        }
    }

    fn set_default(&mut self, name: &str, span: Span, value: &Letters) {
        let letters = name.chars().map(|character| Letter {
            character: Some(character),
            span,
        });
        let name = Letters {
            letters: letters.collect(),
            start: span,
        };
        self.assign(&name, value, true);
    }
}

impl Shell<'_> {
    /// A command before the one that the script is for.
    fn run(&mut self, command: &Simple, is_certain: bool) {
        let (assignments, words) = command.parts();
        let Some((_, arguments)) = words.split_first() else {
            for assignment in assignments {
                self.assign_word(assignment, is_certain);
            }
            return;
        };
        match command.name().as_deref() {
            Some("export") => self.export(arguments, is_certain),
            Some("declare" | "typeset") => {
                let exports = arguments
                    .first()
                    .and_then(ShellWord::literal)
                    .is_some_and(|options| options.starts_with('-') && options.contains('x'));
                if exports {
                    self.export(&arguments[1..], is_certain);
                }
            }
            Some("readonly") => {
                for argument in arguments {
                    self.assign_word(argument, is_certain);
                }
            }
            Some("unset") => self.unset(arguments, is_certain),
            Some("set") => self.set_options(arguments),
            // Only a run tells what these set.
            Some("read") => {
                for argument in arguments {
                    self.assign_untold(argument);
                }
            }
            Some("for" | "select") => {
                if let Some(name) = arguments.first() {
                    self.assign_untold(name);
                }
            }
            Some("printf") if arguments.first().is_some_and(|first| first.is("-v")) => {
                if let Some(name) = arguments.get(1) {
                    self.assign_untold(name);
                }
            }
            Some("." | "source" | "eval") => {
                let message = "a shell reads variables from a place that is not in the files";
                self.variables
                    .note_untold(Problem::new(command.words[0].start, message));
            }
            // Nothing but its arguments' defaults.
            Some(":") if is_certain => {
                for argument in arguments {
                    argument.expand(self);
                }
            }
            // Another way to start the program.
            Some("exec") if command.is_conditional => {
                for (name, _, value) in assignments.iter().filter_map(ShellWord::assignment) {
                    let value = value.expand(self);
                    self.variables.blur(&name, value.span());
                }
            }
            _ => {}
        }
    }

    /// The words of the program that the script is for, with the variables set that stand before it.
    fn start(&mut self, command: &Simple) -> Vec<Letters> {
        let (assignments, words) = command.parts();
        for assignment in assignments {
            if let Some((name, adds, value)) = assignment.assignment() {
                let value = value.expand(self);
                if command.is_conditional || adds {
                    self.variables.blur(&name, value.span());
                } else {
                    self.variables.assign(&name, &value);
                }
            }
        }
        let mut words = words;
        if command.name().as_deref() == Some("exec") {
            words = words.get(1..).unwrap_or_default();
            while let Some(option) = words.first().and_then(ShellWord::literal) {
                match option.as_str() {
                    "-a" => words = words.get(2..).unwrap_or_default(),
                    "-c" => {
                        self.variables.clear(words[0].start);
                        words = &words[1..];
                    }
                    "--" | "-l" => words = &words[1..],
                    _ => break,
                }
            }
        }
        let words: Vec<Letters> = words
            .iter()
            .map(|word| word.expand_as_argument(self))
            .collect();
        // `exec "$@"`: the program may be `env`.
        if let Some(first) = words.first().filter(|first| first.text().is_none()) {
            let message = "a shell starts a program that is named in no file";
            self.variables
                .note_untold(Problem::new(first.span(), message));
        }
        words
    }

    /// Notes that other programs of a script have variables of their own: one of them may be the service.
    fn note_others(&mut self, before: &[Simple]) {
        let sets = |command: &&Simple| {
            let (assignments, words) = command.parts();
            let first = words.first().and_then(ShellWord::literal);
            command.is_program()
                && (!assignments.is_empty() || first.is_some_and(|first| starts_another(&first)))
        };
        if let Some(command) = before.iter().find(sets) {
            let message = "a shell starts several programs, each with variables of its own";
            self.variables
                .note_untold(Problem::new(command.words[0].start, message));
        }
    }

    /// Marks the variable that a word names as set to an unknown value.
    fn assign_untold(&mut self, word: &ShellWord) {
        let name = word.expand_as_argument(self);
        if name.text().is_some_and(|text| is_name(&text)) {
            let value = ShellWord::untold(name.span()).expand(self);
            self.assign(&name, &value, true);
        }
    }

    fn assign_word(&mut self, word: &ShellWord, is_certain: bool) {
        if let Some((name, adds, value)) = word.assignment() {
            let value = value.expand(self);
            self.assign(&name, &value, is_certain && !adds);
        }
    }

    fn assign(&mut self, name: &Letters, value: &Letters, is_certain: bool) {
        let Some(text) = name.text() else { return };
        let is_exported =
            self.exports_all || self.exported.contains(&text) || self.variables.contains(&text);
        if is_exported {
            // The shell has one variable of a name.
            self.own.remove(&text);
        }
        match (is_exported, is_certain) {
            (true, true) => self.variables.assign(name, value),
            (true, false) => self.variables.blur(name, value.span()),
            (false, true) => {
                self.own.insert(text, value.clone());
            }
            (false, false) => {
                let value = ShellWord::untold(value.span()).expand(self);
                self.own.insert(text, value);
            }
        }
    }

    fn export(&mut self, arguments: &[ShellWord], is_certain: bool) {
        let mut takes_back = false;
        for argument in arguments {
            if let Some((name, adds, value)) = argument.assignment() {
                let value = value.expand(self);
                self.exported.extend(name.text());
                self.assign(&name, &value, is_certain && !adds);
                continue;
            }
            let name = argument.expand_as_argument(self);
            let Some(text) = name.text() else {
                let message = "a shell exports variables that are in no file";
                self.variables
                    .note_untold(Problem::new(argument.start, message));
                continue;
            };
            if text.starts_with('-') {
                takes_back |= text.contains('n');
            } else if takes_back {
                self.unset(std::slice::from_ref(argument), is_certain);
            } else {
                let value = self.own.remove(&text);
                self.exported.insert(text);
                if let Some(value) = value {
                    self.assign(&name, &value, is_certain);
                }
            }
        }
    }

    fn unset(&mut self, arguments: &[ShellWord], is_certain: bool) {
        for argument in arguments {
            let name = argument.expand_as_argument(self);
            let Some(text) = name.text() else { continue };
            match text.as_str() {
                // Functions.
                "-f" => return,
                "-v" | "--" => {}
                _ if is_certain => {
                    self.own.remove(&text);
                    self.exported.remove(&text);
                    self.variables.unset(&name);
                }
                _ if self.variables.contains(&text) => self.variables.blur(&name, name.span()),
                _ => {
                    if let Some(value) = self.own.get_mut(&text) {
                        value.letters = vec![untold(name.span())];
                    }
                }
            }
        }
    }

    /// `set -a`, `set -o allexport`, and back.
    fn set_options(&mut self, arguments: &[ShellWord]) {
        let mut words = arguments.iter().filter_map(ShellWord::literal);
        while let Some(word) = words.next() {
            let (turns_on, options) = match (word.strip_prefix('-'), word.strip_prefix('+')) {
                (Some("-") | None, None) => return,
                (Some(options), _) => (true, options),
                (None, Some(options)) => (false, options),
            };
            let names_all = options.contains('o') && words.next().as_deref() == Some("allexport");
            if options.contains('a') || names_all {
                self.exports_all = turns_on;
            }
        }
    }
}
