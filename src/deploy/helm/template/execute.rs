//! Runs templates, as Go's `text/template` does.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::super::provenance::{Place, Text, TextBuilder};
use super::loops::Loops;
use super::print;
use super::tree::{Bodies, Body, Branch, ExpressionKind, Node, Origin, Pipe};
use super::value::{Data, Value};
use crate::source::Span;

/// How many commands, items and bytes of work the templates of one deployment may take.
const MAX_STEPS: u64 = 20_000_000;

/// How many bytes all texts that templates make may have together.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How deeply templates, blocks and parentheses may be nested while they run.
const MAX_DEPTH: usize = 12_000;

/// How often Helm lets one template include itself.
pub(crate) const MAX_INCLUDES: usize = 1000;

/// Why a template was given up.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// Where, in the file a person edits.
    pub(crate) span: Option<Span>,
    /// The action of the rendered template that led there, if it is another place.
    pub(crate) outer: Option<Span>,
    /// What is wrong, in Helm's words where it has some.
    pub(crate) message: String,
    /// Whether it is something that kvguard lacks and Helm has.
    pub(crate) unsupported: bool,
    /// A template that is not there, by name.
    pub(crate) missing_template: Option<Arc<str>>,
    /// What the template had printed until then.
    pub(crate) printed: Option<Text>,
}

/// What ends a list of nodes early.
#[derive(Debug)]
pub(crate) enum Stop {
    Break,
    Continue,
    Fault(Box<Fault>),
}

/// Why a function gives no value.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Helm refuses it too, with these words.
    Error(String),
    /// Helm can do it, kvguard cannot.
    Unsupported(String),
    /// A template that the function runs failed.
    Inner(Box<Fault>),
    /// A template that the function runs is not there.
    NoTemplate(Arc<str>),
    /// The template's own message, of `required` or `fail`.
    Said(String),
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Self {
        Self::Error(message.to_owned())
    }
}

impl From<Box<Fault>> for Stop {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

/// What all templates of a deployment share while they run.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    steps: u64,
    bytes: u64,
    depth: usize,
    pub(super) loops: Loops,
    /// How often each template is being included.
    pub(crate) included: HashMap<Arc<str>, usize>,
}

impl Engine {
    /// What has been counted so far: steps and bytes.
    pub(crate) fn cost(&self) -> u64 {
        self.steps.saturating_add(self.bytes)
    }

    /// The parts of templates that loops ran, each with the place of the list that its loop goes through, if a file has it.
    pub(crate) fn take_loops(&mut self) -> BTreeMap<Span, Option<Span>> {
        self.loops.take()
    }

    /// Counts work.
    pub(crate) fn step(&mut self, count: usize) -> Result<(), Refusal> {
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > MAX_STEPS {
            return Err("the chart takes too much work to render: a loop may be too long".into());
        }
        Ok(())
    }

    /// Counts bytes that are about to be made.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > MAX_BYTES {
            return Err("the chart renders to too much text".into());
        }
        Ok(())
    }

    pub(super) fn deeper(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return Err("templates call each other too deeply".into());
        }
        Ok(())
    }

    pub(super) fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// One template that is running.
pub(crate) struct Frame<'e> {
    pub(crate) engine: &'e mut Engine,
    /// The templates it can call.
    pub(crate) bodies: Rc<Bodies>,
    pub(crate) origin: Arc<Origin>,
    pub(super) variables: Vec<(Arc<str>, Value)>,
    pub(super) out: TextBuilder,
}

impl<'e> Frame<'e> {
    /// A frame of no template, for what counts work.
    pub(crate) fn bare(engine: &'e mut Engine) -> Self {
        let origin = Origin {
            text: Text::default(),
        };
        Self {
            engine,
            bodies: Rc::default(),
            origin: Arc::new(origin),
            variables: Vec::new(),
            out: TextBuilder::default(),
        }
    }
}

/// The most room, in bytes, that is asked for before anything is printed.
const MAX_ROOM: usize = 64 * 1024;

/// Runs a template with a dot and gives what it prints.
pub(crate) fn run(
    engine: &mut Engine,
    bodies: &Rc<Bodies>,
    body: &Body,
    dot: &Value,
) -> Result<Text, Box<Fault>> {
    let mut frame = Frame {
        engine,
        bodies: bodies.clone(),
        origin: body.origin.clone(),
        variables: vec![(Arc::from("$"), dot.clone())],
        // Most templates print about as much as they are.
        out: TextBuilder::with_capacity(body.origin.text.len().min(MAX_ROOM)),
    };
    frame.note_included(&body.nodes);
    match frame.nodes(dot, &body.nodes) {
        Ok(()) | Err(Stop::Break | Stop::Continue) => Ok(frame.out.finish()),
        Err(Stop::Fault(mut fault)) => {
            if let Some(inner) = fault.printed.take() {
                frame.out.push_slice(&inner, 0..inner.len());
            }
            fault.printed = Some(frame.out.finish());
            Err(fault)
        }
    }
}

/// Whether a pipeline prints what another template prints, unchanged.
fn passes_on(pipe: &Pipe) -> bool {
    let [command] = pipe.commands.as_slice() else {
        return false;
    };
    let first = command.arguments.first().map(|first| &first.kind);
    matches!(first, Some(ExpressionKind::Function(name)) if matches!(&**name, "tpl" | "include"))
        && pipe.variables.is_empty()
}

