//! Overlays and charts: the guard against the tools that only render them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use toml::{Table, Value};

use super::adopter::Adopter;
use super::fleets::{Fleet, Narrowed, narrowed, text_of};
use super::mended::Mended;
use super::{CHECKED, Figures, check, seconds};
use crate::measure::{Measured, measure};
use crate::run::program;
use crate::{Failure, tools};

/// A kind of deployment that another tool renders.
pub struct Kind {
    /// As the policy has it.
    name: &'static str,
    /// What a deployment of it is.
    what: &'static str,
    /// How the other tool is called in the table.
    tool: fn() -> &'static str,
    /// The other tool, rendering one deployment of a fleet.
    render: fn(&Path, &Table) -> Command,
    /// All deployments in release.
    release: Option<Duration>,
    /// All deployments in an unoptimised build script.
    build_script: Option<Duration>,
    /// How many times faster the guard must be.
    faster: f64,
}

/// Overlays.
pub const KUSTOMIZE: Kind = Kind {
    name: "kustomize",
    what: "kustomize overlays",
    tool: || {
        if tools::has_kubectl() {
            "`kubectl kustomize`"
        } else {
            "`kustomize build`"
        }
    },
    render: overlay,
    release: None,
    build_script: Some(Duration::from_millis(200)),
    faster: 20.0,
};

/// Charts.
pub const HELM: Kind = Kind {
    name: "helm",
    what: "helm charts",
    tool: || "`helm template`",
    render: chart,
    release: Some(Duration::from_millis(15)),
    build_script: None,
    faster: 10.0,
};

/// How often the guard and the other tool take turns, so that both meet the same machine.
const TURNS: usize = 3;

/// How often the other tool runs in a turn at most: it takes long.
const THEIR_RUNS: usize = 3;

/// The guard's check of all deployments of a kind, against the other tool's rendering of each, in mended
/// copies.
pub fn compare(
    figures: &mut Figures,
    fleet: &Fleet,
    kind: &Kind,
    command: &Path,
    adopter: &Adopter,
    runs: usize,
) -> Result<(), Failure> {
    let Some(policy) = narrowed(fleet, &[kind.name])? else {
        println!("{} has no {}", fleet.name, kind.what);
        return Ok(());
    };
    let copy = Mended::new(fleet, command, &policy.policy())?;
    let limit = |limit: Option<Duration>| limit.filter(|_| fleet.has_limits);
    let count = policy.deployments.len();
    let what = format!("the {} of {} ({count})", kind.what, fleet.name);

    let check = check(command, copy.path(), &policy.policy());
    let (mut our_turns, mut their_turns) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        our_turns.push(measure(&check, runs, CHECKED)?);
        let their_runs = runs.min(THEIR_RUNS);
        their_turns.push(theirs(kind, &policy, copy.path(), their_runs)?);
    }
    let ours = Measured::together(&our_turns);
    their_turns.sort_unstable();
    let theirs = their_turns[TURNS / 2];
    figures.check(
        format!("`check` of {what}, release"),
        ours,
        limit(kind.release),
    );
    let reading = reading(&check, runs)?;
    figures.plain(
        format!("of that, to render and read {what}"),
        seconds(reading),
        String::new(),
        true,
    );
    let tool = (kind.tool)();
    figures.plain(
        format!("{tool} of the same, one after the other"),
        seconds(theirs),
        String::new(),
        true,
    );
    // The other tool renders and prints, as `render` does. A check prints findings instead, and reads the
    // registry, the templates and the store's table besides: what a build waits for, and what has the limit.
    let render = rendering(&policy, command, copy.path(), runs)?;
    figures.plain(
        "`kvguard render --unmasked` of the same, one after the other",
        seconds(render),
        String::new(),
        true,
    );
    let mut faster = |what: String, ours: Duration, limit: Option<f64>| {
        let times = theirs.as_secs_f64() / ours.as_secs_f64();
        figures.plain(
            what,
            format!("{times:.1}"),
            limit
                .map(|limit| format!("at least {limit:.0}"))
                .unwrap_or_default(),
            limit.is_none_or(|limit| times >= limit),
        );
    };
    faster(
        format!("`check`: times as fast as {tool}, {what}"),
        ours.median,
        fleet.has_limits.then_some(kind.faster),
    );
    faster(
        format!("rendering and reading in process: times as fast as {tool}, {what}"),
        reading,
        None,
    );
    faster(
        format!("`kvguard render`: times as fast as {tool}, {what}"),
        render,
        None,
    );
    let script = adopter.build_script(copy.path(), &policy.policy());
    let script = measure(&script, runs, CHECKED)?;
    figures.check(
        format!("{what} in an unoptimised build script"),
        script,
        limit(kind.build_script),
    );
    Ok(())
}

