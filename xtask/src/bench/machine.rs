//! The machine that figures are of.

use std::path::Path;

use crate::run::{output, program, read};

/// Its processor, its cores and the compiler, in a line.
pub fn description() -> String {
    let told = read(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let model = told
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = output(program("rustc").arg("--version")).unwrap_or_default();
    format!("{model}, {cores} cores, {}", compiler.trim())
}
