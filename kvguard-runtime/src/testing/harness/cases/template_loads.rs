//! The deployment's template is a configuration.

use super::reads_its_key::{never_read, reads};
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::binary::Seen;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::Ending;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    match scene.load().await? {
        Ending::Loaded(_) => Ok(()),
        ending => Err(scene
            .failed(format!(
                "with its template as its file and in the store, loading the configuration {}",
                ending.words()
            ))
            .at(bench.trial.template.1, "the template")
            .help("mend the template, or the type that it is read into")),
    }
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let mut running = scene.start_binary()?;
    let seen = reads(bench, &mut running).await;
    if !matches!(seen, Seen::Met) {
        return Err(never_read(bench, running, seen).await);
    }
    let ready = running.ready();
    let seen = match ready {
        Some(ready) => running.until(|_, log| log.contains(ready)).await,
        None => running.grace(|_, _| false).await,
    };
    let failed = match seen {
        Seen::Met => return Ok(()),
        Seen::TimedOut
        | Seen::Ended {
            is_failure: false, ..
        } if ready.is_none() => return Ok(()),
        Seen::TimedOut => {
            running
                .failed("with its template in the store, the binary does not log that it is ready")
                .await
        }
        Seen::Ended { words, .. } => {
            running
                .failed(format!(
                    "with its template as its file and in the store, the binary {words}"
                ))
                .await
        }
    };
    Err(failed
        .at(bench.trial.template.1, "the template")
        .help("mend the template, or the type that it is read into"))
}
