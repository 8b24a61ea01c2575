//! From the YAML of one document to its [`Map`]: interpolated, typed, and of each service only what
//! workloads are made of, in its long form.

use std::cell::RefCell;

use super::interpolate::{Budget, NODE_COST, Text, UNKNOWN, substitute};
use super::resets::Reset;
use super::scalar::{self, Plain};
use super::shape;
use super::tree::{Assignment, Entry, Environment, Map, Scalar, Tree, Value};
use super::{Problems, shown};
use crate::source::{self, Node, Printing, Problem, ScalarKind, Sources, Span, TokenKind};

/// The names a compose file can have at its top.
const TOP_LEVEL: [&str; 10] = [
    "version", "name", "include", "services", "models", "networks", "volumes", "secrets",
    "configs", "jobs",
];

/// For how many values that are put in at one place their own places are kept.
const MAX_PLACES: usize = 8;

/// One document of a compose file.
#[derive(Debug)]
pub struct Document {
    /// What it holds.
    pub root: Map,
    /// Whether a service of it extends another one.
    pub extends: bool,
    /// What `!reset` and `!override` clear in what it is merged over, sorted by path.
    pub resets: Vec<Reset>,
}

/// Converts the documents of one file.
#[derive(Debug)]
pub struct Converter<'a> {
    pub sources: &'a Sources,
    pub environment: &'a Environment,
    pub budget: &'a Budget,
    pub problems: &'a mut Problems,
    /// Where values of environment files are put in.
    pub printings: Vec<Printing>,
    /// What to note about list items of an `environment`.
    pub tokens: Vec<(Span, TokenKind)>,
    path: Vec<String>,
    /// Where the last name of the path is written.
    key: Option<Span>,
    extends: bool,
    resets: Vec<Reset>,
}

impl<'a> Converter<'a> {
    pub fn new(
        sources: &'a Sources,
        environment: &'a Environment,
        budget: &'a Budget,
        problems: &'a mut Problems,
    ) -> Self {
        let (printings, tokens) = (Vec::new(), Vec::new());
        let (path, resets) = (Vec::new(), Vec::new());
        Self {
            sources,
            environment,
            budget,
            problems,
            printings,
            tokens,
            path,
            key: None,
            extends: false,
            resets,
        }
    }

    /// Converts a document; `None` if it is no mapping.
    pub fn document(&mut self, node: &Node) -> Option<Document> {
        let Some(mapping) = node.as_mapping() else {
            let message = format!(
                "a compose file must be a mapping with `services`, not {}",
                node.kind_name()
            );
            self.problems.invalid(node.span, message);
            return None;
        };
        let mut root = Map::new();
        for entry in mapping.entries() {
            let name = &*entry.key.text;
            self.check_key(&entry.key);
            let Some(value) = self.at(name, &entry.value) else {
                continue;
            };
            match name {
                "include" | "name" | "networks" => {}
                "services" | "volumes" | "configs" | "secrets" => {
                    if !(value.is_null() || value.as_map().is_some()) {
                        let message = format!(
                            "`{name}` must be a mapping of names, not {}",
                            value.kind_name()
                        );
                        self.problems.invalid(entry.key.span, message);
                        continue;
                    }
                }
                _ if TOP_LEVEL.contains(&name) || name.starts_with("x-") => continue,
                _ => {
                    let message = format!(
                        "`{}` is no part of a compose file; name an extension `x-…`, and indent a service below `services`",
                        shown(name)
                    );
                    self.problems.invalid(entry.key.span, message);
                    continue;
                }
            }
            root.insert(
                name.to_owned(),
                Entry {
                    key: entry.key.span,
                    value,
                },
            );
        }
        let mut resets = std::mem::take(&mut self.resets);
        resets.sort_by(|one, other| one.path.cmp(&other.path));
        let extends = std::mem::take(&mut self.extends);
        Some(Document {
            root,
            extends,
            resets,
        })
    }

    /// Go's YAML library only takes strings for names.
    fn check_key(&mut self, key: &source::Key) {
        let written = self.sources.text(key.span);
        if written == &*key.text && scalar::plain(written) != Plain::String && written != "<<" {
            let message = format!(
                "the name `{0}` is not a string; write `\"{0}\"`",
                shown(written)
            );
            self.problems.invalid(key.span, message);
        }
    }

    fn at(&mut self, name: &str, node: &Node) -> Option<Tree> {
        self.path.push(name.to_owned());
        let tree = self.value(node);
        self.path.pop();
        tree
    }

