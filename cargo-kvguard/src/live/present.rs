//! The report of a command about a running fleet, as it is printed and written to files.

use std::fmt::Write as _;

use clap::Args;
use kvguard::check::{Options, Report};
use kvguard::emit::human::Style;
use kvguard::live::Seen;

use crate::cli::format;
use crate::commands::{Outcome, write};
use crate::exit_code::COULD_NOT_CHECK;
use crate::formats::{Checked, Format, OutputFile};
use crate::output::{Colour, print, print_text};

/// How the report is printed.
#[derive(Debug, Args)]
pub struct Presentation {
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format())]
    pub format: &'static Format,
    /// Write the report to a file, too, in a format of its own: junit=kvguard.xml (may be repeated)
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<OutputFile>,
    /// Print errors only, and no progress
    #[arg(short, long)]
    pub quiet: bool,
}

impl Presentation {
    /// Prints a report, in which findings of one cause are one, and writes it to the files that were named; the exit code.
    ///
    /// # Errors
    ///
    /// A file is named twice, or is one of those that were checked.
    pub fn present(&self, report: &Report, options: &Options, colour: Colour) -> Outcome {
        OutputFile::refuse(&self.reports, report)?;
        let style = Style {
            colour: colour.on_standard_output(),
            quiet: self.quiet,
            ..Style::default()
        };
        if self.format.is_for_people() && !self.quiet {
            let seen = report.model.iter().flat_map(|model| &model.seen);
            print_text(&seen.map(listing).collect::<String>());
        }
        let in_style = |style| Checked::new(report, options, style, false);
        print(&self.format.text(&in_style(style)));
        let in_file = in_style(Style::default());
        let files = self.reports.iter();
        let texts = files.clone().map(|file| file.format.text(&in_file));
        let texts: Vec<String> = texts.collect();
        Ok(if write(files.zip(&texts)) {
            report.exit_code()
        } else {
            COULD_NOT_CHECK
        })
    }
}

/// What was done with each key, which services are excused, and what was not looked at.
fn listing(seen: &Seen) -> String {
    let mut text = String::new();
    let done = seen.done.iter();
    let width = done.map(|done| done.what.len()).max().unwrap_or(0);
    for done in &seen.done {
        let detail = if done.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", done.detail)
        };
        let _ = writeln!(
            text,
            "{:width$}  {}  {}{detail}",
            done.what, done.service, done.key
        );
    }
    for excused in &seen.excused {
        let _ = writeln!(text, "excused: {}: {}", excused.service, excused.reason);
    }
    for sentence in &seen.probed {
        let _ = writeln!(text, "probed: {sentence}");
    }
    for change in &seen.changes {
        let _ = writeln!(text, "changed: {change}");
    }
    for sentence in &seen.not_checked {
        let _ = writeln!(text, "not checked: {sentence}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
