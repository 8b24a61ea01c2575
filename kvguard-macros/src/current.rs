//! Whether what the build script left is of this checkout and of the files as they are.
//!
//! Cargo runs a build script again where a file has a newer time than the last run. It does not where another checkout shares the
//! target directory, or where a file was replaced by one with an older time (`mv`, `cp -p`, `rsync -t`, a restored cache).

use std::path::Path;
use std::time::SystemTime;

use kvguard::build_script::LAST_RUN_FILE;

use crate::model::MadeFrom;
use crate::surroundings::Surroundings;

/// Checks it. The error says what is not current, and what to do.
pub(crate) fn check(made_from: &MadeFrom, around: &Surroundings) -> Result<(), String> {
    let Some(directory) = around.path("CARGO_MANIFEST_DIR") else {
        return Ok(());
    };
    let again = format!("run `touch {}`", directory.join("build.rs").display());
    if directory != made_from.directory {
        return Err(format!(
            "what the build script left was made for the package in `{}`, another checkout that shares this target directory; {again}, or give each checkout a target directory of its own",
            made_from.directory.display()
        ));
    }
    let last_run = around
        .path("OUT_DIR")
        .and_then(|directory| modified(&directory.join(LAST_RUN_FILE)));
    // A file with a newer time makes cargo run the script again by itself. An editor expands macros before that.
    let is_noticed = |path: &Path| match (modified(path), last_run) {
        (Some(modified), Some(last_run)) => modified > last_run,
        _ => false,
    };
    let mut inputs = made_from.inputs.iter();
    let changed = inputs.find(|input| !is_noticed(&input.path) && !input.is_current());
    match changed {
        Some(input) => Err(format!(
            "`{}` changed without a newer time since the build script ran, so that cargo did not run it again; {again}",
            input.path.display()
        )),
        None => Ok(()),
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}
