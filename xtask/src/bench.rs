//! `cargo xtask bench`: how long the guard takes, against the limits it is built to keep.

mod adopter;
mod bootstrap;
mod generated;
mod machine;
mod macros;
mod store;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::demo::target_directory;
use crate::measure::{Measured, measure};
use crate::run::{cargo, succeed};
use crate::{Failure, root};
use adopter::Adopter;
use generated::State;

/// Which fleet to measure besides those of the repository, and how thoroughly.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A real fleet's directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,
    /// Its policy; kvguard.toml in its directory, unless named
    #[arg(long, value_name = "FILE", requires = "fleet")]
    policy: Option<PathBuf>,
    /// How often each check runs; the median counts
    #[arg(long, default_value_t = 21)]
    runs: usize,
    /// Measure the macros alone
    #[arg(long)]
    macros: bool,
}

/// A whole-process check in release.
const CHECK: Duration = Duration::from_millis(30);
/// The same in an unoptimised build script.
const BUILD_SCRIPT: Duration = Duration::from_millis(300);
/// How much longer ten times as many services may take.
const RATIO: f64 = 12.0;
/// 10,000 services in two deployments.
const LARGE: Duration = Duration::from_millis(1500);
/// The same, in bytes.
const LARGE_MEMORY: u64 = 500_000_000;
/// The build of a crate that depends on nothing else, from nothing.
const COLD_BUILD: Duration = Duration::from_secs(8);
const COLD_BUILD_CRATES: usize = 25;
/// How much longer a crate with 1,000 keys compiles than one with 1,000 string literals.
const KEYS: Duration = Duration::from_millis(500);

/// The guard found nothing, or did and says so; both are a whole check.
const CHECKED: &str = "0,1";

/// The fleet that is always there.
const EXAMPLE: &str = "examples/fleet";

/// A row of the table.
struct Figure {
    what: String,
    measured: String,
    processor: String,
    limit: String,
    kept: bool,
}

#[derive(Default)]
struct Figures {
    rows: Vec<Figure>,
}

impl Figures {
    /// A check's time, and its limit if it has one.
    fn check(&mut self, what: String, measured: Measured, limit: Option<Duration>) {
        self.push(Figure {
            what,
            measured: seconds(measured.median),
            processor: seconds(measured.processor),
            limit: limit.map(seconds).unwrap_or_default(),
            kept: limit.is_none_or(|limit| measured.median <= limit),
        });
    }

    fn plain(&mut self, what: impl Into<String>, measured: String, limit: String, kept: bool) {
        self.push(Figure {
            what: what.into(),
            measured,
            processor: String::new(),
            limit,
            kept,
        });
    }

    fn push(&mut self, figure: Figure) {
        println!("{}: {}", figure.what, figure.measured);
        self.rows.push(figure);
    }
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    println!("=== A crate whose only dependency is kvguard, built from nothing on 2 cores");
    let adopter = adopter::build()?;
    let mut figures = Figures::default();
    if !arguments.macros {
        engine(&mut figures, arguments, &adopter)?;
    }
    macros(&mut figures, arguments, &adopter)?;
    store::reads(&mut figures)?;
    bootstrap::overhead(&mut figures)?;

    print_table(&figures);
    let missed: Vec<&str> = figures
        .rows
        .iter()
        .filter(|figure| !figure.kept)
        .map(|figure| figure.what.as_str())
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("these miss their limit: {}", missed.join("; ")))
}

/// The engine, in the command and in a build script.
fn engine(figures: &mut Figures, arguments: &Arguments, adopter: &Adopter) -> Result<(), Failure> {
    figures.plain(
        "cold build of an adopter",
        seconds(adopter.time),
        seconds(COLD_BUILD),
        adopter.time <= COLD_BUILD,
    );
    figures.plain(
        "crates in it, kvguard included",
        adopter.crates.to_string(),
        COLD_BUILD_CRATES.to_string(),
        adopter.crates <= COLD_BUILD_CRATES,
    );

    println!("\n=== Build");
    succeed(cargo().args(["build", "--release", "--package", "cargo-kvguard"]))?;
    let command = target_directory()?.join("release/kvguard");

    println!("\n=== Checks of whole fleets");
    for (name, directory, policy) in fleets(arguments)? {
        let check = check(&command, &directory, &policy);
        let whole = measure(&check, arguments.runs, CHECKED)?;
        figures.check(format!("`check` of {name}, release"), whole, Some(CHECK));
        let script = adopter.build_script(&directory, &policy);
        let script = measure(&script, arguments.runs, CHECKED)?;
        figures.check(
            format!("{name} in an unoptimised build script"),
            script,
            Some(BUILD_SCRIPT),
        );
    }

    println!("\n=== Generated fleets: each service in a compose project and in a systemd unit");
    for (state, name) in [
        (State::Clean, "clean"),
        (State::Drifted, "every grant drifted"),
    ] {
        generated_fleets(figures, &command, arguments.runs, state, name)?;
    }
    Ok(())
}

