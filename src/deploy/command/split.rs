//! A command line that is split into words without a shell, as compose and `env -S` split it.

use super::letters::{Letter, Letters, empty_at_start};

/// The words of a line, up to the first sign that only a shell understands.
pub(super) fn split(line: &Letters) -> Vec<Letters> {
    let mut words = Vec::new();
    let mut word: Option<Letters> = None;
    let mut quote: Option<char> = None;
    let mut letters = line.letters.iter();
    while let Some(letter) = letters.next() {
        let begun = |word: &mut Option<Letters>, letter: &Letter| {
            word.get_or_insert_with(|| Letters {
                letters: Vec::new(),
                start: empty_at_start(letter.span),
            });
        };
        match (letter.character, quote) {
            (Some('\\'), None | Some('"')) => {
                if let Some(escaped) = letters.next() {
                    push(&mut word, *escaped);
                }
            }
            (Some(sign), Some(open)) if sign == open => quote = None,
            (Some(sign @ ('"' | '\'')), None) => {
                quote = Some(sign);
                begun(&mut word, letter);
            }
            (Some(blank), None) if blank.is_ascii_whitespace() => words.extend(word.take()),
            (Some(';' | '&' | '|' | '<' | '>'), None) => break,
            _ => push(&mut word, *letter),
        }
    }
    words.extend(word);
    words
}

fn push(word: &mut Option<Letters>, letter: Letter) {
    let word = word.get_or_insert_with(|| Letters {
        letters: Vec::new(),
        start: empty_at_start(letter.span),
    });
    word.letters.push(letter);
}
