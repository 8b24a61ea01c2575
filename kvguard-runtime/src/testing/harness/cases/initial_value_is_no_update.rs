//! The value that a watch starts with restarts nothing.

use super::applies_watch_update::{lacks, watching_binary};
use crate::testing::harness::bench::{Fault, Setting, about};
use crate::testing::harness::binary::{Control, Seen};
use tokio::time::timeout;

use super::applies_watch_update::{change, watching};
use crate::Operation;
use crate::testing::Recorded;
use crate::testing::harness::bench::Bench;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::Loaded;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let Some((scene, loaded)) = watching(bench).await? else {
        return Ok(());
    };
    let (_, changed) = change(bench).await?;
    let Loaded {
        updates: Some(mut updates),
        ..
    } = loaded
    else {
        return Ok(());
    };
    let key = &bench.key;
    let taken = "compare what a watch brings with what was loaded; a service that restarts for it restarts for ever";
    if let Ok(Some(Ok(_))) = timeout(bench.grace(), updates.next()).await {
        return Err(scene
            .failed(format!(
                "the value that the watch of `{key}` started with was taken for an update"
            ))
            .help(taken));
    }
    // A change comes for certain, so that what comes before it is an update that there was none of.
    scene.stage().set(key, changed.0.as_bytes()).await?;
    match timeout(bench.timeout(), updates.next()).await {
        Ok(Some(Ok(seen))) if seen.pointer(&changed.1) == Some(&changed.2) => Ok(()),
        Ok(Some(Ok(_))) => Err(scene
            .failed(format!(
                "the value that the watch of `{key}` started with was taken for an update"
            ))
            .help(taken)),
        Ok(Some(Err(_))) => Err(scene.failed(format!(
            "the watch of `{key}` told an error, where the key was changed to a valid value"
        ))),
        Ok(None) => Err(scene.failed(format!(
            "the watch of `{key}` ended before it told of a change"
        ))),
        Err(_) => Err(scene
            .failed(format!("a change under `{key}` was not applied in time"))
            .help("the case `applies_watch_update` is about this alone; mend it first")),
    }
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let Some(mut running) = watching_binary(&control, &scene).await? else {
        return Ok(());
    };
    let key = &bench.key;
    // A store may read besides watching; a program that starts again watches again.
    let watches = |recorded: &[Recorded]| {
        let own = about(recorded, key);
        own.filter(|recorded| recorded.operation == Operation::Watch)
            .count()
    };
    let seen = running
        .settle(&control, |seen| watches(&seen.recorded) > 1)
        .await;
    let taken = format!("the value that the watch of `{key}` started with was taken for an update");
    let help = "compare what a watch brings with what was loaded; a service that restarts for it restarts for ever";
    match seen {
        Seen::TimedOut => {
            running.end().await;
            Ok(())
        }
        Seen::Met => Err(running
            .failed(format!(
                "{taken}: the program loads its configuration again"
            ))
            .await
            .help(help)),
        Seen::Ended { words, .. } if ends_without_a_value(bench, &control).await? => Err(running
            .not_judged(format!(
                "the program {words}, and does so also where its watch of `{key}` brings nothing"
            ))
            .await
            .help(lacks())),
        Seen::Ended { words, .. } => Err(running
            .failed(format!("{taken}: the program {words}"))
            .await
            .help(help)),
    }
}

/// Whether the program ends for another reason than the first value: whether it ends, too, where its watch brings none.
async fn ends_without_a_value(bench: &Bench, control: &Control) -> Result<bool, Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        fault: Fault::SilentWatches,
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let mut running = scene.start_binary()?;
    let mut seen = running.until_ready(control).await;
    if matches!(seen, Seen::Met) {
        seen = running.settle(control, |_| false).await;
    }
    running.end().await;
    Ok(matches!(seen, Seen::Ended { .. }))
}
