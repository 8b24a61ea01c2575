//! Asks the person at the terminal.

use std::io::{BufRead, IsTerminal};

use kvguard::emit::printable;

use super::progress::Progress;
use crate::answer::is_yes;
use crate::output::print_error;

/// Asks a question; `None`: there is no terminal to ask at. No answer is a no. A signal is not kept waiting for the answer.
pub async fn ask(progress: &Progress, text: &str) -> Option<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return None;
    }
    progress.finish();
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    print_error(&lines.join("\n"));
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        read.is_ok() && is_yes(&answer)
    });
    Some(answer.await.unwrap_or(false))
}
