//! The forms in which `check` gives its report.
//!
//! A format is a file here that makes a text of a report, and a line in the list below; the arguments, their error message and
//! the tests follow from the list. The formats for people and the JSON of kvguard's own are the engine's.

mod github;
mod junit;
#[cfg(test)]
mod live_tests;
mod markdown;
mod output_file;
mod places;
mod sarif;
mod text;

use kvguard::check::{Options, Report};
use kvguard::emit::summary::summary;
use kvguard::emit::{human, json};

pub use output_file::OutputFile;
use places::Places;

/// One form of the report.
#[derive(Debug)]
pub struct Format {
    /// What the command line calls it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Whether it can tell what a change adds and no more. One that stands for the whole fleet would say that all the rest is mended.
    #[cfg_attr(
        not(feature = "git"),
        expect(dead_code, reason = "no commits are compared without it")
    )]
    pub tells_changes: bool,
    write: fn(&Checked) -> String,
}

/// Every format, in the order in which they are listed.
pub static FORMATS: [Format; 6] = [
    Format {
        name: "human",
        about: "For people, with the lines of the files",
        tells_changes: true,
        write: |checked| human::report(checked.report, checked.style),
    },
    Format {
        name: "json",
        about: "For programs; `docs/report.schema.json` describes it",
        tells_changes: true,
        write: |checked| json::report(checked.report),
    },
    Format {
        name: "sarif",
        about: "SARIF 2.1.0, for code scanning and editors",
        tells_changes: false,
        write: sarif::write,
    },
    Format {
        name: "github",
        about: "Workflow commands, which GitHub Actions shows at the lines",
        tells_changes: true,
        write: github::write,
    },
    Format {
        name: "junit",
        about: "JUnit XML, for the test reports of CI servers",
        tells_changes: false,
        write: junit::write,
    },
    Format {
        name: "markdown",
        about: "A summary for a comment on a pull request",
        tells_changes: true,
        write: markdown::write,
    },
];

impl Format {
    /// The format of a name.
    ///
    /// # Errors
    ///
    /// There is none: a sentence that says so and lists those there are.
    pub fn parse(name: &str) -> Result<&'static Self, String> {
        let found = FORMATS.iter().find(|format| format.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
            format!(
                "there is no format `{name}`; the formats are {}",
                names.join(", ")
            )
        })
    }

    /// Whether it is the one for people, the only one that colours and verbosity are for.
    pub fn is_for_people(&self) -> bool {
        self.name == "human"
    }

    /// The report in this form.
    pub fn text(&self, checked: &Checked) -> String {
        (self.write)(checked)
    }
}

/// What was checked, how, and how it is shown.
pub struct Checked<'r> {
    report: &'r Report,
    options: &'r Options,
    style: human::Style,
    /// Whether findings that are allowed are in formats that can mark them so.
    shows_allowed: bool,
    /// What was found, in a few words.
    summary: String,
    places: Places<'r>,
}

impl<'r> Checked<'r> {
    /// A report of what was asked for with these options.
    pub fn new(
        report: &'r Report,
        options: &'r Options,
        style: human::Style,
        shows_allowed: bool,
    ) -> Self {
        Self {
            report,
            options,
            style,
            shows_allowed,
            summary: summary(report),
            places: Places::new(report, options),
        }
    }

    /// Sums up in other words what was found, where the report is a part of the whole.
    #[cfg(feature = "git")]
    #[must_use]
    pub fn summed_up(mut self, summary: String) -> Self {
        self.summary = summary;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{FORMATS, Format};

    #[test]
    fn an_unknown_format_is_told_with_the_list_of_all() {
        let error = Format::parse("xml").expect_err("there is none");
        for format in &FORMATS {
            assert!(error.contains(format.name), "{error}");
            assert_eq!(
                Format::parse(format.name).map(|one| one.name),
                Ok(format.name)
            );
        }
    }
}
