//! A log: lines, and when each was written where that is known.

use std::time::SystemTime;

use super::super::failure::Failure;

/// How many bytes of a log are read. What is longer is an error rather than judged in part.
pub const MAX_BYTES: usize = 64 << 20;

/// A log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Its lines, the oldest first.
    pub lines: Vec<Line>,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: Option<SystemTime>,
    /// Its text.
    pub text: String,
}

/// The end of a log at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    at: Option<SystemTime>,
    lines: usize,
}

impl Log {
    /// A log whose lines have no times.
    pub fn plain(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().map(|line| Line {
            at: None,
            text: line.to_owned(),
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// A log whose lines begin with their times, as Docker and kubectl print them with `--timestamps`. A line without one has that of
    /// the line before it.
    pub fn timed(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut last = None;
        let lines = text.lines().map(|line| {
            let timed = line.split_once(' ').unwrap_or((line, ""));
            match humantime::parse_rfc3339(timed.0) {
                Ok(at) => {
                    last = Some(at);
                    (last, timed.1)
                }
                Err(_) => (last, line),
            }
        });
        let lines = lines.map(|(at, text)| Line {
            at,
            text: text.to_owned(),
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// The same with the lines of another one, in the order of their times.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self.lines.sort_by_key(|line| line.at);
        self
    }

    /// Its end.
    pub fn end(&self) -> Mark {
        Mark {
            at: self.lines.iter().filter_map(|line| line.at).max(),
            lines: self.lines.len(),
        }
    }

    /// The lines after the end that it had at some moment. Where lines have no times and there are fewer now, the log was begun anew, and
    /// all are.
    pub fn since(&self, mark: Mark) -> impl Iterator<Item = &Line> {
        let skipped = match mark.at {
            Some(_) => 0,
            None if self.lines.len() < mark.lines => 0,
            None => mark.lines,
        };
        let is_after =
            move |line: &&Line| mark.at.is_none_or(|end| line.at.is_some_and(|at| at > end));
        self.lines.iter().skip(skipped).filter(is_after)
    }

    /// Its text, with the times that are known.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            if let Some(at) = line.at {
                text.push_str(&humantime::format_rfc3339_micros(at).to_string());
                text.push(' ');
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

/// Why a log is not read.
pub fn too_long(place: &str) -> Failure {
    Failure::Other(format!(
        "the log of {place} is longer than {} MiB, so that it is not read; read less of it with --since, or rotate it",
        MAX_BYTES >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn the_lines_since_a_moment_are_known_by_their_times_or_by_their_number() {
        let before = "2026-06-01T00:00:00.5Z one\n2026-06-01T00:00:00.7Z two\n";
        let end = Log::timed(before.as_bytes()).end();
        let after = "2026-06-01T00:00:00.7Z two\n2026-06-01T00:00:00.71Z three\n  of two lines\n";
        let after = Log::timed(after.as_bytes());
        let since: Vec<&str> = after.since(end).map(|line| line.text.as_str()).collect();
        assert_eq!(since, ["three", "  of two lines"]);

        let end = Log::plain(b"one\ntwo\n").end();
        let texts = |text: &str| {
            let log = Log::plain(text.as_bytes());
            log.since(end)
                .map(|line| line.text.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts("one\ntwo\nthree\n"), ["three"]);
        assert_eq!(texts("anew\n"), ["anew"]);
    }

    #[test]
    fn two_streams_are_one_log_in_the_order_of_their_times() {
        let out = Log::timed(b"2026-06-01T00:00:01Z out 1\n2026-06-01T00:00:03Z out 2\n");
        let err = Log::timed(b"2026-06-01T00:00:02Z err 1\n");
        let text = out.with(err).text();
        let lines: Vec<&str> = text.lines().map(|line| &line[line.len() - 5..]).collect();
        assert_eq!(lines, ["out 1", "err 1", "out 2"]);
    }
}