    /// Converts a value; `None` if there is to be none.
    fn value(&mut self, node: &Node) -> Option<Tree> {
        if !self.budget.charge(NODE_COST) {
            self.problems.exhausted(node.span);
            return None;
        }
        match node.tag.as_deref() {
            None => {}
            Some("!reset") => {
                self.note_reset(node.span, false);
                return None;
            }
            // Its own place is that of the first value, which stays.
            Some("!override") => self.note_reset(self.key.unwrap_or(node.span), true),
            Some(_) => {
                let message = "unknown tag; compose knows `!reset` and `!override`";
                self.problems.unsupported(node.span, message);
            }
        }
        let value = match &node.value {
            source::Value::Scalar(scalar) => return self.scalar(node, scalar),
            source::Value::Sequence(items) => Value::List(self.items(items)),
            source::Value::Mapping(mapping) => {
                let mut map = Map::with_capacity(mapping.entries().len());
                for entry in mapping.entries() {
                    self.check_key(&entry.key);
                    self.key = Some(entry.key.span);
                    if let Some(value) = self.at(&entry.key.text, &entry.value) {
                        let entry_of = Entry {
                            key: entry.key.span,
                            value,
                        };
                        map.insert(entry.key.text.to_string(), entry_of);
                    }
                }
                Value::Map(map)
            }
        };
        Some(self.shaped(Tree::new(node.span, value)))
    }

    fn note_reset(&mut self, span: Span, overrides: bool) {
        self.resets.push(Reset {
            path: self.path.clone(),
            span,
            overrides,
        });
    }

    fn items(&mut self, items: &[Node]) -> Vec<Tree> {
        let in_environment = matches!(self.path.as_slice(), [top, _, name] if top == "services" && name == "environment");
        // A path that no reset of a name can hit.
        self.path.push(String::new());
        let mut converted = Vec::new();
        for item in items {
            match self.value(item) {
                Some(tree) if in_environment => {
                    let assignment = self.assignment(&tree, item);
                    converted.extend(assignment.map(|assignment| {
                        Tree::new(tree.span, Value::Assignment(Box::new(assignment)))
                    }));
                }
                converted_item => converted.extend(converted_item),
            }
        }
        self.path.pop();
        converted
    }

    /// Brings a service and what is in it into the long form, leaving out what is of no use here.
    fn shaped(&mut self, tree: Tree) -> Tree {
        match self.path.as_slice() {
            [top, name] if top == "services" => {
                shape::service_name(name, tree.span, self.problems);
                tree
            }
            [top, service, name] if top == "services" => {
                self.extends |= name == "extends";
                shape::field(service, name, tree, self.problems)
            }
            _ => tree,
        }
    }

    fn scalar(&mut self, node: &Node, scalar: &source::Scalar) -> Option<Tree> {
        let written = self.sources.text(node.span);
        let bare = written == &*scalar.text;
        let span = inner_span(node.span, written, &scalar.text);
        let typed = match scalar.kind {
            ScalarKind::String if !bare || self.is_tagged_string(node.span) => Plain::String,
            ScalarKind::String | ScalarKind::Bool(_) | ScalarKind::Integer | ScalarKind::Float => {
                scalar::plain(&scalar.text)
            }
            ScalarKind::Null => Plain::Null,
            ScalarKind::DateTime => Plain::Unfit,
        };
        let value = match typed {
            Plain::Null => Value::Null,
            Plain::Other(text) => {
                let text = Text {
                    text,
                    opaque: false,
                };
                Value::Scalar(Scalar {
                    text,
                    is_string: false,
                })
            }
            Plain::Unfit => {
                let message = "compose takes this for a date or an infinite number, which no value can be; write it in quotes";
                self.problems.invalid(node.span, message);
                return None;
            }
            Plain::String => {
                let places = RefCell::new(Vec::new());
                let lookup = |name: &str| {
                    let put_in = self.environment.get(name)?;
                    let mut places = places.borrow_mut();
                    let place = put_in.place.filter(|place| !places.contains(place));
                    if places.len() < MAX_PLACES {
                        places.extend(place);
                    }
                    Some(put_in.value.clone())
                };
                let substituted = substitute(&scalar.text, &lookup, self.budget);
                let places = places.into_inner().into_iter();
                self.printings
                    .extend(places.map(|place| Printing::new(span, place)));
                match substituted {
                    Ok(text) => Value::Scalar(Scalar {
                        text,
                        is_string: true,
                    }),
                    Err(fault) => {
                        if self.budget.is_spent() {
                            self.problems.exhausted(node.span);
                            return None;
                        }
                        let place = fault_span(span, written, &scalar.text, fault.range);
                        self.problems
                            .malformed
                            .push(Problem::new(place, fault.message));
                        return None;
                    }
                }
            }
        };
        Some(self.shaped(Tree::new(span, value)))
    }