/// The other tool's time for all deployments.
fn theirs(
    kind: &Kind,
    policy: &Narrowed,
    directory: &Path,
    runs: usize,
) -> Result<Duration, Failure> {
    let mut sum = Duration::ZERO;
    for deployment in &policy.deployments {
        sum += measure(&(kind.render)(directory, deployment), runs, "0")?.median;
    }
    Ok(sum)
}

/// The median of what a check says it took to read all deployments.
fn reading(check: &Command, runs: usize) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let mut told = Command::new(check.get_program());
        told.args(check.get_args()).arg("--timings");
        let output = told.output().map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&output.stderr);
        let milliseconds: Vec<f64> = told
            .lines()
            .filter_map(|line| line.strip_suffix(" ms")?.rsplit(' ').next()?.parse().ok())
            .collect();
        if milliseconds.is_empty() {
            return Err(format!("no timings were told:\n{told}"));
        }
        times.push(Duration::from_secs_f64(
            milliseconds.iter().sum::<f64>() / 1000.0,
        ));
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// The guard's time for printing all deployments as it reads them.
fn rendering(
    policy: &Narrowed,
    command: &Path,
    directory: &Path,
    runs: usize,
) -> Result<Duration, Failure> {
    let mut sum = Duration::ZERO;
    for deployment in &policy.deployments {
        let mut render = Command::new(command);
        render
            .arg("render")
            .arg(text_of(deployment, "name").unwrap_or_default())
            .arg("--unmasked")
            .arg("--root")
            .arg(directory)
            .arg("--policy")
            .arg(policy.policy());
        sum += measure(&render, runs, "0")?.median;
    }
    Ok(sum)
}

/// The directory that a deployment is.
fn place(fleet: &Path, deployment: &Table) -> std::path::PathBuf {
    let files = deployment.get("files").and_then(Value::as_array);
    let first = files.and_then(|files| files.first()?.as_str());
    fleet.join(first.unwrap_or_default())
}

fn overlay(fleet: &Path, deployment: &Table) -> Command {
    let mut command = if tools::has_kubectl() {
        let mut command = program("kubectl");
        command.arg("kustomize");
        command
    } else {
        let mut command = program("kustomize");
        command.arg("build");
        command
    };
    command.arg(place(fleet, deployment));
    command
}

fn chart(fleet: &Path, deployment: &Table) -> Command {
    let mut command = program("helm");
    let name = text_of(deployment, "name").unwrap_or_default();
    command
        .arg("template")
        .arg(text_of(deployment, "release").unwrap_or(name))
        .arg(place(fleet, deployment))
        .arg("--include-crds");
    for (name, option) in [
        ("namespace", "--namespace"),
        ("kube_version", "--kube-version"),
    ] {
        if let Some(text) = text_of(deployment, name) {
            command.args([option, text]);
        }
    }
    for file in texts(deployment, "values_files") {
        command.arg("--values").arg(fleet.join(file));
    }
    for version in texts(deployment, "api_versions") {
        command.args(["--api-versions", version]);
    }
    let set = deployment.get("set").and_then(Value::as_table);
    for (path, value) in set.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        command.arg("--set").arg(format!("{path}={value}"));
    }
    command
}

fn texts<'t>(deployment: &'t Table, name: &str) -> impl Iterator<Item = &'t str> {
    let all = deployment.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str)
}
