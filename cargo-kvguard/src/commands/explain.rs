//! `cargo kvguard explain`

use kvguard::rules::{RULES, RuleId};

use super::Outcome;
use crate::cli::Explain;
use crate::exit_code::CLEAN;
use crate::fleet::Error;
use crate::output::print;

/// Prints a rule's documentation, or a line for each rule.
pub fn run(arguments: &Explain) -> Outcome {
    match &arguments.rule {
        Some(name) => {
            let rule = RuleId::parse(name).map_err(Error::UnknownRule)?.rule();
            let level = rule.default_level.name();
            print(&format!(
                "# {} {} (default: {level})\n\n{}",
                rule.code,
                rule.name,
                rule.documentation()
            ));
        }
        None => {
            for rule in RULES {
                let level = rule.default_level.name();
                print(&format!(
                    "{}  {:<28} {level:<6} {}\n",
                    rule.code,
                    rule.name,
                    rule.summary()
                ));
            }
        }
    }
    Ok(CLEAN)
}
