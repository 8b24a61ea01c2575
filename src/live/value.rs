//! The value of a key, read as what its service's format says.

use crate::registry::Format;
use crate::source::{Documents, Fragment, Node, Sources, Syntax, read};

/// A value of the store. It may hold secrets: nothing of it is ever shown but the paths and types of its fields.
#[derive(Debug)]
pub struct Value {
    documents: Documents,
    /// What is wrong with it.
    pub misread: Vec<Misread>,
    /// How many bytes it has.
    pub bytes: usize,
}

/// A place in a value that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// The line in the value, from 1.
    pub line: u32,
    /// The column in the line, from 1.
    pub column: u32,
    /// What is wrong, without the text that is there.
    pub message: String,
}

impl Value {
    /// Reads bytes in a format.
    ///
    /// Each value is read by itself: what one holds counts against no bound of another, and nothing keeps its text.
    pub fn read(bytes: &[u8], format: Format) -> Self {
        let mut sources = Sources::new();
        let syntax = match format {
            Format::Json => Syntax::Json,
            Format::Toml => Syntax::Toml,
            Format::Yaml => Syntax::Yaml,
        };
        let id = sources.add_bytes("a value of the store", bytes);
        let fragment = Fragment::of_source(&sources, id);
        let documents = read(&mut sources, &fragment, syntax);
        let mut misread: Vec<Misread> = documents
            .problems
            .iter()
            .map(|problem| {
                let place = sources.location(problem.span);
                Misread {
                    line: place.line,
                    column: place.column,
                    message: problem.message.clone(),
                }
            })
            .collect();
        let is_empty = bytes.iter().all(u8::is_ascii_whitespace);
        if is_empty && documents.single().is_none() {
            misread = vec![Misread {
                line: 1,
                column: 1,
                message: "it is empty".to_owned(),
            }];
        }
        if misread.is_empty() && documents.single().is_none() {
            let message = match documents.roots.len() {
                0 => "it holds no document".to_owned(),
                several => format!("it holds {several} documents, and a configuration is one"),
            };
            misread.push(Misread {
                line: 1,
                column: 1,
                message,
            });
        }
        Self {
            documents,
            misread,
            bytes: bytes.len(),
        }
    }

    /// Its root, if it can be read whole.
    pub fn root(&self) -> Option<&Node> {
        self.documents.single().filter(|_| self.misread.is_empty())
    }

    /// All documents that could be read, also where something else cannot.
    pub(crate) fn roots(&self) -> &[Node] {
        &self.documents.roots
    }
}
