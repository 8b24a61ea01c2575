//! Regular expressions in Go's syntax, compiled to a program.

/// The most instructions that a program may have.
const MAX_PROGRAM: usize = 20_000;
/// How often Go lets a part be repeated by number.
const MAX_REPEAT: u32 = 1000;
const MAX_NESTING: usize = 200;

/// A step of a program.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Class(usize),
    /// Goes on at both; the first is preferred.
    Fork(usize, usize),
    Jump(usize),
    Save(usize),
    Assert(Assertion),
    Match,
}

/// What holds at a place without taking a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    Word,
    NotWord,
}

/// Which characters a step takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) ranges: Vec<(char, char)>,
    pub(super) folds: bool,
    /// Classes by their names: `\pL`, and whether they are negated.
    pub(super) unicode: Vec<(Unicode, bool)>,
}

/// The general categories that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unicode {
    Letter,
    Upper,
    Lower,
    Number,
    Space,
    Control,
}

/// A compiled expression.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) classes: Vec<Class>,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
}

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

fn perl(letter: char) -> Option<Vec<(char, char)>> {
    Some(match letter {
        'd' => vec![('0', '9')],
        'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        _ => return None,
    })
}

fn inverted(mut ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    ranges.sort_unstable();
    let mut out = Vec::new();
    let mut next = Some('\0');
    for (first, last) in ranges {
        if let Some(start) = next
            && start < first
            && let Some(end) = char_before(first)
        {
            out.push((start, end));
        }
        next = next.max(char_after(last));
        if char_after(last).is_none() {
            next = None;
        }
    }
    if let Some(start) = next {
        out.push((start, char::MAX));
    }
    out
}

fn char_before(character: char) -> Option<char> {
    let code = u32::from(character).checked_sub(1)?;
    char::from_u32(code).or(Some('\u{d7ff}'))
}

fn char_after(character: char) -> Option<char> {
    let code = u32::from(character) + 1;
    char::from_u32(code).or_else(|| (code == 0xd800).then_some('\u{e000}'))
}

