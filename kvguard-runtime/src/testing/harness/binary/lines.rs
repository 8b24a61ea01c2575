//! What the lines of a log tell.

use std::collections::BTreeSet;

/// Lines that a control run logged, without what differs from run to run.
#[derive(Debug, Default)]
pub(in crate::testing::harness) struct Known(BTreeSet<String>);

impl Known {
    pub(super) fn of(log: &str) -> Self {
        Self(log.lines().map(without_digits).collect())
    }

    /// The lines of a log that the control run did not log, too.
    pub(super) fn new_lines<'l>(&self, log: &'l str) -> impl Iterator<Item = &'l str> {
        log.lines()
            .filter(|line| !self.0.contains(&without_digits(line)))
    }
}

/// Times, ports and process numbers differ from run to run; each number becomes one sign.
fn without_digits(line: &str) -> String {
    let mut short = String::new();
    for character in line.chars() {
        if !character.is_ascii_digit() {
            short.push(character);
        } else if !short.ends_with('#') {
            short.push('#');
        }
    }
    short
}

/// Whether a line has the level `warn` or a more severe one. The first word that is a level counts, so that a field called
/// `error` of an informational line does not.
pub(super) fn is_warning(line: &str) -> bool {
    let plain = without_colours(line);
    let mut words = plain.split(|character: char| !character.is_ascii_alphanumeric());
    words.find_map(level) == Some(Level::Warning)
}

#[derive(PartialEq, Eq)]
enum Level {
    Information,
    Warning,
}

fn level(word: &str) -> Option<Level> {
    // Short forms are those of zerolog and klog-like loggers, which write them in capitals.
    match word {
        "WRN" | "ERR" | "FTL" | "PNC" => return Some(Level::Warning),
        "TRC" | "DBG" | "INF" => return Some(Level::Information),
        _ => {}
    }
    match word.to_ascii_lowercase().as_str() {
        "warn" | "warning" | "error" | "fatal" | "critical" | "panic" | "panicked" | "alert"
        | "emergency" => Some(Level::Warning),
        "trace" | "debug" | "info" | "notice" => Some(Level::Information),
        _ => None,
    }
}

/// A line without the escape sequences by which terminals colour it.
fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, escaped)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = escaped.trim_start_matches(|character: char| !character.is_ascii_alphabetic());
        rest = rest.get(1..).unwrap_or_default();
    }
    plain + rest
}

/// Whether a line names something: as a word of its own, not as a part of another.
pub(super) fn names(line: &str, name: &str) -> bool {
    let line = line.to_lowercase();
    let name = name.to_lowercase();
    !name.is_empty()
        && line.match_indices(&name).any(|(at, found)| {
            let before = line[..at].chars().next_back();
            let after = line[at + found.len()..].chars().next();
            let is_part = |character: Option<char>| {
                character.is_some_and(|character| {
                    character.is_alphanumeric() || matches!(character, '_' | '-')
                })
            };
            !is_part(before) && !is_part(after) && after != Some('/')
        })
}

#[cfg(test)]
mod tests {
    use super::{Known, is_warning, names};

    #[test]
    fn the_first_level_of_a_line_counts() {
        for line in [
            "WARN kv unreachable",
            "2026-01-02T03:04:05Z  WARN gauge: file in use",
            "{\"level\":\"error\",\"msg\":\"no store\"}",
            "level=warning msg=x",
            "\u{1b}[33mWARN\u{1b}[0m gauge",
            "3:04PM ERR cannot reach the store",
            "Error: transport",
            "thread 'main' panicked at src/main.rs",
        ] {
            assert!(is_warning(line), "{line}");
        }
        for line in [
            "INFO loaded, errors=0",
            "INF going on error=\"connection refused\"",
            "{\"level\":\"info\",\"error\":\"x\"}",
            "forewarned is forearmed",
            "listening on :7000",
            "",
        ] {
            assert!(!is_warning(line), "{line}");
        }
    }

    #[test]
    fn a_name_is_a_word_of_its_own() {
        assert!(names(
            "WARN config/gauge.json: no answer",
            "config/gauge.json"
        ));
        assert!(names("dial tcp 127.0.0.1:4222: refused", "127.0.0.1:4222"));
        assert!(names("the Config Store is gone.", "config store"));
        assert!(!names("no restore point", "store"));
        assert!(!names("dial tcp 127.0.0.1:42220", "127.0.0.1:4222"));
        assert!(!names("my-config/gauge.json/x", "config/gauge.json"));
        assert!(!names("anything", ""));
    }

    #[test]
    fn lines_that_differ_by_numbers_alone_are_known() {
        let known = Known::of("12:00:01 WARN disk 9% free\nlistening on :7000\n");
        let log = "12:34:56 WARN disk 10% free\nWARN store gone\nlistening on :65000\n";
        let new: Vec<&str> = known.new_lines(log).collect();
        assert_eq!(new, ["WARN store gone"]);
    }
}
