//! `include`: other compose projects, each with its own directory and environment.

use super::convert::Document;
use super::interpolate::Text;
use super::load::{File, Loader, Scope};
use super::tree::{Entry, Environment, Map, Tree, Value, map_size, string_of, text_of};
use super::{merge, paths};
use crate::source::{MAX_DEPTH, Span};

/// The most projects that may be brought in.
const MAX_INCLUDED: usize = 2_000;

/// What an included project adds to.
const RESOURCES: [&str; 4] = ["services", "volumes", "configs", "secrets"];

impl Loader<'_> {
    /// Brings what a document includes into it; what the document defines itself wins.
    pub fn include(&mut self, file: &File, document: &mut Document, scope: Scope<'_>) {
        let Some(include) = document.root.remove("include") else {
            return;
        };
        let items = match include.value.value {
            Value::Null => return,
            Value::List(items) => items,
            _ => {
                let message = format!(
                    "`include` must be a list of paths, not {}",
                    include.value.kind_name()
                );
                return self.problems.invalid(include.key, message);
            }
        };
        let mut including = scope.including.to_vec();
        including.push(file.path.clone());
        for item in &items {
            let scope = Scope {
                including: &including,
                ..scope
            };
            let Some(imported) = self.included_model(item, scope) else {
                continue;
            };
            for (kind, entry) in imported {
                if RESOURCES.contains(&kind.as_str()) {
                    self.import(&kind, entry, document);
                }
            }
        }
    }

    /// The model of one item, its paths relative to the scope's directory.
    fn included_model(&mut self, item: &Tree, scope: Scope<'_>) -> Option<Map> {
        let (names, project_directory, env_files) = match &item.value {
            Value::Scalar(scalar) if scalar.is_string => {
                (vec![(scalar.text.clone(), item.span)], None, None)
            }
            Value::Map(map) => {
                let strings = |name| map.get(name).map(|entry: &Entry| strings(&entry.value));
                let known = ["path", "project_directory", "env_file"];
                for (name, entry) in map.iter() {
                    if !known.contains(&name.as_str()) {
                        let name = super::shown(name);
                        let message = format!("`{name}` is no part of an `include` item");
                        self.problems.invalid(entry.key, message);
                    }
                }
                (
                    strings("path").flatten().unwrap_or_default(),
                    string_of(map, "project_directory"),
                    strings("env_file"),
                )
            }
            _ => (Vec::new(), None, None),
        };
        if names.is_empty() || env_files.as_ref().is_some_and(Option::is_none) {
            let message = "an item of `include` must be a path, or a mapping with `path`, a path or a list of paths";
            self.problems.invalid(item.span, message);
            return None;
        }
        let mut files = Vec::new();
        for (text, span) in &names {
            files.push(self.file(scope.directory, text, *span, "include")?);
        }
        let first = files.first()?;
        let relative = match project_directory {
            Some((text, span)) => {
                self.file(scope.directory, text, span, "project_directory")?;
                text.text.clone()
            }
            None => names
                .first()
                .map(|(text, _)| paths::parent(&text.text).to_owned())?,
        };
        self.check_include(first, item.span, scope)?;
        let mut env = Vec::new();
        for (text, span) in env_files.flatten().unwrap_or_default() {
            if text.text != "/dev/null" {
                env.push(self.file(scope.directory, &text, span, "env_file")?);
            }
        }
        if !self.afford(scope.environment.len(), item.span) {
            return None;
        }
        let environment = self.environment(scope.environment, &env);
        let directory = paths::join(scope.directory, &relative);
        let inner = Scope {
            directory: &directory,
            environment: &environment,
            ..scope
        };
        let mut model = self.model(&files, inner);
        if let Some(Value::Map(services)) = model
            .get_mut("services")
            .map(|entry| &mut entry.value.value)
        {
            for service in services.values_mut() {
                pass_on(&mut service.value, &environment);
            }
        }
        paths::resolve(&mut model, &relative);
        Some(model)
    }

    fn check_include(&mut self, first: &File, span: Span, scope: Scope<'_>) -> Option<()> {
        if scope.including.contains(&first.path) {
            self.problems.invalid(
                span,
                "this file includes itself, directly or through others",
            );
            return None;
        }
        self.included += 1;
        if self.included > MAX_INCLUDED || scope.including.len() > MAX_DEPTH {
            let message = format!(
                "more than {MAX_INCLUDED} inclusions, or more than {MAX_DEPTH} in each other"
            );
            self.problems.unsupported(span, message);
            return None;
        }
        Some(())
    }

    fn import(&mut self, kind: &str, from: Entry, document: &mut Document) {
        let Value::Map(from_map) = from.value.value else {
            return;
        };
        if !self.afford(map_size(&from_map), from.key) {
            return;
        }
        if !document.root.contains_key(kind) {
            let value = Tree::new(from.key, Value::Null);
            let empty = Entry {
                key: from.key,
                value,
            };
            document.root.insert(kind.to_owned(), empty);
        }
        let Some(to) = document.root.get_mut(kind) else {
            return;
        };
        if to.value.is_null() {
            to.value.value = Value::Map(Map::new());
        }
        let Value::Map(to) = &mut to.value.value else {
            return;
        };
        for (name, mut entry) in from_map {
            let Some(own) = to.remove(&name) else {
                to.insert(name, entry);
                continue;
            };
            if let Value::Map(imported) = &mut entry.value.value {
                self.cleared
                    .reset_named(imported, &document.resets, kind, &name);
            }
            entry.key = own.key;
            let mut both = Map::from_iter([(name.clone(), entry)]);
            if kind == "services" {
                merge::named(&mut both, name.clone(), own, &mut self.problems);
            } else {
                both.insert(name.clone(), own);
            }
            to.extend(both);
        }
    }
}

/// Gives the items of an `environment` list that only name a variable the value that it has in their own project.
fn pass_on(service: &mut Tree, environment: &Environment) {
    let Value::Map(service) = &mut service.value else {
        return;
    };
    let Some(Value::List(items)) = service
        .get_mut("environment")
        .map(|entry| &mut entry.value.value)
    else {
        return;
    };
    for item in items {
        if let Value::Assignment(assignment) = &mut item.value
            && assignment.value.is_none()
            && let Some(known) = environment.get(&assignment.name)
        {
            assignment.value = Some(text_of(&known.value));
        }
    }
}

/// A string or a list of strings.
fn strings(tree: &Tree) -> Option<Vec<(Text, Span)>> {
    match &tree.value {
        Value::List(items) => items
            .iter()
            .map(|item| Some((item.as_string()?.clone(), item.span)))
            .collect(),
        _ => Some(vec![(tree.as_string()?.clone(), tree.span)]),
    }
}
