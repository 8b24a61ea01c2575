//! A commit's files are the same as those of the work tree that it was made from.

#![allow(
    clippy::disallowed_methods,
    reason = "the test prepares the files that are read"
)]

use std::fs;
use std::mem::discriminant;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use kvguard::inputs::{InputErrorKind, Inputs};

use super::Repository;

/// Files, with what they hold.
const FILES: &[(&str, &str)] = &[
    ("beside.json", "not inside the root"),
    ("elsewhere/b.json", "not inside the root either"),
    ("root/a.json", "a"),
    ("root/a-b.json", "sorted before a/ by git"),
    ("root/a/c.json", "c"),
    ("root/a/d/e.json", "e"),
    ("root/empty.json", ""),
    ("root/é.json", "é"),
];

/// Symbolic links, with where they lead.
const LINKS: &[(&str, &str)] = &[
    ("root/to-file.json", "a.json"),
    ("root/to-directory", "a/d"),
    ("root/to-link.json", "to-directory/../c.json"),
    ("root/not-a-directory.json", "a.json/"),
    ("root/below-a-file.json", "a.json/x"),
    ("root/dots.json", "./a/.././a.json"),
    ("root/slashes.json", "a//c.json"),
    ("root/a/up.json", "../a.json"),
    ("root/out-and-in.json", "../root/a.json"),
    ("root/out.json", "../beside.json"),
    ("root/out", "../elsewhere"),
    ("root/out-to-nothing.json", "../nothing.json"),
    (
        "root/far-out.json",
        "../../../../../../../../nothing/nothing.json",
    ),
    ("root/absolute.json", "/nothing/nothing.json"),
    ("root/nothing.json", "nowhere.json"),
    ("root/itself.json", "itself.json"),
    ("root/here", "."),
    ("root/a/root", "../../root"),
];

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=A Person",
            "-c",
            "user.email=person@acme.test",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .current_dir(directory)
        .status()
        .expect(
            "this test makes a repository with git; `apt-get install git` or the like installs it",
        );
    assert!(status.success(), "git {arguments:?}");
}

/// Every path of two parts, and those of three parts that lead through links and up again.
fn paths() -> Vec<String> {
    let names = FILES.iter().chain(LINKS).map(|(path, _)| path);
    let mut parts: Vec<&str> = names.flat_map(|path| path.split('/')).collect();
    parts.push("..");
    parts.sort_unstable();
    parts.dedup();
    let ways = ["..", "a", "here", "out", "root", "to-directory"];
    let mut all = vec![String::new()];
    for one in &parts {
        all.push((*one).to_owned());
        all.extend(parts.iter().map(|two| format!("{one}/{two}")));
    }
    for one in ways {
        for two in ways {
            all.extend(parts.iter().map(|three| format!("{one}/{two}/{three}")));
        }
    }
    all
}

#[test]
fn every_path_and_pattern_leads_to_the_same_in_a_commit_and_on_the_disk() {
    let top = tempfile::tempdir().unwrap();
    for (file, text) in FILES {
        let path = top.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for (link, target) in LINKS {
        symlink(target, top.path().join(link)).unwrap();
    }
    git(top.path(), &["init", "--quiet"]);
    git(top.path(), &["add", "--all"]);
    git(top.path(), &["commit", "--quiet", "--message", "all of it"]);
    let root = top.path().join("root");
    let repository = Repository::around(&root).unwrap();
    let (tree, unreadable) = repository.tree(&repository.head().unwrap()).unwrap();
    let (mut disk, mut commit) = (Inputs::new(&root).unwrap(), Inputs::of(tree));
    assert_eq!(disk.root(), commit.root());

    let (mut read, mut beyond) = (0, 0);
    for path in paths() {
        let texts = [&mut disk, &mut commit].map(|inputs| {
            let id = inputs.read(&path).map_err(|error| error.kind)?;
            Ok(inputs.sources().get(id).text().to_string())
        });
        read += usize::from(texts[0].is_ok());
        if let [
            Err(InputErrorKind::Missing),
            Err(InputErrorKind::OutsideRoot),
        ] = texts
        {
            // What there is beyond the repository is not known in a commit.
            beyond += 1;
            assert!(!commit.is_missing(&path) && !commit.exists(&path), "{path}");
            continue;
        }
        assert_same(&path, texts);
        assert_same(
            &path,
            [&mut disk, &mut commit].map(|inputs| inputs.list(&path).map_err(|error| error.kind)),
        );
        let answers = [&mut disk, &mut commit].map(|inputs| {
            [
                inputs.exists(&path),
                inputs.is_missing(&path),
                inputs.is_directory(&path),
            ]
        });
        assert_eq!(answers[0], answers[1], "{path}");
    }
    assert!(
        read > 50 && beyond > 2,
        "{read} files were read, {beyond} paths lead beyond the repository"
    );
    for pattern in [
        "*",
        "*.json",
        "**/*.json",
        "*/*.json",
        "a*",
        "out*",
        "here/*",
        "here/**/e.json",
        "a/?.json",
        "*/root/*.json",
        "out/*",
        "nowhere/*",
    ] {
        assert_same(
            pattern,
            [&mut disk, &mut commit].map(|inputs| inputs.glob(pattern).map_err(|error| error.kind)),
        );
    }
    // Links that lead to each other are all that cannot be read.
    let told = unreadable.told();
    assert!(
        told.iter()
            .all(|told| told.contains("too many symbolic links")),
        "{told:?}"
    );
}

fn assert_same<T: PartialEq + std::fmt::Debug>(
    path: &str,
    [disk, commit]: [Result<T, InputErrorKind>; 2],
) {
    let is_same = match (&disk, &commit) {
        (Ok(disk), Ok(commit)) => disk == commit,
        (Err(disk), Err(commit)) => discriminant(disk) == discriminant(commit),
        _ => false,
    };
    assert!(
        is_same,
        "{path}: {disk:?} on the disk, {commit:?} in the commit"
    );
}
