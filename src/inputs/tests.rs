//! Files that a user names, inside and outside of the root.

use std::fs;
use std::path::Path;

use super::{InputErrorKind, Inputs, MAX_DIRECTORY_ENTRIES};
use crate::source::{MAX_DEPTH, MAX_FILE_BYTES, MAX_TOTAL_BYTES};

/// A file of this size that takes no room on the disk.
fn file_of(path: &Path, size: u64) {
    fs::File::create(path).unwrap().set_len(size).unwrap();
}

#[test]
fn a_named_file_is_read_inside_and_outside_of_the_root() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (inside, outside) = (
        root.path().join("inside.toml"),
        elsewhere.path().join("outside.toml"),
    );
    fs::write(&inside, "place = \"inside\"").unwrap();
    fs::write(&outside, "place = \"outside\"").unwrap();
    let mut inputs = Inputs::new(root.path()).unwrap();
    for (path, shown, text) in [
        (&inside, "inside.toml".to_owned(), "place = \"inside\""),
        (
            &outside,
            outside.display().to_string(),
            "place = \"outside\"",
        ),
    ] {
        let id = inputs.read_named(path).unwrap();
        let source = inputs.sources().get(id);
        assert_eq!(source.path(), shown);
        assert_eq!(&**source.text(), text);
    }
}

#[test]
fn a_named_file_outside_of_the_root_is_refused_if_it_is_missing_no_file_or_too_large() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let named = |name: &str| elsewhere.path().join(name);
    fs::create_dir(named("directory")).unwrap();
    file_of(&named("largest"), MAX_FILE_BYTES);
    file_of(&named("too-large"), MAX_FILE_BYTES + 1);
    let mut inputs = Inputs::new(root.path()).unwrap();
    for (name, expected) in [
        ("missing", Some(InputErrorKind::Missing)),
        ("directory", Some(InputErrorKind::NotAFile)),
        ("largest", None),
        ("too-large", Some(InputErrorKind::TooLarge)),
    ] {
        let path = named(name);
        let error = inputs.read_named(&path).err();
        assert_eq!(error.as_ref().map(|error| &error.kind), expected.as_ref());
        if let Some(error) = error {
            assert_eq!(error.path, path.display().to_string());
        }
    }
}

#[test]
fn a_run_looks_at_as_many_directory_entries_as_are_allowed_and_at_no_more() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.toml", "b.toml", "c.toml"] {
        fs::write(root.path().join(name), "").unwrap();
    }
    let mut inputs = Inputs::new(root.path()).unwrap();
    inputs.entries_seen = MAX_DIRECTORY_ENTRIES - 3;
    assert_eq!(
        inputs.glob("*.toml").unwrap(),
        ["a.toml", "b.toml", "c.toml"]
    );
    let error = inputs.glob("*.toml").unwrap_err();
    assert_eq!(error.kind, InputErrorKind::TooManyEntries);
    assert_eq!(error.path, "*.toml");
}

#[test]
fn a_pattern_leads_through_as_many_directories_as_are_allowed_and_through_no_more() {
    let root = tempfile::tempdir().unwrap();
    let depth = |count: usize| root.path().join(vec!["d"; count].join("/"));
    fs::create_dir_all(depth(MAX_DEPTH)).unwrap();
    fs::write(depth(MAX_DEPTH).join("deepest.toml"), "").unwrap();
    let mut inputs = Inputs::new(root.path()).unwrap();
    assert_eq!(inputs.glob("**/*.toml").unwrap().len(), 1);

    fs::create_dir(depth(MAX_DEPTH + 1)).unwrap();
    let error = inputs.glob("**/*.toml").unwrap_err();
    assert_eq!(error.kind, InputErrorKind::TooDeep);
}

#[cfg(feature = "helm")]
#[test]
fn what_was_made_of_a_file_is_kept_for_who_asks_for_that_type() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("values.yaml"), "level: canary").unwrap();
    let mut inputs = Inputs::new(root.path()).unwrap();
    let id = inputs.read("values.yaml").unwrap();
    assert_eq!(inputs.kept::<String>(id), None);
    inputs.keep(id, "made".to_owned());
    assert_eq!(
        inputs.kept::<String>(id).as_deref(),
        Some(&"made".to_owned())
    );
    assert_eq!(inputs.kept::<u32>(id), None);
}

#[test]
fn all_files_of_a_run_together_are_bounded() {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "12345"), ("b", "12345"), ("c", "1")] {
        fs::write(root.path().join(name), text).unwrap();
    }
    let mut inputs = Inputs::new(root.path()).unwrap();
    inputs.total_bytes = MAX_TOTAL_BYTES - 10;
    inputs.read("a").unwrap();
    inputs.read("b").unwrap();
    let error = inputs.read("c").unwrap_err();
    assert_eq!(error.kind, InputErrorKind::TooLarge);
    // A file that was read is not counted again.
    inputs.read("a").unwrap();
}

