//! Regular expressions, as Go has them and as the selectors of kustomize's patches and SPIRE's controller manager use them,
//! matched in time linear in the text for each state.

mod parser;
#[cfg(test)]
#[cfg(feature = "kustomize")]
mod tests;

use parser::Parser;

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
    #[cfg(feature = "kustomize")]
    pub fn anchored(pattern: &str) -> Option<Self> {
        Self::new(&format!("^(?:{pattern})$"))
    }

    /// How many steps it takes at most to match a text.
    pub fn cost(&self, text: &str) -> usize {
        self.program
            .len()
            .saturating_mul(text.len().saturating_add(1))
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
