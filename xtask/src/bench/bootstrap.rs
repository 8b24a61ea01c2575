//! What a bootstrap adds to the round trips that it needs.

use std::time::Duration;

use super::{Figures, seconds};
use crate::Failure;
use crate::run::{cargo, output};

/// The most that it may add.
const LIMIT: Duration = Duration::from_millis(2);

/// Loads and seeds a configuration of 1,000 settings at a data service, in each format; the slowest counts.
pub fn overhead(figures: &mut Figures) -> Result<(), Failure> {
    println!("\n=== A bootstrap, at a data service over TLS");
    let told = output(cargo().args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "kvguard-runtime",
        "--example",
        "bootstrap_overhead",
        "--features",
        "datasvc,testing,toml,yaml",
    ]))?;
    print!("{told}");
    let worst = told
        .lines()
        .find_map(|line| line.strip_prefix("worst ")?.trim().parse::<f64>().ok())
        .map(Duration::from_secs_f64)
        .ok_or("the example `bootstrap_overhead` tells no `worst`")?;
    figures.plain(
        "what a bootstrap adds to its round trips, 1,000 settings, the slowest format".to_owned(),
        seconds(worst),
        seconds(LIMIT),
        worst <= LIMIT,
    );
    Ok(())
}
