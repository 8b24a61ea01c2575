//! `cargo kvguard check`

use std::fmt::Write as _;

use kvguard::check::Report;
use kvguard::emit::{self, printable};
use kvguard::finding::Level;
use kvguard::rules::RuleId;

use super::Outcome;
use crate::cli::Check;
use crate::exit_code::COULD_NOT_CHECK;
use crate::files;
use crate::fleet::{self, Error};
use crate::formats::{Checked, OutputFile};
use crate::output::{Colour, print, print_error, print_text};

/// Checks, prints the report, and exits by what it found.
pub fn run(arguments: &Check, colour: Colour) -> Outcome {
    #[cfg(feature = "git")]
    if let Some(reference) = &arguments.against {
        return super::against::run(arguments, reference, colour);
    }
    let options = fleet::options(&arguments.fleet, &arguments.scope, levels(arguments)?)?;
    let report = fleet::checked(&options);
    OutputFile::refuse(&arguments.output, &report)?;
    let style = emit::human::Style {
        colour: colour.on_standard_output(),
        quiet: arguments.quiet,
        max_findings: arguments.max_findings.0,
    };
    let in_style = |style| Checked::new(&report, &options, style, arguments.show_allowed);
    if arguments.verbose && arguments.format.is_for_people() {
        print_text(&checked(&report));
    }
    if arguments.show_allowed && arguments.format.is_for_people() {
        print(&emit::allowed::allowed(&report));
    }
    print(&arguments.format.text(&in_style(style)));
    let in_file = in_style(emit::human::Style::default());
    let outputs = arguments.output.iter();
    let texts: Vec<String> = outputs.map(|file| file.format.text(&in_file)).collect();
    let written = write(arguments.output.iter().zip(&texts));
    if arguments.timings {
        print_error(&timings(&report));
    }
    let code = if written {
        report.exit_code()
    } else {
        COULD_NOT_CHECK
    };
    // The process ends here, and freeing a large fleet piece by piece takes a tenth of the whole time.
    std::mem::forget(report);
    Ok(code)
}

/// Writes texts to files, and tells of those that cannot be written; whether all could.
pub fn write<'t>(files: impl Iterator<Item = (&'t OutputFile, &'t String)>) -> bool {
    let mut all = true;
    for (file, text) in files {
        if let Err(error) = files::replace(&file.path, text) {
            print_error(&format!("error: {error}\n"));
            all = false;
        }
    }
    all
}

/// A line for each deployment with what was checked in it, and below it what was not judged, why, and what to write so that
/// it is.
fn checked(report: &Report) -> String {
    let mut text = String::new();
    for (_, deployment) in report.deployments() {
        let name = deployment.name();
        let workloads = report.workloads(deployment).count();
        let from_store = report
            .workloads(deployment)
            .filter(|workload| workload.is_kv_sourced())
            .count();
        let _ = writeln!(
            text,
            "{name}: workloads: {workloads}, from the store: {from_store}"
        );
        let of_deployment = report
            .not_judged
            .iter()
            .filter(|one| one.deployment == name);
        for one in of_deployment {
            let rule = one.rule.rule().name;
            let place = one.why.place.map_or_else(String::new, |span| {
                let place = report.sources().shown_location(span);
                format!(" ({}:{}:{})", place.file, place.line, place.column)
            });
            let workloads = one.workloads.join(", ");
            let _ = writeln!(
                text,
                "  not judged by `{rule}`: {}{place}\n    workloads: {workloads}\n    to have it judged: {}",
                one.why.message, one.why.help
            );
        }
    }
    text.push('\n');
    text
}

/// A line for each deployment.
fn timings(report: &Report) -> String {
    let deployments = report.model.iter().flat_map(|model| &model.deployments);
    deployments
        .map(|deployment| {
            let name = printable(deployment.name());
            let milliseconds = deployment.reading.as_secs_f64() * 1000.0;
            format!("{name}: read in {milliseconds:.2} ms\n")
        })
        .collect()
}

/// The levels asked for; of several for one rule the most serious.
pub(super) fn levels(arguments: &Check) -> Result<Vec<(RuleId, Level)>, Error> {
    let asked = [
        (&arguments.allow, Level::Allow),
        (&arguments.warn, Level::Warn),
        (&arguments.deny, Level::Deny),
    ];
    asked
        .into_iter()
        .flat_map(|(rules, level)| rules.iter().map(move |rule| (rule, level)))
        .map(|(rule, level)| Ok((RuleId::parse(rule).map_err(Error::UnknownRule)?, level)))
        .collect()
}
