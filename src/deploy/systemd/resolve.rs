//! From directives to the environment that a unit's process sees.

use std::collections::BTreeMap;

use crate::deploy::{Environment, Failure, Known, Taken, Variable, Workloads};
use crate::inputs::{InputError, InputErrorKind, is_pattern};
use crate::source::{Problem, Span};

use super::environment::{Word, is_name};
use super::files::Files;
use super::service::{Directive, Kind, part};
use super::specifiers::{Expanded, ExpansionError, UnitName, expand};
use super::unit::tell;

/// Gathers the directives of one unit and resolves them.
pub(super) struct Resolver<'a> {
    unit: &'a UnitName,
    environment: BTreeMap<String, Variable>,
    /// The paths of environment files, as they are written, and where.
    environment_files: Vec<(Option<Path>, Span)>,
    /// The variables that the host's manager passes on.
    passed: BTreeMap<String, Span>,
    removals: Vec<Removal>,
    /// What an empty `Environment=` or `UnsetEnvironment=` takes away.
    taken: Taken,
    invalid: Vec<Problem>,
    unsupported: Vec<Problem>,
    /// How many bytes the specifiers have added so far.
    added: usize,
}

/// A path on the target.
struct Path {
    path: String,
    /// Whether it may be missing.
    optional: bool,
}

/// A word of `UnsetEnvironment=`: a name, or a name with the one value that is removed.
struct Removal {
    name: String,
    value: Option<String>,
    span: Span,
}

/// The most bytes that specifiers may add to one unit's environment, far beyond what a process may be given.
const MAX_ADDED: usize = 16 * 1024 * 1024;

const HOST_DECIDES: &str =
    "a specifier here depends on the host or the instance, so that the result is unknown";

impl<'a> Resolver<'a> {
    pub(super) fn new(unit: &'a UnitName) -> Self {
        Self {
            unit,
            environment: BTreeMap::new(),
            environment_files: Vec::new(),
            passed: BTreeMap::new(),
            removals: Vec::new(),
            taken: Taken::default(),
            invalid: Vec::new(),
            unsupported: Vec::new(),
            added: 0,
        }
    }

    /// Adds the directives of one file.
    pub(super) fn apply(&mut self, directives: &[Directive]) {
        for directive in directives {
            if directive.resets {
                match directive.kind {
                    Kind::Environment => {
                        for (name, _) in std::mem::take(&mut self.environment) {
                            self.taken.remove(name, directive.span);
                        }
                    }
                    Kind::EnvironmentFile => self.environment_files.clear(),
                    Kind::PassEnvironment => self.passed.clear(),
                    Kind::UnsetEnvironment => self.removals.clear(),
                }
                continue;
            }
            for word in &directive.words {
                let Some(expanded) = self.expand(word) else {
                    continue;
                };
                match directive.kind {
                    Kind::Environment => self.assign(word, expanded),
                    Kind::EnvironmentFile => self.name_file(word, &expanded),
                    Kind::PassEnvironment => self.pass(word, &expanded),
                    Kind::UnsetEnvironment => self.remove(word, expanded),
                }
            }
        }
    }

    fn expand(&mut self, word: &Word) -> Option<Expanded> {
        let result = expand(word, self.unit).and_then(|expanded| {
            self.added += expanded.bytes.len().saturating_sub(word.bytes.len());
            let fits = self.added <= MAX_ADDED;
            fits.then_some(expanded).ok_or(ExpansionError::TooLarge)
        });
        let (span, reason) = match result {
            Ok(expanded) => return Some(expanded),
            Err(ExpansionError::Unknown((start, end))) => {
                let span = Span {
                    start,
                    end,
                    ..word.span
                };
                (
                    span,
                    "there is no such specifier; write `%%` for a percent sign",
                )
            }
            Err(ExpansionError::NotEscaped) => (
                word.span,
                "the unit's name is not escaped as its specifiers need it",
            ),
            Err(ExpansionError::TooLarge) => (
                word.span,
                "its specifiers make it larger than a process's environment may be",
            ),
        };
        self.ignored(span, reason);
        None
    }

