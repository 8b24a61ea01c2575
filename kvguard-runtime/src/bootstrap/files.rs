//! The files of a configuration.

use std::path::{Path, PathBuf};

use super::error::{BootstrapError, BootstrapErrorKind, FileFault, Origin};
use super::options::{Plan, Template};
use crate::Format;
use crate::capped_file::{self, Fault};
use crate::format::{self, Mapping};

/// The most bytes that a file or a value may have: 8 MiB.
pub const MAX_BYTES: usize = 8 << 20;

/// The files, as they were read.
#[derive(Clone)]
pub(super) struct Files {
    pub(super) defaults: Option<(PathBuf, Mapping)>,
    pub(super) pinned: Option<(PathBuf, Mapping)>,
}

impl Plan {
    pub(super) fn read_files(&self) -> Result<Files, BootstrapError> {
        let read = |path: &Option<PathBuf>, origin: fn(PathBuf) -> Origin| {
            path.as_ref()
                .map(|path| Ok((path.clone(), self.read_file(path, origin(path.clone()))?)))
                .transpose()
        };
        Ok(Files {
            defaults: read(&self.file, Origin::File)?,
            pinned: read(&self.pinned_file, Origin::PinnedFile)?,
        })
    }

    /// What seeds the key: nothing where there is neither a template nor a file.
    pub(super) fn read_template(&self, files: &Files) -> Result<Option<Mapping>, BootstrapError> {
        match &self.template {
            Some(Template::File(path)) => self
                .read_file(path, Origin::TemplateFile(path.clone()))
                .map(Some),
            Some(Template::Text(text)) => self
                .parse(self.declared.format, text.as_bytes(), Origin::Template)
                .map(Some),
            None => Ok(files.defaults.as_ref().map(|(_, mapping)| mapping.clone())),
        }
    }

    fn read_file(&self, path: &Path, origin: Origin) -> Result<Mapping, BootstrapError> {
        match bytes(path) {
            Ok(bytes) => self.parse(self.format_of(path), &bytes, origin),
            Err(fault) => Err(self.error(BootstrapErrorKind::File { origin, fault })),
        }
    }

    fn format_of(&self, path: &Path) -> Format {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Format::Json,
            Some("toml") => Format::Toml,
            Some("yaml" | "yml") => Format::Yaml,
            _ => self.declared.format,
        }
    }

    /// Reads a configuration, wherever it was.
    pub(super) fn parse(
        &self,
        format: Format,
        bytes: &[u8],
        origin: Origin,
    ) -> Result<Mapping, BootstrapError> {
        format::read(format, bytes).map_err(|fault| {
            self.error(BootstrapErrorKind::Malformed {
                origin,
                format,
                fault,
            })
        })
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, FileFault> {
    let io = |error: std::io::Error| FileFault::Io(error.kind());
    // A pipe would block, and a directory tells nothing.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    capped_file::read(path, MAX_BYTES).map_err(|fault| match fault {
        Fault::Io(error) => io(error),
        Fault::TooLarge(_) => FileFault::TooLarge,
    })
}