impl Frame<'_> {
    /// Where the running template has a range.
    pub(super) fn span(&self, range: &Range<usize>) -> Option<Span> {
        self.origin.text.template_span(range.clone())
    }

    pub(super) fn fault(&self, range: &Range<usize>, message: impl Into<String>) -> Box<Fault> {
        Box::new(Fault {
            span: self.span(range),
            outer: None,
            message: message.into(),
            unsupported: false,
            missing_template: None,
            printed: None,
        })
    }

    pub(super) fn refused(
        &self,
        range: &Range<usize>,
        function: Option<&str>,
        refusal: Refusal,
    ) -> Box<Fault> {
        match refusal {
            Refusal::Error(message) => match function {
                Some(name) => self.fault(range, format!("error calling {name}: {message}")),
                None => self.fault(range, message),
            },
            Refusal::Said(message) => self.fault(range, message),
            Refusal::Unsupported(message) => {
                let mut fault = self.fault(range, message);
                fault.unsupported = true;
                fault
            }
            Refusal::NoTemplate(name) => {
                let message = format!(
                    "error calling include: template: no template \"{}\" associated with template \"gotpl\"",
                    crate::source::shown_name(&name)
                );
                let mut fault = self.fault(range, message);
                fault.missing_template = Some(name);
                fault
            }
            Refusal::Inner(mut fault) => {
                let here = self.span(range);
                if fault.span.is_none() {
                    fault.span = here;
                } else if here.is_some() {
                    fault.outer = here;
                }
                fault
            }
        }
    }

    pub(super) fn nodes(&mut self, dot: &Value, nodes: &[Node]) -> Result<(), Stop> {
        let at = 0..0;
        if let Err(refusal) = self.engine.deeper() {
            return Err(self.refused(&at, None, refusal).into());
        }
        let result = nodes.iter().try_for_each(|node| self.node(dot, node));
        self.engine.shallower();
        result
    }

    fn node(&mut self, dot: &Value, node: &Node) -> Result<(), Stop> {
        match node {
            Node::Text(range) => {
                self.charge(range, range.len())?;
                let origin = self.origin.clone();
                self.out.push_slice(&origin.text, range.clone());
                Ok(())
            }
            Node::Action(pipe) => {
                let value = self.pipe(dot, pipe).map_err(|mut fault| {
                    if !passes_on(pipe) {
                        fault.printed = None;
                    }
                    fault
                })?;
                if pipe.variables.is_empty() {
                    self.print(&pipe.range, &value)?;
                }
                Ok(())
            }
            Node::If(branch) => self.choose(dot, branch, false),
            Node::With(branch) => self.choose(dot, branch, true),
            Node::Range(branch) => self.range(dot, branch),
            Node::Template { at, name, argument } => self.call(dot, at, name, argument.as_ref()),
            Node::Break => Err(Stop::Break),
            Node::Continue => Err(Stop::Continue),
        }
    }

    pub(super) fn charge(&mut self, range: &Range<usize>, bytes: usize) -> Result<(), Stop> {
        let charged = self.engine.step(1).and_then(|()| self.engine.spend(bytes));
        charged.map_err(|refusal| self.refused(range, None, refusal).into())
    }

    fn print(&mut self, range: &Range<usize>, value: &Value) -> Result<(), Stop> {
        let action = self.span(range).map(Place::whole);
        if let Data::Text(text) = &value.data {
            self.charge(range, text.len())?;
            self.out.push_printed(text, 0..text.len(), action);
        } else {
            let printed =
                print::printed(value).map_err(|refusal| self.refused(range, None, refusal))?;
            self.charge(range, printed.len())?;
            self.out.push(&printed, action, value.place);
        }
        Ok(())
    }

    /// A pipeline of which nothing is printed.
    pub(super) fn silent(&mut self, dot: &Value, pipe: &Pipe) -> Result<Value, Stop> {
        self.pipe(dot, pipe).map_err(|mut fault| {
            fault.printed = None;
            fault.into()
        })
    }

    fn choose(&mut self, dot: &Value, branch: &Branch, sets_dot: bool) -> Result<(), Stop> {
        let scope = self.variables.len();
        let value = self.silent(dot, &branch.pipe)?;
        let result = if value.is_true() {
            let dot = if sets_dot { &value } else { dot };
            self.nodes(dot, &branch.body)
        } else {
            match &branch.otherwise {
                Some(nodes) => self.nodes(dot, nodes),
                None => Ok(()),
            }
        };
        self.variables.truncate(scope);
        result
    }

    pub(super) fn assign(&mut self, name: &str, value: Value) {
        let found = self
            .variables
            .iter_mut()
            .rev()
            .find(|known| &*known.0 == name);
        if let Some(variable) = found {
            variable.1 = value;
        }
    }

    fn call(
        &mut self,
        dot: &Value,
        at: &Range<usize>,
        name: &Arc<str>,
        argument: Option<&Pipe>,
    ) -> Result<(), Stop> {
        let Some(body) = self.bodies.get(name).cloned() else {
            let mut fault = self.fault(
                at,
                format!(
                    "template \"{}\" not defined",
                    crate::source::shown_name(name)
                ),
            );
            fault.missing_template = Some(name.clone());
            return Err(fault.into());
        };
        let argument = match argument {
            Some(pipe) => self.silent(dot, pipe)?,
            None => Value::NIL,
        };
        let bodies = self.bodies.clone();
        let printed = run(self.engine, &bodies, &body, &argument)
            .map_err(|fault| self.refused(at, None, Refusal::Inner(fault)))?;
        self.out.push_slice(&printed, 0..printed.len());
        Ok(())
    }
}
