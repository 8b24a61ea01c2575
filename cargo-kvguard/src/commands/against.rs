//! `cargo kvguard check --against REF`

mod changes;
mod human;
mod json;
mod sides;

use super::Outcome;
use super::check::{levels, write};
use crate::cli::Check;
use crate::exit_code::{CLEAN, COULD_NOT_CHECK, FINDINGS};
use crate::fleet::{self, Error};
use crate::formats::{Checked, FORMATS, Format, OutputFile};
use crate::git::Repository;
use crate::output::{Colour, print, print_error};

use kvguard::check::Options;
use kvguard::emit::human::Style;
use kvguard::finding::Level;
use sides::{Base, Compared};

/// Checks two commits, prints and writes what of their findings differs, and exits by what was added.
pub fn run(arguments: &Check, reference: &str, colour: Colour) -> Outcome {
    let style = Style {
        colour: colour.on_standard_output(),
        quiet: arguments.quiet,
        max_findings: arguments.max_findings.0,
    };
    let files = arguments.output.iter();
    let files = files.map(|file| (file.format, Style::default()));
    let asked: Vec<(&Format, Style)> = std::iter::once((arguments.format, style))
        .chain(files)
        .collect();
    if let Some((format, _)) = asked.iter().find(|(format, _)| !format.tells_changes) {
        let others = FORMATS.iter().filter(|other| other.tells_changes);
        let others: Vec<&str> = others.map(|other| other.name).collect();
        return Err(Error::TellsNoChanges(format.name, others.join(", ")));
    }
    let options = fleet::options(&arguments.fleet, &arguments.scope, levels(arguments)?)?;
    let repository = Repository::around(&options.root)?;
    let head = repository.head()?;
    let base = repository.base(reference, &head)?;
    let mut compared = sides::compare(&repository, base, head, &options)?;
    OutputFile::refuse(&arguments.output, &compared.head.report)?;
    let code = exit_code(&compared);
    let beside = if has_both(arguments.format) {
        String::new()
    } else {
        human::beside_added(&compared, reference, Style::default())
    };
    let texts = texts(&asked, &mut compared, reference, &options);
    print(&texts[0]);
    print_error(&beside);
    let written = write(arguments.output.iter().zip(&texts[1..]));
    // The process ends here, and freeing two large fleets piece by piece takes a while.
    std::mem::forget(compared);
    Ok(if written { code } else { COULD_NOT_CHECK })
}

/// Whether a format has a form for what was removed and for what could not be checked at the base. The others report what was added.
fn has_both(format: &Format) -> bool {
    matches!(format.name, "human" | "json")
}

/// The report in each form that was asked for. Those that know of one fleet only tell what was added, and what could not be checked of
/// either commit.
fn texts(
    asked: &[(&Format, Style)],
    compared: &mut Compared,
    reference: &str,
    options: &Options,
) -> Vec<String> {
    let own = |(format, style): &(&Format, Style)| match format.name {
        "human" => Some(human::text(compared, reference, *style)),
        "json" => Some(json::text(compared)),
        _ => None,
    };
    let own: Vec<Option<String>> = asked.iter().map(own).collect();
    compared.tell_failures_at_head();
    let report = &compared.head.report;
    let of_one = |format: &Format, style| format.text(&Checked::new(report, options, style, false));
    own.into_iter()
        .zip(asked)
        .map(|(own, (format, style))| own.unwrap_or_else(|| of_one(format, *style)))
        .collect()
}

/// 0: no finding at `deny` was added; 1: one was; 2: one of the commits could not be checked.
fn exit_code(compared: &Compared) -> u8 {
    let base_failures = match &compared.base {
        Base::Checked(base) => base.report.failures.len(),
        Base::WithoutPolicy(_) => 0,
    };
    if base_failures + compared.head.report.failures.len() > 0 {
        return COULD_NOT_CHECK;
    }
    let mut added = compared.head.report.findings.iter();
    if added.any(|finding| finding.level == Level::Deny) {
        FINDINGS
    } else {
        CLEAN
    }
}