    fn is_tagged_string(&self, span: Span) -> bool {
        let text = self.sources.get(span.source).text();
        let before = text.get(..span.start as usize).unwrap_or_default();
        before.trim_end().ends_with("!!str")
    }

    /// The variable that an item of an `environment` list sets.
    fn assignment(&mut self, tree: &Tree, node: &Node) -> Option<Assignment> {
        let Some(text) = tree.as_string() else {
            let message = format!(
                "an item of `environment` must be a string `NAME=value`, not {}; or write `environment` as a mapping",
                tree.kind_name()
            );
            self.problems.invalid(tree.span, message);
            return None;
        };
        let (name, value) = match text.text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.text.as_str(), None),
        };
        if text.opaque && name.contains(UNKNOWN) {
            self.problems.undecided(tree.span, "the name of a variable");
            return None;
        }
        if name.is_empty() || name.ends_with(char::is_whitespace) {
            let message =
                "an item of `environment` must be `NAME=value`, without a blank before the `=`";
            self.problems.invalid(tree.span, message);
            return None;
        }
        let value = value.map(|value| Text {
            text: value.to_owned(),
            opaque: text.opaque && value.contains(UNKNOWN),
        });
        let (name_span, value_span) =
            self.assignment_spans(tree.span, node.span, name, value.is_some());
        Some(Assignment {
            name: name.to_owned(),
            name_span,
            value,
            value_span,
        })
    }

    fn assignment_spans(
        &mut self,
        span: Span,
        whole: Span,
        name: &str,
        valued: bool,
    ) -> (Span, Span) {
        let written = self.sources.text(span);
        let quote = usize::from(written.starts_with(['"', '\'']));
        let inner = written.get(quote..).unwrap_or_default();
        let fits = inner
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('=') || !valued);
        let offset = |bytes: usize| {
            span.start
                .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX))
        };
        if !fits {
            return (span, span);
        }
        let name_span = Span {
            start: offset(quote),
            end: offset(quote + name.len()),
            ..span
        };
        let value_start = if valued {
            name_span.end + 1
        } else {
            name_span.end
        };
        let closing = u32::from(quote == 1 && written.len() > 1);
        let value_end = if valued {
            span.end.saturating_sub(closing)
        } else {
            value_start
        };
        let value_span = Span {
            start: value_start,
            end: value_end.max(value_start),
            ..span
        };
        self.tokens.push((whole, TokenKind::Container));
        self.tokens.push((name_span, TokenKind::Key));
        if valued {
            self.tokens.push((value_span, TokenKind::Scalar));
        }
        (name_span, value_span)
    }
}

/// Of a quoted scalar whose text stands there just so, what is between the quotes.
fn inner_span(span: Span, written: &str, text: &str) -> Span {
    let quoted = ['"', '\''].iter().any(|quote| {
        written
            .strip_prefix(*quote)
            .and_then(|rest| rest.strip_suffix(*quote))
            == Some(text)
    });
    if quoted {
        Span {
            start: span.start + 1,
            end: span.end - 1,
            ..span
        }
    } else {
        span
    }
}

/// Where a range of a scalar's text is written: exactly where the text stands in the file just so, else
/// where the same bytes stand in it first, else the whole.
fn fault_span(span: Span, written: &str, text: &str, range: std::ops::Range<usize>) -> Span {
    let length = range.len();
    let offset = match written.find(text) {
        Some(offset) => Some(offset + range.start),
        None if span.end as usize - span.start as usize == text.len() => Some(range.start),
        None => text
            .get(range)
            .filter(|part| !part.is_empty())
            .and_then(|part| written.find(part)),
    };
    let Some(offset) = offset else {
        return span;
    };
    // Quotes are outside of `span` and inside of `written`.
    let outside = u32::try_from(written.len())
        .unwrap_or(0)
        .saturating_sub(span.end - span.start)
        / 2;
    let at = |bytes: usize| {
        let start = span.start.saturating_sub(outside);
        start
            .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX))
            .min(span.end)
    };
    Span {
        start: at(offset),
        end: at(offset + length),
        ..span
    }
}
