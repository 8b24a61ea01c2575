//! `range`, and which parts of templates loops print.

use std::collections::BTreeMap;

use super::super::provenance::Text;
use super::execute::{Frame, Stop};
use super::tree::{Branch, Node, Pipe, extent};
use super::value::{Data, Value};
use crate::source::Span;

/// The loops of the templates of a deployment.
#[derive(Debug, Default)]
pub(super) struct Loops {
    /// For each loop that is running, the place of the list that it goes through.
    running: Vec<Option<Span>>,
    /// What loops print, with the list that each goes through.
    printed: BTreeMap<Span, Option<Span>>,
}

impl Loops {
    pub(super) fn take(&mut self) -> BTreeMap<Span, Option<Span>> {
        std::mem::take(&mut self.printed)
    }
}

impl Frame<'_> {
    /// Runs a loop, or its `else` if there is nothing to loop over.
    pub(super) fn range(&mut self, dot: &Value, branch: &Branch) -> Result<(), Stop> {
        let scope = self.variables.len();
        let result = self.range_in_scope(dot, branch);
        self.variables.truncate(scope);
        match result {
            Err(Stop::Break) => Ok(()),
            result => result,
        }
    }

    fn range_in_scope(&mut self, dot: &Value, branch: &Branch) -> Result<(), Stop> {
        let value = self.silent(dot, &branch.pipe)?;
        let list = value.place.map(|place| place.span);
        self.note_loop(&branch.body, list);
        self.engine.loops.running.push(list);
        let ran = self.iterations(branch, &value);
        self.engine.loops.running.pop();
        match &branch.otherwise {
            _ if ran? => Ok(()),
            Some(nodes) => self.nodes(dot, nodes),
            None => Ok(()),
        }
    }

    /// Runs the body for each item, and says whether there was one.
    fn iterations(&mut self, branch: &Branch, value: &Value) -> Result<bool, Stop> {
        let mut ran = false;
        match &value.data {
            Data::Nil | Data::NilInterface => {}
            Data::List(list) => {
                for (index, item) in list.items().iter().enumerate() {
                    ran = true;
                    let item = item.clone().held();
                    self.iteration(&branch.pipe, branch, Value::size(index), &item)?;
                }
            }
            Data::Map(map) => {
                for (name, item) in map.to_vec() {
                    ran = true;
                    let mut index = Value::from(&*name);
                    if let Some(place) = item.key_place {
                        index = Value::text(Text::of_value(name, place));
                    }
                    self.iteration(&branch.pipe, branch, index, &item.value.held())?;
                }
            }
            Data::Integer(count, kind) => {
                if branch.pipe.variables.len() > 1 {
                    let message = "can't use a number to iterate over more than one variable";
                    return Err(self.fault(&branch.pipe.range, message).into());
                }
                for index in 0..*count {
                    ran = true;
                    let item = Value::from(Data::Integer(index, *kind));
                    self.iteration(&branch.pipe, branch, Value::NIL, &item)?;
                }
            }
            Data::Object(object) => match object.items() {
                Some(items) => {
                    for (index, item) in items {
                        ran = true;
                        self.iteration(&branch.pipe, branch, index, &item)?;
                    }
                }
                None => return Err(self.cannot_range(branch, value)),
            },
            _ => return Err(self.cannot_range(branch, value)),
        }
        Ok(ran)
    }

    /// Records that the running loop prints the template that it includes.
    pub(super) fn note_included(&mut self, nodes: &[Node]) {
        if let Some(list) = self.engine.loops.running.last().copied() {
            self.note_loop(nodes, list);
        }
    }

    /// Records that a loop prints these nodes.
    fn note_loop(&mut self, nodes: &[Node], list: Option<Span>) {
        let span = extent(nodes).and_then(|range| self.span(&range));
        if let Some(span) = span {
            let known = self.engine.loops.printed.entry(span).or_default();
            *known = known.or(list);
        }
    }

    fn cannot_range(&self, branch: &Branch, value: &Value) -> Stop {
        let message = format!("range can't iterate over a {}", value.kind_name());
        self.fault(&branch.pipe.range, message).into()
    }

    fn iteration(
        &mut self,
        pipe: &Pipe,
        branch: &Branch,
        index: Value,
        item: &Value,
    ) -> Result<(), Stop> {
        self.charge(&pipe.range, 0)?;
        match pipe.variables.as_slice() {
            [] => {}
            [one] if pipe.assigns => self.assign(one, item.clone()),
            [_] => self.set_top(1, item.clone()),
            [first, second, ..] if pipe.assigns => {
                self.assign(first, index);
                self.assign(second, item.clone());
            }
            _ => {
                self.set_top(1, item.clone());
                self.set_top(2, index);
            }
        }
        let scope = self.variables.len();
        let result = self.nodes(item, &branch.body);
        self.variables.truncate(scope);
        match result {
            Err(Stop::Continue) => Ok(()),
            result => result,
        }
    }

    fn set_top(&mut self, from_top: usize, value: Value) {
        let position = self.variables.len().checked_sub(from_top);
        if let Some(variable) = position.and_then(|position| self.variables.get_mut(position)) {
            variable.1 = value;
        }
    }
}
