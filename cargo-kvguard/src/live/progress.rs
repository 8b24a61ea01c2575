//! How far a command is: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kvguard::emit::printable;

use crate::output::print_error;

/// Tells on standard error how far a command is.
pub struct Progress {
    bar: Option<ProgressBar>,
    is_quiet: bool,
}

impl Progress {
    /// Progress that is shown on a terminal as a bar, elsewhere as a line for each step, and not at all if it is quiet.
    pub fn new(is_quiet: bool) -> Self {
        let is_on_terminal = std::io::stderr().is_terminal();
        let bar = (is_on_terminal && !is_quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, is_quiet }
    }

    /// Begins a step of so many parts; `None`: it is not known how many.
    pub fn step(&self, what: &str, parts: Option<usize>) {
        let what = printable(what).into_owned();
        let Some(bar) = &self.bar else {
            if !self.is_quiet {
                print_error(&format!("{what}\n"));
            }
            return;
        };
        bar.reset();
        bar.set_message(what);
        match parts {
            Some(parts) => {
                bar.set_length(parts as u64);
                // The template is ours and valid.
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}/{len}") {
                    bar.set_style(style);
                }
            }
            None => bar.set_style(ProgressStyle::default_spinner()),
        }
    }

    /// Says what is wrong, also where it is quiet, while the command goes on.
    pub fn trouble(&self, what: &str) {
        let tell = || print_error(&format!("{}\n", printable(what)));
        match &self.bar {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    /// One part more of the step is done.
    pub fn advance(&self) {
        self.advance_by(1);
    }

    /// So many parts more of the step are done.
    pub fn advance_by(&self, parts: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(parts as u64);
        }
    }

    /// Clears the bar, so that what is printed next begins on a line of its own.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
