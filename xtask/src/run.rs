//! Runs programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, root};

/// A program in the repository's directory, without input.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command.env("PATH", path());
    command
}

/// Where programs are looked for: also where `go install` puts them.
fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let go = std::env::var_os("GOPATH").map(PathBuf::from);
    let go = go.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join("go")));
    let directories = std::env::split_paths(&path).chain(go.map(|go| go.join("bin")));
    std::env::join_paths(directories).unwrap_or(path)
}

/// The cargo that runs this task, without what it set for the task itself.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root()).stdin(Stdio::null());
    command.env("PATH", path());
    // What a task builds is built once, and what is kept for a next time takes gigabytes. What is measured comes
    // to an adopter from a registry or from git, and is never built incrementally there; only a path would be.
    command.env("CARGO_INCREMENTAL", "0");
    let own = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST")
            || name == "CARGO_CRATE_NAME"
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(own) {
            command.env_remove(name);
        }
    }
    command
}

/// Where cargo keeps what it downloads: <https://doc.rust-lang.org/cargo/guide/cargo-home.html>.
pub fn cargo_home() -> Result<PathBuf, Failure> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
        .ok_or_else(|| "neither CARGO_HOME nor HOME is set".to_owned())
}

/// Runs it, its output going where ours goes.
pub fn succeed(command: &mut Command) -> Result<(), Failure> {
    println!("$ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", name(command)))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed: {status}", shown(command)))
}

/// Runs it, and returns what it prints to its standard output.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", name(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed: {}", shown(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{}` prints no UTF-8", shown(command)))
}

/// Whether it runs and succeeds, silently.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file and the directories above it.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let directory = path.parent().unwrap_or(path);
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    let mut words = vec![name];
    let arguments: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy())
        .collect();
    // A list of hundreds of files tells nothing.
    let shown = arguments.len().min(12);
    words.extend(
        arguments[..shown]
            .iter()
            .map(|word| word.clone().into_owned()),
    );
    if shown < arguments.len() {
        words.push(format!("… ({} more)", arguments.len() - shown));
    }
    words.join(" ")
}
