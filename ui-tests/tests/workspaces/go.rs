//! Programs in Go that tests of a workspace run.

use std::path::Path;
use std::process::Command;

const INSTALL_GO: &str = "install Go: https://go.dev/doc/install, or `apt-get install golang-go`";

/// Builds the module in a directory into a program beside its source.
pub fn build(directory: &Path, program: &str) {
    let built = Command::new("go")
        .current_dir(directory)
        .args(["build", "-o", program, "."])
        .output()
        .expect(INSTALL_GO);
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "`go build` failed: {told}");
}
