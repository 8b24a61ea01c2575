//! Programs that start another one, which stands behind their options and operands.

use super::letters::Letters;
use super::variables::Variables;
use crate::source::Problem;

/// A program that starts another one.
pub(super) struct Starter {
    name: &'static str,
    /// Its options whose value is the next word, where it is not a part of the option's own.
    with_value: &'static [&'static str],
    /// How many operands stand before the program that it starts.
    operands: usize,
    changes: Changes,
}

/// What a starter does to variables that a contract may name. `UID` and `GID`, which some of them set, are none.
#[derive(Clone, Copy)]
enum Changes {
    Nothing,
    /// It sets variables from a directory that is in no file: always, or with an option.
    ReadsDirectory(Option<&'static str>),
    /// It takes all variables away with an option.
    Clears(&'static str),
}

impl Starter {
    const fn new(name: &'static str, with_value: &'static [&'static str], operands: usize) -> Self {
        Self {
            name,
            with_value,
            operands,
            changes: Changes::Nothing,
        }
    }

    const fn changing(mut self, changes: Changes) -> Self {
        self.changes = changes;
        self
    }

    /// The words of the program that it starts with these arguments, once variables are changed as it changes them.
    pub(super) fn started<'w>(
        &self,
        arguments: &'w [Letters],
        variables: &mut Variables,
    ) -> &'w [Letters] {
        let (options, rest) = options(arguments, self.with_value);
        let given = |name: &str| options.iter().find(|option| option.name == name);
        match self.changes {
            Changes::Nothing => {}
            Changes::Clears(option) => {
                if let Some(option) = given(option) {
                    variables.clear(option.word.span());
                }
            }
            Changes::ReadsDirectory(option) => {
                let place = match option {
                    Some(option) => given(option).map(|option| option.word.span()),
                    None => arguments.first().map(Letters::span),
                };
                if let Some(place) = place {
                    let message = format!("`{}` sets variables from files of the host", self.name);
                    variables.note_untold(Problem::new(place, message));
                }
            }
        }
        rest.get(self.operands..).unwrap_or_default()
    }
}

const TINI: &[&str] = &["-p", "-e"];

/// The options of the programs that limit resources, of daemontools and s6.
const LIMITS: &[&str] = &[
    "-a", "-c", "-d", "-f", "-l", "-m", "-o", "-p", "-r", "-s", "-t",
];

/// Each as its documentation has it: util-linux, coreutils, tini, catatonit, runit, daemontools, s6.
const STARTERS: [Starter; 32] = [
    Starter::new("tini", TINI, 0),
    Starter::new("tini-static", TINI, 0),
    Starter::new("docker-init", TINI, 0),
    Starter::new("catatonit", &[], 0),
    Starter::new("dumb-init", &["-r", "--rewrite"], 0),
    Starter::new("nohup", &[], 0),
    Starter::new("setsid", &[], 0),
    Starter::new("nice", &["-n", "--adjustment"], 0),
    Starter::new("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    Starter::new(
        "stdbuf",
        &["-i", "-o", "-e", "--input", "--output", "--error"],
        0,
    ),
    Starter::new("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    Starter::new(
        "setpriv",
        &[
            "--ambient-caps",
            "--apparmor-profile",
            "--bounding-set",
            "--egid",
            "--euid",
            "--groups",
            "--inh-caps",
            "--landlock-access",
            "--landlock-rule",
            "--pdeathsig",
            "--ptracer",
            "--regid",
            "--reuid",
            "--rgid",
            "--ruid",
            "--seccomp-filter",
            "--securebits",
            "--selinux-label",
        ],
        0,
    )
    .changing(Changes::Clears("--reset-env")),
    Starter::new("gosu", &[], 1),
    Starter::new("su-exec", &[], 1),
    Starter::new(
        "chpst",
        &[
            "-u", "-U", "-b", "-e", "-/", "-C", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f",
            "-c", "-t", "-r",
        ],
        0,
    )
    .changing(Changes::ReadsDirectory(Some("-e"))),
    Starter::new("setuidgid", &[], 1),
    Starter::new("envuidgid", &[], 1),
    Starter::new("setlock", &[], 1),
    Starter::new("softlimit", LIMITS, 0),
    Starter::new("envdir", &[], 1).changing(Changes::ReadsDirectory(None)),
    Starter::new("s6-setuidgid", &[], 1),
    Starter::new("s6-envuidgid", &["-D"], 1),
    Starter::new("s6-applyuidgid", &["-u", "-g", "-G"], 0),
    Starter::new("s6-setsid", &["-d"], 0),
    Starter::new("s6-setlock", &["-t", "-d"], 1),
    Starter::new("s6-softlimit", LIMITS, 0),
    Starter::new(
        "s6-notifyoncheck",
        &["-3", "-s", "-T", "-t", "-w", "-n", "-c"],
        0,
    ),
    Starter::new("s6-ioconnect", &["-t", "-r", "-w"], 0),
    Starter::new("s6-envdir", &["-c"], 1).changing(Changes::ReadsDirectory(None)),
    Starter::new("with-contenv", &[], 0).changing(Changes::ReadsDirectory(None)),
    Starter::new("fdmove", &[], 2),
    Starter::new("fdclose", &[], 1),
];

/// The starter of a name.
pub(super) fn starter(name: &str) -> Option<&'static Starter> {
    STARTERS.iter().find(|starter| starter.name == name)
}

/// An option of a program.
pub(super) struct Given {
    /// With the signs before it, and without its value.
    pub(super) name: String,
    /// The word that holds it.
    pub(super) word: Letters,
    pub(super) value: Option<Letters>,
}

/// The options of a program, which end at `--` or at the first operand, and what stands behind them.
pub(super) fn options<'w>(
    words: &'w [Letters],
    with_value: &[&str],
) -> (Vec<Given>, &'w [Letters]) {
    let mut found = Vec::new();
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
        if text.starts_with("--") {
            let name = text.split('=').next().unwrap_or_default().to_owned();
            let mut value = word.assignment().map(|(_, value)| value);
            if value.is_none() && with_value.contains(&name.as_str()) {
                value = take(&mut rest);
            }
            let word = word.clone();
            found.push(Given { name, word, value });
            continue;
        }
        // Options of one letter each, of which the last may take a value.
        for (at, letter) in text.chars().enumerate().skip(1) {
            let name = format!("-{letter}");
            let takes_value = with_value.contains(&name.as_str());
            let own = word.part(at + 1..word.letters.len());
            let value = match takes_value {
                false => None,
                true if own.letters.is_empty() => take(&mut rest),
                true => Some(own),
            };
            let word = word.clone();
            found.push(Given { name, word, value });
            if takes_value {
                break;
            }
        }
    }
    (found, rest)
}

fn take(words: &mut &[Letters]) -> Option<Letters> {
    let (first, behind) = words.split_first()?;
    *words = behind;
    Some(first.clone())
}
