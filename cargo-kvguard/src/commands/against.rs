//! `cargo kvguard check --against REF`

mod changes;
mod human;
mod json;
mod sides;

use super::Outcome;
use super::check::levels;
use crate::cli::{Check, Format};
use crate::exit_code::{CLEAN, COULD_NOT_CHECK, FINDINGS};
use crate::fleet;
use crate::git::Repository;
use crate::output::{Colour, print};

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
    let text = match arguments.format {
        Format::Human => human::text(
            &compared,
            reference,
            Style {
                colour: colour.on_standard_output(),
                quiet: arguments.quiet,
                max_findings: arguments.max_findings.0,
            },
        ),
        Format::Json => json::text(&compared),
    };
    print(&text);
    let code = exit_code(&compared);
    // The process ends here, and freeing two large fleets piece by piece takes a while.
    std::mem::forget(compared);
    Ok(code)
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
