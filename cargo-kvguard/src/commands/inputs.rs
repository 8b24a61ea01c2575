//! `cargo kvguard inputs`

use kvguard::emit::json::Writer;
use kvguard::emit::printable;

use super::Outcome;
use crate::cli::{Inputs, InputsFormat, Scope};
use crate::exit_code::{CLEAN, COULD_NOT_CHECK};
use crate::fleet;
use crate::output::print;

/// Prints every file that a check reads. Exits with 2 if something could not be read: then the list may lack
/// what hangs on it.
pub fn run(arguments: &Inputs) -> Outcome {
    let report = fleet::report(&arguments.fleet, &Scope::default())?;
    let Some(inputs) = &report.inputs else {
        return Ok(COULD_NOT_CHECK);
    };
    let outside: Vec<String> = inputs
        .files_outside()
        .map(|path| path.display().to_string())
        .collect();
    let files: Vec<&str> = outside
        .iter()
        .map(String::as_str)
        .chain(inputs.files())
        .collect();
    match arguments.format {
        InputsFormat::Paths => {
            for file in &files {
                print(&format!("{}\n", printable(file)));
            }
        }
        InputsFormat::Json => {
            let mut json = Writer::default();
            json.object(|json| {
                json.key("files").strings(&files);
                json.key("directories")
                    .array(inputs.directories(), |json, directory| {
                        json.string(directory);
                    });
                json.key("missing")
                    .array(inputs.missing(), kvguard::emit::json::Writer::string);
            });
            print(&json.finish());
        }
    }
    Ok(if report.failures.is_empty() {
        CLEAN
    } else {
        COULD_NOT_CHECK
    })
}
