//! Whether systemd starts a unit at all.

use super::addresses::prefixes;
use super::environment::{Word, split_command};
use super::unit::Assignment;
use crate::deploy::{AddressFilter, Idle, Prefix};
use crate::source::Span;

/// A directive that decides whether and how a service is started.
#[derive(Debug)]
pub(super) enum Start {
    /// `Type=`.
    Type(String),
    /// `RemainAfterExit=`.
    RemainsAfterExit(bool),
    /// `PrivateNetwork=`.
    PrivateNetwork(bool, Span),
    /// `JoinsNamespaceOf=`, by which it may share the network of another unit.
    JoinsNamespace,
    /// `IPAddressAllow=`.
    Allows(Vec<Prefix>, bool),
    /// `IPAddressDeny=`.
    Denies(Vec<Prefix>, bool, Span),
    /// `Slice=`, whose lists of addresses are added to its own.
    Slice,
    /// What names a socket that systemd opens.
    Socket,
    /// An empty `ExecStart=`, which takes back those before it.
    Reset,
    /// `ExecStart=`.
    Command {
        /// Where the value is.
        span: Span,
        /// How many commands it holds.
        count: usize,
        /// Why systemd ignores it, if it does.
        mistake: Option<String>,
        /// Its words.
        words: Vec<Word>,
    },
}

impl Start {
    /// What an assignment says of how the service is started.
    pub(super) fn read(assignment: &Assignment) -> Option<Self> {
        let text = assignment.value.text();
        let text = text.trim();
        if assignment.section == "Unit" && assignment.key == "JoinsNamespaceOf" {
            return Some(Self::JoinsNamespace);
        }
        // `PrivateNetwork=` has no effect beside it.
        if assignment.key == "NetworkNamespacePath" && !text.is_empty() {
            return Some(Self::JoinsNamespace);
        }
        let names_unit = !text.is_empty() && assignment.section != "Service";
        if assignment.key == "Sockets" && !text.is_empty() || names_unit && text.contains(".socket")
        {
            return Some(Self::Socket);
        }
        if assignment.section != "Service" {
            return None;
        }
        let is_on = ["1", "yes", "y", "true", "t", "on"].contains(&text);
        match assignment.key.as_str() {
            "Type" => Some(Self::Type(text.to_owned())),
            "RemainAfterExit" => Some(Self::RemainsAfterExit(is_on)),
            "PrivateNetwork" => Some(Self::PrivateNetwork(is_on, assignment.span())),
            "IPAddressAllow" => {
                let (prefixes, are_all) = prefixes(text);
                Some(Self::Allows(prefixes, are_all))
            }
            "IPAddressDeny" => {
                let (prefixes, are_all) = prefixes(text);
                Some(Self::Denies(prefixes, are_all, assignment.span()))
            }
            "Slice" if !text.is_empty() => Some(Self::Slice),
            "ExecStart" if text.is_empty() => Some(Self::Reset),
            "ExecStart" => Some(command(assignment)),
            _ => None,
        }
    }
}

fn command(assignment: &Assignment) -> Start {
    let span = assignment.value.span(0..assignment.value.text().len());
    let (words, mistake) = split_command(&assignment.value);
    let programs: Vec<String> = words
        .split(Word::is_border)
        .filter_map(|words| words.first())
        .map(|word| String::from_utf8_lossy(&word.bytes))
        .map(|word| {
            word.trim_start_matches(['@', '-', ':', '+', '!', '|'])
                .to_owned()
        })
        .collect();
    let is_relative = |program: &String| {
        let is_known = !program.is_empty() && !program.starts_with(['%', '$']);
        is_known && program.contains('/') && !program.starts_with('/')
    };
    // Of a command, nothing else is a mistake.
    let mistake = if mistake.is_some() {
        Some("its `ExecStart=` has an open quote".to_owned())
    } else {
        programs.iter().any(is_relative).then(|| {
            "the program of its `ExecStart=` is neither an absolute path nor a name alone"
                .to_owned()
        })
    };
    Start::Command {
        span,
        count: programs.len(),
        mistake,
        words,
    }
}

/// How a unit with its drop-ins is started.
#[derive(Debug, Default)]
pub(super) struct Execution {
    kind: Option<String>,
    remains: bool,
    /// Where it says that its network is its own.
    pub(super) isolated: Option<Span>,
    /// Whether it may share the network of another unit.
    pub(super) joins: bool,
    /// With which addresses it may exchange packets.
    pub(super) filter: AddressFilter,
    /// Whether it names a socket.
    pub(super) has_socket: bool,
    commands: Vec<(Span, usize)>,
    /// The words of the last command.
    pub(super) words: Vec<Word>,
    /// The first command that systemd ignores, and why.
    ignored: Option<(Span, String)>,
}

impl Execution {
    /// Adds what one file says.
    pub(super) fn apply(&mut self, starts: &[Start]) {
        for start in starts {
            match start {
                Start::Type(kind) => self.kind = Some(kind.clone()),
                Start::RemainsAfterExit(remains) => self.remains = *remains,
                Start::PrivateNetwork(is_on, span) => self.isolated = is_on.then_some(*span),
                Start::JoinsNamespace => self.joins = true,
                Start::Slice => self.filter.is_partial = true,
                Start::Socket => self.has_socket = true,
                // An empty list takes back those before it.
                Start::Allows(prefixes, are_all) => {
                    if prefixes.is_empty() && *are_all {
                        self.filter.allowed.clear();
                    }
                    self.filter.allowed.extend(prefixes);
                    self.filter.is_partial |= !are_all;
                }
                Start::Denies(prefixes, are_all, span) => {
                    if prefixes.is_empty() && *are_all {
                        self.filter.denied.clear();
                    }
                    let prefixes = prefixes.iter().map(|prefix| (*prefix, *span));
                    self.filter.denied.extend(prefixes);
                }
                Start::Reset => {
                    self.commands.clear();
                    self.words.clear();
                    self.ignored = None;
                }
                Start::Command {
                    span,
                    mistake: Some(mistake),
                    ..
                } => {
                    self.ignored.get_or_insert((*span, mistake.clone()));
                }
                Start::Command {
                    span, count, words, ..
                } => {
                    self.commands.push((*span, *count));
                    self.words.clone_from(words);
                }
            }
        }
    }

    /// Why systemd refuses the unit, if it does.
    pub(super) fn idle(&self, unit: Span) -> Option<Idle> {
        let refused = |span, why: &str, help: &str| {
            Some(Idle {
                span,
                why: format!("never runs, as systemd refuses it: {why}"),
                help: help.to_owned(),
            })
        };
        let count: usize = self.commands.iter().map(|(_, count)| count).sum();
        let is_oneshot = self.kind.as_deref() == Some("oneshot");
        match (&self.ignored, self.commands.as_slice()) {
            (Some((span, mistake)), []) => refused(
                *span,
                mistake,
                "write the program's absolute path, and close every quote",
            ),
            (None, []) if !self.remains => refused(
                unit,
                "it has no `ExecStart=`",
                "add `ExecStart=` with the program's absolute path below `[Service]`",
            ),
            (_, [.., (last, _)]) if count > 1 && !is_oneshot => refused(
                *last,
                "only `Type=oneshot` may have more than one `ExecStart=`",
                "take all but one away, or write an empty `ExecStart=` before the one that counts",
            ),
            _ => None,
        }
    }
}
