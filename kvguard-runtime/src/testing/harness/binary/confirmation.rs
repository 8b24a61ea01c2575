//! One more run with a store that is well, before a verdict rests on what a program logged or how it ended.
//!
//! The control run is short and comes first. A warning that comes late or differs from run to run, and an end that comes late or only
//! where the program has run before, would be taken for signs of the fault. Here the program runs for longer than the run with the fault
//! took, after that run.

use std::time::Duration;

use super::{Control, LINGER, Seen};
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::failed::Failed;

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing::harness) enum Sign {
    /// The program warned.
    Warning,
    /// It ended without a warning.
    End,
}

impl Control {
    /// Whether the program shows no such sign where nothing is wrong for this long: a warning of the store, or of `name` alone, or an end.
    pub(in crate::testing::harness) async fn confirm(
        &self,
        bench: &Bench,
        sign: Sign,
        time: Duration,
        name: Option<&str>,
    ) -> Result<(), Failed> {
        let setting = Setting {
            value: Some(bench.template_text().as_bytes()),
            ..Setting::default()
        };
        let scene = bench.scene(setting).await?;
        let address = scene.stage().address();
        let about = match name {
            Some(name) => vec![name],
            None => bench.words(address.as_deref())?,
        };
        let mut running = scene.start_binary()?;
        let limit = time.mul_f32(1.5).max(self.ready_after * 2) + LINGER;
        let seen = running
            .until_in(limit, |seen| self.is_told(&seen.lines, &about))
            .await;
        match seen {
            Seen::Met => Err(running
                .not_judged("the program also warns of the store where that is well, in lines that differ from run to run")
                .await),
            Seen::Ended { words, .. } if sign == Sign::End && self.lasts => Err(running
                .not_judged(format!(
                    "the program {words} also with a store that is well, once it has run for a while or has run before"
                ))
                .await
                .help("give it what it lacks, and let it start again where it was killed: what it leaves behind, as a file with its process number, keeps it from that")),
            Seen::Ended { .. } | Seen::TimedOut => {
                running.end().await;
                Ok(())
            }
        }
    }
}
