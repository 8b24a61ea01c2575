//! `!reset` and `!override`: what they clear in what they are merged over, and which variables are missed since.

use std::collections::HashMap;

use super::merge::assignments;
use super::tree::{Entry, Map, Value};
use crate::deploy::RemovedObject;
use crate::source::Span;

/// A value with one of the tags.
#[derive(Debug, Clone)]
pub struct Reset {
    /// The names that lead to it from the top of the file.
    pub path: Vec<String>,
    /// Where it is written.
    pub span: Span,
    /// Whether what is written there takes the place of what it clears: `!override`.
    pub overrides: bool,
}

/// A variable that was cleared.
#[derive(Debug)]
pub struct ClearedVariable {
    /// Its name.
    pub name: String,
    /// Where.
    pub span: Span,
    /// Whether other variables take the place of those that were cleared.
    pub is_replaced: bool,
}

/// The variables that were cleared in the environments of services, and the services that were, and where.
#[derive(Debug, Default)]
pub struct Cleared {
    by_service: HashMap<String, Vec<ClearedVariable>>,
    /// The services. Some may have been defined again.
    pub services: Vec<RemovedObject>,
}

impl Cleared {
    /// Clears what a reset names.
    pub fn reset(&mut self, model: &mut Map, reset: &Reset) {
        let removed = remove(model, &reset.path);
        self.note(reset, removed);
    }

    /// Clears in a service, or another resource, what sorted resets name in it.
    pub fn reset_named(&mut self, resource: &mut Map, resets: &[Reset], kind: &str, name: &str) {
        let compared = |reset: &Reset| {
            let path = reset.path.iter().take(2);
            path.map(String::as_str).cmp([kind, name])
        };
        let start = resets.partition_point(|reset| compared(reset).is_lt());
        let of_resource = resets.iter().skip(start);
        for reset in of_resource.take_while(|reset| compared(reset).is_eq()) {
            let removed = remove(resource, reset.path.get(2..).unwrap_or_default());
            self.note(reset, removed);
        }
    }

    /// The variables that were cleared in the environment of a service. Some may have been set again.
    pub fn of(&self, service: &str) -> &[ClearedVariable] {
        self.by_service.get(service).map_or(&[], Vec::as_slice)
    }

    fn note(&mut self, reset: &Reset, removed: Option<Entry>) {
        let Some(removed) = removed else { return };
        let (service, names) = match reset.path.as_slice() {
            [top, service, field] if top == "services" && field == "environment" => {
                let items = assignments(removed.value.value);
                let names = items.into_iter().filter_map(|item| match item.value {
                    Value::Assignment(assignment) => Some(assignment.name),
                    _ => None,
                });
                (service, names.collect())
            }
            [top, service, field, name] if top == "services" && field == "environment" => {
                (service, vec![name.clone()])
            }
            [top, service] if top == "services" => {
                self.services.push(RemovedObject {
                    kind: "service".to_owned(),
                    name: service.clone(),
                    span: reset.span,
                });
                return;
            }
            _ => return,
        };
        let own = self.by_service.entry(service.clone()).or_default();
        own.extend(names.into_iter().map(|name| ClearedVariable {
            name,
            span: reset.span,
            is_replaced: reset.overrides,
        }));
    }
}

/// Removes from a mapping what a path names.
fn remove(map: &mut Map, path: &[String]) -> Option<Entry> {
    match path {
        [] => None,
        [name] => map.remove(name),
        [name, rest @ ..] => match &mut map.get_mut(name)?.value.value {
            Value::Map(inner) => remove(inner, rest),
            _ => None,
        },
    }
}
