//! The programs that start other programs in an environment that they change.

use super::letters::Letters;
use super::variables::Variables;
use super::{env, shell};
use crate::source::Problem;

/// How many programs may start each other.
const MAX_DEPTH: usize = 16;

/// The shells whose scripts are followed.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "ksh", "zsh"];

/// A program that changes no variable and starts another one, which stands behind its options and operands.
struct Starter {
    name: &'static str,
    /// Its options whose value is the next word.
    with_value: &'static [&'static str],
    /// How many operands stand before the program that it starts.
    operands: usize,
}

impl Starter {
    const fn new(name: &'static str, with_value: &'static [&'static str], operands: usize) -> Self {
        Self {
            name,
            with_value,
            operands,
        }
    }
}

const STARTERS: [Starter; 12] = [
    Starter::new("tini", &["-p", "-e"], 0),
    Starter::new("tini-static", &["-p", "-e"], 0),
    Starter::new("dumb-init", &["-r", "--rewrite"], 0),
    Starter::new("nohup", &[], 0),
    Starter::new("setsid", &[], 0),
    Starter::new("nice", &["-n", "--adjustment"], 0),
    Starter::new(
        "stdbuf",
        &["-i", "-o", "-e", "--input", "--output", "--error"],
        0,
    ),
    Starter::new("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    Starter::new("gosu", &[], 1),
    Starter::new("su-exec", &[], 1),
    Starter::new("setuidgid", &[], 1),
    Starter::new("s6-setuidgid", &[], 1),
];

/// Whether a command that begins with this text starts another program, before which it may change variables. Most
/// commands do not, and cost nothing more.
pub fn starts_another(text: &str) -> bool {
    let program = text.split_whitespace().next().unwrap_or_default();
    is_followed(base_name(program).trim_matches(['"', '\'']))
}

fn is_followed(name: &str) -> bool {
    let mut starters = STARTERS.iter();
    matches!(name, "env" | "busybox")
        || SHELLS.contains(&name)
        || starters.any(|starter| starter.name == name)
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
            name => {
                if let Some(starter) = STARTERS.iter().find(|starter| starter.name == name) {
                    let started = behind_options(rest, starter.with_value);
                    let started = started.get(starter.operands..).unwrap_or_default();
                    self.next().run(started, variables);
                }
            }
        }
    }
}

/// What stands behind the options of a program, which end at `--` or at the first operand.
fn behind_options<'w>(words: &'w [Letters], with_value: &[&str]) -> &'w [Letters] {
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        let is_option = word.characters().next() == Some(Some('-')) && word.letters.len() > 1;
        if !is_option {
            break;
        }
        rest = behind;
        let text = word.text().unwrap_or_default();
        if text == "--" {
            break;
        }
        if with_value.contains(&text.as_str()) {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    rest
}
