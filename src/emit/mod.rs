//! Shows a report: the only place that formats.

use std::borrow::Cow;

pub mod allowed;
pub mod baseline;
pub mod cargo;
pub mod edited;
pub mod human;
pub mod json;
mod mask;
pub mod registry;
pub mod short;
pub mod summary;

/// A text that does not steer the terminal: names come from files, and may hold escape sequences, line breaks
/// and marks that turn the direction of writing round.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(steers) {
        Cow::Owned(text.replace(steers, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal does something else with a character than to show it.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
