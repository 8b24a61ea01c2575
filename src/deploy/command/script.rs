//! The commands of a shell script, in the order they are written, and whether each of them is certain to run.

use super::expansion::ShellWord;
use super::letters::Letters;
use super::tokens::{Operator, Token, tokens};
use crate::source::Span;

/// A command without the structure around it.
#[derive(Debug)]
pub(super) struct Simple {
    pub(super) words: Vec<ShellWord>,
    /// Whether it stands in an `if`, a loop, a function or a subshell.
    pub(super) is_conditional: bool,
    /// Whether it is a part of a pipeline, which changes no variable of the shell.
    pub(super) is_piped: bool,
    /// Whether the shell does not wait for it.
    pub(super) is_in_background: bool,
    /// The number of the list of commands, joined by `&&` and `||`, that it belongs to.
    pub(super) list: usize,
    /// What joins it to the command before it in its list.
    pub(super) joined_by: Option<Operator>,
}

/// What a script consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// `{ … }`, which is run once.
    Group,
    /// What may be run or not.
    Conditional,
    /// `case … esac`, in which `)` ends a pattern.
    Case,
}

/// Commands that may follow the program that a script is for, or come before it: a shell's own, and small tools.
const HELPERS: [&str; 58] = [
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "break",
    "case",
    "cat",
    "cd",
    "chmod",
    "chown",
    "continue",
    "cp",
    "declare",
    "echo",
    "eval",
    "exit",
    "export",
    "false",
    "fg",
    "for",
    "getopts",
    "hash",
    "jobs",
    "kill",
    "let",
    "ln",
    "local",
    "mapfile",
    "mkdir",
    "mv",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "rm",
    "select",
    "set",
    "shift",
    "shopt",
    "sleep",
    "source",
    "test",
    "times",
    "touch",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unset",
    "wait",
];

/// The command that a script is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant {
    /// Its position.
    pub(super) at: usize,
    /// How sure it is that the script is for this one.
    pub(super) certainty: Certainty,
}

/// How sure it is which of the programs of a script the script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It is the only one, takes the place of the shell, or runs once the others have succeeded.
    Sure,
    /// It is the last of several that run one after another.
    Last,
    /// It is one of several that run side by side, or in place of each other.
    Open,
}

impl Simple {
    /// The words before its name that set variables, and the words from its name on.
    pub(super) fn parts(&self) -> (&[ShellWord], &[ShellWord]) {
        let is_name = |word: &ShellWord| word.assignment().is_none();
        let at = self.words.iter().position(is_name);
        self.words.split_at(at.unwrap_or(self.words.len()))
    }

    /// The command's name.
    pub(super) fn name(&self) -> Option<String> {
        self.parts().1.first()?.literal()
    }

    /// Whether it may be what a script is for.
    pub(super) fn is_program(&self) -> bool {
        match self.name() {
            Some(name) => !HELPERS.contains(&name.as_str()),
            None => !self.parts().1.is_empty(),
        }
    }

    /// Whether it cannot fail.
    pub(super) fn always_succeeds(&self) -> bool {
        match self.name().as_deref() {
            None => self.parts().1.is_empty(),
            Some(name) => ["export", "unset", "set", ":", "true", "echo"].contains(&name),
        }
    }
}

/// The commands of a script.
///
/// # Errors
///
/// Where a quote or a bracket begins that nothing closes.
pub(super) fn commands(script: &Letters) -> Result<Vec<Simple>, Span> {
    let mut reader = Commands::default();
    for token in tokens(script)? {
        match token {
            Token::Word(word) => reader.word(word),
            Token::Operator(operator) => reader.operator(operator),
        }
    }
    reader.flush();
    Ok(reader.found)
}

/// The command that a script is for: the first that takes the place of the shell, or else the last program.
pub(super) fn meant(commands: &[Simple]) -> Option<Meant> {
    let takes_over = |command: &Simple| {
        let is_exec = command.name().as_deref() == Some("exec");
        is_exec && !command.is_conditional && command.parts().1.len() > 1
    };
    if let Some(at) = commands.iter().position(takes_over) {
        let certainty = Certainty::Sure;
        return Some(Meant { at, certainty });
    }
    let last = commands.iter().rposition(Simple::is_program)?;
    // What it prints may go through others.
    let mut at = last;
    while at > 0 && commands[at].joined_by == Some(Operator::Pipe) {
        at -= 1;
    }
    let certainty = certainty(&commands[..at], &commands[at]);
    Some(Meant { at, certainty })
}

