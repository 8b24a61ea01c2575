//! Finds the comments in a text, and reads what they say.

use std::ops::Range;

use crate::policy::date::Date;
use crate::rules::RuleId;

/// The start of such a comment without its first letter, since some people capitalise it.
pub(super) const MARK: &str = "vguard:";

/// The word of such a comment.
const WORD: &str = "allow";

/// The word of such a comment, and the words that people write instead of it.
const OTHER_WORDS: [&str; 8] = [
    "allow", "allows", "allowed", "alow", "ignore", "disable", "suppress", "noqa",
];

/// What is to be written.
const FORM: &str = "write `kvguard: allow RULE because REASON`, or `kvguard: allow RULE until 2027-01-31 because REASON`";

/// A comment in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// From `kvguard:` to the end of the comment.
    pub(super) range: Range<usize>,
    /// The line that it is about, from 0: its own, or if it has a line for itself, the next one that is no comment.
    pub(super) about: usize,
}

/// What a comment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) rules: Vec<RuleId>,
    pub(super) until: Option<Date>,
    pub(super) reason: String,
}

/// What begins a comment that has a line for itself.
fn leaders(path: &str) -> &'static [&'static str] {
    match extension(path) {
        Some("go" | "rs") => &["//"],
        Some("yaml" | "yml" | "toml" | "tpl") => &["#", "{{/*", "{{- /*", "{{-/*", "{{ /*"],
        Some("json") => &[],
        // Environment files, units, and lists of identities.
        _ => &["#", ";"],
    }
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.rsplit_once('.').map(|(_, extension)| extension)
}

/// The comments of a text that allow something.
pub(super) fn comments(path: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let leaders = leaders(path);
    // Comments that wait for the line they are about.
    let mut waiting: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let from = start;
        start += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        if leaders.iter().any(|leader| trimmed.starts_with(leader)) {
            let marked =
                whole_line(line, leaders).map(|range| from + range.start..from + range.end);
            waiting.extend(marked);
            continue;
        }
        let own = trailing(path, line).map(|range| from + range.start..from + range.end);
        let about_line = waiting.drain(..).chain(own);
        found.extend(about_line.map(|range| Found {
            range,
            about: number,
        }));
    }
    // Behind the last line there is nothing that they could be about, so they are reported as unused.
    let end = text.lines().count();
    found.extend(waiting.into_iter().map(|range| Found { range, about: end }));
    found
}

/// Where `kvguard:` stands before a word that means `allow`.
fn marked(line: &str) -> Option<usize> {
    let start = line.find(MARK)?.checked_sub(1)?;
    let comment = line.get(start..)?;
    let word = word(comment)?.to_ascii_lowercase();
    (comment.starts_with(['k', 'K']) && OTHER_WORDS.contains(&word.as_str())).then_some(start)
}

/// What a comment says behind `kvguard:`.
fn said(comment: &str) -> Option<&str> {
    Some(comment.split_once(MARK)?.1.trim_start())
}

/// The first word of it.
fn word(comment: &str) -> Option<&str> {
    said(comment)?
        .split(|sign: char| !sign.is_alphanumeric())
        .next()
}

/// The comment of a line that holds nothing else.
fn whole_line(line: &str, leaders: &[&str]) -> Option<Range<usize>> {
    let start = marked(line)?;
    let before = line[..start].trim();
    // Several of one sign are one: `##`.
    let is_leader = leaders
        .iter()
        .any(|leader| before.starts_with(leader) && before.trim_start_matches(leader).is_empty());
    is_leader.then(|| start..end_of_comment(line, start))
}

/// The comment behind the content of a line. Environment files and units have none: there it would belong to the value.
fn trailing(path: &str, line: &str) -> Option<Range<usize>> {
    let start = marked(line)?;
    let before = line[..start].trim_end();
    let signs: &[&str] = match extension(path) {
        Some("yaml" | "yml" | "toml" | "tpl") => &["#", "{{/*", "{{- /*", "{{ /*"],
        Some("go" | "rs") => &["//"],
        _ => &[],
    };
    let content = signs.iter().find_map(|sign| before.strip_suffix(sign))?;
    let is_apart = content.ends_with(char::is_whitespace) || before.ends_with("/*");
    (is_apart && !ends_in_quotes(content)).then(|| start..end_of_comment(line, start))
}

/// Whether a text ends within a quoted string.
fn ends_in_quotes(text: &str) -> bool {
    let mut open = None;
    let mut before = ' ';
    for character in text.chars() {
        match open {
            Some('"') if before == '\\' => {
                // An escaped backslash escapes nothing itself.
                before = ' ';
                continue;
            }
            Some(quote) if character == quote => open = None,
            // An apostrophe within a word opens nothing.
            None if matches!(character, '"' | '\'') && !before.is_alphanumeric() => {
                open = Some(character);
            }
            _ => {}
        }
        before = character;
    }
    open.is_some()
}

fn end_of_comment(line: &str, start: usize) -> usize {
    let rest = &line[start..];
    let end = rest.find("*/").unwrap_or(rest.len());
    start + rest[..end].trim_end().len()
}

