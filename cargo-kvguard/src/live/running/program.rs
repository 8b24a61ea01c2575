//! Other programs, asked and bounded.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::log::MAX_BYTES;
use crate::live::failure::Failure;

/// What a program printed.
#[derive(Debug)]
pub struct Printed {
    /// On standard output.
    pub output: Vec<u8>,
    /// On standard error.
    pub errors: Vec<u8>,
}

/// Runs a program to its end. It is killed where the wait for it is given up.
///
/// # Errors
///
/// It is not there, fails, or prints too much.
pub async fn run(program: &str, arguments: &[&str]) -> Result<Printed, Failure> {
    let mut command = Command::new(program);
    command.args(arguments);
    run_command(command).await
}

/// The same with a command that is set up already.
///
/// # Errors
///
/// As [`run`].
pub async fn run_command(mut command: Command) -> Result<Printed, Failure> {
    let shown = shown(command.as_std());
    let fail = |why: String| Failure::Other(format!("`{shown}` failed: {why}"));
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| {
        fail(format!(
            "{error}; install that program, or name another source of logs with --logs"
        ))
    })?;
    let (output, errors) = tokio::join!(bounded(child.stdout.take()), bounded(child.stderr.take()));
    let (Some(output), Some(errors)) = (
        output.map_err(|error| fail(error.to_string()))?,
        errors.map_err(|error| fail(error.to_string()))?,
    ) else {
        return Err(fail(format!(
            "it prints more than {} MiB; read less of the log with --since",
            MAX_BYTES >> 20
        )));
    };
    let status = child
        .wait()
        .await
        .map_err(|error| fail(error.to_string()))?;
    if status.success() {
        return Ok(Printed { output, errors });
    }
    let told = String::from_utf8_lossy(&errors);
    let last = told.lines().rev().find(|line| !line.trim().is_empty());
    Err(fail(match last {
        Some(line) => format!("{status}: {}", line.trim()),
        None => status.to_string(),
    }))
}

/// The words of a command, for messages. Its environment may hold secrets and is left out.
pub fn shown(command: &std::process::Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// All that is printed; `None`: it is too much.
async fn bounded(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let Some(pipe) = pipe else {
        return Ok(Some(bytes));
    };
    let limit = MAX_BYTES as u64 + 1;
    pipe.take(limit).read_to_end(&mut bytes).await?;
    Ok((bytes.len() <= MAX_BYTES).then_some(bytes))
}
