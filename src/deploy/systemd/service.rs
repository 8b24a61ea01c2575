//! What one unit file or drop-in says about the environment.

use crate::source::{Problem, SourceId, Span, TokenKind};

use super::environment::{Word, split};
use super::execution::Start;
use super::unit::{self, tell};

/// The directives that decide a service's environment.
const DIRECTIVES: [&str; 4] = [
    "Environment",
    "EnvironmentFile",
    "PassEnvironment",
    "UnsetEnvironment",
];

/// A directive that decides a service's environment.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) kind: Kind,
    /// From the key to the end of the value.
    pub(super) span: Span,
    /// Whether the value is empty, which takes back all directives of the kind so far.
    pub(super) resets: bool,
    /// The words of the value; of `EnvironmentFile=`, the value as it is.
    pub(super) words: Vec<Word>,
}

/// Which directive it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Environment,
    EnvironmentFile,
    PassEnvironment,
    UnsetEnvironment,
}

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct ServiceFile {
    /// The first `[Service]`.
    pub(super) header: Option<Span>,
    /// The directives, in the order they are written.
    pub(super) directives: Vec<Directive>,
    /// What decides whether and how it is started, in the order it is written.
    pub(super) starts: Vec<Start>,
    /// Names and values.
    pub(super) tokens: Vec<(Span, TokenKind)>,
    /// What is no unit file's syntax.
    pub(super) malformed: Vec<Problem>,
    /// What systemd ignores.
    pub(super) invalid: Vec<Problem>,
}

/// Reads a unit file or a drop-in.
pub(super) fn read(source: SourceId, text: &str) -> ServiceFile {
    let mut file = ServiceFile::default();
    let unit::UnitFile {
        headers,
        malformed,
        invalid,
    } = unit::read(source, text, |assignment| take(&mut file, &assignment));
    let mut headers = headers.into_iter();
    file.tokens
        .extend(headers.clone().map(|(_, span)| (span, TokenKind::Key)));
    file.tokens.sort_by_key(|(span, _)| (span.start, span.end));
    file.header = headers
        .find(|(name, _)| *name == "Service")
        .map(|(_, span)| span);
    file.malformed = malformed;
    for problem in std::mem::replace(&mut file.invalid, invalid) {
        tell(&mut file.invalid, problem.span, problem.message);
    }
    file
}

fn take(file: &mut ServiceFile, assignment: &unit::Assignment) {
    file.tokens.push((assignment.key_span, TokenKind::Key));
    file.starts.extend(Start::read(assignment));
    if let Some(directive) = directive(file, assignment) {
        file.directives.push(directive);
    } else {
        let value = assignment.value.span(0..assignment.value.text().len());
        file.tokens.push((value, TokenKind::Scalar));
    }
}

fn directive(file: &mut ServiceFile, assignment: &unit::Assignment) -> Option<Directive> {
    let key = assignment.key.as_str();
    let written = DIRECTIVES
        .iter()
        .find(|directive| directive.eq_ignore_ascii_case(key))?;
    let mistake = if *written != key {
        Some(format!(
            "systemd ignores this directive; write `{written}=`"
        ))
    } else if assignment.section != "Service" {
        Some(format!(
            "systemd ignores `{key}=` in `[{}]`: it belongs into `[Service]`",
            assignment.section
        ))
    } else {
        None
    };
    if let Some(message) = mistake {
        tell(&mut file.invalid, assignment.key_span, message);
        return None;
    }
    let value = &assignment.value;
    let kind = match key {
        "Environment" => Kind::Environment,
        "EnvironmentFile" => Kind::EnvironmentFile,
        "PassEnvironment" => Kind::PassEnvironment,
        _ => Kind::UnsetEnvironment,
    };
    let words = if kind == Kind::EnvironmentFile {
        file.tokens
            .push((value.span(0..value.text().len()), TokenKind::Scalar));
        vec![Word::verbatim(value)]
    } else {
        let (words, mistake) = split(value);
        if let Some((span, mistake)) = mistake {
            file.tokens.push((span, TokenKind::Scalar));
            let message = format!("systemd ignores this assignment and what follows it: {mistake}");
            tell(&mut file.invalid, span, message);
        }
        file.tokens
            .extend(words.iter().flat_map(|word| word_tokens(word, kind)));
        words
    };
    Some(Directive {
        kind,
        span: assignment.span(),
        resets: value.text().is_empty(),
        words,
    })
}

/// A word's name and value; without `=` it is a piece of a value, unless names are what is asked for.
fn word_tokens(word: &Word, kind: Kind) -> Vec<(Span, TokenKind)> {
    match word.bytes.iter().position(|byte| *byte == b'=') {
        Some(equals) => vec![
            (word.part(0, equals), TokenKind::Key),
            (word.part(equals + 1, word.bytes.len()), TokenKind::Scalar),
        ],
        None if matches!(kind, Kind::PassEnvironment | Kind::UnsetEnvironment) => {
            vec![(word.span, TokenKind::Key)]
        }
        None => vec![(word.span, TokenKind::Scalar)],
    }
}

impl Word {
    /// Where a range of its bytes is written; an empty one stands behind the byte before it.
    fn part(&self, start: usize, end: usize) -> Span {
        part(self, &self.origins, start, end)
    }
}

/// Where a range of bytes is written, given each byte's place; an empty one stands behind the byte before it,
/// or just inside of the quotes that the word ends in.
pub(super) fn part(word: &Word, origins: &[(u32, u32)], start: usize, end: usize) -> Span {
    let bytes = origins.get(start..end).unwrap_or_default();
    let (first, last) = match (bytes.first(), bytes.last()) {
        (Some((first, _)), Some((_, last))) => (*first, *last),
        _ if start < origins.len() => origins
            .get(start)
            .map_or((word.end, word.end), |(at, _)| (*at, *at)),
        _ => (word.end, word.end),
    };
    Span {
        source: word.span.source,
        start: first,
        end: last,
    }
}
