//! The programs that start other programs in an environment that they change.

use super::letters::Letters;
use super::starters::starter;
use super::variables::Variables;
use super::{env, shell, users};
use crate::source::Problem;

/// How many programs may start each other.
const MAX_DEPTH: usize = 16;

/// The shells whose scripts are followed.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "ksh", "zsh"];

/// Whether a command that begins with this text starts another program, before which it may change variables. Most
/// commands do not, and cost nothing more.
pub fn starts_another(text: &str) -> bool {
    let program = text.split_whitespace().next().unwrap_or_default();
    is_followed(base_name(program).trim_matches(['"', '\'']))
}

fn is_followed(name: &str) -> bool {
    matches!(name, "env" | "busybox" | "su" | "runuser")
        || SHELLS.contains(&name)
        || starter(name).is_some()
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

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
        let name = base_name(&path);
        if self.depth >= MAX_DEPTH && is_followed(name) {
            let message = format!(
                "more than {MAX_DEPTH} programs start each other up to here; what this one sets is not followed"
            );
            return variables.note_untold(Problem::new(first.span(), message));
        }
        match name {
            "env" => env::run(self, rest, variables),
            "busybox" => self.next().run(rest, variables),
            name if SHELLS.contains(&name) => shell::run(self, rest, variables),
            "su" | "runuser" => users::run(self, rest, variables),
            name => {
                if let Some(starter) = starter(name) {
                    let started = starter.started(rest, variables);
                    self.next().run(started, variables);
                }
            }
        }
    }
}
