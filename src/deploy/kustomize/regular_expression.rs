//! Regular expressions as the selectors of patches use them, matched in time linear in the text for
//! each state.

/// An expression ready to match.
#[derive(Debug, Clone)]
pub struct Expression {
    program: Vec<Instruction>,
}

#[derive(Debug, Clone)]
enum Instruction {
    Character(Class),
    Split(usize, usize),
    Jump(usize),
    Start,
    End,
    Match,
}

#[derive(Debug, Clone, Default)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
    any: bool,
}

impl Class {
    fn one(character: char) -> Self {
        Self {
            ranges: vec![(character, character)],
            ..Self::default()
        }
    }

    fn fits(&self, character: char) -> bool {
        if self.any {
            return character != '\n';
        }
        let inside = self
            .ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character));
        inside != self.negated
    }
}

#[derive(Debug, Clone)]
enum Tree {
    Empty,
    Class(Class),
    Start,
    End,
    Sequence(Vec<Tree>),
    Either(Vec<Tree>),
    Repeat(Box<Tree>, usize, Option<usize>),
}

/// How long a program may become; `(a{100}){100}` asks for more.
const MAX_PROGRAM: usize = 20_000;
const MAX_NESTING: usize = 50;
const MAX_REPEAT: usize = 1000;

impl Expression {
    /// Reads an expression; `None` if it is none, or uses what is not implemented.
    pub fn new(pattern: &str) -> Option<Self> {
        let characters: Vec<char> = pattern.chars().collect();
        let mut parser = Parser {
            characters: &characters,
            position: 0,
            depth: 0,
        };
        let tree = parser.alternatives()?;
        if parser.position != characters.len() {
            return None;
        }
        let mut program = Vec::new();
        emit(&tree, &mut program)?;
        program.push(Instruction::Match);
        Some(Self { program })
    }

    /// An expression that must fit a whole text.
    pub fn anchored(pattern: &str) -> Option<Self> {
        Self::new(&format!("^(?:{pattern})$"))
    }

    /// Whether it fits somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        let mut current = States::new(self.program.len());
        let mut next = States::new(self.program.len());
        for position in 0..=characters.len() {
            let at_end = position == characters.len();
            self.follow(0, position == 0, at_end, &mut current);
            if current.matched {
                return true;
            }
            let Some(character) = characters.get(position) else {
                break;
            };
            next.clear();
            let after_end = position + 1 == characters.len();
            for state in std::mem::take(&mut current.list) {
                if let Some(Instruction::Character(class)) = self.program.get(state)
                    && class.fits(*character)
                {
                    self.follow(state + 1, false, after_end, &mut next);
                }
            }
            std::mem::swap(&mut current, &mut next);
        }
        false
    }

    fn follow(&self, state: usize, at_start: bool, at_end: bool, states: &mut States) {
        let mut waiting = vec![state];
        while let Some(state) = waiting.pop() {
            let Some(seen) = states.seen.get_mut(state) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            match &self.program[state] {
                Instruction::Character(_) => states.list.push(state),
                Instruction::Split(one, other) => waiting.extend([*one, *other]),
                Instruction::Jump(target) => waiting.push(*target),
                Instruction::Start if at_start => waiting.push(state + 1),
                Instruction::End if at_end => waiting.push(state + 1),
                Instruction::Match => states.matched = true,
                Instruction::Start | Instruction::End => {}
            }
        }
    }
}

struct States {
    list: Vec<usize>,
    seen: Vec<bool>,
    matched: bool,
}

