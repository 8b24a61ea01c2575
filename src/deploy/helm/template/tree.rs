//! The syntax tree of a template.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::provenance::Text;
use super::value::Value;

/// A template's text.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The whole text that was parsed.
    pub(crate) text: Text,
}

/// What `define`, or a file, names.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) origin: Arc<Origin>,
    pub(crate) nodes: Arc<[Node]>,
}

/// The templates that can be called, by name.
pub(crate) type Bodies = HashMap<Arc<str>, Body>;

/// One piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    Text(Range<usize>),
    Action(Pipe),
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template {
        at: Range<usize>,
        name: Arc<str>,
        argument: Option<Pipe>,
    },
    Break,
    Continue,
}

impl Node {
    /// Where it is written, of a branch at least its first action.
    fn range(&self) -> Option<Range<usize>> {
        match self {
            Self::Text(range) | Self::Template { at: range, .. } => Some(range.clone()),
            Self::Action(pipe) => Some(pipe.range.clone()),
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => {
                let otherwise = branch.otherwise.as_deref().unwrap_or_default();
                let within = [extent(&branch.body), extent(otherwise)];
                let end = within.into_iter().flatten().map(|range| range.end).max();
                let start = branch.pipe.range.start;
                Some(start..end.unwrap_or(branch.pipe.range.end))
            }
            Self::Break | Self::Continue => None,
        }
    }
}

/// From where the first of several nodes begins to where the last one ends.
pub(crate) fn extent(nodes: &[Node]) -> Option<Range<usize>> {
    let first = nodes.iter().find_map(Node::range)?;
    let last = nodes.iter().rev().find_map(Node::range)?;
    Some(first.start..last.end.max(first.end))
}

/// `if`, `with` and `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// Commands of which each gets the result of the one before.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) range: Range<usize>,
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Arc<str>>,
    pub(crate) commands: Vec<Command>,
}

/// A function or value and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) arguments: Vec<Expression>,
}

/// An operand and where it is written.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) range: Range<usize>,
    pub(crate) kind: ExpressionKind,
}

/// What an operand is.
#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Dot,
    Nil,
    Constant(Constant),
    /// Numbers keep what else they could be.
    Number(Number),
    Field(Vec<Arc<str>>),
    Variable(Arc<str>, Vec<Arc<str>>),
    Function(Arc<str>),
    Pipe(Box<Pipe>),
    Chain(Box<Expression>, Vec<Arc<str>>),
}

/// A constant that is no number.
#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Bool(bool),
    Text(Text),
}

impl Constant {
    /// What it stands for.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::bool(*value),
            Self::Text(text) => Value::text(text.clone()),
        }
    }
}

/// What a number in a template can be taken for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub(crate) integer: Option<i64>,
    pub(crate) unsigned: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Whether it is written with a point or an exponent.
    pub(crate) looks_float: bool,
    /// Whether it is written as a character.
    pub(crate) character: bool,
}
