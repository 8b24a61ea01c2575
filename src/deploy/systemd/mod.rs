//! Systemd units, as systemd 252 reads them.
//!
//! A unit's environment is what `Environment=` sets in its file and its drop-ins, overridden by the files
//! that `EnvironmentFile=` names, without what `UnsetEnvironment=` removes. What only the host knows,
//! `PassEnvironment=` and specifiers such as `%H`, stays unknown.

mod addresses;
mod commands;
mod drop_ins;
mod environment;
mod environment_file;
mod execution;
mod files;
mod resolve;
mod service;
mod specifiers;
mod unit;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::inputs::{InputError, Inputs};
use crate::registry::Spanned;
use crate::source::{Problem, Span};

use super::{AllDangling, Failure, Network, Workload, Workloads};
use execution::Execution;
use files::{Files, UnitInput};
use resolve::Resolver;
use specifiers::{Instance, UnitName};

/// What a systemd deployment reads.
pub struct Options<'a> {
    /// Patterns of the unit files, relative to the root: `packaging/*/systemd/*.service`.
    pub units: &'a [Spanned<String>],
    /// From a path on the target, such as `/etc/x/api.env`, to one relative to the root.
    pub path_map: &'a dyn Fn(&str) -> Option<String>,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("units", &self.units)
            .finish_non_exhaustive()
    }
}

/// Reads the units, their drop-ins and the environment files they name.
pub fn read(inputs: &mut Inputs, options: &Options<'_>) -> (Workloads, Vec<Failure>) {
    let mut reader = Reader {
        files: Files::new(inputs),
        path_map: options.path_map,
        workloads: Workloads::default(),
        failures: Vec::new(),
        defined: HashMap::new(),
        read: HashSet::new(),
        joins: false,
        command_characters_left: commands::MAX_OF_ALL,
    };
    for pattern in options.units {
        reader.pattern(pattern);
    }
    let Reader {
        files,
        mut workloads,
        failures,
        joins,
        ..
    } = reader;
    // Of several units that share one network, who is in it with whom is not known.
    if joins {
        for workload in &mut workloads.workloads {
            workload.network = Network::Host;
        }
    }
    workloads.malformed.extend(files.malformed);
    workloads.invalid.splice(0..0, files.invalid);
    without_repetitions(&mut workloads.malformed);
    without_repetitions(&mut workloads.invalid);
    without_repetitions(&mut workloads.unsupported);
    (workloads, failures)
}

/// A drop-in or an environment file of several units is wrong once.
fn without_repetitions(problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert((problem.span, problem.message.clone())));
}

struct Reader<'a> {
    files: Files<'a>,
    path_map: &'a dyn Fn(&str) -> Option<String>,
    workloads: Workloads,
    failures: Vec<Failure>,
    /// The names so far, and where each is defined.
    defined: HashMap<String, Span>,
    /// The unit files so far.
    read: HashSet<String>,
    /// Whether one of them joins the namespaces of another.
    joins: bool,
    /// How many characters the commands of further units may have.
    command_characters_left: usize,
}

