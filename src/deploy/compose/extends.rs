//! `extends`: a service on top of another one, of the same file or another.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::convert::Document;
use super::load::{File, Loader, Scope};
use super::resets::Reset;
use super::tree::{Entry, Map, Tree, Value, string_of};
use super::{merge, paths, shown};
use crate::source::{MAX_DEPTH, Span};

/// The services of one file, which extend each other.
#[derive(Debug)]
pub struct Services {
    path: String,
    by_name: RefCell<Map>,
    resets: Vec<Reset>,
}

/// The files that were extended from, by path.
pub type Bases = HashMap<String, Option<Rc<Services>>>;

struct Chain<'a> {
    scope: Scope<'a>,
    bases: &'a mut Bases,
    /// File and name of the services being extended.
    links: Vec<(String, String)>,
}

impl Loader<'_> {
    /// Resolves the `extends` of a document's services.
    pub fn extend(
        &mut self,
        file: &File,
        document: &mut Document,
        scope: Scope<'_>,
        bases: &mut Bases,
    ) {
        if !document.extends {
            return;
        }
        let Some(Value::Map(services)) = document
            .root
            .get_mut("services")
            .map(|entry| &mut entry.value.value)
        else {
            return;
        };
        let extends = |entry: &Entry| {
            let service = entry.value.as_map();
            service.is_some_and(|service| service.contains_key("extends"))
        };
        let names: Vec<String> = services
            .iter()
            .filter(|(_, entry)| extends(entry))
            .map(|(name, _)| name.clone())
            .collect();
        let own = Rc::new(Services {
            path: file.path.clone(),
            by_name: RefCell::new(std::mem::take(services)),
            resets: document.resets.clone(),
        });
        for name in names {
            let mut chain = Chain {
                scope,
                bases: &mut *bases,
                links: Vec::new(),
            };
            self.resolve_extends(&name, &own, &mut chain);
        }
        *services = own.by_name.take();
    }

    /// Resolves one service in place.
    fn resolve_extends(&mut self, name: &str, file: &Rc<Services>, chain: &mut Chain<'_>) {
        let extends = match file
            .by_name
            .borrow_mut()
            .get_mut(name)
            .map(|entry| &mut entry.value.value)
        {
            Some(Value::Map(service)) => service.remove("extends"),
            _ => None,
        };
        if let Some(extends) = extends
            && !extends.value.is_null()
            && let Some(base) = self.base(name, &extends, file, chain)
        {
            let mut services = file.by_name.borrow_mut();
            if let Some(Value::Map(service)) =
                services.get_mut(name).map(|entry| &mut entry.value.value)
                && let Value::Map(mut base) = base.value.value
            {
                self.cleared
                    .reset_named(&mut base, &file.resets, "services", name);
                merge::service(&mut base, std::mem::take(service));
                *service = base;
            }
        }
    }

    /// A copy of a service, itself resolved.
    fn extended(
        &mut self,
        name: &str,
        file: &Rc<Services>,
        chain: &mut Chain<'_>,
    ) -> Option<Entry> {
        self.resolve_extends(name, file, chain);
        let services = file.by_name.borrow();
        let entry = services.get(name)?;
        self.afford(entry.value.size(), entry.key)
            .then(|| entry.clone())
    }

    /// What a service extends, itself resolved.
    fn base(
        &mut self,
        name: &str,
        extends: &Entry,
        file: &Rc<Services>,
        chain: &mut Chain<'_>,
    ) -> Option<Entry> {
        let span = extends.value.span;
        let Some((other, other_span)) = extends
            .value
            .as_map()
            .and_then(|map| string_of(map, "service"))
        else {
            let message = format!(
                "`extends` of service `{}` does not name a `service`",
                shown(name)
            );
            self.problems.invalid(span, message);
            return None;
        };
        if other.opaque {
            self.problems.undecided(other_span, "the extended service");
            return None;
        }
        let map = extends.value.as_map()?;
        let base_file = match (map.get("file"), string_of(map, "file")) {
            (None, _) => Rc::clone(file),
            (Some(_), Some((path, path_span))) => {
                // In another file the path was rewritten to be relative to the scope's directory.
                let named = self.file(chain.scope.directory, path, path_span, "extends")?;
                self.base_file(&named, paths::parent(&path.text), chain)?
            }
            (Some(_), None) => {
                self.problems
                    .invalid(span, "`file` of `extends` must be a string");
                return None;
            }
        };
        if !base_file.by_name.borrow().contains_key(&other.text) {
            let message = format!(
                "service `{}` extends `{}`, which `{}` does not define",
                shown(name),
                shown(&other.text),
                base_file.path
            );
            self.problems.invalid(other_span, message);
            return None;
        }
        let link = (file.path.clone(), name.to_owned());
        let target = (base_file.path.clone(), other.text.clone());
        chain.links.push(link);
        let is_cycle = chain.links.contains(&target);
        let result = if is_cycle || chain.links.len() > MAX_DEPTH {
            self.report_chain(is_cycle, name, other_span);
            None
        } else {
            self.extended(&other.text, &base_file, chain)
        };
        chain.links.pop();
        result
    }

    fn report_chain(&mut self, is_cycle: bool, name: &str, span: Span) {
        if is_cycle {
            let message = format!(
                "service `{}` extends itself, directly or through others",
                shown(name)
            );
            self.problems.invalid(span, message);
        } else {
            let message = format!("more than {MAX_DEPTH} services extend each other in a chain");
            self.problems.unsupported(span, message);
        }
    }

    fn base_file(
        &mut self,
        file: &File,
        relative: &str,
        chain: &mut Chain<'_>,
    ) -> Option<Rc<Services>> {
        if let Some(base) = chain.bases.get(&file.path) {
            return base.clone();
        }
        let mut model = Map::new();
        let mut resets = Vec::new();
        for root in &self.documents(file).roots {
            if let Some(document) = self.convert(root, chain.scope.environment) {
                for reset in &document.resets {
                    self.cleared.reset(&mut model, reset);
                }
                resets = document.resets;
                merge::model(&mut model, document.root, &mut self.problems);
            }
        }
        paths::resolve(&mut model, relative);
        let services = match model.remove("services").map(|entry| entry.value) {
            Some(Tree {
                value: Value::Map(services),
                ..
            }) => services,
            _ => Map::new(),
        };
        let path = file.path.clone();
        let base = Some(Rc::new(Services {
            path,
            by_name: RefCell::new(services),
            resets,
        }));
        chain.bases.insert(file.path.clone(), base.clone());
        base
    }
}