impl States {
    fn new(length: usize) -> Self {
        Self {
            list: Vec::new(),
            seen: vec![false; length],
            matched: false,
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
        self.matched = false;
    }
}

fn emit(tree: &Tree, program: &mut Vec<Instruction>) -> Option<()> {
    if program.len() > MAX_PROGRAM {
        return None;
    }
    match tree {
        Tree::Empty => {}
        Tree::Class(class) => program.push(Instruction::Character(class.clone())),
        Tree::Start => program.push(Instruction::Start),
        Tree::End => program.push(Instruction::End),
        Tree::Sequence(items) => {
            for item in items {
                emit(item, program)?;
            }
        }
        Tree::Either(items) => {
            let mut jumps = Vec::new();
            for (index, item) in items.iter().enumerate() {
                if index + 1 == items.len() {
                    emit(item, program)?;
                    continue;
                }
                let split = program.len();
                program.push(Instruction::Split(split + 1, 0));
                emit(item, program)?;
                jumps.push(program.len());
                program.push(Instruction::Jump(0));
                let after = program.len();
                program[split] = Instruction::Split(split + 1, after);
            }
            let end = program.len();
            for jump in jumps {
                program[jump] = Instruction::Jump(end);
            }
        }
        Tree::Repeat(item, least, most) => {
            for _ in 0..*least {
                emit(item, program)?;
            }
            if let Some(most) = most {
                let mut splits = Vec::new();
                for _ in *least..*most {
                    splits.push(program.len());
                    program.push(Instruction::Split(program.len() + 1, 0));
                    emit(item, program)?;
                }
                let end = program.len();
                for split in splits {
                    program[split] = Instruction::Split(split + 1, end);
                }
            } else {
                let split = program.len();
                program.push(Instruction::Split(split + 1, 0));
                emit(item, program)?;
                program.push(Instruction::Jump(split));
                program[split] = Instruction::Split(split + 1, program.len());
            }
        }
    }
    Some(())
}

struct Parser<'a> {
    characters: &'a [char],
    position: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.position += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Option<Tree> {
        let mut items = vec![self.sequence()?];
        while self.take('|') {
            items.push(self.sequence()?);
        }
        Some(if items.len() == 1 {
            items.pop()?
        } else {
            Tree::Either(items)
        })
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut items = Vec::new();
        while let Some(character) = self.peek() {
            if matches!(character, '|' | ')') {
                break;
            }
            let item = self.item()?;
            items.push(self.repeated(item)?);
        }
        Some(if items.is_empty() {
            Tree::Empty
        } else {
            Tree::Sequence(items)
        })
    }

    fn item(&mut self) -> Option<Tree> {
        let character = self.peek()?;
        self.position += 1;
        Some(match character {
            '.' => Tree::Class(Class {
                any: true,
                ..Class::default()
            }),
            '^' => Tree::Start,
            '$' => Tree::End,
            '(' => {
                if self.depth == MAX_NESTING {
                    return None;
                }
                if self.take('?') && !self.take(':') {
                    return None;
                }
                self.depth += 1;
                let tree = self.alternatives()?;
                self.depth -= 1;
                if !self.take(')') {
                    return None;
                }
                tree
            }
            '[' => Tree::Class(self.class()?),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return None,
            other => Tree::Class(Class::one(other)),
        })
    }

