//! Why a test failed, and what to do.

use std::fmt;

/// Why a test failed. `Debug` shows it as a person reads it, since a test that gives an error is told so.
#[derive(Clone, Default)]
pub(super) struct Failed {
    message: String,
    places: Vec<(String, String)>,
    help: Vec<String>,
    log: Vec<String>,
    is_not_run: bool,
}

/// How many lines of the beginning of a log are shown.
const FIRST_LINES: usize = 5;

/// How many lines of its end are shown.
const LAST_LINES: usize = 25;

impl Failed {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// That a case cannot be judged, and why. It is a failure all the same, as a test that judges nothing must not pass.
    pub(super) fn not_judged(why: impl AsRef<str>) -> Self {
        Self::new(format!("not judged: {}", why.as_ref()))
    }

    /// With a place, `file:line:column`, and what is there.
    #[must_use]
    pub(super) fn at(mut self, location: impl Into<String>, what: impl Into<String>) -> Self {
        self.places.push((location.into(), what.into()));
        self
    }

    /// With what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// That it is no failure: the test is not run, as somebody said that it may be left out.
    #[must_use]
    #[cfg(feature = "nats")]
    pub(super) fn not_run(mut self) -> Self {
        self.is_not_run = true;
        self
    }

    /// Whether the test is left out.
    pub(super) fn is_not_run(&self) -> bool {
        self.is_not_run
    }

    /// With the first and the last lines of what the service told, without the frames of backtraces, which would leave no room for
    /// what went wrong.
    #[must_use]
    pub(super) fn log(mut self, log: &str) -> Self {
        let lines: Vec<&str> = log
            .lines()
            .filter(|line| !line.trim().is_empty() && !is_frame(line))
            .collect();
        let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        if lines.len() <= FIRST_LINES + LAST_LINES {
            self.log = shown(&lines);
            return self;
        }
        let left_out = lines.len() - FIRST_LINES - LAST_LINES;
        self.log = shown(&lines[..FIRST_LINES]);
        self.log.push(format!("… {left_out} lines"));
        self.log
            .extend::<Vec<String>>(shown(&lines[lines.len() - LAST_LINES..]));
        self
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for (location, what) in &self.places {
            write!(formatter, "\n  --> {location} {what}")?;
        }
        for help in &self.help {
            write!(formatter, "\n  help: {help}")?;
        }
        if !self.log.is_empty() {
            formatter.write_str("\n  the service told:")?;
            for line in &self.log {
                write!(formatter, "\n  | {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Whether a line is a frame of a backtrace, as Rust and Go write them.
fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    let is_indented = text.len() < line.len();
    let of_rust = text.split_once(": ").is_some_and(|(number, _)| {
        !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
    }) || text.starts_with("at ");
    let of_go = line.starts_with('\t') && text.contains(".go:");
    text == "stack backtrace:" || is_indented && of_rust || of_go
}

#[cfg(test)]
mod tests {
    use super::Failed;

    #[test]
    fn a_backtrace_leaves_room_for_what_went_wrong() {
        let mut log =
            "thread 'main' panicked at src/main.rs:3:5:\nno store\nstack backtrace:\n".to_owned();
        for frame in 0..40 {
            log.push_str(&format!(
                "  {frame:2}: core::panicking\n             at /rustc/lib.rs:{frame}\n"
            ));
        }
        log.push_str("goroutine 1 [running]:\n\t/src/main.go:12 +0x1d\n");
        let shown = Failed::new("it fails").log(&log).to_string();
        let lines: Vec<&str> = shown
            .lines()
            .filter(|line| line.starts_with("  | "))
            .collect();
        let expected = [
            "  | thread 'main' panicked at src/main.rs:3:5:",
            "  | no store",
            "  | goroutine 1 [running]:",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn of_a_long_log_the_beginning_and_the_end_are_shown() {
        let log: String = (1..=100).map(|line| format!("line {line}\n")).collect();
        let shown = Failed::new("it fails").log(&log).to_string();
        assert!(
            shown.contains("  | line 5\n  | … 70 lines\n  | line 76\n"),
            "{shown}"
        );
        assert!(shown.ends_with("  | line 100"), "{shown}");
    }
}
