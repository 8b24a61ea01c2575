//! The arguments of `watchdog`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::live::arguments::{Live, time};
use crate::live::running::Source;

/// `watchdog`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub live: Live,
    /// The directory that gets a directory with logs, snapshot and report for this run
    #[arg(long, value_name = "DIR")]
    pub artifacts: PathBuf,
    /// How many runs are kept there; the oldest are removed
    #[arg(long, value_name = "N", default_value = "14")]
    pub keep: NonZeroUsize,
    /// Pull and start the compose project first, and take it down at the end
    #[arg(long)]
    pub up: bool,
    /// With --up: do not pull, as where the images are built here
    #[arg(long, requires = "up")]
    pub no_pull: bool,
    /// Write the bytes that each expected key holds once more, so that there is an update that services must notice
    #[arg(long)]
    pub touch: bool,
    /// Where logs are: compose[:PROJECT], journald[:DIR], kubectl[:NAMESPACE], or a directory with SERVICE.log. Default: by the
    /// deployment's kind
    #[arg(long, value_name = "WHERE")]
    pub logs: Option<Source>,
    /// How much of the logs is read, where their lines have times
    #[arg(long, value_name = "TIME", default_value = "1day", value_parser = time)]
    pub since: Duration,
    /// How long to wait for the store and for services that do not run yet, and then for their lines
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub wait: Duration,
    /// With --touch: how long to look for restarts after all services have logged their lines
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub settle: Duration,
}
