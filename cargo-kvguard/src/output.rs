//! Where the command prints, and whether in colour.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use kvguard::emit::printable;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// As the environment says, else on a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether to colour what goes to standard output.
    pub fn on_standard_output(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => automatic(variable, std::io::stdout().is_terminal()),
        }
    }
}

/// Prints to standard output. A reader that has gone away (`| head`) has seen enough.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints lines that hold names of the fleet, which must not steer the terminal.
pub fn print_text(text: &str) {
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => print(&format!("{}\n", printable(line))),
            None => print(&printable(line)),
        }
    }
}

/// Prints to standard error.
pub fn print_error(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether to colour by the environment: `NO_COLOR` (<https://no-color.org>) goes before `CLICOLOR_FORCE` and `CLICOLOR`
/// (<https://bixense.com/clicolors/>).
fn automatic(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let filled = |name| variable(name).filter(|value| !value.is_empty());
    if filled("NO_COLOR").is_some() {
        return false;
    }
    if filled("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal && filled("CLICOLOR").is_none_or(|value| value != "0")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command's own surroundings, not the fleet's"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Rows of cells, each column as wide as its widest cell.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::automatic;

    type Environment = &'static [(&'static str, &'static str)];

    #[test]
    fn the_environment_decides_about_colours_before_the_terminal_does() {
        let cases: [(Environment, bool, bool); 9] = [
            (&[], true, true),
            (&[], false, false),
            (&[("NO_COLOR", "1")], true, false),
            (&[("NO_COLOR", "")], true, true),
            (&[("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "0")], false, false),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false),
            (&[("CLICOLOR", "0")], true, false),
            (&[("CLICOLOR", "1")], false, false),
        ];
        for (environment, is_terminal, expected) in cases {
            let variable = |name: &str| {
                let found = environment.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| value.into())
            };
            assert_eq!(
                automatic(variable, is_terminal),
                expected,
                "{environment:?}"
            );
        }
    }
}
