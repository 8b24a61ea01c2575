//! How the store of NATS reads many keys.

use std::time::Duration;

use super::{Figures, seconds};
use crate::Failure;
use crate::run::{cargo, output};

/// How many times faster it reads 1,000 keys at once than one after another, at the least.
const FASTER: f64 = 20.0;

/// Reads 1,000 keys over a line with a round trip of 2 ms, at once and one after another.
pub fn reads(figures: &mut Figures) -> Result<(), Failure> {
    println!("\n=== The store of NATS, on a real server");
    let told = output(cargo().args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "kvguard-runtime",
        "--example",
        "nats_reads",
        "--features",
        "nats,testing",
    ]))?;
    let figure = |name: &str| {
        told.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok())
            .map(Duration::from_secs_f64)
            .ok_or_else(|| format!("the example `nats_reads` tells no `{name}`"))
    };
    let (one_by_one, at_once) = (figure("one_by_one")?, figure("at_once")?);
    let faster = one_by_one.as_secs_f64() / at_once.as_secs_f64();
    let line = "over a line with a round trip of 2 ms";
    let limit = String::new();
    figures.plain(
        format!("1,000 keys one after another, {line}"),
        seconds(one_by_one),
        limit.clone(),
        true,
    );
    figures.plain(
        format!("1,000 keys at once, {line}"),
        seconds(at_once),
        limit,
        true,
    );
    figures.plain(
        "how many times faster that is",
        format!("{faster:.0}"),
        format!("{FASTER:.0} at the least"),
        faster >= FASTER,
    );
    Ok(())
}
