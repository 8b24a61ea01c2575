//! The programs that start other programs in an environment that they change.

use super::letters::Letters;
use super::variables::Variables;
use super::{env, shell};
use crate::source::Problem;

/// How many programs may start each other.
const MAX_DEPTH: usize = 16;

/// The programs that start others. Most commands begin with another word, and cost nothing more.
pub(super) const PROGRAMS: [&str; 14] = [
    "env",
    "sh",
    "bash",
    "dash",
    "ash",
    "ksh",
    "zsh",
    "busybox",
    "tini",
    "dumb-init",
    "nohup",
    "setsid",
    "gosu",
    "su-exec",
];

/// Programs that change no variable and start the program behind their options, with the number of their own
/// operands before it.
const STARTERS: [(&str, usize); 6] = [
    ("tini", 0),
    ("dumb-init", 0),
    ("nohup", 0),
    ("setsid", 0),
    ("gosu", 1),
    ("su-exec", 1),
];

/// A program that is to be started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Program {
    /// How many programs have started each other before it.
    depth: usize,
}

impl Program {
    /// The program that this one starts.
    pub(super) fn next(self) -> Self {
        Self {
            depth: self.depth + 1,
        }
    }

    /// Changes variables as the words of a command change them.
    pub(super) fn run(self, words: &[Letters], variables: &mut Variables) {
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        let Some(path) = first.text() else {
            return;
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        if self.depth >= MAX_DEPTH && PROGRAMS.contains(&name) {
            let message = format!(
                "more than {MAX_DEPTH} programs start each other up to here; what this one sets is not followed"
            );
            return variables.note_untold(Problem::new(first.span(), message));
        }
        match name {
            "env" => env::run(self, rest, variables),
            "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh" => shell::run(self, rest, variables),
            "busybox" => self.next().run(rest, variables),
            _ => {
                if let Some((_, operands)) = STARTERS.iter().find(|(starter, _)| *starter == name) {
                    let started = behind_options(rest);
                    let started = started.get(*operands..).unwrap_or_default();
                    self.next().run(started, variables);
                }
            }
        }
    }
}

/// What stands behind the options of a program, which end at `--` or at the first operand.
fn behind_options(words: &[Letters]) -> &[Letters] {
    let is_option =
        |word: &Letters| word.characters().next() == Some(Some('-')) && word.letters.len() > 1;
    let operand = words
        .iter()
        .position(|word| !is_option(word) || word.text().as_deref() == Some("--"));
    let Some(at) = operand else { return &[] };
    let is_end = words[at].text().as_deref() == Some("--");
    words.get(at + usize::from(is_end)..).unwrap_or_default()
}
