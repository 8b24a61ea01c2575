//! What stands on one line of plain YAML.

use crate::source::bytes::position;

/// The longest key that is looked at: the parser has a limit of its own.
const MAX_KEY: usize = 1000;

/// Whether there is neither a tab, nor any other control character, line break or mark that has a meaning of
/// its own.
pub(super) fn is_plain_text(text: &str) -> bool {
    // Most of a text is ASCII: whole blocks of it are looked at in one step.
    const BLOCK: usize = 64;
    let is_plain_byte = |byte: &u8| *byte == b'\n' || (b' '..=b'~').contains(byte);
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = BLOCK.min(rest.len());
        let block = &rest.as_bytes()[..end];
        let is_plain_ascii = block
            .iter()
            .fold(true, |plain, byte| plain & is_plain_byte(byte));
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (block, after) = rest.split_at(end);
        if !is_plain_ascii && !block.chars().all(is_plain_character) {
            return false;
        }
        rest = after;
    }
    true
}

fn is_plain_character(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..)
        && !matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// A line from its first character on that is no blank.
pub(super) fn without_indent(line: &str) -> &str {
    let blanks = line.bytes().position(|byte| byte != b' ');
    &line[blanks.unwrap_or(line.len())..]
}

/// Whether a line begins with the dash of an item.
pub(super) fn is_item(line: &str) -> bool {
    line == "-" || line.starts_with("- ")
}

/// Whether nothing follows but a comment.
pub(super) fn is_end(rest: &str) -> bool {
    let content = rest.trim_start_matches(' ');
    content.is_empty() || content.starts_with('#') && content.len() < rest.len()
}

/// A scalar on a line.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) is_plain: bool,
    /// How many bytes it takes up, its quotes included.
    pub(super) length: usize,
}

/// What a line begins with that has no quotes.
pub(super) enum Plain<'t> {
    /// A key, which a colon ends.
    Key(Token<'t>),
    /// A text, which a comment or the line ends.
    Text(Token<'t>),
}

/// The key that a line begins with.
pub(super) fn key(line: &str) -> Option<Token<'_>> {
    let token = if line.starts_with(['"', '\'']) {
        let token = quoted(line)?;
        let rest = &line.as_bytes()[token.length..];
        (rest == b":" || rest.starts_with(b": ")).then_some(token)?
    } else {
        match plain(line)? {
            Plain::Key(token) => token,
            Plain::Text(_) => return None,
        }
    };
    (token.length <= MAX_KEY && !token.text.ends_with(' ')).then_some(token)
}

/// What a line begins with that has no quotes, if it can begin so.
pub(super) fn plain(line: &str) -> Option<Plain<'_>> {
    let bytes = line.as_bytes();
    let first = *bytes.first()?;
    let second = bytes.get(1).copied().unwrap_or(b' ');
    if b",[]{}#&*!|>'\"%@`".contains(&first) || b"-?:".contains(&first) && second == b' ' {
        return None;
    }
    let token = |end: usize| Token {
        text: &line[..end],
        is_plain: true,
        length: end,
    };
    let mut before = first;
    for (at, byte) in bytes.iter().copied().enumerate() {
        match byte {
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => {
                return Some(Plain::Key(token(at)));
            }
            b'#' if before == b' ' => {
                return Some(Plain::Text(token(line[..at].trim_end_matches(' ').len())));
            }
            _ => before = byte,
        }
    }
    Some(Plain::Text(token(line.trim_end_matches(' ').len())))
}

/// The scalar in quotes that a line begins with; none if it has an escape.
pub(super) fn quoted(line: &str) -> Option<Token<'_>> {
    let quote = *line.as_bytes().first()?;
    let inner = line.get(1..)?;
    let text = &inner[..position(inner.as_bytes(), quote)?];
    let length = text.len() + 2;
    let is_escaped = match quote {
        b'"' => position(text.as_bytes(), b'\\').is_some(),
        _ => line[length..].starts_with('\''),
    };
    (!is_escaped).then_some(Token {
        text,
        is_plain: false,
        length,
    })
}

/// A list in brackets.
pub(super) struct Flow<'t> {
    /// With where each is.
    pub(super) items: Vec<(usize, Token<'t>)>,
    /// How many bytes it takes up.
    pub(super) length: usize,
}

/// The list in brackets that a line begins with, if it holds but words and scalars in quotes.
pub(super) fn flow(line: &str) -> Option<Flow<'_>> {
    let is_word = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '$' | '=')
    };
    let mut items = Vec::new();
    let mut at = 1;
    let blanks = |at: usize| line.len() - without_indent(&line[at..]).len();
    at = blanks(at);
    if line[at..].starts_with(']') {
        return Some(Flow {
            items,
            length: at + 1,
        });
    }
    loop {
        let rest = &line[at..];
        let token = if rest.starts_with(['"', '\'']) {
            quoted(rest)?
        } else {
            let length = rest.find(|c| !is_word(c))?;
            let text = Some(&rest[..length]).filter(|text| !text.starts_with(['-', '.', '=']));
            Token {
                text: text.filter(|text| !text.is_empty())?,
                is_plain: true,
                length,
            }
        };
        let length = token.length;
        items.push((at, token));
        at = blanks(at + length);
        match line.as_bytes().get(at)? {
            b',' => at = blanks(at + 1),
            b']' => {
                return Some(Flow {
                    items,
                    length: at + 1,
                });
            }
            _ => return None,
        }
    }
}
