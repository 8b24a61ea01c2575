//! `cargo xtask bench`: how long the guard takes, against the limits it is built to keep.

mod adopter;
mod bootstrap;
mod fleets;
mod generated;
mod machine;
mod macros;
mod mended;
mod rendered;
mod runtime;
mod store;
mod suites;
mod validated;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::demo::target_directory;
use crate::measure::{Measured, measure};
use crate::run::{cargo, succeed};
use crate::{Failure, tools};
use adopter::{AND_KUSTOMIZE, Adopter, COMPOSE_AND_SYSTEMD, EVERY_KIND};
use fleets::{Fleet, narrowed};
use generated::State;

/// Which fleet to measure besides those of the repository, what, and how thoroughly.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A real fleet's directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,
    /// Its policy; kvguard.toml in its directory, unless named
    #[arg(long, value_name = "FILE", requires = "fleet")]
    policy: Option<PathBuf>,
    /// How often each check runs; the median counts
    #[arg(long, value_name = "COUNT", default_value_t = 21)]
    runs: usize,
    /// How often each cold build runs; the median counts, as the first one reads what later ones find read
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    builds: usize,
    /// Measure these parts alone
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    only: Vec<Part>,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Cold builds of a crate whose only dependency is kvguard
    Builds,
    /// Checks of whole fleets
    Fleets,
    /// Overlays and charts, against the tools that render them
    Rendered,
    /// Fleets of 1,000 and 10,000 services
    Generated,
    /// The macros
    Macros,
    /// Cold builds with each feature of the runtime
    Runtime,
    /// Reading many keys from a store, and loading a configuration
    Store,
    /// `validate` of many keys
    Validated,
    /// The suites of `#[kv_bootstrap_test]`
    Suites,
}

