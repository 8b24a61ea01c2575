//! Reads descriptors from a composite literal.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::constants::{Evaluator, Failure};
use super::file::{File, Variable};
use super::lexer::{self, Kind};
use crate::registry::Spanned;
use crate::registry::draft::{Assembly, Draft, Spelling};
use crate::registry::fields::Field;
use crate::source::{Fragment, Problem, Span};

/// What a composite literal's type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `map[K]E`.
    Map,
    /// `[]E`, `[n]E`, `[...]E`.
    List,
    /// A type of another file, or a struct.
    Other,
}

/// A composite literal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal {
    pub(super) shape: Shape,
    /// The token at which the type of its elements begins, if it is a map's or a list's.
    pub(super) element: usize,
    /// The bracket that opens it.
    pub(super) open: usize,
}

/// How many declared types may stand for each other.
const MAX_TYPE_NAMES: usize = 16;

/// The composite literal that a range of tokens is, if it is one.
pub(super) fn literal(file: &File<'_>, range: &Range<usize>) -> Option<Literal> {
    let mut at = range.start;
    let mut open = file.type_end(at)?;
    if !file.is(open, "{") || file.close(open) + 1 != range.end {
        return None;
    }
    for _ in 0..MAX_TYPE_NAMES {
        let (shape, element) = match file.text(at) {
            "map" => (Shape::Map, file.close(at + 1) + 1),
            "[" => (Shape::List, file.close(at) + 1),
            name => match file.types.get(name) {
                Some(Some(declared)) if !file.is(at + 1, ".") && !file.is(at + 1, "[") => {
                    at = *declared;
                    continue;
                }
                _ => (Shape::Other, at),
            },
        };
        return Some(Literal {
            shape,
            element,
            open,
        });
    }
    open = range.start.max(open);
    Some(Literal {
        shape: Shape::Other,
        element: at,
        open,
    })
}

/// What a reading came upon besides the descriptors.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// The bytes of names, by where they begin.
    pub(super) names: Vec<Range<usize>>,
    /// The variables of which the content was used.
    pub(super) variables: BTreeSet<String>,
}

/// Reads the literals of one file.
pub(super) struct Reader<'f, 't> {
    file: &'f File<'t>,
    fragment: &'f Fragment,
    evaluator: Evaluator<'f, 't>,
    lists: HashMap<&'t str, Rc<Vec<Spanned<String>>>>,
    /// What is wrong with declarations that many use is said once.
    reported: HashSet<Span>,
    pub(super) assembly: Assembly,
    pub(super) notes: Notes,
}

impl<'f, 't> Reader<'f, 't> {
    /// Nothing read yet.
    pub(super) fn new(file: &'f File<'t>, fragment: &'f Fragment) -> Self {
        Self {
            file,
            fragment,
            evaluator: Evaluator::new(file),
            lists: HashMap::new(),
            reported: HashSet::new(),
            assembly: Assembly::default(),
            notes: Notes::default(),
        }
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.assembly.problems.push(Problem::new(span, message));
    }

    fn span(&self, range: Range<usize>) -> Span {
        self.fragment.span(self.file.bytes(range))
    }

    fn fail(&mut self, failure: Failure, used: Range<usize>) {
        let used = self.file.bytes(used);
        let span = self.fragment.span(failure.at.clone());
        let mut problem = Problem::new(span, failure.message);
        if failure.at.start < used.start || failure.at.end > used.end {
            if !self.reported.insert(span) {
                return;
            }
            problem.related = Some((self.fragment.span(used), "used here".to_owned()));
        }
        self.assembly.problems.push(problem);
    }

