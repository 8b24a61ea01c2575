//! Starting again in the same process.

use std::process::Command;

use crate::Error;

/// Executes the program again; gives why it cannot.
pub fn execute_again() -> Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Error::Restart(error.kind()),
    };
    let mut again = Command::new(program);
    again.args(std::env::args_os().skip(1));
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Error::Restart(again.exec().kind())
    }
    #[cfg(not(unix))]
    {
        match again.spawn() {
            Ok(_) => std::process::exit(0),
            Err(error) => Error::Restart(error.kind()),
        }
    }
}
