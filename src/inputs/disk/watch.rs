//! What to watch so that every change of what was read is noticed, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Inputs, parent};

/// The most entries a watched directory may hold: each is looked at in every build.
const MAX_WATCHED_ENTRIES: usize = 4_096;

/// Directories that change with every build or every command of a version control system.
const RESTLESS: &[&str] = &["target", ".git", ".jj", ".hg", "node_modules"];

/// What to watch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// The files that were read, absolute, sorted.
    pub files: Vec<PathBuf>,
    /// The directories in which another file could appear that would be read, absolute, sorted, none inside
    /// another.
    pub directories: Vec<PathBuf>,
    /// What could appear without being noticed, relative to the root: its directory holds build output, or
    /// too much to be watched.
    pub unnoticed: Vec<String>,
}

impl Inputs {
    /// What to watch. A directory is watched as a whole, so one that holds `build_output` never is.
    pub fn watch(&self, build_output: &Path) -> Watch {
        let mut judge = Judge {
            build_output: fs::canonicalize(build_output)
                .unwrap_or_else(|_| build_output.to_path_buf()),
            root: self.root(),
            watched: BTreeSet::new(),
            refused: BTreeSet::new(),
        };
        let mut unnoticed = BTreeSet::new();
        for directory in &self.directories {
            if judge.watch_nearest(directory) {
                continue;
            }
            unnoticed.insert(if directory.is_empty() {
                ".".to_owned()
            } else {
                directory.clone()
            });
            for holder in self.found_in.get(directory).into_iter().flatten() {
                judge.watch(holder);
            }
        }
        for path in &self.missing {
            if !judge.watch_nearest(parent(path)) {
                unnoticed.insert(path.clone());
            }
        }
        let inside = self.by_path.keys().map(|path| self.root().join(&**path));
        let mut files: Vec<PathBuf> = inside.chain(self.outside.iter().cloned()).collect();
        files.sort();
        Watch {
            files,
            directories: judge.outermost(),
            unnoticed: unnoticed.into_iter().collect(),
        }
    }
}

struct Judge<'a> {
    build_output: PathBuf,
    root: &'a Path,
    watched: BTreeSet<PathBuf>,
    refused: BTreeSet<PathBuf>,
}

