//! Patterns, and the names in directories.

use std::collections::BTreeSet;

use super::tree::{Entry, Kind};
use super::{
    InputError, InputErrorKind, Inputs, MAX_DIRECTORY_ENTRIES, is_pattern, matches, normalize,
    parent,
};

impl Inputs {
    /// The files that a pattern names, sorted. `*` and `?` stand for characters of one path part, `**` for
    /// any number of parts. A pattern without them names itself, whether or not it exists.
    ///
    /// # Errors
    ///
    /// If the pattern leads out of the root, or looks at too many entries.
    pub fn glob(&mut self, pattern: &str) -> Result<Vec<String>, InputError> {
        let Some(pattern) = normalize(pattern) else {
            return Err(InputError {
                path: pattern.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            });
        };
        if !is_pattern(&pattern) {
            return Ok(vec![pattern]);
        }
        let parts: Vec<&str> = pattern.split('/').collect();
        let fixed = parts.iter().take_while(|part| !is_pattern(part)).count();
        let base = parts[..fixed].join("/");
        self.directories.insert(base.clone());
        let mut walk = Walk {
            pattern: &pattern,
            done: BTreeSet::new(),
            found: BTreeSet::new(),
        };
        self.walk(&base, &parts[fixed..], 0, &mut walk)?;
        let found = walk.found;
        if found.is_empty() {
            self.unmatched.insert(pattern.clone());
        }
        let holders = found.iter().map(|path| parent(path).to_owned());
        self.found_in.entry(base).or_default().extend(holders);
        Ok(found.into_iter().collect())
    }

    fn walk(
        &mut self,
        directory: &str,
        parts: &[&str],
        depth: usize,
        walk: &mut Walk<'_>,
    ) -> Result<(), InputError> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(());
        };
        if !walk.done.insert((directory.to_owned(), parts.len())) {
            return Ok(());
        }
        if *part == "**" {
            self.walk(directory, rest, depth, walk)?;
        }
        let entries = match self.entries(directory, walk.pattern) {
            Ok(entries) => entries,
            Err(error) if error.kind == InputErrorKind::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        for Entry { name, is_directory } in entries {
            let path = if directory.is_empty() {
                name.clone()
            } else {
                format!("{directory}/{name}")
            };
            if *part == "**" {
                // Symbolic links are not followed here, so the depth is that of the tree.
                if !is_directory {
                    continue;
                }
                if depth == crate::source::MAX_DEPTH {
                    return Err(InputError {
                        path: walk.pattern.to_owned(),
                        kind: InputErrorKind::TooDeep,
                    });
                }
                self.walk(&path, parts, depth + 1, walk)?;
            } else if matches(part, &name) {
                if rest.is_empty() {
                    // What leads out of the root is found, too, unless it is a directory: reading it is an error then.
                    let found = self.tree.find(&path);
                    if !found.is_ok_and(|found| found.kind == Kind::Directory) {
                        walk.found.insert(path);
                    }
                } else if self.resolve(&path) == Ok(Kind::Directory) {
                    self.walk(&path, rest, depth, walk)?;
                }
            }
        }
        Ok(())
    }

    /// The names in a directory, sorted. Empty if there is no such directory.
    ///
    /// # Errors
    ///
    /// If the run has looked at too many entries.
    pub fn list(&mut self, directory: &str) -> Result<Vec<Entry>, InputError> {
        let Some(directory) = normalize(directory) else {
            return Err(InputError {
                path: directory.to_owned(),
                kind: InputErrorKind::OutsideRoot,
            });
        };
        if !self.exists(&directory) {
            return Ok(Vec::new());
        }
        self.directories.insert(directory.clone());
        self.entries(&directory, &directory)
    }

    /// The names in a directory, for a message. What is read does not depend on them, so the directory is not watched. Empty if they cannot be
    /// listed.
    pub(crate) fn names_to_suggest(&mut self, directory: &str) -> Vec<Entry> {
        let directory = normalize(directory);
        directory
            .and_then(|directory| self.entries(&directory, &directory).ok())
            .unwrap_or_default()
    }

    fn entries(&mut self, directory: &str, asked: &str) -> Result<Vec<Entry>, InputError> {
        let allowed = MAX_DIRECTORY_ENTRIES - self.entries_seen;
        let mut entries = self.tree.list(directory, allowed).map_err(|kind| {
            let mut path = directory;
            if kind == InputErrorKind::TooManyEntries {
                self.entries_seen = MAX_DIRECTORY_ENTRIES;
                path = asked;
            }
            InputError {
                path: path.to_owned(),
                kind,
            }
        })?;
        self.entries_seen += entries.len();
        entries.sort();
        Ok(entries)
    }
}

/// What a pattern has led to.
struct Walk<'p> {
    pattern: &'p str,
    /// The directories looked at, with how many parts of the pattern were left there: several `**` lead to
    /// the same place in many ways.
    done: BTreeSet<(String, usize)>,
    found: BTreeSet<String>,
}
