//! No value and no credential may be in what a command prints or writes.

use std::fs;
use std::path::Path;

use super::{Run, Stand};

/// Fails if a canary value, or a private key of the stand, is in what a command printed, or in a file of these directories.
#[track_caller]
pub fn assert_no_secret(stand: &Stand, run: &Run, directories: &[&Path]) {
    let secrets = stand.secrets();
    assert!(!secrets.is_empty(), "a stand has credentials");
    assert_none_of(&secrets, run, directories);
}

/// Fails if a canary value is in what a command printed, or in a file of these directories.
#[track_caller]
pub fn assert_no_canary(run: &Run, directories: &[&Path]) {
    assert_none_of(&[], run, directories);
}

#[track_caller]
fn assert_none_of(secrets: &[String], run: &Run, directories: &[&Path]) {
    let check = |place: &str, text: &str| {
        let lower = text.to_lowercase();
        assert!(
            !lower.contains("canary"),
            "{}: a canary is in {place}:\n{text}",
            run.what
        );
        for secret in secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{}: a private key is in {place}",
                run.what
            );
        }
    };
    check("the output", &run.text());
    for directory in directories {
        let mut texts = Vec::new();
        collect(directory, &mut texts);
        for (place, text) in texts {
            check(&place, &text);
        }
    }
}

fn collect(directory: &Path, texts: &mut Vec<(String, String)>) {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, texts);
        } else {
            let bytes = fs::read(&path).expect("a file");
            texts.push((
                path.display().to_string(),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
    }
}