impl Judge<'_> {
    /// Watches a directory, or the nearest one above that is there.
    fn watch_nearest(&mut self, directory: &str) -> bool {
        let mut directory = directory;
        while !directory.is_empty() && !self.root.join(directory).is_dir() {
            directory = parent(directory);
        }
        self.watch(directory)
    }

    fn watch(&mut self, directory: &str) -> bool {
        let path = if directory.is_empty() {
            self.root.to_path_buf()
        } else {
            self.root.join(directory)
        };
        if self.watched.contains(&path) {
            return true;
        }
        if self.refused.contains(&path) {
            return false;
        }
        let mut budget = MAX_WATCHED_ENTRIES;
        let quiet = fs::canonicalize(&path).is_ok_and(|real| !self.build_output.starts_with(real))
            && self.is_quiet(&path, &mut budget, 0);
        let noted = if quiet {
            &mut self.watched
        } else {
            &mut self.refused
        };
        noted.insert(path);
        quiet
    }

    /// Whether nothing below a directory changes with every build.
    fn is_quiet(&self, directory: &Path, budget: &mut usize, depth: usize) -> bool {
        #[expect(clippy::disallowed_methods, reason = "part of the module that reads")]
        let Ok(entries) = fs::read_dir(directory) else {
            return false;
        };
        for entry in entries {
            let Ok(entry) = entry else { return false };
            let Some(left) = budget.checked_sub(1) else {
                return false;
            };
            *budget = left;
            let name = entry.file_name();
            let path = entry.path();
            if name == "CACHEDIR.TAG" {
                return false;
            }
            let Ok(kind) = entry.file_type() else {
                return false;
            };
            // Watching follows links, so they are judged by where they lead.
            let is_linked = kind.is_symlink() && path.is_dir();
            if !kind.is_dir() && !is_linked {
                continue;
            }
            let restless = RESTLESS.iter().any(|restless| name == *restless);
            let holds_output =
                || fs::canonicalize(&path).is_ok_and(|real| self.build_output.starts_with(real));
            if restless || depth >= crate::source::MAX_DEPTH || holds_output() {
                return false;
            }
            if !self.is_quiet(&path, budget, depth + 1) {
                return false;
            }
        }
        true
    }

    fn outermost(self) -> Vec<PathBuf> {
        let mut outermost: Vec<PathBuf> = Vec::new();
        for path in self.watched {
            // Sorted by parts, so what lies inside a directory comes right after it.
            if !outermost.last().is_some_and(|last| path.starts_with(last)) {
                outermost.push(path);
            }
        }
        outermost
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::Inputs;
    use crate::source::MAX_DEPTH;

    fn tree(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        (directory, root)
    }

    #[test]
    fn a_pattern_s_directory_is_watched_and_so_is_each_file() {
        let (_keep, root) = tree(&["units/a.service", "target/x"]);
        let mut inputs = Inputs::new(&root).unwrap();
        for path in inputs.glob("units/*.service").unwrap() {
            inputs.read(&path).unwrap();
        }
        let watch = inputs.watch(&root.join("target"));
        assert_eq!(watch.files, [root.join("units/a.service")]);
        assert_eq!(watch.directories, [root.join("units")]);
        assert!(watch.unnoticed.is_empty());
    }

    #[test]
    fn a_directory_that_holds_build_output_is_never_watched() {
        let (_keep, root) = tree(&["a/x.service", "b/y.service", "out/debug/z"]);
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.glob("*/*.service").unwrap();
        let watch = inputs.watch(&root.join("out/debug"));
        assert_eq!(watch.directories, [root.join("a"), root.join("b")]);
        assert_eq!(watch.unnoticed, ["."]);
    }

    #[test]
    fn any_directory_named_target_makes_those_above_it_restless() {
        let (_keep, root) = tree(&["deploy/tool/target/x", "deploy/units/a.service"]);
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.glob("deploy/**/*.service").unwrap();
        let watch = inputs.watch(&root.join("elsewhere"));
        assert_eq!(watch.directories, [root.join("deploy/units")]);
        assert_eq!(watch.unnoticed, ["deploy"]);
    }

    #[test]
    fn for_a_missing_file_the_nearest_directory_is_watched_if_it_is_quiet() {
        let (_keep, root) = tree(&["deploy/a", "target/x"]);
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.read("deploy/deeper/still/b").unwrap_err();
        inputs.read("c").unwrap_err();
        let watch = inputs.watch(&root.join("target"));
        assert_eq!(watch.directories, [root.join("deploy")]);
        assert_eq!(watch.unnoticed, ["c"]);
    }

    #[test]
    fn a_watched_directory_hides_those_inside_it() {
        let (_keep, root) = tree(&["a/b/c.service", "a/d.service", "a-b/e.service"]);
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.glob("a/b/*.service").unwrap();
        inputs.glob("a/*.service").unwrap();
        inputs.glob("a-b/*.service").unwrap();
        let watch = inputs.watch(&root.join("target"));
        assert_eq!(watch.directories, [root.join("a"), root.join("a-b")]);
    }

    #[test]
    fn a_directory_with_more_levels_than_are_looked_at_is_not_watched() {
        let deep = |levels: usize| format!("units/{}a", "d/".repeat(levels));
        for (levels, is_watched) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let (_keep, root) = tree(&[&deep(levels), "units/a.service"]);
            let mut inputs = Inputs::new(&root).unwrap();
            inputs.glob("units/*.service").unwrap();
            let watch = inputs.watch(&root.join("target"));
            assert_eq!(watch.unnoticed.is_empty(), is_watched, "{levels} levels");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_does_not_keep_a_directory_from_being_watched() {
        let (_keep, root) = tree(&["units/a.service", "elsewhere/b.service"]);
        let link = root.join("units/b.service");
        std::os::unix::fs::symlink(root.join("elsewhere/b.service"), link).unwrap();
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.glob("units/*.service").unwrap();
        let watch = inputs.watch(&root.join("target"));
        assert_eq!(watch.directories, [root.join("units")]);
        assert!(watch.unnoticed.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_back_to_the_root_is_not_followed_into_a_watch() {
        let (_keep, root) = tree(&["units/a.service", "target/x"]);
        std::os::unix::fs::symlink(&root, root.join("units/link")).unwrap();
        let mut inputs = Inputs::new(&root).unwrap();
        inputs.glob("units/*.service").unwrap();
        let watch = inputs.watch(&root.join("target"));
        assert!(watch.directories.is_empty());
        assert_eq!(watch.unnoticed, ["units"]);
    }
}
