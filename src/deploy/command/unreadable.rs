//! Scripts that a shell refuses to run.

use super::letters::Letters;
use super::script::{Simple, commands, meant};
use crate::source::Span;

/// Whether a shell runs no program of a script in which something begins at a place that nothing closes.
///
/// It is certain only of an open quote, where all of the script is known and holds nothing that is read roughly here. A shell
/// runs the lines before the one with the quote, so that there must be no program in these.
pub(super) fn is_refused(script: &Letters, place: Span) -> bool {
    let Some(text) = script.text() else {
        return false;
    };
    // The letters of a text with escapes have one place, so that none of them can be told from the others.
    let mut letters = script.letters.iter().enumerate();
    let mut there = letters.by_ref().filter(|(_, letter)| letter.span == place);
    let (Some((at, _)), None) = (there.next(), there.next()) else {
        return false;
    };
    let is_quote = matches!(script.letters[at].character, Some('"' | '\''));
    if !is_quote || is_read_roughly(&text) {
        return false;
    }
    let is_end = |letter: &super::Letter| letter.character == Some('\n');
    let line = script.letters[..at].iter().rposition(is_end).unwrap_or(0);
    let runs_another = |command: &Simple| {
        let name = command.name();
        matches!(name.as_deref(), Some("." | "source" | "eval"))
    };
    commands(&script.part(0..line))
        .is_ok_and(|before| meant(&before).is_none() && !before.iter().any(runs_another))
}

/// Whether a script has something in which a shell reads quotes in another way than `commands` does: a here-document, an escape,
/// `$(…)`, or `${…}` with more than a name.
fn is_read_roughly(text: &str) -> bool {
    if text.contains(['`', '\\']) || text.contains("<<") {
        return true;
    }
    text.split('$').skip(1).any(|behind| {
        let Some(inner) = behind.strip_prefix('{') else {
            return behind.starts_with(['(', '\'', '"']);
        };
        let name = inner.split('}').next().unwrap_or_default();
        let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        !name.chars().all(is_of_name)
    })
}