impl Reader<'_> {
    fn fail(&mut self, error: &InputError, span: Span) {
        self.failures.push(Failure::unread(error, Some(span)));
    }

    fn pattern(&mut self, pattern: &Spanned<String>) {
        let paths = match self.files.inputs.glob(&pattern.value) {
            Ok(paths) => paths,
            Err(error) => return self.fail(&error, pattern.span),
        };
        let is_unmatched = paths.is_empty();
        let units: Vec<String> = paths
            .into_iter()
            .filter(|path| path.ends_with(".service"))
            .collect();
        if units.is_empty() {
            let message = format!("`{}` matches no `.service` file", pattern.value);
            let failure = Failure::new(message, Some(pattern.span));
            self.failures.push(if is_unmatched {
                failure.missing(&pattern.value)
            } else {
                failure
            });
            return;
        }
        self.read.reserve(units.len());
        self.defined.reserve(units.len());
        self.workloads.workloads.reserve(units.len());
        for path in units {
            if self.read.insert(path.clone()) {
                self.unit(&path, pattern.span);
            }
        }
    }

    fn unit(&mut self, path: &str, pattern: Span) {
        let input = match self.files.unit(path) {
            Ok(input) => input,
            Err(error) => return self.fail(&error, pattern),
        };
        let name_span = input.file.header.unwrap_or(input.first);
        let file_name = path.rsplit('/').next().unwrap_or(path);
        let Some(name) = UnitName::parse(file_name) else {
            let message = format!(
                "systemd takes `{file_name}` for no unit's name: it consists of letters, digits and `:-_.\\`, with one `@` before an instance"
            );
            self.workloads
                .invalid
                .push(Problem::new(name_span, message));
            return;
        };
        let stem = name.stem();
        if let Some(first) = self.defined.get(&stem) {
            let mut problem = Problem::new(name_span, format!("unit `{stem}` is defined twice"));
            problem.related = Some((*first, "first defined here".to_owned()));
            self.workloads.invalid.push(problem);
            return;
        }
        self.defined.insert(stem.clone(), name_span);
        if input.empty {
            let message =
                format!("unit `{stem}` is masked: systemd does not run a unit whose file is empty");
            self.workloads
                .invalid
                .push(Problem::new(name_span, message));
            return;
        }
        if input.file.header.is_none() && input.file.malformed.is_empty() {
            let message = format!("unit `{stem}` has no `[Service]` section");
            self.workloads
                .invalid
                .push(Problem::new(name_span, message));
        }
        let workload = self.workload(&name, &input, path, name_span, pattern);
        self.workloads.workloads.push(workload);
    }

    fn workload(
        &mut self,
        name: &UnitName,
        input: &UnitInput,
        path: &str,
        name_span: Span,
        pattern: Span,
    ) -> Workload {
        let own = &input.file.directives;
        // Where a variable would be set.
        let is_place = |directive: &&service::Directive| {
            use service::Kind::{Environment, EnvironmentFile};
            matches!(directive.kind, Environment | EnvironmentFile)
        };
        let environment_span = own
            .iter()
            .rfind(is_place)
            .map_or(name_span, |last| last.span);
        let mut resolver = Resolver::new(name);
        let mut execution = Execution::default();
        resolver.apply(own);
        execution.apply(&input.file.starts);
        for drop_in in self.drop_ins(name, path, pattern) {
            resolver.apply(&drop_in.file.directives);
            execution.apply(&drop_in.file.starts);
        }
        self.joins |= execution.joins;
        let failures = self.failures.len();
        let (environment, taken) = resolver.finish(
            &mut self.files,
            self.path_map,
            &mut self.workloads,
            &mut self.failures,
        );
        let other_names = match name.instance {
            Instance::None => Vec::new(),
            _ => vec![name.prefix.clone()],
        };
        let command = commands::arguments(
            &execution.words,
            name,
            &environment,
            &mut self.command_characters_left,
        );
        let (command, untold) = match command {
            Ok(command) => (command, Vec::new()),
            Err(commands::TooLong) => (
                Vec::new(),
                vec![Problem::new(name_span, commands::TOO_LONG)],
            ),
        };
        Workload {
            name: name.stem(),
            name_span,
            other_names,
            command,
            environment,
            untold,
            is_unread: self.failures.len() > failures,
            overridden: Vec::new(),
            taken,
            image: None,
            mounts: Vec::new(),
            // An environment file that is not there is a failure.
            dangling: AllDangling::default(),
            environment_span,
            pod: None,
            network: execution.isolated.map_or(Network::Host, Network::Isolated),
            is_socket_activated: execution.has_socket || self.has_socket(name, path),
            address_filter: execution.filter.clone(),
            // What could not be read may start it.
            idle: input
                .file
                .malformed
                .is_empty()
                .then(|| execution.idle(name_span))
                .flatten(),
        }
    }

    /// Whether the socket that starts a unit is beside it.
    fn has_socket(&mut self, name: &UnitName, path: &str) -> bool {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let socket = format!("{}.socket", name.stem());
        // What cannot be listed is told where drop-ins are looked for.
        self.files
            .list(parent)
            .is_ok_and(|beside| beside.contains(&socket))
    }

    /// The drop-ins of a unit, in the order they apply.
    fn drop_ins(
        &mut self,
        name: &UnitName,
        path: &str,
        pattern: Span,
    ) -> Vec<std::rc::Rc<UnitInput>> {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        // Asking for each directory would note those that are not there as missing.
        let beside = match self.files.list(parent) {
            Ok(beside) => beside,
            Err(error) => {
                self.fail(&error, pattern);
                return Vec::new();
            }
        };
        let mut directories = Vec::new();
        for directory in drop_ins::directories(name) {
            if !beside.contains(&directory) {
                continue;
            }
            let directory = crate::inputs::join(parent, &directory);
            match self.files.list(&directory) {
                Ok(names) => directories.push((directory, names)),
                Err(error) => self.fail(&error, pattern),
            }
        }
        let mut found = Vec::new();
        for path in drop_ins::order(&directories) {
            match self.files.drop_in(&path) {
                Ok(input) => found.push(input),
                Err(error) => self.fail(&error, pattern),
            }
        }
        found
    }
}