#[test]
fn what_was_looked_for_in_vain_and_where_is_kept() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("units")).unwrap();
    fs::write(root.path().join("units/a.service"), "").unwrap();
    let mut inputs = Inputs::new(root.path()).unwrap();
    assert_eq!(inputs.missing().count(), 0);
    inputs.read("gone.json").unwrap_err();
    assert!(!inputs.exists("nothing"));
    inputs.glob("units/*.service").unwrap();
    inputs.glob("units/*.socket").unwrap();
    assert_eq!(
        inputs.missing().collect::<Vec<_>>(),
        ["gone.json", "nothing"]
    );
    assert_eq!(inputs.directories().collect::<Vec<_>>(), ["units"]);
    assert_eq!(inputs.unmatched().collect::<Vec<_>>(), ["units/*.socket"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_inside_the_root_only() {
    let above = tempfile::tempdir().unwrap();
    let root = above.path().join("root");
    fs::create_dir_all(root.join("deploy/units")).unwrap();
    fs::create_dir(above.path().join("directory")).unwrap();
    for file in ["root/deploy/a.json", "secret.json", "directory/b.json"] {
        fs::write(above.path().join(file), file).unwrap();
    }
    let absolute = root.join("deploy/a.json");
    let links = [
        ("deploy/units/a.json", "../a.json", Ok("root/deploy/a.json")),
        ("deploy/c.json", "a.json/", Err("not a directory")),
        ("here", "deploy", Err("directory")),
        ("twice.json", "here/units/a.json", Ok("root/deploy/a.json")),
        (
            "in.json",
            absolute.to_str().unwrap(),
            Ok("root/deploy/a.json"),
        ),
        (
            "back.json",
            "../root/deploy/a.json",
            Ok("root/deploy/a.json"),
        ),
        ("out.json", "../secret.json", Err("outside")),
        ("outside", "../directory", Err("outside")),
        ("loop.json", "loop.json", Err("unreadable")),
        ("gone.json", "nothing.json", Err("missing")),
    ];
    for (link, target, _) in links {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    let mut inputs = Inputs::new(&root).unwrap();
    for (link, target, expected) in links {
        let found = inputs.read(link).map_err(|error| error.kind);
        let found = found.map(|id| inputs.sources().get(id).text().to_string());
        let is_expected = match (&found, expected) {
            (Ok(text), Ok(expected)) => text == expected,
            (Err(InputErrorKind::OutsideRoot), Err("outside"))
            | (Err(InputErrorKind::NotAFile), Err("directory"))
            | (Err(InputErrorKind::Missing), Err("missing" | "not a directory"))
            | (Err(InputErrorKind::Unreadable(_)), Err("unreadable")) => true,
            _ => false,
        };
        assert!(is_expected, "{link} -> {target}: {found:?}");
    }
    // A directory outside is not looked into, and is not a file that a pattern finds.
    assert!(!inputs.exists("outside/b.json"));
    assert_eq!(
        inputs.glob("outside/*.json").unwrap_err().kind,
        InputErrorKind::OutsideRoot
    );
    assert_eq!(inputs.glob("o*").unwrap(), ["out.json"]);
    assert_eq!(
        inputs.glob("*/*/a.json").unwrap(),
        ["deploy/units/a.json", "here/units/a.json"]
    );
    assert_eq!(
        inputs.glob("**/a.json").unwrap(),
        ["deploy/a.json", "deploy/units/a.json"]
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_missing_only_if_it_stays_inside_the_root() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("deploy")).unwrap();
    let mut inputs = Inputs::new(root.path()).unwrap();
    for (target, is_missing) in [
        ("gone.json", true),
        ("../gone.json", true),
        ("../../gone.json", false),
        ("/gone/gone.json", false),
    ] {
        let link = root.path().join("deploy/link.json");
        std::os::unix::fs::symlink(target, &link).unwrap();
        assert_eq!(
            inputs.is_missing("deploy/link.json"),
            is_missing,
            "{target}"
        );
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn the_files_outside_of_the_root_that_were_read_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside.toml");
    let [outside, unread] = ["outside.toml", "unread.toml"].map(|name| elsewhere.path().join(name));
    for path in [&inside, &outside, &unread] {
        fs::write(path, "").unwrap();
    }
    let mut inputs = Inputs::new(root.path()).unwrap();
    assert_eq!(inputs.files_outside().count(), 0);
    inputs.read_named(&inside).unwrap();
    inputs.read_named(&outside).unwrap();
    let expected = fs::canonicalize(&outside).unwrap();
    assert_eq!(inputs.files_outside().collect::<Vec<_>>(), [expected]);
}