/// The macros: a thousand of them, and the first.
fn macros(figures: &mut Figures, arguments: &Arguments, adopter: &Adopter) -> Result<(), Failure> {
    println!("\n=== Crates that use the macros");
    let crates = macros::Crates::build()?;
    let runs = arguments.runs.min(7);
    let longer = crates.keys_over_literals(runs)?;
    figures.plain(
        "1,000 keys over 1,000 string literals, unoptimised macros",
        seconds(longer),
        seconds(KEYS),
        longer <= KEYS,
    );
    for (name, directory, policy) in fleets(arguments)? {
        let first = crates.first_expansion(&directory, &policy, runs)?;
        let what = format!("the first macro of a crate in {name}, over none");
        // In a small fleet loading the macros takes longer than any run.
        if name == EXAMPLE {
            figures.plain(what, seconds(first), String::new(), true);
            continue;
        }
        let script = adopter.build_script(&directory, &policy);
        let engine = measure(&script, arguments.runs, CHECKED)?.median;
        figures.plain(what, seconds(first), seconds(engine), first <= engine);
    }
    Ok(())
}

fn generated_fleets(
    figures: &mut Figures,
    command: &Path,
    runs: usize,
    state: State,
    name: &str,
) -> Result<(), Failure> {
    let [small, large] = [1_000, 10_000].map(|services| -> Result<Measured, Failure> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        generated::write_fleet(directory.path(), services, state)?;
        let policy = directory.path().join("kvguard.toml");
        measure(
            &check(command, directory.path(), &policy),
            runs.min(7),
            CHECKED,
        )
    });
    let (small, large) = (small?, large?);
    // A fleet with thousands of findings is measured to be seen; printing them has no limit of its own.
    let limit = (state == State::Clean).then_some(LARGE);
    figures.check(format!("1,000 services, {name}"), small, limit);
    figures.check(format!("10,000 services, {name}"), large, limit);
    figures.plain(
        format!("10,000 services, {name}: memory"),
        megabytes(large.memory),
        megabytes(LARGE_MEMORY),
        large.memory <= LARGE_MEMORY,
    );
    // The least times have the least of whatever else the machine does in them.
    let ratio = large.least.as_secs_f64() / small.least.as_secs_f64();
    figures.plain(
        format!("10,000 to 1,000 services, {name}"),
        format!("{ratio:.1}"),
        limit.map(|_| format!("{RATIO:.0}")).unwrap_or_default(),
        limit.is_none() || ratio <= RATIO,
    );
    Ok(())
}

/// The fleets that are there: their names, directories and policies.
fn fleets(arguments: &Arguments) -> Result<Vec<(String, PathBuf, PathBuf)>, Failure> {
    let whole = |path: &Path| {
        std::path::absolute(path)
            .ok()
            .filter(|path| path.exists())
            .ok_or_else(|| format!("{} is not there", path.display()))
    };
    let example = root().join("examples/fleet");
    let policy = example.join("kvguard.toml");
    let mut fleets = vec![(EXAMPLE.to_owned(), example, policy)];
    if let Some(directory) = &arguments.fleet {
        let directory = whole(directory)?;
        let policy = match &arguments.policy {
            Some(policy) => whole(policy)?,
            None => whole(&directory.join("kvguard.toml"))?,
        };
        fleets.push(("the real fleet".to_owned(), directory, policy));
    } else {
        println!("no real fleet: name one with --fleet DIR --policy FILE");
    }
    Ok(fleets)
}

fn check(command: &Path, directory: &Path, policy: &Path) -> Command {
    let mut check = Command::new(command);
    check
        .arg("check")
        .arg("--root")
        .arg(directory)
        .arg("--policy")
        .arg(policy)
        .env_remove("KVGUARD");
    check
}

fn print_table(figures: &Figures) {
    println!("\n=== {}\n", machine::description());
    println!("| what | measured | processor time | limit | |\n|---|---|---|---|---|");
    for figure in &figures.rows {
        let kept = if figure.kept { "" } else { "**missed**" };
        println!(
            "| {} | {} | {} | {} | {kept} |",
            figure.what, figure.measured, figure.processor, figure.limit
        );
    }
}

fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1000.0)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
