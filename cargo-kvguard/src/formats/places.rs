//! Where findings are, as other programs look for it: files relative to the repository, lines and columns.

use std::path::{Path, PathBuf};

use kvguard::check::{Options, POLICY_FILE, Report};
use kvguard::source::{Location, SourceId, Sources, Span};

/// What is in the directory at the root of a git repository; a file in a linked work tree.
const GIT: &str = ".git";

/// A run of characters of a file. The end is the place behind the last character.
pub struct Range {
    /// The file as [`Places::file`] gives it.
    pub file: String,
    /// The first line, from 1.
    pub line: u32,
    /// The first column in characters, from 1.
    pub column: u32,
    /// The line of the end.
    pub end_line: u32,
    /// The column of the end.
    pub end_column: u32,
}

impl Range {
    /// Whether it holds no character: something is to be inserted there, or the file is empty.
    pub fn is_empty(&self) -> bool {
        (self.line, self.column) == (self.end_line, self.end_column)
    }
}

/// The places of a report.
///
/// Files are named as they are seen from the root of the git repository that the fleet is in. Where there is no repository, that is
/// from the current directory if the fleet is in it, and otherwise from the fleet's own root. What lies elsewhere has its
/// whole path.
pub struct Places<'r> {
    sources: &'r Sources,
    base: PathBuf,
    root: PathBuf,
    policy: PathBuf,
}

impl<'r> Places<'r> {
    /// The places of a report on what was asked for with these options.
    pub fn new(report: &'r Report, options: &Options) -> Self {
        let root = options.root.canonicalize();
        let root = root.unwrap_or_else(|_| options.root.clone());
        Self {
            sources: report.sources(),
            base: base(&root),
            policy: match &options.policy {
                Some(policy) => policy.canonicalize().unwrap_or_else(|_| policy.clone()),
                None => root.join(POLICY_FILE),
            },
            root,
        }
    }

    /// The path of a file, relative to the repository, with `/` between its parts; the whole path of one elsewhere.
    pub fn file(&self, id: SourceId) -> String {
        let path = self.sources.get(id).path();
        if self.sources.is_named(id) {
            let path = Path::new(path);
            self.in_base(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()))
        } else {
            self.in_base(&self.root.join(path))
        }
    }

    /// The path of the policy, whether or not there is such a file.
    pub fn policy(&self) -> String {
        self.in_base(&self.policy)
    }

    /// Where a span begins and ends.
    pub fn range(&self, span: Span) -> Range {
        let start = self.sources.location(span);
        let end = self.sources.end_location(span);
        Range {
            file: self.file(span.source),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// Where a span begins, as `file:line:column`.
    pub fn at(&self, span: Span) -> String {
        let Location { line, column, .. } = self.sources.location(span);
        format!("{}:{line}:{column}", self.file(span.source))
    }

    fn in_base(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        path.to_string_lossy().into_owned()
    }
}

/// The directory that paths are relative to.
fn base(root: &Path) -> PathBuf {
    let mut above = root.ancestors();
    if let Some(repository) = above.find(|directory| directory.join(GIT).exists()) {
        return repository.to_path_buf();
    }
    let current = std::env::current_dir().and_then(|current| current.canonicalize());
    match current {
        Ok(current) if root.starts_with(&current) => current,
        _ => root.to_path_buf(),
    }
}