    fn ignored(&mut self, span: Span, reason: &str) {
        let message = format!("systemd ignores this assignment: {reason}");
        tell(&mut self.invalid, span, message);
    }

    fn assign(&mut self, word: &Word, expanded: Expanded) {
        let Expanded {
            bytes,
            origins,
            opaque_at,
            ..
        } = expanded;
        let equals = bytes.iter().position(|byte| *byte == b'=');
        if opaque_at.is_some_and(|at| equals.is_none_or(|equals| at <= equals)) {
            tell(&mut self.unsupported, word.span, HOST_DECIDES);
            return;
        }
        let Some(equals) = equals else {
            let reason = "it has no `=`; if it belongs to the value before it, quote that assignment as a whole: `\"NAME=a value\"`";
            return self.ignored(word.span, reason);
        };
        let name = bytes.get(..equals).unwrap_or_default();
        if !is_name(name) {
            let reason = "a name consists of letters, digits and `_` and begins with no digit";
            return self.ignored(word.span, reason);
        }
        let name = String::from_utf8_lossy(name).into_owned();
        let value_span = part(word, &origins, equals + 1, bytes.len());
        let Ok(text) = String::from_utf8(bytes.get(equals + 1..).unwrap_or_default().to_vec())
        else {
            return self.ignored(word.span, "its value is not UTF-8");
        };
        let variable = Variable {
            value: if opaque_at.is_some() {
                Known::Opaque
            } else {
                Known::Text(text)
            },
            name_span: part(word, &origins, 0, equals),
            value_span,
        };
        self.environment.insert(name, variable);
    }

    fn name_file(&mut self, word: &Word, expanded: &Expanded) {
        let optional = expanded.bytes.first() == Some(&b'-');
        if expanded.opaque_at.is_some() {
            if !optional {
                self.environment_files.push((None, word.span));
            }
            return;
        }
        let path = String::from_utf8_lossy(&expanded.bytes).into_owned();
        let path = path.strip_prefix('-').unwrap_or(&path);
        if !path.starts_with('/') {
            let message = "systemd ignores this environment file: its path must be absolute, without quotes, one on each line";
            tell(&mut self.invalid, word.span, message);
            return;
        }
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        let path = parts.fold(String::new(), |path, part| path + "/" + part);
        self.environment_files
            .push((Some(Path { path, optional }), word.span));
    }

    fn pass(&mut self, word: &Word, expanded: &Expanded) {
        if expanded.opaque_at.is_some() {
            tell(&mut self.unsupported, word.span, HOST_DECIDES);
            return;
        }
        if is_name(&expanded.bytes) {
            let name = String::from_utf8_lossy(&expanded.bytes).into_owned();
            self.passed.insert(name, word.span);
        } else {
            let message = "systemd ignores this word: it is no name of a variable";
            tell(&mut self.invalid, word.span, message);
        }
    }

    fn remove(&mut self, word: &Word, expanded: Expanded) {
        if expanded.opaque_at.is_some() {
            tell(&mut self.unsupported, word.span, HOST_DECIDES);
            return;
        }
        let Expanded { bytes, origins, .. } = expanded;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        if is_name(name.as_bytes()) {
            self.removals.push(Removal {
                name: name.to_owned(),
                value,
                // The value may be a secret.
                span: part(word, &origins, 0, name.len()),
            });
        } else {
            let message = "systemd ignores this word: it is neither `NAME` nor `NAME=value`";
            tell(&mut self.invalid, word.span, message);
        }
    }