    /// Reads the literal that is a variable's value.
    pub(super) fn registry(&mut self, variable: &Variable<'t>) {
        self.notes.variables.insert(variable.name.to_owned());
        let place = variable
            .value
            .clone()
            .unwrap_or(variable.at..variable.at + 1);
        let found = variable
            .value
            .as_ref()
            .and_then(|value| literal(self.file, value))
            .filter(|literal| literal.shape != Shape::Other);
        let Some(literal) = found else {
            let first = self.span(place.start..place.start + 1);
            let message = format!(
                "`{}` is not declared with a `map[string]T{{…}}` or `[]T{{…}}` literal, so its content is not known; declare it with one",
                variable.name
            );
            return self.problem(first, message);
        };
        let mut empty = true;
        for element in self.elements(literal.open) {
            empty = false;
            self.element(literal.shape, element);
        }
        if empty {
            let span = self.span(literal.open..self.file.close(literal.open) + 1);
            self.problem(span, "no descriptors here; declare at least one service");
        }
    }

    /// The elements of a literal: the tokens of the key, if there is one, and of the value.
    fn elements(&mut self, open: usize) -> Vec<(Option<Range<usize>>, Range<usize>)> {
        let file = self.file;
        let close = file.close(open);
        let mut elements = Vec::new();
        let mut at = open + 1;
        while at < close {
            let mut end = file.expression_end(at, close);
            let mut key = None;
            let mut start = at;
            if file.is(end, ":") {
                key = Some(at..end);
                start = end + 1;
                end = file.expression_end(start, close);
            }
            elements.push((key, start..end));
            if end < close && !file.is(end, ",") {
                let span = self.span(end.saturating_sub(1)..end);
                self.problem(span, "a comma is missing behind this");
            }
            at = end + 1;
        }
        elements
    }

    fn element(&mut self, shape: Shape, (key, value): (Option<Range<usize>>, Range<usize>)) {
        let whole = key.as_ref().map_or(value.start, |key| key.start)..value.end;
        let keyed = key.is_some();
        let name = match (shape, key) {
            (Shape::Map, Some(key)) => self.element_key(key),
            (Shape::Map, None) => {
                let span = self.span(whole.start..whole.start + 1);
                let message = "an element of a map without a key; write `\"name\": {…}`";
                return self.problem(span, message);
            }
            (_, Some(index)) => {
                self.index(index);
                None
            }
            (_, None) => None,
        };
        let Some(open) = self.body(value.clone()) else {
            let first = value.start.min(value.end.saturating_sub(1));
            let span = self.span(first..first + 1);
            let message = format!(
                "{}, which is not evaluated; write the descriptor itself, `{{Name: …}}`",
                self.describe(value)
            );
            return self.problem(span, message);
        };
        let unreadable = shape == Shape::Map && keyed && name.is_none();
        let mut draft = Draft::new(self.span(whole), Spelling::Go, name);
        if unreadable {
            draft.set_unreadable(Field::Name);
        }
        self.descriptor(open, draft);
    }

    fn element_key(&mut self, key: Range<usize>) -> Option<Spanned<String>> {
        for at in key.clone() {
            if matches!(self.file.kind(at), Some(Kind::String | Kind::RawString)) {
                self.notes.names.push(self.file.token_bytes(at));
            }
        }
        match self.evaluator.string(key.clone()) {
            Ok(text) => Some(Spanned::new(text, self.span(key))),
            Err(failure) => {
                self.fail(failure, key);
                None
            }
        }
    }

    fn index(&mut self, index: Range<usize>) {
        let span = self.span(index);
        self.problem(span, "an index; write the elements without indexes");
    }

    /// The bracket that opens an element's fields: `{…}`, `T{…}`, `&T{…}`.
    fn body(&self, value: Range<usize>) -> Option<usize> {
        let file = self.file;
        let mut open = value.start;
        if !file.is(open, "{") {
            if file.is(open, "&") {
                open += 1;
            }
            if matches!(file.text(open), "*" | "[" | "map") {
                return None;
            }
            open = file.type_end(open)?;
        }
        (file.is(open, "{") && file.close(open) + 1 == value.end).then_some(open)
    }