impl Arguments {
    fn asks_for(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Compose and systemd, checked by a whole process in release.
const CHECK: Duration = Duration::from_millis(30);
/// The same in an unoptimised build script.
const BUILD_SCRIPT: Duration = Duration::from_millis(300);
/// A whole fleet, checked by a whole process in release.
const WHOLE_CHECK: Duration = Duration::from_millis(60);
/// The same in an unoptimised build script.
const WHOLE_BUILD_SCRIPT: Duration = Duration::from_millis(400);
/// How much longer ten times as many services may take.
const RATIO: f64 = 12.0;
/// 10,000 services in two deployments.
const LARGE: Duration = Duration::from_millis(1500);
/// The same, in bytes.
const LARGE_MEMORY: u64 = 500_000_000;
/// The build, from nothing, of a crate that depends on nothing else, for compose and systemd.
const COLD_BUILD: Duration = Duration::from_secs(8);
const COLD_BUILD_CRATES: usize = 25;
/// What overlays add to it.
const COLD_BUILD_KUSTOMIZE: Duration = Duration::from_secs(2);
/// The same for every kind.
const COLD_BUILD_EVERY_KIND: Duration = Duration::from_secs(16);
/// How much longer a crate with 1,000 keys compiles than one with 1,000 string literals.
const KEYS: Duration = Duration::from_millis(500);

/// The guard found nothing, or did and says so; both are a whole check.
const CHECKED: &str = "0,1";

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
    let mut figures = Figures::default();
    let fleets = fleets::all(arguments)?;
    let adopter = cold_builds(&mut figures, arguments)?;

    println!("\n=== Build");
    succeed(cargo().args(["build", "--release", "--package", "cargo-kvguard"]))?;
    let command = target_directory()?.join("release/kvguard");

    if arguments.asks_for(Part::Fleets) {
        println!("\n=== Checks of whole fleets");
        for fleet in &fleets {
            whole_fleet(&mut figures, fleet, &command, &adopter, arguments.runs)?;
        }
    }
    if arguments.asks_for(Part::Rendered) {
        println!("\n=== Overlays and charts, against the tools that render them");
        tools::kustomize()?;
        tools::helm()?;
        for kind in [rendered::KUSTOMIZE, rendered::HELM] {
            for fleet in &fleets {
                let runs = arguments.runs;
                rendered::compare(&mut figures, fleet, &kind, &command, &adopter, runs)?;
            }
        }
    }
    if arguments.asks_for(Part::Generated) {
        println!("\n=== Generated fleets: each service in a compose project and in a systemd unit");
        for (state, name) in [
            (State::Clean, "clean"),
            (State::Drifted, "every grant drifted"),
        ] {
            generated_fleets(&mut figures, &command, arguments.runs, state, name)?;
        }
    }
    if arguments.asks_for(Part::Macros) {
        macros(&mut figures, &fleets, &adopter, arguments.runs)?;
    }
    if arguments.asks_for(Part::Runtime) {
        runtime::features(&mut figures)?;
    }
    if arguments.asks_for(Part::Store) {
        store::reads(&mut figures)?;
        bootstrap::overhead(&mut figures)?;
    }
    if arguments.asks_for(Part::Validated) {
        validated::validate(&mut figures, arguments.runs)?;
    }
    if arguments.asks_for(Part::Suites) {
        suites::suites(&mut figures, arguments.runs)?;
    }

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

/// Crates whose only dependency is kvguard; the one for every kind brings the build script to measure.
fn cold_builds(figures: &mut Figures, arguments: &Arguments) -> Result<Adopter, Failure> {
    println!("=== Crates whose only dependency is kvguard, built from nothing on 2 cores");
    if !arguments.asks_for(Part::Builds) {
        let [adopter] = adopter::build([EVERY_KIND], 1)?;
        return Ok(adopter);
    }
    let kinds = [COMPOSE_AND_SYSTEMD, AND_KUSTOMIZE, EVERY_KIND];
    let [least, overlays, adopter] = adopter::build(kinds, arguments.builds)?;
    let mut time = |what: String, time: Duration, limit: Duration| {
        figures.plain(what, seconds(time), seconds(limit), time <= limit);
    };
    time(
        format!("cold build of an adopter, {}", COMPOSE_AND_SYSTEMD.name),
        least.time,
        COLD_BUILD,
    );
    time(
        "what `kustomize` adds to it".to_owned(),
        overlays.time.saturating_sub(least.time),
        COLD_BUILD_KUSTOMIZE,
    );
    time(
        format!("cold build of an adopter, {}", EVERY_KIND.name),
        adopter.time,
        COLD_BUILD_EVERY_KIND,
    );
    figures.plain(
        format!(
            "crates in it, kvguard included, {}",
            COMPOSE_AND_SYSTEMD.name
        ),
        least.crates.to_string(),
        COLD_BUILD_CRATES.to_string(),
        least.crates <= COLD_BUILD_CRATES,
    );
    Ok(adopter)
}

/// A fleet's compose and systemd deployments, and all of them, in the command and in a build script.
fn whole_fleet(
    figures: &mut Figures,
    fleet: &Fleet,
    command: &Path,
    adopter: &Adopter,
    runs: usize,
) -> Result<(), Failure> {
    let mut measured = |what: &str, policy: &Path, limits: [Duration; 2]| {
        let whole = measure(&check(command, &fleet.directory, policy), runs, CHECKED)?;
        figures.check(
            format!("`check` of {}, {what}, release", fleet.name),
            whole,
            Some(limits[0]),
        );
        let script = adopter.build_script(&fleet.directory, policy);
        let script = measure(&script, runs, CHECKED)?;
        figures.check(
            format!("{}, {what}, in an unoptimised build script", fleet.name),
            script,
            Some(limits[1]),
        );
        Ok::<(), Failure>(())
    };
    if let Some(policy) = narrowed(fleet, &["compose", "systemd"])? {
        let limits = [CHECK, BUILD_SCRIPT];
        measured("compose and systemd", &policy.policy(), limits)?;
    }
    let limits = [WHOLE_CHECK, WHOLE_BUILD_SCRIPT];
    measured("every deployment", &fleet.policy, limits)
}

/// The macros: a thousand of them, and the first.
fn macros(
    figures: &mut Figures,
    fleets: &[Fleet],
    adopter: &Adopter,
    runs: usize,
) -> Result<(), Failure> {
    println!("\n=== Crates that use the macros");
    let crates = macros::Crates::build()?;
    let builds = runs.min(7);
    let longer = crates.keys_over_literals(builds)?;
    figures.plain(
        "1,000 keys over 1,000 string literals, unoptimised macros",
        seconds(longer),
        seconds(KEYS),
        longer <= KEYS,
    );
    for fleet in fleets {
        let first = crates.first_expansion(&fleet.directory, &fleet.policy, builds)?;
        let what = format!("the first macro of a crate in {}, over none", fleet.name);
        // In a small fleet loading the macros takes longer than any run.
        if !fleet.has_limits {
            figures.plain(what, seconds(first), String::new(), true);
            continue;
        }
        let script = adopter.build_script(&fleet.directory, &fleet.policy);
        let engine = measure(&script, runs, CHECKED)?.median;
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
