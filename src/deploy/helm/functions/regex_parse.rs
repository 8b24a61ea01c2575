//! Regular expressions in Go's syntax, compiled to a program.

mod classes;
mod program;

pub(super) use program::{Assertion, Class, Program, Step, Unicode};

/// How often Go lets a part be repeated by number.
const MAX_REPEAT: u32 = 1000;
const MAX_NESTING: usize = 200;

/// Why an expression is none.
#[derive(Debug)]
pub(super) enum Fault {
    Invalid(&'static str),
    TooLarge,
    /// Go has it, and it is not known here.
    Unknown,
}

#[derive(Debug, Clone)]
enum Tree {
    Empty,
    Class(Class),
    Assert(Assertion),
    Group(Option<usize>, Box<Tree>),
    Sequence(Vec<Tree>),
    Choice(Vec<Tree>),
    Repeat {
        inner: Box<Tree>,
        least: u32,
        most: Option<u32>,
        greedy: bool,
    },
}

#[expect(clippy::struct_excessive_bools, reason = "independent flags")]
#[derive(Clone, Copy, Default)]
struct Flags {
    folds: bool,
    multiline: bool,
    dot_all: bool,
    ungreedy: bool,
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
    flags: Flags,
}

type Parsed<T> = Result<T, Fault>;

/// Compiles an expression.
pub(super) fn compile(text: &str) -> Parsed<Program> {
    let mut parser = Parser {
        characters: text.chars().collect(),
        at: 0,
        groups: 0,
        names: Vec::new(),
        depth: 0,
        flags: Flags::default(),
    };
    let tree = parser.choice()?;
    if parser.at < parser.characters.len() {
        return Err(Fault::Invalid("unexpected )"));
    }
    let mut program = Program {
        groups: parser.groups,
        names: parser.names,
        ..Program::default()
    };
    program.push(Step::Save(0))?;
    program.tree(&tree)?;
    program.push(Step::Save(1))?;
    program.push(Step::Match)?;
    Ok(program)
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn looking_at(&self, text: &str) -> bool {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        text.chars().count() <= rest.len() && text.chars().zip(rest).all(|(a, b)| a == *b)
    }

    fn choice(&mut self) -> Parsed<Tree> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(Fault::TooLarge);
        }
        let mut all = vec![self.sequence()?];
        while self.take('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Tree::Choice(all)
        })
    }

    fn sequence(&mut self) -> Parsed<Tree> {
        let mut all = Vec::new();
        while let Some(next) = self.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            if self.looking_at("\\Q") {
                self.at += 2;
                let mut last = None;
                while let Some(literal) = self.peek() {
                    if self.looking_at("\\E") {
                        self.at += 2;
                        break;
                    }
                    self.at += 1;
                    all.extend(last.replace(self.literal(literal)));
                }
                if last.is_some() {
                    all.extend(self.repeated(last)?);
                }
                continue;
            }
            let atom = self.atom()?;
            if let Some(atom) = self.repeated(atom)? {
                all.push(atom);
            }
        }
        Ok(Tree::Sequence(all))
    }

    fn literal(&self, character: char) -> Tree {
        Tree::Class(Class {
            ranges: vec![(character, character)],
            folds: self.flags.folds,
            ..Class::default()
        })
    }

    fn class(&self, ranges: Vec<(char, char)>) -> Tree {
        Tree::Class(Class {
            ranges,
            folds: self.flags.folds,
            ..Class::default()
        })
    }

    /// What follows an atom: `*`, `+?`, `{2,3}`.
    fn repeated(&mut self, atom: Option<Tree>) -> Parsed<Option<Tree>> {
        let Some(mut tree) = atom else {
            return match self.peek() {
                Some('*' | '+' | '?') => {
                    Err(Fault::Invalid("missing argument to repetition operator"))
                }
                _ => Ok(None),
            };
        };
        let mut count = 0;
        loop {
            let before = self.at;
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.bounds()? {
                    Some(bounds) => bounds,
                    None => return Ok(Some(tree)),
                },
                _ => return Ok(Some(tree)),
            };
            if self.at == before {
                self.at += 1;
            }
            count += 1;
            if count > 1 {
                return Err(Fault::Invalid("invalid nested repetition operator"));
            }
            let lazy = self.take('?');
            tree = Tree::Repeat {
                inner: Box::new(tree),
                least,
                most,
                greedy: lazy == self.flags.ungreedy,
            };
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else is no repetition.
    fn bounds(&mut self) -> Parsed<Option<(u32, Option<u32>)>> {
        let rest = self.characters.get(self.at + 1..).unwrap_or_default();
        let Some(end) = rest.iter().take(24).position(|c| *c == '}') else {
            return Ok(None);
        };
        let inside: String = rest.iter().take(end).collect();
        let number = |text: &str| -> Option<u32> {
            let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let leading = text.len() > 1 && text.starts_with('0');
            (fits && !leading).then(|| text.parse().unwrap_or(u32::MAX))
        };
        let bounds = match inside.split_once(',') {
            None => number(&inside).map(|n| (n, Some(n))),
            Some((least, "")) => number(least).map(|n| (n, None)),
            Some((least, most)) => number(least).zip(number(most)).map(|(a, b)| (a, Some(b))),
        };
        let Some((least, most)) = bounds else {
            return Ok(None);
        };
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return Err(Fault::Invalid("invalid repeat count"));
        }
        self.at += end + 2;
        Ok(Some((least, most)))
    }

    fn atom(&mut self) -> Parsed<Option<Tree>> {
        let Some(character) = self.peek() else {
            return Ok(None);
        };
        if matches!(character, '*' | '+' | '?') {
            return Ok(None);
        }
        self.at += 1;
        Ok(Some(match character {
            '(' => return self.group(),
            '[' => Tree::Class(self.bracket()?),
            '.' if self.flags.dot_all => self.class(vec![('\0', char::MAX)]),
            '.' => self.class(vec![('\0', '\t'), ('\u{b}', char::MAX)]),
            '^' if self.flags.multiline => Tree::Assert(Assertion::LineStart),
            '^' => Tree::Assert(Assertion::TextStart),
            '$' if self.flags.multiline => Tree::Assert(Assertion::LineEnd),
            '$' => Tree::Assert(Assertion::TextEnd),
            '\\' => self.escape()?,
            _ => self.literal(character),
        }))
    }

    fn group(&mut self) -> Parsed<Option<Tree>> {
        let outer = self.flags;
        let mut number = None;
        if self.take('?') {
            if self.take('P') || self.peek() == Some('<') {
                if !self.take('<') {
                    return Err(Fault::Invalid("invalid named capture"));
                }
                let mut name = String::new();
                loop {
                    match self.peek() {
                        Some('>') if !name.is_empty() => break,
                        Some(c) if c == '_' || c.is_ascii_alphanumeric() => name.push(c),
                        _ => return Err(Fault::Invalid("invalid named capture")),
                    }
                    self.at += 1;
                }
                self.at += 1;
                if self.names.iter().any(|(known, _)| *known == name) {
                    return Err(Fault::Invalid("duplicate capture group name"));
                }
                self.groups += 1;
                number = Some(self.groups);
                self.names.push((name, self.groups));
            } else if self.set_flags()? {
                return Ok(Some(Tree::Empty));
            }
        } else {
            self.groups += 1;
            number = Some(self.groups);
        }
        let inner = self.choice()?;
        if !self.take(')') {
            return Err(Fault::Invalid("missing closing )"));
        }
        self.flags = outer;
        Ok(Some(Tree::Group(number, Box::new(inner))))
    }

    /// `(?i)` and `(?i:`; gives whether it is the former.
    fn set_flags(&mut self) -> Parsed<bool> {
        let mut on = true;
        let mut any = false;
        loop {
            let flag = self.peek();
            self.at += 1;
            match flag {
                Some('i') => self.flags.folds = on,
                Some('m') => self.flags.multiline = on,
                Some('s') => self.flags.dot_all = on,
                Some('U') => self.flags.ungreedy = on,
                Some('-') if on => {
                    on = false;
                    any = false;
                    continue;
                }
                Some(')') if any || on => return Ok(true),
                Some(':') if any || on => return Ok(false),
                _ => return Err(Fault::Invalid("invalid or unsupported Perl syntax")),
            }
            any = true;
        }
    }
}
