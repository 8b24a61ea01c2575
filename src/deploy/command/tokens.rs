//! The words and operators of a shell script.

use super::expansion::{Piece, ShellWord};
use super::letters::{Letter, Letters, empty_at_start};
use crate::source::Span;

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// A `;` or the end of a line.
    Next,
    /// `;;`, with which an alternative of a `case` ends.
    CaseEnd,
    /// `&`
    Background,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `(`
    Open,
    /// `)`
    Close,
}

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(ShellWord),
    Operator(Operator),
}

/// Reads a script.
///
/// # Errors
///
/// Where a quote or a bracket begins that nothing closes.
pub(super) fn tokens(script: &Letters) -> Result<Vec<Token>, Span> {
    let mut reader = Reader {
        letters: &script.letters,
        at: 0,
        tokens: Vec::new(),
        documents: Vec::new(),
    };
    while reader.at < reader.letters.len() {
        reader.token()?;
    }
    Ok(reader.tokens)
}

pub(super) struct Reader<'a> {
    pub(super) letters: &'a [Letter],
    pub(super) at: usize,
    tokens: Vec<Token>,
    /// The words that end the here-documents that begin on the next line.
    documents: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader of a part of a script, which holds one word.
    pub(super) fn of_part(letters: &'a [Letter]) -> Self {
        Self {
            letters,
            at: 0,
            tokens: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// The character at a distance; `None` at the end and where it is not known.
    pub(super) fn peek(&self, distance: usize) -> Option<char> {
        self.letters.get(self.at + distance)?.character
    }

    fn push(&mut self, operator: Operator, length: usize) {
        self.at += length;
        self.tokens.push(Token::Operator(operator));
    }

    fn token(&mut self) -> Result<(), Span> {
        match (self.peek(0), self.peek(1)) {
            (Some('\n'), _) => {
                self.push(Operator::Next, 1);
                self.skip_documents();
            }
            (Some(blank), _) if blank.is_ascii_whitespace() => self.at += 1,
            (Some('\\'), Some('\n')) => self.at += 2,
            (Some('#'), _) => {
                while !matches!(self.peek(0), Some('\n')) && self.at < self.letters.len() {
                    self.at += 1;
                }
            }
            (Some(';'), Some(';')) => self.push(Operator::CaseEnd, 2),
            (Some(';'), _) => self.push(Operator::Next, 1),
            (Some('&'), Some('&')) => self.push(Operator::And, 2),
            (Some('&'), Some('>')) => {
                self.at += 1;
                self.redirection()?;
            }
            (Some('&'), _) => self.push(Operator::Background, 1),
            (Some('|'), Some('|')) => self.push(Operator::Or, 2),
            (Some('|'), Some('&')) => self.push(Operator::Pipe, 2),
            (Some('|'), _) => self.push(Operator::Pipe, 1),
            (Some('('), _) => self.push(Operator::Open, 1),
            (Some(')'), _) => self.push(Operator::Close, 1),
            (Some('<' | '>'), _) => self.redirection()?,
            _ => {
                let word = self.word()?;
                // `2>file`: the number belongs to the redirection.
                let is_number = !word.is_quoted
                    && word.literal().is_some_and(|text| {
                        !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())
                    });
                if !(is_number && matches!(self.peek(0), Some('<' | '>'))) {
                    self.tokens.push(Token::Word(word));
                }
            }
        }
        Ok(())
    }

    /// Where the program reads from or writes to changes no variable.
    fn redirection(&mut self) -> Result<(), Span> {
        if self.peek(1) == Some('(') {
            // The output of a command as a file.
            let start = self.letters[self.at].span;
            self.at += 1;
            self.skip_brackets('(', ')')?;
            self.tokens.push(Token::Word(ShellWord::untold(start)));
            return Ok(());
        }
        let is_document = self.peek(0) == Some('<') && self.peek(1) == Some('<');
        let is_text = is_document && self.peek(2) == Some('<');
        while matches!(self.peek(0), Some('<' | '>' | '&' | '|' | '-')) {
            self.at += 1;
        }
        while matches!(self.peek(0), Some(' ' | '\t')) {
            self.at += 1;
        }
        if matches!(self.peek(0), None | Some('\n' | ';' | ')')) && self.at_known() {
            return Ok(());
        }
        let word = self.word()?;
        if is_document && !is_text {
            self.documents.extend(word.literal());
        }
        Ok(())
    }

    /// Whether what comes next, if anything does, is known.
    fn at_known(&self) -> bool {
        self.letters
            .get(self.at)
            .is_none_or(|letter| letter.character.is_some())
    }

    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            while self.at < self.letters.len() {
                let rest = &self.letters[self.at..];
                let length = rest
                    .iter()
                    .position(|letter| letter.character == Some('\n'))
                    .unwrap_or(rest.len());
                let line: Option<String> = rest[..length]
                    .iter()
                    .map(|letter| letter.character)
                    .collect();
                self.at += (length + 1).min(rest.len());
                if line.is_some_and(|line| line.trim_start_matches('\t') == end) {
                    break;
                }
            }
        }
    }

    /// A word, up to a blank or an operator outside of quotes.
    fn word(&mut self) -> Result<ShellWord, Span> {
        let mut word = ShellWord {
            pieces: Vec::new(),
            start: empty_at_start(self.letters[self.at].span),
            is_quoted: false,
        };
        while self.at < self.letters.len() {
            match self.peek(0) {
                Some('\'') => {
                    word.is_quoted = true;
                    self.single_quotes(&mut word)?;
                }
                Some('"') => {
                    word.is_quoted = true;
                    self.double_quotes(&mut word)?;
                }
                Some('\\') => self.escaped(&mut word),
                Some('$' | '`') => {
                    let piece = self.expansion(false, 0)?;
                    word.pieces.push(piece);
                }
                Some(';' | '&' | '|' | '<' | '>' | '(' | ')') => break,
                Some(blank) if blank.is_ascii_whitespace() => break,
                _ => {
                    word.pieces.push(Piece::Letter(self.letters[self.at]));
                    self.at += 1;
                }
            }
        }
        Ok(word)
    }

    fn escaped(&mut self, word: &mut ShellWord) {
        let next = self.letters.get(self.at + 1);
        if let Some(letter) = next.filter(|letter| letter.character != Some('\n')) {
            word.is_quoted = true;
            word.pieces.push(Piece::Letter(*letter));
        }
        self.at += 2;
    }

    fn single_quotes(&mut self, word: &mut ShellWord) -> Result<(), Span> {
        let open = self.letters[self.at].span;
        self.at += 1;
        while let Some(letter) = self.letters.get(self.at) {
            self.at += 1;
            if letter.character == Some('\'') {
                return Ok(());
            }
            word.pieces.push(Piece::Letter(*letter));
        }
        Err(open)
    }

    fn double_quotes(&mut self, word: &mut ShellWord) -> Result<(), Span> {
        let open = self.letters[self.at].span;
        self.at += 1;
        while let Some(letter) = self.letters.get(self.at) {
            match (letter.character, self.peek(1)) {
                (Some('"'), _) => {
                    self.at += 1;
                    return Ok(());
                }
                (Some('\\'), Some('\n')) => self.at += 2,
                (Some('\\'), Some('$' | '`' | '"' | '\\')) => {
                    word.pieces.push(Piece::Letter(self.letters[self.at + 1]));
                    self.at += 2;
                }
                (Some('$' | '`'), _) => {
                    let piece = self.expansion(true, 0)?;
                    word.pieces.push(piece);
                }
                _ => {
                    word.pieces.push(Piece::Letter(*letter));
                    self.at += 1;
                }
            }
        }
        Err(open)
    }

    /// Passes over brackets with all that is in them, from the one that opens them.
    pub(super) fn skip_brackets(&mut self, open: char, close: char) -> Result<(), Span> {
        let start = self.letters.get(self.at).or(self.letters.last());
        let start = start.map(|letter| letter.span);
        let mut depth = 0_usize;
        let mut quote = None;
        while let Some(letter) = self.letters.get(self.at) {
            self.at += 1;
            match (letter.character, quote) {
                (Some('\\'), None | Some('"')) => self.at += 1,
                (Some(sign), Some(open)) if sign == open => quote = None,
                (Some(sign @ ('"' | '\'')), None) => quote = Some(sign),
                (Some(sign), None) if sign == open => depth += 1,
                (Some(sign), None) if sign == close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        start.map_or(Ok(()), Err)
    }
}
