//! The files of a run, each read and understood once.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::inputs::{InputError, Inputs};
use crate::source::{Problem, SourceId, Span, TokenKind, offset_u32};

use super::environment_file::{self, EnvironmentFile};
use super::service::{self, ServiceFile};

/// A unit file or drop-in.
pub(super) struct UnitInput {
    pub(super) file: ServiceFile,
    /// The file's first character; empty if it has none.
    pub(super) first: Span,
    /// Whether there is nothing in it.
    pub(super) empty: bool,
}

pub(super) struct Files<'a> {
    pub(super) inputs: &'a mut Inputs,
    drop_ins: HashMap<SourceId, Rc<UnitInput>>,
    environments: HashMap<SourceId, Rc<EnvironmentFile>>,
    directories: HashMap<String, Rc<BTreeSet<String>>>,
    /// What does not parse in any of them.
    pub(super) malformed: Vec<Problem>,
    /// What systemd ignores in any of them.
    pub(super) invalid: Vec<Problem>,
}

impl<'a> Files<'a> {
    pub(super) fn new(inputs: &'a mut Inputs) -> Self {
        Self {
            inputs,
            drop_ins: HashMap::new(),
            environments: HashMap::new(),
            directories: HashMap::new(),
            malformed: Vec::new(),
            invalid: Vec::new(),
        }
    }

    /// The names in a directory.
    pub(super) fn list(&mut self, directory: &str) -> Result<Rc<BTreeSet<String>>, InputError> {
        if let Some(names) = self.directories.get(directory) {
            return Ok(names.clone());
        }
        let entries = self.inputs.list(directory)?;
        let names: Rc<BTreeSet<String>> =
            Rc::new(entries.into_iter().map(|entry| entry.name).collect());
        self.directories.insert(directory.to_owned(), names.clone());
        Ok(names)
    }

    /// A drop-in, which several units may have in common.
    pub(super) fn drop_in(&mut self, path: &str) -> Result<Rc<UnitInput>, InputError> {
        let id = self.inputs.read(path)?;
        if let Some(drop_in) = self.drop_ins.get(&id) {
            return Ok(drop_in.clone());
        }
        let drop_in = Rc::new(self.unit(path)?);
        self.drop_ins.insert(id, drop_in.clone());
        Ok(drop_in)
    }

    /// A unit file, which nobody asks for twice.
    pub(super) fn unit(&mut self, path: &str) -> Result<UnitInput, InputError> {
        let id = self.inputs.read(path)?;
        let text = self.text(id);
        let file = service::read(id, &text);
        self.note(&file.tokens);
        self.malformed.extend_from_slice(&file.malformed);
        self.invalid.extend_from_slice(&file.invalid);
        let first = Span {
            source: id,
            start: 0,
            end: offset_u32(text.chars().next().map_or(0, char::len_utf8)),
        };
        let empty = self.inputs.sources().get(id).text().is_empty();
        Ok(UnitInput { file, first, empty })
    }

    /// An environment file.
    pub(super) fn environment(&mut self, path: &str) -> Result<Rc<EnvironmentFile>, InputError> {
        let id = self.inputs.read(path)?;
        if let Some(file) = self.environments.get(&id) {
            return Ok(file.clone());
        }
        let text = self.text(id);
        let file = environment_file::read(id, &text);
        self.note(&file.tokens);
        self.malformed.extend_from_slice(&file.malformed);
        self.invalid.extend_from_slice(&file.invalid);
        let file = Rc::new(file);
        self.environments.insert(id, file.clone());
        Ok(file)
    }

    /// The text of a source, up to where it is none.
    fn text(&mut self, id: SourceId) -> Arc<str> {
        let source = self.inputs.sources().get(id);
        let text = source.text().clone();
        match source.defect() {
            None => text,
            Some(defect) => {
                self.malformed.push(defect.clone());
                let readable = text.get(..defect.span.start as usize);
                Arc::from(readable.unwrap_or_default())
            }
        }
    }

    fn note(&mut self, tokens: &[(Span, TokenKind)]) {
        for (span, kind) in tokens {
            self.inputs.sources_mut().note_token(*span, *kind);
        }
    }
}
