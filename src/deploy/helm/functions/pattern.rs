//! The patterns of `.Files.Glob`: `*` within a path's part, `**` over parts, `?`, `[a-z]`, `{a,b}`.

/// A pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    alternatives: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Character(char),
    /// `?`: one that is no separator.
    Any,
    /// `*`: any number that are no separators.
    Many,
    /// `**`: any number.
    All,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// How many texts `{a,b}` may stand for.
const MAX_ALTERNATIVES: usize = 256;

impl Pattern {
    /// Reads a pattern; none if it is not one.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let alternatives = sequence(&characters, &mut at, 0)?;
        (at == characters.len()).then_some(Self { alternatives })
    }

    /// Whether a path matches.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        self.alternatives
            .iter()
            .any(|pieces| matches(pieces, &path))
    }
}

/// All alternatives up to the end, or to a `,` or `}` inside braces.
fn sequence(characters: &[char], at: &mut usize, depth: usize) -> Option<Vec<Vec<Piece>>> {
    let mut all: Vec<Vec<Piece>> = vec![Vec::new()];
    while let Some(character) = characters.get(*at).copied() {
        *at += 1;
        let pieces = match character {
            ',' | '}' if depth > 0 => {
                *at -= 1;
                break;
            }
            '{' => {
                if depth > 8 {
                    return None;
                }
                let mut inner = Vec::new();
                loop {
                    inner.extend(sequence(characters, at, depth + 1)?);
                    *at += 1;
                    match characters.get(*at - 1) {
                        Some(',') => {}
                        Some('}') => break,
                        _ => return None,
                    }
                }
                inner
            }
            '*' if characters.get(*at) == Some(&'*') => {
                *at += 1;
                vec![vec![Piece::All]]
            }
            '*' => vec![vec![Piece::Many]],
            '?' => vec![vec![Piece::Any]],
            '[' => vec![vec![class(characters, at)?]],
            '\\' => {
                let escaped = characters.get(*at).copied()?;
                *at += 1;
                vec![vec![Piece::Character(escaped)]]
            }
            _ => vec![vec![Piece::Character(character)]],
        };
        if all.len() * pieces.len() > MAX_ALTERNATIVES {
            return None;
        }
        all = all
            .iter()
            .flat_map(|before| {
                pieces.iter().map(|after| {
                    let mut joined = before.clone();
                    joined.extend(after.iter().cloned());
                    joined
                })
            })
            .collect();
    }
    Some(all)
}

fn class(characters: &[char], at: &mut usize) -> Option<Piece> {
    let negated = characters.get(*at) == Some(&'!');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let first = characters.get(*at).copied()?;
        *at += 1;
        if first == ']' {
            break;
        }
        if characters.get(*at) == Some(&'-') && characters.get(*at + 1).is_some_and(|c| *c != ']') {
            ranges.push((first, characters.get(*at + 1).copied()?));
            *at += 2;
        } else {
            ranges.push((first, first));
        }
    }
    (!ranges.is_empty()).then_some(Piece::Class { negated, ranges })
}

/// Which positions of the path the pieces so far can end at, step by step.
fn matches(pieces: &[Piece], path: &[char]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for piece in pieces {
        let mut next = vec![false; path.len() + 1];
        let mut spreads = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1).and_then(|before| {
                Some((path.get(before).copied()?, reached.get(before).copied()?))
            });
            match piece {
                Piece::Many | Piece::All => {
                    let stops = *piece == Piece::Many
                        && before.is_some_and(|(character, _)| character == '/');
                    spreads = here || (spreads && !stops);
                    *slot = spreads;
                }
                _ => {
                    *slot = before
                        .is_some_and(|(character, reached)| reached && fits(piece, character));
                }
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn fits(piece: &Piece, character: char) -> bool {
    match piece {
        Piece::Character(expected) => *expected == character,
        Piece::Any => character != '/',
        Piece::Class { negated, ranges } => {
            let inside = ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&character));
            inside != *negated
        }
        Piece::Many | Piece::All => false,
    }
}
