//! `cargo kvguard check --against REF`

mod changes;
mod human;
mod json;
mod sides;

use super::Outcome;
use super::check::{levels, write};
use crate::cli::Check;
use crate::exit_code::{CLEAN, COULD_NOT_CHECK, FINDINGS};
use crate::fleet;
use crate::formats::{Checked, Format};
use crate::git::Repository;
use crate::output::{Colour, print, print_error};

use kvguard::emit::human::Style;
use kvguard::finding::Level;
use sides::{Base, Compared};

/// Checks two commits, prints what of their findings differs, and exits by what was added.
pub fn run(arguments: &Check, reference: &str, colour: Colour) -> Outcome {
    let options = fleet::options(&arguments.fleet, &arguments.scope, levels(arguments)?)?;
    let repository = Repository::around(&options.root)?;
    let head = repository.head()?;
    let base = repository.base(reference, &head)?;
    let compared = sides::compare(&repository, base, head, &options)?;
    let text = |format: &Format, style: Style| match format.name {
        "human" => human::text(&compared, reference, style),
        "json" => json::text(&compared),
        _ => format.text(&Checked::new(&compared.head.report, &options, style)),
    };
    print(&text(
        arguments.format,
        Style {
            colour: colour.on_standard_output(),
            quiet: arguments.quiet,
            max_findings: arguments.max_findings.0,
        },
    ));
    if !has_both(arguments.format) {
        print_error(&human::beside_added(&compared, reference, Style::default()));
    }
    let are_written = write(&arguments.output, |format| text(format, Style::default()));
    let code = if are_written {
        exit_code(&compared)
    } else {
        COULD_NOT_CHECK
    };
    // The process ends here, and freeing two large fleets piece by piece takes a while.
    std::mem::forget(compared);
    Ok(code)
}

/// Whether a format has a form for what was removed and for what could not be checked at the base. The others report what was added.
fn has_both(format: &Format) -> bool {
    matches!(format.name, "human" | "json")
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
