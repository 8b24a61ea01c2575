//! The words that systemd starts a unit's program with.

use super::environment::Word;
use super::specifiers::{Expanded, UnitName, expand};
use crate::deploy::command::{Argument, Letter, Letters, MAX_BYTES, starts_another};
use crate::deploy::{Environment, Known};
use crate::source::Span;

/// What may stand before the path of a program.
const PREFIXES: [char; 6] = ['@', '-', ':', '+', '!', '|'];

/// How many characters the commands of all units together may have once specifiers and variables are put in.
pub(super) const MAX_OF_ALL: usize = 8 << 20;

/// What is told of a command that becomes too long.
pub(super) const TOO_LONG: &str =
    "the command becomes too long when its variables are put in, and was not read";

/// A command becomes too long when its specifiers and variables are put in.
#[derive(Debug)]
pub(super) struct TooLong;

/// The words of a command, with specifiers and variables put in as systemd puts them in. Their length is taken off
/// what `left` says of the commands of all units. A program that starts no other has no words that matter.
pub(super) fn arguments(
    words: &[Word],
    unit: &UnitName,
    environment: &Environment,
    left: &mut usize,
) -> Result<Vec<Argument>, TooLong> {
    // Of several commands behind each other the last one goes on running.
    let last = words
        .rsplit(Word::is_border)
        .find(|command| !command.is_empty());
    let mut words = last.unwrap_or_default().iter();
    let Some(first) = words.next() else {
        return Ok(Vec::new());
    };
    let limit = MAX_BYTES.min(*left);
    let mut program = letters(first, unit);
    let is_prefix = |letter: &Letter| {
        letter
            .character
            .is_some_and(|character| PREFIXES.contains(&character))
    };
    let path = program.letters.iter().position(|letter| !is_prefix(letter));
    let prefixes: Vec<Letter> = program
        .letters
        .drain(..path.unwrap_or(program.letters.len()))
        .collect();
    let has = |prefix| {
        prefixes
            .iter()
            .any(|letter| letter.character == Some(prefix))
    };
    // The word behind the program is the name that it is told to have.
    if has('@') {
        words.next();
    }
    let mut length = program.letters.len();
    if !program.text().is_some_and(|text| starts_another(&text)) {
        return Ok(Vec::new());
    }
    let mut arguments = vec![program];
    for word in words {
        let room = limit.checked_sub(length).ok_or(TooLong)?;
        let word = letters(word, unit);
        let before = arguments.len();
        if has(':') {
            arguments.push(word);
        } else {
            arguments.extend(with_variables(&word, environment, room)?);
        }
        let added = &arguments[before..];
        length += added.iter().map(|word| word.letters.len()).sum::<usize>();
    }
    if length > limit {
        return Err(TooLong);
    }
    *left -= length;
    Ok(arguments.into_iter().map(Argument::Placed).collect())
}

/// A word with its specifiers resolved; from the first that the host decides, it is not known.
fn letters(word: &Word, unit: &UnitName) -> Letters {
    let at = |(start, end): (u32, u32)| Span {
        start,
        end,
        ..word.span
    };
    let start = Span {
        end: word.span.start,
        ..word.span
    };
    let unknown = |span| Letter {
        character: None,
        span,
    };
    let Ok(Expanded {
        mut bytes,
        origins,
        opaque_at,
        ..
    }) = expand(word, unit)
    else {
        return Letters {
            letters: vec![unknown(word.span)],
            start,
        };
    };
    bytes.truncate(opaque_at.unwrap_or(bytes.len()));
    let text = String::from_utf8_lossy(&bytes);
    let letters = text.char_indices().map(|(offset, character)| Letter {
        character: Some(character),
        span: origins.get(offset).map_or(word.span, |origin| at(*origin)),
    });
    let mut letters: Vec<Letter> = letters.collect();
    letters.extend(opaque_at.map(|_| unknown(word.span)));
    Letters { letters, start }
}

/// `$NAME` as a word of its own is split into words; `${NAME}` is put in where it stands; `$$` is a dollar sign.
/// The result may have as many characters as `room`.
fn with_variables(
    word: &Letters,
    environment: &Environment,
    room: usize,
) -> Result<Vec<Letters>, TooLong> {
    if let Some(text) = word.text()
        && let Some(name) = text.strip_prefix('$')
        && is_name(name)
    {
        let span = word.span();
        return match value(name, environment) {
            None => Ok(vec![made(vec![None], span)]),
            Some(value) if value.len() > room => Err(TooLong),
            Some(value) => Ok(value
                .split_whitespace()
                .map(|part| made(part.chars().map(Some).collect(), span))
                .collect()),
        };
    }
    let mut letters = Vec::new();
    let mut rest = word.letters.as_slice();
    while let Some((letter, behind)) = rest.split_first() {
        if letters.len() > room {
            return Err(TooLong);
        }
        rest = behind;
        if letter.character != Some('$') {
            letters.push(*letter);
            continue;
        }
        match behind.first().and_then(|next| next.character) {
            Some('$') => {
                letters.push(*letter);
                rest = &behind[1..];
            }
            Some('{') => match braced_name(behind) {
                Some((name, close)) => {
                    let span = letter.span.to(behind[close].span);
                    match value(&name, environment) {
                        Some(value) if value.len() > room => return Err(TooLong),
                        Some(value) => {
                            letters.extend(made(value.chars().map(Some).collect(), span).letters);
                        }
                        None => letters.extend(made(vec![None], span).letters),
                    }
                    rest = &behind[close + 1..];
                }
                None => letters.push(*letter),
            },
            _ => letters.push(*letter),
        }
    }
    Ok(vec![Letters {
        letters,
        start: word.start,
    }])
}

/// The name that stands in `{NAME}`, and at which place it is closed. What can be no part of a name ends the search.
fn braced_name(letters: &[Letter]) -> Option<(String, usize)> {
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate().skip(1) {
        match letter.character? {
            '}' => return is_name(&name).then_some((name, at)),
            character if character.is_ascii_alphanumeric() || character == '_' => {
                name.push(character);
            }
            _ => return None,
        }
    }
    None
}

/// The value of a variable; one that is not set is empty.
fn value<'e>(name: &str, environment: &'e Environment) -> Option<&'e str> {
    match environment.get(name).map(|variable| &variable.value) {
        Some(Known::Text(text)) => Some(text),
        Some(Known::Opaque | Known::Computed) => None,
        None => Some(""),
    }
}

fn made(characters: Vec<Option<char>>, span: Span) -> Letters {
    let letters = characters
        .into_iter()
        .map(|character| Letter { character, span });
    Letters {
        letters: letters.collect(),
        start: Span {
            end: span.start,
            ..span
        },
    }
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    characters.next().is_some_and(is_first)
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}