    /// The environment and what was taken away from it, once all directives are there.
    pub(super) fn finish(
        mut self,
        files: &mut Files<'_>,
        path_map: &dyn Fn(&str) -> Option<String>,
        workloads: &mut Workloads,
        failures: &mut Vec<Failure>,
    ) -> (Environment, Taken) {
        for (path, span) in std::mem::take(&mut self.environment_files) {
            let Some(path) = path else {
                tell(&mut self.unsupported, span, HOST_DECIDES);
                continue;
            };
            let result = self.read_files(&path, span, files, path_map);
            failures.extend(result.err());
        }
        // Only the host's manager has them, and whatever the unit sets holds over them.
        for (name, span) in std::mem::take(&mut self.passed) {
            self.environment.entry(name).or_insert(Variable {
                value: Known::Opaque,
                name_span: span,
                value_span: span,
            });
        }
        for removal in std::mem::take(&mut self.removals) {
            let Some(variable) = self.environment.get(&removal.name) else {
                continue;
            };
            match (&removal.value, &variable.value) {
                (Some(_), Known::Opaque | Known::Computed) => {
                    let message = format!(
                        "whether this removes `{}` depends on the host",
                        removal.name
                    );
                    tell(&mut self.unsupported, removal.span, message);
                }
                (Some(value), Known::Text(text)) if value != text => {}
                _ => {
                    self.environment.remove(&removal.name);
                    self.taken.remove(removal.name, removal.span);
                }
            }
        }
        workloads.invalid.append(&mut self.invalid);
        workloads.unsupported.append(&mut self.unsupported);
        let environment = self.environment.into_iter().collect();
        (environment, self.taken)
    }

    fn read_files(
        &mut self,
        file: &Path,
        span: Span,
        files: &mut Files<'_>,
        path_map: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Failure> {
        let path = &file.path;
        if path.contains(['[', '\\']) {
            let message = "kvguard knows `*` and `?` in the path of an environment file, and neither `[…]` nor `\\`";
            tell(&mut self.unsupported, span, message);
            return Ok(());
        }
        let Some(mapped) = path_map(path) else {
            if file.optional {
                return Ok(());
            }
            let message = format!(
                "the environment file `{path}` is on the target; map it with `[[path_map]] from = \"{path}\" to = \"…\"`"
            );
            return Err(Failure::new(message, Some(span)));
        };
        let found = if is_pattern(path) {
            expand_pattern(&mapped, files).map_err(|error| Failure::unread(&error, Some(span)))?
        } else {
            vec![mapped.clone()]
        };
        if found.is_empty() && !file.optional {
            let message =
                format!("the environment files `{path}`, mapped to `{mapped}`: there are none");
            return Err(Failure::new(message, Some(span)).missing(mapped));
        }
        for found in found {
            match files.environment(&found) {
                Ok(read) => {
                    for variable in &read.variables {
                        let value = Variable {
                            value: Known::Text(variable.value.clone()),
                            name_span: variable.name_span,
                            value_span: variable.value_span,
                        };
                        self.environment.insert(variable.name.clone(), value);
                    }
                }
                Err(error) if file.optional && error.kind == InputErrorKind::Missing => {}
                Err(error) => {
                    let message = format!("the environment file `{path}`: {error}");
                    return Err(Failure::new(message, Some(span)).because_of(&error));
                }
            }
        }
        Ok(())
    }
}

/// The files that a pattern names as the C library's `glob` has it: `*` stays within a part of the path, and
/// none but a dot itself stands for a dot at a part's beginning.
fn expand_pattern(pattern: &str, files: &mut Files<'_>) -> Result<Vec<String>, InputError> {
    let parts: Vec<&str> = pattern
        .split('/')
        .map(|part| {
            if part.len() > 1 && part.bytes().all(|byte| byte == b'*') {
                "*"
            } else {
                part
            }
        })
        .collect();
    let mut found = files.inputs.glob(&parts.join("/"))?;
    found.retain(|path| {
        let mut pairs = path.split('/').zip(&parts);
        pairs.all(|(name, part)| !name.starts_with('.') || part.starts_with('.'))
    });
    Ok(found)
}