/// Reads a comment from `kvguard:` on.
///
/// # Errors
///
/// What is wrong with it, and what to write.
pub(super) fn allowance(comment: &str) -> Result<Allowance, String> {
    let is_allow = comment.starts_with('k') && word(comment) == Some(WORD);
    let said = said(comment).and_then(|said| said.strip_prefix(WORD));
    let Some(said) = said.filter(|_| is_allow) else {
        return Err(format!("it does not begin with `kvguard: {WORD}`; {FORM}"));
    };
    let Some((what, reason)) = said.split_once("because") else {
        return Err(format!("it gives no reason; {FORM}"));
    };
    let reason = reason.trim().trim_end_matches(['-', '}']).trim();
    if reason.is_empty() {
        return Err(format!("it gives no reason; {FORM}"));
    }
    let (rules, until) = match what.split_once("until") {
        None => (what, None),
        Some((rules, date)) => {
            let date = date.trim();
            let Some(until) = Date::parse(date) else {
                return Err(format!("`{date}` is no day; {FORM}"));
            };
            (rules, Some(until))
        }
    };
    let names = rules.split([',', ' ', '\t']);
    let names = names.filter(|name| !name.is_empty());
    let rules = names.map(RuleId::parse).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(format!("it names no rule; {FORM}"));
    }
    Ok(Allowance {
        rules,
        until,
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Found, allowance, comments};
    use crate::rules::RuleId;

    /// The comments of a text, each with the line that it is about, from 1.
    fn found(path: &str, text: &str) -> Vec<(String, usize)> {
        let all = comments(path, text).into_iter();
        all.map(|Found { range, about }| (text[range].to_owned(), about + 1))
            .collect()
    }

    #[test]
    fn a_comment_is_about_its_own_line_or_the_next_one_with_content() {
        for (path, text, line) in [
            (
                "a.yaml",
                "x:\n  # kvguard: allow KV101 because y\n  z: 1\n",
                3,
            ),
            (
                "a.yaml",
                "# kvguard: allow KV101 because y\n\n# another\nz: 1\n",
                4,
            ),
            ("a.yaml", "x: 1\nz: 1 # kvguard: allow KV101 because y\n", 2),
            ("a.yaml", "z: don't # kvguard: allow KV101 because y\n", 1),
            (
                "a.toml",
                "z = \"a # b\" # kvguard: allow KV101 because y\n",
                1,
            ),
            (
                "a.service",
                "; kvguard: allow KV101 because y\r\nz=1\r\n",
                2,
            ),
            ("a.env", "# kvguard: allow KV101 because y\nz=1", 2),
            ("a.env", "#kvguard: allow KV101 because y\nz=1", 2),
            ("a.go", "// kvguard: allow KV101 because y\nz: 1,", 2),
            (
                "t/a.yaml",
                "{{/* kvguard: allow KV101 because y */}}\nz: {{ .a }}",
                2,
            ),
            (
                "t/a.yaml",
                "{{- /* kvguard: allow KV101 because y */ -}}\nz: {{ .a }}",
                2,
            ),
            (
                "t/a.tpl",
                "z: {{ .a }} {{/* kvguard: allow KV101 because y */}}",
                1,
            ),
        ] {
            let comment = "kvguard: allow KV101 because y".to_owned();
            assert_eq!(found(path, text), [(comment, line)], "{text}");
        }
    }

    #[test]
    fn what_is_part_of_a_value_is_no_comment() {
        for (path, text) in [
            ("a.yaml", "z: \"a # kvguard: allow KV101 because y\"\n"),
            ("a.yaml", "z: 'a # kvguard: allow KV101 because y'\n"),
            ("a.yaml", "z: a#kvguard: allow KV101 because y\n"),
            ("a.env", "z=1 # kvguard: allow KV101 because y\n"),
            (
                "a.service",
                "Environment=z=1 # kvguard: allow KV101 because y\n",
            ),
            ("a.json", "{\"z\": \"kvguard: allow KV101 because y\"}\n"),
        ] {
            assert_eq!(found(path, text), [], "{text}");
        }
    }

    #[test]
    fn a_comment_says_which_rules_until_when_and_why() {
        let read =
            allowance("kvguard: allow missing-grant, KV102 until 2027-01-01 because it lands then");
        let read = read.unwrap();
        assert_eq!(read.rules, [RuleId::MissingGrant, RuleId::InsufficientRole]);
        assert_eq!(read.until.unwrap().to_string(), "2027-01-01");
        assert_eq!(read.reason, "it lands then");
        assert_eq!(
            allowance("kvguard: allow KV101 because y").unwrap().until,
            None
        );
    }

    #[test]
    fn a_comment_that_is_not_understood_says_what_to_write() {
        for (comment, why) in [
            (
                "kvguard: allow missing-grant",
                "it gives no reason; write `kvguard: allow RULE",
            ),
            (
                "kvguard: allow missing-grant because ",
                "it gives no reason; write",
            ),
            ("kvguard: allow because y", "it names no rule; write"),
            (
                "kvguard: ignore KV101 because y",
                "it does not begin with `kvguard: allow`; write",
            ),
            (
                "kvguard: Allow KV101 because y",
                "it does not begin with `kvguard: allow`; write",
            ),
            (
                "Kvguard: allow KV101 because y",
                "it does not begin with `kvguard: allow`; write",
            ),
            (
                "kvguard: allows KV101 because y",
                "it does not begin with `kvguard: allow`; write",
            ),
            (
                "kvguard: allow mising-grant because y",
                "did you mean `missing-grant`?",
            ),
            (
                "kvguard: allow KV101 until soon because y",
                "`soon` is no day; write",
            ),
            (
                "kvguard: allow KV101 until 2027-02-30 because y",
                "`2027-02-30` is no day; write",
            ),
        ] {
            let told = allowance(comment).unwrap_err();
            assert!(told.contains(why), "{comment}: {told}");
        }
    }
}
