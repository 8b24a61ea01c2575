//! How a verdict is told to the program that runs the build script.

use std::fmt::Write;

use super::REPORT_FILE;
use super::environment::Environment;
use super::verdict::Verdict;
use crate::emit::cargo;
use crate::finding::Level;

/// Whether a message fails the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl Kind {
    /// What a finding of a level is told as.
    pub(super) fn of(level: Level) -> Self {
        if level == Level::Deny {
            Self::Error
        } else {
            Self::Warning
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Something to tell, in one line or a few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Whether the report for people tells it, too.
    is_in_report: bool,
}

impl Message {
    /// A message that the report for people does not tell.
    pub(super) fn new(kind: Kind, text: String) -> Self {
        Self {
            kind,
            text,
            is_in_report: false,
        }
    }

    /// A message that the report for people tells in its own way.
    pub(super) fn of_report(kind: Kind, text: String) -> Self {
        Self {
            kind,
            text,
            is_in_report: true,
        }
    }
}

/// What a build script tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) exit_code: u8,
}

impl Output {
    /// For cargo: directives. For others, where the build is to fail: the report, and an exit code.
    pub(super) fn of(verdict: &Verdict, environment: &Environment) -> Self {
        let mut lines = verdict.watched.clone();
        let mut stderr = String::new();
        let messages = &verdict.messages;
        let fails = messages.iter().any(|message| message.kind == Kind::Error);
        let exits = fails && !environment.is_run_by_cargo;
        if exits {
            for message in messages.iter().filter(|message| !message.is_in_report) {
                // Writing to a string cannot fail.
                let _ = write!(stderr, "{}: {}\n\n", message.kind.name(), message.text);
            }
            stderr.push_str(&verdict.report);
        } else {
            lines.extend(
                messages
                    .iter()
                    .flat_map(|message| cargo::directives(message.kind.name(), &message.text)),
            );
            let place = environment
                .out_dir
                .as_ref()
                .filter(|_| !verdict.report.is_empty());
            lines.extend(place.into_iter().flat_map(|directory| {
                let kind = if fails { Kind::Error } else { Kind::Warning };
                let path = directory.join(REPORT_FILE);
                let text = format!(
                    "the report shows each place with its lines: {}",
                    path.display()
                );
                cargo::directives(kind.name(), &text)
            }));
        }
        let mut stdout = lines.join("\n");
        stdout.push('\n');
        Self {
            stdout,
            stderr,
            exit_code: u8::from(exits),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Kind, Message, Output};
    use crate::build_script::environment::Environment;
    use crate::build_script::verdict::Verdict;
    use crate::policy::date::Date;

    fn environment(is_run_by_cargo: bool) -> Environment {
        let nothing = |_: &str| None;
        Environment {
            out_dir: Some(Path::new("/target/out").to_path_buf()),
            is_run_by_cargo,
            ..Environment::of(&nothing, None, Date::from_days_since_epoch(20_000))
        }
    }

    fn verdict(messages: Vec<Message>) -> Verdict {
        Verdict {
            messages,
            watched: vec!["cargo::rerun-if-changed=build.rs".to_owned()],
            report: "the report\n".to_owned(),
            ..Verdict::default()
        }
    }

    #[test]
    fn cargo_gets_directives_and_the_script_exits_well() {
        let verdict = verdict(vec![
            Message::new(Kind::Warning, "rest".to_owned()),
            Message::of_report(Kind::Error, "one\n  two".to_owned()),
        ]);
        assert_eq!(
            Output::of(&verdict, &environment(true)),
            Output {
                stdout: "cargo::rerun-if-changed=build.rs\ncargo::warning=rest\n\
                         cargo::error=one\ncargo::error=  two\n\
                         cargo::error=the report shows each place with its lines: /target/out/kvguard-report.txt\n"
                    .to_owned(),
                stderr: String::new(),
                exit_code: 0,
            }
        );
    }

    #[test]
    fn another_runner_gets_the_report_once_and_an_exit_code() {
        let verdict = verdict(vec![
            Message::new(Kind::Warning, "rest".to_owned()),
            Message::of_report(Kind::Error, "one\n  two".to_owned()),
        ]);
        assert_eq!(
            Output::of(&verdict, &environment(false)),
            Output {
                stdout: "cargo::rerun-if-changed=build.rs\n".to_owned(),
                stderr: "warning: rest\n\nthe report\n".to_owned(),
                exit_code: 1,
            }
        );
    }

    #[test]
    fn another_runner_goes_on_where_nothing_is_denied() {
        let verdict = verdict(vec![Message::of_report(Kind::Warning, "one".to_owned())]);
        let output = Output::of(&verdict, &environment(false));
        assert_eq!(output.exit_code, 0);
        assert!(output.stdout.contains("\ncargo::warning=one\n"));
        assert!(
            output
                .stdout
                .ends_with("cargo::warning=the report shows each place with its lines: /target/out/kvguard-report.txt\n")
        );
        assert_eq!(output.stderr, "");
    }

    #[test]
    fn no_report_is_named_where_there_is_none() {
        let mut verdict = verdict(vec![Message::new(Kind::Warning, "rest".to_owned())]);
        verdict.report.clear();
        let output = Output::of(&verdict, &environment(true));
        assert!(output.stdout.ends_with("cargo::warning=rest\n"));
    }
}
