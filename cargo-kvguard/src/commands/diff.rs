//! `cargo kvguard diff`

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use crate::exit_code::{CLEAN, COULD_NOT_CHECK, FINDINGS};
use crate::live::failure::Failure;
use crate::output::{print, print_text};
use crate::snapshot::difference::Difference;
use crate::snapshot::read;

/// `diff`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing is otherwise; 1 something is; 2 something could not be compared."
)]
pub struct Arguments {
    /// The directory of the earlier run
    #[arg(value_name = "RUN")]
    pub earlier: PathBuf,
    /// The directory of the later run
    #[arg(value_name = "RUN")]
    pub later: PathBuf,
    /// How to print what is otherwise
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: DiffFormat,
}

/// How to print what is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, a sentence each
    Human,
    /// For programs
    Json,
}

/// Compares the snapshots of two runs.
pub fn run(arguments: &Arguments) -> Outcome {
    let difference = Difference::between(&read(&arguments.earlier)?, &read(&arguments.later)?);
    match arguments.format {
        DiffFormat::Human => print_text(&told(&difference)),
        DiffFormat::Json => {
            let text = serde_json::to_string_pretty(&difference);
            let text = text.map_err(|error| Failure::Other(format!("the difference: {error}")))?;
            print(&(text + "\n"));
        }
    }
    Ok(if !difference.not_compared.is_empty() {
        COULD_NOT_CHECK
    } else if difference.is_empty() {
        CLEAN
    } else {
        FINDINGS
    })
}

fn told(difference: &Difference) -> String {
    let mut text = String::new();
    for sentence in difference.sentences() {
        let _ = writeln!(text, "{sentence}");
    }
    for sentence in &difference.not_compared {
        let _ = writeln!(text, "not compared: {sentence}");
    }
    if text.is_empty() {
        let Difference { from, to, .. } = difference;
        let _ = writeln!(
            text,
            "nothing is otherwise in the run of {to} than in that of {from}"
        );
    }
    text
}
