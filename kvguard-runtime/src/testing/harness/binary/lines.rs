//! What the lines of a log tell.

use std::collections::BTreeSet;

use super::level::without_colours;

/// Lines that a control run logged, without what differs from run to run.
#[derive(Debug, Default)]
pub(in crate::testing::harness) struct Known(BTreeSet<String>);

impl Known {
    pub(super) fn of(log: &str) -> Self {
        Self(log.lines().map(in_common).collect())
    }

    /// The lines of a log that the control run did not log, too.
    pub(super) fn new_lines<'l>(&self, log: &'l str) -> impl Iterator<Item = &'l str> {
        log.lines()
            .filter(|line| !self.0.contains(&in_common(line)))
    }
}

/// How the names of temporary directories begin, and how many letters and digits follow.
const TEMPORARY: (&str, usize) = (".tmp", 6);

/// What a line has in common with the same line of another run: numbers (times, ports, processes) and the names of the test's
/// directories differ.
fn in_common(line: &str) -> String {
    let mut short = String::new();
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let (prefix, length) = TEMPORARY;
        rest = match rest.strip_prefix(prefix) {
            Some(name) if name.len() >= length && name.is_char_boundary(length) => {
                short.push_str(prefix);
                &name[length..]
            }
            _ => {
                if !character.is_ascii_digit() {
                    short.push(character);
                } else if !short.ends_with('#') {
                    short.push('#');
                }
                &rest[character.len_utf8()..]
            }
        };
    }
    short
}

/// Whether a line names something: as a word of its own, not as a part of another.
pub(super) fn names(line: &str, name: &str) -> bool {
    // JSON may escape the slashes of a key.
    let line = without_colours(line).replace("\\/", "/").to_lowercase();
    let name = name.to_lowercase();
    let is_part = |character: Option<char>| {
        character
            .is_some_and(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
    };
    !name.is_empty()
        && line.match_indices(&name).any(|(at, found)| {
            let before = line[..at].chars().next_back();
            let mut after = line[at + found.len()..].chars();
            let (next, second) = (after.next(), after.next());
            // A longer path is another one, and a `/` at the end is not.
            let is_longer = next == Some('/') && is_part(second);
            !is_part(before) && !is_part(next) && !is_longer
        })
}

#[cfg(test)]
mod tests {
    use super::{Known, names};

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for (line, name) in [
            ("WARN config/gauge.json: no answer", "config/gauge.json"),
            (
                "WARN \u{1b}[2mkey=\u{1b}[0mconfig/gauge.json",
                "config/gauge.json",
            ),
            ("{\"key\":\"config\\/gauge.json\"}", "config/gauge.json"),
            ("dial tcp 127.0.0.1:4222: refused", "127.0.0.1:4222"),
            (
                "the store https://127.0.0.1:4222/ is gone",
                "127.0.0.1:4222",
            ),
            ("the Config Store is gone.", "config store"),
        ] {
            assert!(names(line, name), "{line}");
        }
        for (line, name) in [
            ("no restore point", "store"),
            ("dial tcp 127.0.0.1:42220", "127.0.0.1:4222"),
            ("config/gauge.json/x", "config/gauge.json"),
            ("my-config/gauge.json", "config/gauge.json"),
            ("anything", ""),
        ] {
            assert!(!names(line, name), "{line}");
        }
    }

    #[test]
    fn lines_that_differ_by_numbers_and_temporary_names_alone_are_known() {
        let known = Known::of(
            "12:00:01 WARN disk 9% free\nlistening on :7000\nWARN /tmp/.tmpAbC12d/key.pem is readable\n",
        );
        let log = "12:34:56 WARN disk 10% free\nWARN store gone\nlistening on :65000\nWARN /tmp/.tmpZZZZZZ/key.pem is readable\n";
        let new: Vec<&str> = known.new_lines(log).collect();
        assert_eq!(new, ["WARN store gone"]);
    }
}