fn certainty(before: &[Simple], last: &Simple) -> Certainty {
    let others = || before.iter().filter(|command| command.is_program());
    if others().next().is_none() {
        return Certainty::Sure;
    }
    let is_alternative = last.is_conditional || last.joined_by == Some(Operator::Or);
    if is_alternative || others().any(|other| other.is_in_background || other.is_conditional) {
        return Certainty::Open;
    }
    if others().all(|other| other.list == last.list) {
        return Certainty::Sure;
    }
    Certainty::Last
}

#[derive(Debug, Default)]
struct Commands {
    found: Vec<Simple>,
    current: Vec<ShellWord>,
    blocks: Vec<Block>,
    list: usize,
    joined_by: Option<Operator>,
    /// Whether an operator came last that joins two commands: the list goes on in the next line.
    goes_on: bool,
    /// Whether the body of a function comes next.
    defines: bool,
}

impl Commands {
    fn word(&mut self, word: ShellWord) {
        self.goes_on = false;
        let own = if self.current.is_empty() && !word.is_quoted {
            word.literal()
        } else {
            None
        };
        match own.as_deref() {
            Some("if" | "while" | "until") => self.blocks.push(Block::Conditional),
            Some("for" | "select") => {
                self.blocks.push(Block::Conditional);
                self.current.push(word);
            }
            Some("case") => {
                self.blocks.push(Block::Case);
                self.current.push(word);
            }
            Some("{") => {
                let is_body = std::mem::take(&mut self.defines);
                self.blocks.push(if is_body {
                    Block::Conditional
                } else {
                    Block::Group
                });
            }
            Some("then" | "do" | "else" | "elif" | "!" | "time") => {}
            Some("fi" | "done" | "esac" | "}") => {
                self.blocks.pop();
            }
            _ => self.current.push(word),
        }
    }

    fn operator(&mut self, operator: Operator) {
        if operator == Operator::Next && self.goes_on {
            return;
        }
        self.goes_on = matches!(operator, Operator::And | Operator::Or | Operator::Pipe);
        // A test of its own syntax: `[[ a && b ]]`.
        let is_first = |text| self.current.first().is_some_and(|word| word.is(text));
        let is_last = |text| self.current.last().is_some_and(|word| word.is(text));
        if is_first("[[") && !is_last("]]") && operator != Operator::Next {
            return;
        }
        let in_case = self.blocks.last() == Some(&Block::Case);
        match operator {
            Operator::Open if self.current.len() == 1 => {
                self.current.clear();
                self.defines = true;
            }
            Operator::Open if in_case => {}
            Operator::Open => self.blocks.push(Block::Conditional),
            Operator::Close if self.defines => {}
            // The end of a pattern.
            Operator::Close if in_case => self.current.clear(),
            Operator::Close => {
                self.flush();
                self.blocks.pop();
            }
            Operator::Next | Operator::CaseEnd | Operator::Background => {
                self.flush();
                if operator == Operator::Background {
                    let list = self.list;
                    let of_list = self.found.iter_mut().rev();
                    for command in of_list.take_while(|command| command.list == list) {
                        command.is_in_background = true;
                    }
                }
                self.joined_by = None;
                self.list += 1;
            }
            Operator::And | Operator::Or | Operator::Pipe => {
                self.flush();
                if operator == Operator::Pipe
                    && let Some(last) = self.found.last_mut()
                {
                    last.is_piped = true;
                }
                self.joined_by = Some(operator);
            }
        }
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.current);
        let is_own = words.first().and_then(ShellWord::literal);
        let is_pattern = is_own.as_deref() == Some("case");
        if words.is_empty() || is_pattern && !words[0].is_quoted {
            return;
        }
        self.found.push(Simple {
            words,
            is_conditional: self.blocks.iter().any(|block| *block != Block::Group),
            is_piped: self.joined_by == Some(Operator::Pipe),
            is_in_background: false,
            list: self.list,
            joined_by: self.joined_by,
        });
    }
}
