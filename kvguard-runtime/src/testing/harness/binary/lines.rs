//! What the messages of a log say.

use std::collections::BTreeSet;

use super::level::{has_level, without_colours};

/// Messages that a control run logged, without what differs from run to run.
#[derive(Debug, Default)]
pub(in crate::testing::harness) struct Known(BTreeSet<String>);

impl Known {
    /// A message of several lines is also known by its first ones alone: the rest of it may still be on its way.
    pub(super) fn of(log: &str) -> Self {
        let beginnings = messages(log).flat_map(|message| {
            let ends = message.match_indices('\n').map(|(end, _)| end);
            ends.chain([message.len()])
                .map(|end| message[..end].trim_end())
        });
        Self(beginnings.map(in_common).collect())
    }

    /// The messages of a log that the control run did not log, too.
    pub(super) fn new_messages<'l>(&self, log: &'l str) -> impl Iterator<Item = &'l str> {
        messages(log).filter(|message| !self.0.contains(&in_common(message)))
    }
}

/// The messages of a log. A line that is indented, and the causes that follow an error, belong to the message before them.
fn messages(log: &str) -> impl Iterator<Item = &str> {
    let mut rest = log;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['\n', '\r']);
        if rest.is_empty() {
            return None;
        }
        let mut end = line_end(rest);
        while let Some(length) = continuation(&rest[..end], &rest[end..]) {
            end += length;
        }
        let (message, after) = rest.split_at(end);
        rest = after;
        Some(message.trim_end())
    })
}

/// How a list of causes begins, as `anyhow` and `eyre` write it.
const CAUSES: &str = "Caused by:";

/// How many bytes of a log continue the message before them: a line, with blank ones before it.
fn continuation(message: &str, log: &str) -> Option<usize> {
    let line = log.trim_start_matches(['\n', '\r']);
    let blank = log.len() - line.len();
    let line = &line[..line_end(line)];
    // Some loggers indent each message.
    let is_indented = line.starts_with([' ', '\t']) && blank == 0 && !has_level(line);
    let follows_panic = is_panic(message.lines().next_back()?) && blank == 0 && !line.is_empty();
    (is_indented || follows_panic || line.starts_with(CAUSES)).then(|| blank + line.len())
}

/// Whether a line is the first of a panic of Rust, whose message follows on the next.
fn is_panic(line: &str) -> bool {
    line.contains(" panicked at ") && line.ends_with(':')
}

fn line_end(log: &str) -> usize {
    log.find('\n').map_or(log.len(), |end| end + 1)
}

/// How the names of temporary directories begin, and how many letters and digits follow.
const TEMPORARY: (&str, usize) = (".tmp", 6);

/// What a message has in common with the same message of another run: numbers (times, durations, ports, processes) and the names of
/// the test's directories differ.
fn in_common(message: &str) -> String {
    let mut short = String::new();
    let mut rest = message;
    while let Some(character) = rest.chars().next() {
        let (prefix, length) = TEMPORARY;
        rest = match rest.strip_prefix(prefix) {
            Some(name) if name.len() >= length && name.is_char_boundary(length) => {
                short.push_str(prefix);
                &name[length..]
            }
            _ if character.is_ascii_digit() => {
                short.push('#');
                after_number(rest)
            }
            _ => {
                short.push(character);
                &rest[character.len_utf8()..]
            }
        };
    }
    short
}

/// The units of durations, as Rust and Go write them, longer ones first: one run takes 900 µs and the next 1.1 ms.
const UNITS: [&str; 7] = ["ns", "µs", "us", "ms", "s", "m", "h"];

/// What follows a number, with its fraction and the unit of a duration.
fn after_number(text: &str) -> &str {
    let rest = without_digits(text);
    let rest = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|one: char| one.is_ascii_digit()) => {
            without_digits(fraction)
        }
        _ => rest,
    };
    let units = UNITS.iter().filter_map(|unit| rest.strip_prefix(unit));
    let mut whole = units.filter(|after| !after.starts_with(char::is_alphabetic));
    whole.next().unwrap_or(rest)
}

fn without_digits(text: &str) -> &str {
    text.trim_start_matches(|one: char| one.is_ascii_digit())
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
    fn durations_of_any_unit_are_the_same() {
        let known = Known::of("loaded in 900µs\nINFO took 1.25s, 3 keys\n");
        let log = "loaded in 1.1ms\nINFO took 70ms, 3 keys\nINFO took 3 keys\n";
        let new: Vec<&str> = known.new_messages(log).collect();
        assert_eq!(new, ["INFO took 3 keys"]);
    }

    #[test]
    fn causes_and_indented_lines_belong_to_their_message() {
        let known = Known::of("listening\n");
        let log = "listening\nError: no configuration\n\nCaused by:\n    0: config/gauge.json\n    1: refused\nWARN store\n  address=127.0.0.1:4222\n\n  alone";
        let new: Vec<&str> = known.new_messages(log).collect();
        let expected = [
            "Error: no configuration\n\nCaused by:\n    0: config/gauge.json\n    1: refused",
            "WARN store\n  address=127.0.0.1:4222",
            "  alone",
        ];
        assert_eq!(new, expected);
    }

    #[test]
    fn the_beginning_of_a_known_message_is_known() {
        let known = Known::of("Error: no configuration\r\n\r\nCaused by:\n    0: refused\n");
        for log in [
            "Error: no configuration\n",
            "Error: no configuration\r\n\r\nCaused by:\n",
        ] {
            assert_eq!(known.new_messages(log).count(), 0, "{log:?}");
        }
        assert_eq!(known.new_messages("Error: another\n").count(), 1);
    }

    #[test]
    fn an_indented_line_with_a_level_is_a_message_and_a_panic_has_its_text() {
        let log = " INFO listening\n WARN store gone\nthread 'main' panicked at src/main.rs:3:5:\nno config/gauge.json\nnote: run with\n";
        let known = Known::default();
        let new: Vec<&str> = known.new_messages(log).collect();
        let expected = [
            " INFO listening",
            " WARN store gone",
            "thread 'main' panicked at src/main.rs:3:5:\nno config/gauge.json",
            "note: run with",
        ];
        assert_eq!(new, expected);
    }

    #[test]
    fn lines_that_differ_by_numbers_and_temporary_names_alone_are_known() {
        let known = Known::of(
            "12:00:01 WARN disk 9% free\nlistening on :7000\nWARN /tmp/.tmpAbC12d/key.pem is readable\n",
        );
        let log = "12:34:56 WARN disk 10% free\nWARN store gone\nlistening on :65000\nWARN /tmp/.tmpZZZZZZ/key.pem is readable\n";
        let new: Vec<&str> = known.new_messages(log).collect();
        assert_eq!(new, ["WARN store gone"]);
    }
}
