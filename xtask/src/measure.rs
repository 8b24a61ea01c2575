//! How long a program runs and how much memory it takes at most.
//!
//! The kernel tells a process only the largest of all its children, so the measuring is done by a process of
//! its own that has no other child.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::{Failure, run};

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The median of the runs' times.
    pub median: Duration,
    /// The shortest time.
    pub least: Duration,
    /// The processor time of a run, on average: what other programs do meanwhile hardly changes it.
    pub processor: Duration,
    /// The most memory, in bytes.
    pub memory: u64,
}

impl Measured {
    /// Several measurements of one program as one.
    pub fn together(rounds: &[Self]) -> Self {
        let count = u32::try_from(rounds.len()).unwrap_or(1).max(1);
        let mut medians: Vec<Duration> = rounds.iter().map(|round| round.median).collect();
        medians.sort_unstable();
        Self {
            median: medians.get(medians.len() / 2).copied().unwrap_or_default(),
            least: rounds.iter().map(|one| one.least).min().unwrap_or_default(),
            processor: rounds.iter().map(|one| one.processor).sum::<Duration>() / count,
            memory: rounds
                .iter()
                .map(|one| one.memory)
                .max()
                .unwrap_or_default(),
        }
    }
}

/// Measures a program in a process of its own.
pub fn measure(command: &Command, runs: usize, accept: &str) -> Result<Measured, Failure> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut measuring = Command::new(own);
    measuring
        .args([
            "measure",
            "--runs",
            &runs.to_string(),
            "--accept",
            accept,
            "--",
        ])
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measuring.env(name, value),
            None => measuring.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        measuring.current_dir(directory);
    }
    let told = run::output(&mut measuring)?;
    let numbers: Vec<u64> = told
        .split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect();
    let [median, least, processor, memory] = numbers[..] else {
        return Err("the measuring process told nothing".to_owned());
    };
    Ok(Measured {
        median: Duration::from_nanos(median),
        least: Duration::from_nanos(least),
        processor: Duration::from_nanos(processor),
        memory,
    })
}

/// Runs a program so often and prints the median and the least of its times and its processor time in
/// nanoseconds, and its memory.
pub fn run(runs: usize, accept: &[i32], words: &[OsString]) -> Result<(), Failure> {
    let [program, arguments @ ..] = words else {
        return Err("there is no program to measure".to_owned());
    };
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .map_err(|error| format!("{}: {error}", program.to_string_lossy()))?;
        times.push(start.elapsed());
        if !output
            .status
            .code()
            .is_some_and(|code| accept.contains(&code))
        {
            return Err(format!(
                "{}: {}\n{}",
                program.to_string_lossy(),
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    times.sort_unstable();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    // Linux counts in units of 1024 bytes.
    let memory = u64::try_from(usage.max_rss()).unwrap_or(0) * 1024;
    let processor: i64 = [usage.user_time(), usage.system_time()]
        .iter()
        .map(TimeValLike::num_nanoseconds)
        .sum();
    let count = i64::try_from(times.len()).unwrap_or(i64::MAX);
    println!(
        "{} {} {} {memory}",
        times[times.len() / 2].as_nanos(),
        times[0].as_nanos(),
        processor / count
    );
    Ok(())
}