    fn repeated(&mut self, item: Tree) -> Option<Tree> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.bounds() {
                Some(bounds) => bounds,
                None => return Some(item),
            },
            _ => return Some(item),
        };
        // What says how often: one sign, or the brace that closes the bounds.
        self.position += 1;
        // Whether it takes as much or as little as it can does not change whether it fits.
        self.take('?');
        let is_nested = matches!(self.peek(), Some('*' | '+' | '?'))
            || self.peek() == Some('{') && self.bounds().is_some();
        if is_nested {
            return None;
        }
        Some(Tree::Repeat(Box::new(item), least, most))
    }

    /// `{2}`, `{2,}`, `{2,5}`, up to the closing brace; anything else is text.
    fn bounds(&mut self) -> Option<(usize, Option<usize>)> {
        let rest = self.characters.get(self.position + 1..)?;
        let length = rest.iter().position(|character| *character == '}')?;
        let text: String = rest.get(..length)?.iter().collect();
        let (least, most) = match text.split_once(',') {
            None => {
                let least = text.parse().ok()?;
                (least, Some(least))
            }
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return None;
        }
        self.position += 1 + length;
        Some((least, most))
    }

    fn escape(&mut self) -> Option<Tree> {
        let character = self.peek()?;
        self.position += 1;
        Some(match character {
            'A' => Tree::Start,
            'z' => Tree::End,
            _ => Tree::Class(escaped(character)?),
        })
    }

    fn class(&mut self) -> Option<Class> {
        let mut class = Class {
            negated: self.take('^'),
            ..Class::default()
        };
        let mut first = true;
        loop {
            let character = self.peek()?;
            self.position += 1;
            if character == ']' && !first {
                return Some(class);
            }
            first = false;
            let start = match character {
                '[' if self.peek() == Some(':') => return None,
                '\\' => {
                    let escape = self.peek()?;
                    self.position += 1;
                    let inner = escaped(escape)?;
                    if inner.negated {
                        return None;
                    }
                    if !matches!(inner.ranges.as_slice(), [(one, other)] if one == other) {
                        class.ranges.extend(inner.ranges);
                        continue;
                    }
                    inner.ranges.first()?.0
                }
                other => other,
            };
            let is_range = self.peek() == Some('-')
                && self
                    .characters
                    .get(self.position + 1)
                    .is_some_and(|next| *next != ']');
            if !is_range {
                class.ranges.push((start, start));
                continue;
            }
            self.position += 1;
            let mut end = self.peek()?;
            self.position += 1;
            if end == '\\' {
                end = self.peek()?;
                self.position += 1;
            }
            if end < start {
                return None;
            }
            class.ranges.push((start, end));
        }
    }
}

fn escaped(character: char) -> Option<Class> {
    let ranges = match character.to_ascii_lowercase() {
        'd' => vec![('0', '9')],
        'w' => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        's' => vec![(' ', ' '), ('\t', '\n'), ('\r', '\r'), ('\u{c}', '\u{c}')],
        _ => {
            return match character {
                'n' => Some(Class::one('\n')),
                't' => Some(Class::one('\t')),
                'r' => Some(Class::one('\r')),
                _ if character.is_ascii_alphanumeric() => None,
                _ => Some(Class::one(character)),
            };
        }
    };
    let negated = character.is_ascii_uppercase();
    Some(Class {
        negated,
        ranges,
        any: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Expression::anchored(pattern).unwrap().is_match(text)
    }

    #[test]
    fn an_anchored_expression_fits_the_whole_text() {
        assert!(fits("core", "core"));
        assert!(!fits("core", "core-2"));
        assert!(fits("core.*", "core-2"));
        assert!(fits("a|b-[0-9]+", "b-17"));
        assert!(!fits("a|b-[0-9]+", "b-"));
        assert!(fits("(?:x(y|z)?){2}", "xyx"));
        assert!(fits(r"v\d+(alpha\d+)?", "v1alpha1"));
        assert!(fits("[^a-c]*", "xyz"));
        assert!(!fits("[^a-c]*", "xbz"));
        assert!(fits("a{2,3}", "aaa"));
        assert!(!fits("a{2,3}", "aaaa"));
        assert!(fits("a{x", "a{x"));
    }

    #[test]
    fn an_expression_may_fit_somewhere() {
        assert!(Expression::new("b+").unwrap().is_match("aabbcc"));
        assert!(Expression::new("").unwrap().is_match("x"));
        assert!(!Expression::new("^b").unwrap().is_match("ab"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for pattern in [
            "(",
            "a)",
            "[a",
            "*",
            "a{1000}{1000}{1000}",
            r"\q",
            "(?i)a",
            "a**",
        ] {
            assert!(Expression::anchored(pattern).is_none(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_is_read_and_any_text_is_matched(pattern in "\\PC{0,40}", text in "\\PC{0,60}") {
            if let Some(expression) = Expression::new(&pattern) {
                expression.is_match(&text);
            }
        }
    }
}
