//! `cargo kvguard check`

use kvguard::check::{Report, check};
use kvguard::emit::{self, printable};
use kvguard::finding::Level;
use kvguard::rules::RuleId;

use super::Outcome;
use crate::cli::{Check, Format};
use crate::fleet::{self, Error};
use crate::output::{Colour, print, print_error};

/// Checks, prints the report, and exits by what it found.
pub fn run(arguments: &Check, colour: Colour) -> Outcome {
    let report = check(&fleet::options(
        &arguments.fleet,
        &arguments.scope,
        levels(arguments)?,
    )?);
    let text = match arguments.format {
        Format::Human => emit::human::report(&report, colour.on_standard_output()),
        Format::Json => emit::json::report(&report),
    };
    print(&text);
    if arguments.timings {
        print_error(&timings(&report));
    }
    let code = report.exit_code();
    // The process ends here, and freeing a large fleet piece by piece takes a tenth of the whole time.
    std::mem::forget(report);
    Ok(code)
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
fn levels(arguments: &Check) -> Result<Vec<(RuleId, Level)>, Error> {
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
