//! `cargo kvguard check`

use std::fmt::Write as _;

use kvguard::check::Report;
use kvguard::emit::{self, printable};
use kvguard::finding::Level;
use kvguard::rules::RuleId;

use super::Outcome;
use crate::cli::{Check, Format};
use crate::fleet::{self, Error};
use crate::output::{Colour, print, print_error, print_text};

/// Checks, prints the report, and exits by what it found.
pub fn run(arguments: &Check, colour: Colour) -> Outcome {
    #[cfg(feature = "git")]
    if let Some(reference) = &arguments.against {
        return super::against::run(arguments, reference, colour);
    }
    let report = fleet::checked(&fleet::options(
        &arguments.fleet,
        &arguments.scope,
        levels(arguments)?,
    )?);
    let text = match arguments.format {
        Format::Human => {
            let style = emit::human::Style {
                colour: colour.on_standard_output(),
                quiet: arguments.quiet,
                max_findings: arguments.max_findings.0,
            };
            emit::human::report(&report, style)
        }
        Format::Json => emit::json::report(&report),
    };
    if arguments.verbose && arguments.format == Format::Human {
        print_text(&checked(&report));
    }
    if arguments.show_allowed && arguments.format == Format::Human {
        print(&emit::allowed::allowed(&report));
    }
    print(&text);
    if arguments.timings {
        print_error(&timings(&report));
    }
    let code = report.exit_code();
    // The process ends here, and freeing a large fleet piece by piece takes a tenth of the whole time.
    std::mem::forget(report);
    Ok(code)
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
