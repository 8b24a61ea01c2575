//! Runs the conformance suite against a data service, and tells of each check whether it holds.
#![expect(
    clippy::disallowed_macros,
    reason = "a command tells what it found by printing"
)]

mod arguments;
mod checks;
mod outcome;
mod scope;
mod scoped;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match checks::run(&arguments).await {
        Ok(summary) => {
            println!("\n{summary}");
            summary.exit_code()
        }
        Err(why) => {
            eprintln!("error: not checked: {why}");
            ExitCode::from(outcome::NOT_CHECKED)
        }
    }
}
