//! Where the policy is.

use std::path::{Path, PathBuf};

use crate::check::POLICY_FILE;

/// The root, and the policy where it is not the root's `kvguard.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) policy: Option<PathBuf>,
}

/// Files that cargo puts beside the manifest of a package that it unpacked, or a repository that it cloned.
/// What lies above belongs to somebody else.
const PACKAGE_MARKS: [&str; 3] = [".cargo-ok", ".cargo-checksum.json", ".cargo_vcs_info.json"];

/// Finds the policy: the one that is named, else that of `KVGUARD_ROOT`, else upwards from the crate.
///
/// # Errors
///
/// There is none: says so, and how to make one.
pub(super) fn find(
    policy: Option<&Path>,
    root: Option<&Path>,
    manifest_dir: &Path,
) -> Result<Place, String> {
    let root = root.map(|root| manifest_dir.join(root));
    if let Some(policy) = policy {
        let path = manifest_dir.join(policy);
        if !path.is_file() {
            return Err(missing(&format!("`{}` is not there", policy.display())));
        }
        let own = || path.parent().map(Path::to_path_buf);
        return match root.or_else(own) {
            Some(root) => Ok(Place {
                root,
                policy: Some(path),
            }),
            None => Err(missing("it is in no directory")),
        };
    }
    if let Some(root) = root {
        if !root.join(POLICY_FILE).is_file() {
            return Err(missing(&format!(
                "`KVGUARD_ROOT` names a directory without `{POLICY_FILE}`"
            )));
        }
        return Ok(Place { root, policy: None });
    }
    for directory in manifest_dir.ancestors() {
        if directory.join(POLICY_FILE).is_file() {
            return Ok(Place {
                root: directory.to_path_buf(),
                policy: None,
            });
        }
        if PACKAGE_MARKS
            .iter()
            .any(|mark| directory.join(mark).is_file())
        {
            return Err(missing(&format!("the package holds no `{POLICY_FILE}`")));
        }
    }
    Err(missing(&format!(
        "no `{POLICY_FILE}` in the crate's directory or above"
    )))
}

/// The root of the workspace: the nearest directory with a `Cargo.lock`, which cargo writes before it builds; else the package's own.
pub(super) fn workspace(manifest_dir: &Path) -> &Path {
    let mut directories = manifest_dir.ancestors();
    let found = directories.find(|directory| directory.join("Cargo.lock").is_file());
    found.unwrap_or(manifest_dir)
}

fn missing(why: &str) -> String {
    format!("there is no policy: {why}; `cargo kvguard init` writes one to begin with")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Place, find};

    fn tree(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_path_buf();
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        (directory, root)
    }

    #[test]
    fn the_nearest_policy_upwards_is_taken() {
        let (_keep, root) = tree(&["kvguard.toml", "a/kvguard.toml", "a/b/x", "c/x"]);
        let found = find(None, None, &root.join("a/b")).unwrap();
        assert_eq!(found.root, root.join("a"));
        let found = find(None, None, &root.join("c")).unwrap();
        assert_eq!(found.root, root);
        assert_eq!(found.policy, None);
    }

    #[test]
    fn the_variable_s_root_holds_before_what_is_found() {
        let (_keep, root) = tree(&["kvguard.toml", "a/kvguard.toml", "b/x"]);
        let found = find(None, Some(Path::new("../a")), &root.join("b")).unwrap();
        assert_eq!(found.root, root.join("b/../a"));
        let error = find(None, Some(Path::new("../b")), &root.join("a")).unwrap_err();
        assert!(error.contains("KVGUARD_ROOT"), "{error}");
    }

    #[test]
    fn a_named_policy_s_directory_is_the_root_unless_the_variable_names_one() {
        let (_keep, root) = tree(&["policies/other.toml", "crate/x"]);
        let policy = Path::new("../policies/other.toml");
        let crate_directory = root.join("crate");
        let path = crate_directory.join(policy);
        assert_eq!(
            find(Some(policy), None, &crate_directory).unwrap(),
            Place {
                root: crate_directory.join("../policies"),
                policy: Some(path.clone()),
            }
        );
        assert_eq!(
            find(Some(policy), Some(&root), &crate_directory).unwrap(),
            Place {
                root: root.clone(),
                policy: Some(path),
            }
        );
        let error = find(Some(Path::new("none.toml")), None, &crate_directory).unwrap_err();
        assert!(error.contains("`none.toml` is not there"), "{error}");
    }

    #[test]
    fn a_packaged_crate_looks_no_further_than_its_package() {
        for mark in super::PACKAGE_MARKS {
            let marked = format!("vendor/x/{mark}");
            let (_keep, root) = tree(&["kvguard.toml", &marked]);
            let error = find(None, None, &root.join("vendor/x")).unwrap_err();
            assert!(error.contains("the package holds no"), "{error}");
        }
        let (_keep, root) = tree(&["clone/.cargo-ok", "clone/kvguard.toml", "clone/x/y"]);
        let found = find(None, None, &root.join("clone/x")).unwrap();
        assert_eq!(found.root, root.join("clone"));
    }

    #[test]
    fn a_missing_policy_says_how_to_make_one() {
        let (_keep, root) = tree(&["x/.cargo-ok"]);
        let error = find(None, None, &root.join("x")).unwrap_err();
        assert!(error.contains("`cargo kvguard init`"), "{error}");
    }
}