    fn describe(&self, value: Range<usize>) -> String {
        let file = self.file;
        let name = file.text(value.start);
        match file.kind(value.start) {
            Some(Kind::Word) if !lexer::is_keyword(name) => {
                let mut end = value.start + 1;
                while file.is(end, ".") && end + 1 < value.end {
                    end += 2;
                }
                let name: String = (value.start..end).map(|at| file.text(at)).collect();
                let what = if file.is(end, "(") {
                    "a function call"
                } else {
                    "a variable"
                };
                format!("`{name}` is {what}")
            }
            Some(Kind::Word) => format!("`{name}` begins an expression"),
            Some(Kind::Mark) if value.start < value.end => format!("`{name}` begins an expression"),
            _ => "another value".to_owned(),
        }
    }

    fn descriptor(&mut self, open: usize, mut draft: Draft) {
        let file = self.file;
        for (name, value) in self.elements(open) {
            let Some(name) = name.filter(|name| name.len() == 1 && file.is_identifier(name.start))
            else {
                let first = self.span(value.start..value.start + 1);
                return self.problem(
                    first,
                    "fields without their names; write `Name: …, KVKey: …`",
                );
            };
            self.notes.names.push(file.token_bytes(name.start));
            let place = self.span(name.clone());
            let text = file.text(name.start);
            let Some(field) = draft.field(text, place, &mut self.assembly.problems) else {
                continue;
            };
            if field.is_list() {
                let paths = self.paths(value);
                draft.set_list(field, paths, &mut self.assembly.problems);
            } else {
                self.text_field(&mut draft, field, value);
            }
        }
        self.assembly.add(draft);
    }

    fn text_field(&mut self, draft: &mut Draft, field: Field, value: Range<usize>) {
        match self.evaluator.string(value.clone()) {
            Ok(text) => draft.set_text(field, Spanned::new(text, self.span(value))),
            Err(failure) => {
                draft.set_unreadable(field);
                self.fail(failure, value);
            }
        }
    }

    /// The strings of a `[]string{…}` literal, of a variable that is one, or of `nil`.
    fn paths(&mut self, value: Range<usize>) -> Vec<Spanned<String>> {
        let file = self.file;
        if let Some(paths) = self.path_literal(&value) {
            return paths;
        }
        if value.len() == 1 {
            let name = file.text(value.start);
            if name == "nil" {
                return Vec::new();
            }
            if let Some(paths) = self.named_paths(name) {
                let bytes = paths
                    .iter()
                    .map(|path| path.value.len() + size_of::<Spanned<String>>());
                if let Err(failure) = self.evaluator.charge(bytes.sum(), value.start) {
                    self.fail(failure, value);
                    return Vec::new();
                }
                return paths.to_vec();
            }
        }
        let first = value.start.min(value.end.saturating_sub(1));
        let message = format!(
            "{}, not a list of strings; write `[]string{{…}}` or a package-level variable of this file that is one",
            self.describe(value)
        );
        self.problem(self.span(first..first + 1), message);
        Vec::new()
    }

    fn named_paths(&mut self, name: &str) -> Option<Rc<Vec<Spanned<String>>>> {
        if let Some(known) = self.lists.get(name) {
            return Some(known.clone());
        }
        let file = self.file;
        let variable = file.variable(name)?;
        let paths = Rc::new(self.path_literal(variable.value.as_ref()?)?);
        self.notes.variables.insert(name.to_owned());
        self.lists.insert(variable.name, paths.clone());
        Some(paths)
    }

    fn path_literal(&mut self, value: &Range<usize>) -> Option<Vec<Spanned<String>>> {
        let found = literal(self.file, value).filter(|found| found.shape == Shape::List)?;
        let mut paths = Vec::new();
        for (index, element) in self.elements(found.open) {
            if let Some(index) = index {
                self.index(index);
            }
            match self.evaluator.string(element.clone()) {
                Ok(text) => paths.push(Spanned::new(text, self.span(element))),
                Err(failure) => self.fail(failure, element),
            }
        }
        Some(paths)
    }
}