fn named(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alnum" => vec![('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => vec![('A', 'Z'), ('a', 'z')],
        "ascii" => vec![('\0', '\x7f')],
        "blank" => vec![('\t', '\t'), (' ', ' ')],
        "cntrl" => vec![('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => vec![('0', '9')],
        "graph" => vec![('!', '~')],
        "lower" => vec![('a', 'z')],
        "print" => vec![(' ', '~')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "upper" => vec![('A', 'Z')],
        "word" => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        "xdigit" => vec![('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
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

    fn escape(&mut self) -> Parsed<Tree> {
        let Some(letter) = self.peek() else {
            return Err(Fault::Invalid("trailing backslash at end of expression"));
        };
        if let Some(ranges) = perl(letter.to_ascii_lowercase()) {
            self.at += 1;
            let ranges = if letter.is_ascii_uppercase() {
                inverted(ranges)
            } else {
                ranges
            };
            return Ok(self.class(ranges));
        }
        let assertion = match letter {
            'A' => Some(Assertion::TextStart),
            'z' => Some(Assertion::TextEnd),
            'b' => Some(Assertion::Word),
            'B' => Some(Assertion::NotWord),
            _ => None,
        };
        if let Some(assertion) = assertion {
            self.at += 1;
            return Ok(Tree::Assert(assertion));
        }
        if matches!(letter, 'p' | 'P') {
            self.at += 1;
            let unicode = self.unicode(letter == 'P')?;
            return Ok(Tree::Class(Class {
                unicode: vec![unicode],
                ..Class::default()
            }));
        }
        let character = self.escaped()?;
        Ok(self.literal(character))
    }

    fn unicode(&mut self, negated: bool) -> Parsed<(Unicode, bool)> {
        let mut name = String::new();
        if self.take('{') {
            while let Some(letter) = self.peek() {
                self.at += 1;
                if letter == '}' {
                    break;
                }
                name.push(letter);
            }
        } else if let Some(letter) = self.peek() {
            self.at += 1;
            name.push(letter);
        }
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name.as_str(), negated),
        };
        let class = match name {
            "L" | "Letter" => Unicode::Letter,
            "Lu" | "Upper" => Unicode::Upper,
            "Ll" | "Lower" => Unicode::Lower,
            "N" => Unicode::Number,
            "Z" | "Zs" => Unicode::Space,
            "Cc" => Unicode::Control,
            "" => return Err(Fault::Invalid("invalid character class range")),
            _ => return Err(Fault::Unknown),
        };
        Ok((class, negated))
    }

    /// One character behind a backslash.
    fn escaped(&mut self) -> Parsed<char> {
        let bad = Fault::Invalid("invalid escape sequence");
        let Some(letter) = self.peek() else {
            return Err(bad);
        };
        self.at += 1;
        Ok(match letter {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                char::from_u32(value).ok_or(bad)?
            }
            '1'..='7' if self.peek().is_some_and(|c| c.is_digit(8)) => {
                let mut value = letter.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    self.at += 1;
                    value = value * 8 + digit;
                }
                char::from_u32(value).ok_or(bad)?
            }
            'x' => {
                let braces = self.take('{');
                let mut digits = String::new();
                while let Some(digit) = self.peek().filter(char::is_ascii_hexdigit) {
                    if !braces && digits.len() == 2 || digits.len() > 8 {
                        break;
                    }
                    self.at += 1;
                    digits.push(digit);
                }
                let closed = if braces {
                    self.take('}')
                } else {
                    digits.len() == 2
                };
                let value = u32::from_str_radix(&digits, 16).ok().filter(|_| closed);
                value.and_then(char::from_u32).ok_or(bad)?
            }
            _ if letter.is_ascii_alphanumeric() || !letter.is_ascii() => return Err(bad),
            _ => letter,
        })
    }

    fn bracket(&mut self) -> Parsed<Class> {
        let missing = || Fault::Invalid("missing closing ]");
        let negated = self.take('^');
        let mut class = Class {
            negated,
            folds: self.flags.folds,
            ..Class::default()
        };
        let mut first = true;
        loop {
            let character = self.peek().ok_or_else(missing)?;
            if character == ']' && !first {
                self.at += 1;
                return Ok(class);
            }
            first = false;
            if self.looking_at("[:") {
                let rest = self.characters.get(self.at + 2..).unwrap_or_default();
                let end = rest.windows(2).position(|pair| pair == [':', ']']);
                if let Some(end) = end {
                    let name: String = rest.iter().take(end).collect();
                    let (name, negated) = match name.strip_prefix('^') {
                        Some(name) => (name, true),
                        None => (name.as_str(), false),
                    };
                    let ranges =
                        named(name).ok_or(Fault::Invalid("invalid character class range"))?;
                    class
                        .ranges
                        .extend(if negated { inverted(ranges) } else { ranges });
                    self.at += end + 4;
                    continue;
                }
            }
            if character == '\\' {
                let letter = self.characters.get(self.at + 1).copied();
                if let Some(letter) = letter
                    && let Some(ranges) = perl(letter.to_ascii_lowercase())
                {
                    self.at += 2;
                    let inverse = letter.is_ascii_uppercase();
                    class
                        .ranges
                        .extend(if inverse { inverted(ranges) } else { ranges });
                    continue;
                }
                if matches!(letter, Some('p' | 'P')) {
                    self.at += 2;
                    let unicode = self.unicode(letter == Some('P'))?;
                    class.unicode.push(unicode);
                    continue;
                }
            }
            let low = self.class_character()?;
            let mut high = low;
            let range = self.peek() == Some('-')
                && self
                    .characters
                    .get(self.at + 1)
                    .is_some_and(|next| *next != ']');
            if range {
                self.at += 1;
                high = self.class_character()?;
                if high < low {
                    return Err(Fault::Invalid("invalid character class range"));
                }
            }
            class.ranges.push((low, high));
        }
    }

    fn class_character(&mut self) -> Parsed<char> {
        match self.peek() {
            None => Err(Fault::Invalid("missing closing ]")),
            Some('\\') => {
                self.at += 1;
                self.escaped()
            }
            Some(character) => {
                self.at += 1;
                Ok(character)
            }
        }
    }
}

impl Program {
    fn push(&mut self, step: Step) -> Parsed<usize> {
        if self.steps.len() >= MAX_PROGRAM {
            return Err(Fault::TooLarge);
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(slot) = self.steps.get_mut(at) {
            *slot = step;
        }
    }

    fn tree(&mut self, tree: &Tree) -> Parsed<()> {
        match tree {
            Tree::Empty => {}
            Tree::Class(class) => {
                let known = self.classes.iter().position(|known| known == class);
                let index = known.unwrap_or_else(|| {
                    self.classes.push(class.clone());
                    self.classes.len() - 1
                });
                self.push(Step::Class(index))?;
            }
            Tree::Assert(assertion) => {
                self.push(Step::Assert(*assertion))?;
            }
            Tree::Group(Some(number), inner) => {
                self.push(Step::Save(number * 2))?;
                self.tree(inner)?;
                self.push(Step::Save(number * 2 + 1))?;
            }
            Tree::Group(None, inner) => self.tree(inner)?,
            Tree::Sequence(all) => all.iter().try_for_each(|inner| self.tree(inner))?,
            Tree::Choice(all) => self.choice(all)?,
            Tree::Repeat {
                inner,
                least,
                most,
                greedy,
            } => self.repeat(inner, *least, *most, *greedy)?,
        }
        Ok(())
    }

    fn choice(&mut self, all: &[Tree]) -> Parsed<()> {
        let mut ends = Vec::new();
        for (index, inner) in all.iter().enumerate() {
            if index + 1 == all.len() {
                self.tree(inner)?;
            } else {
                let fork = self.push(Step::Match)?;
                self.tree(inner)?;
                ends.push(self.push(Step::Match)?);
                let next = self.steps.len();
                self.set(fork, Step::Fork(fork + 1, next));
            }
        }
        let end = self.steps.len();
        for at in ends {
            self.set(at, Step::Jump(end));
        }
        Ok(())
    }

    fn fork(&mut self, at: usize, inside: usize, past: usize, greedy: bool) {
        let step = if greedy {
            Step::Fork(inside, past)
        } else {
            Step::Fork(past, inside)
        };
        self.set(at, step);
    }

    fn repeat(&mut self, inner: &Tree, least: u32, most: Option<u32>, greedy: bool) -> Parsed<()> {
        for _ in 0..least {
            self.tree(inner)?;
        }
        let Some(most) = most else {
            let fork = self.push(Step::Match)?;
            self.tree(inner)?;
            self.push(Step::Jump(fork))?;
            let past = self.steps.len();
            self.fork(fork, fork + 1, past, greedy);
            return Ok(());
        };
        let mut forks = Vec::new();
        for _ in least..most {
            forks.push(self.push(Step::Match)?);
            self.tree(inner)?;
        }
        let past = self.steps.len();
        for at in forks {
            self.fork(at, at + 1, past, greedy);
        }
        Ok(())
    }
}
