//! A value that is there is never replaced by a seed, whether it was there before or came meanwhile.

use crate::testing::harness::bench::{Bench, Setting, about, is_done_write};
use crate::testing::harness::binary::{Observed, Seen};
use crate::testing::harness::failed::Failed;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let key = &bench.key;
    // The template, and still other bytes than the template's.
    let value = format!("{}\n\n", bench.template_text().trim_end());
    let setting = Setting {
        value: Some(value.as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    scene.load().await?;
    let recorded = scene.recorded();
    let write = about(&recorded, key).find(|recorded| is_done_write(recorded));
    let is_kept = scene.value().await?.as_deref() == Some(value.as_bytes());
    if write.is_some() || !is_kept {
        let how = write.map_or("a write", |write| write.operation.name());
        return Err(scene
            .failed(format!("the value that `{key}` held was replaced by {how}"))
            .help("seed a key only if it holds nothing: `create`, not `put`; and write to it in no other case"));
    }
    if bench.trial.is_need_lowered {
        return Ok(());
    }
    let mut scene = bench.scene(Setting::default()).await?;
    if !scene.stage().let_another_be_quicker(key, value.as_bytes()) {
        return Ok(());
    }
    scene.load().await?;
    let held = scene.value().await?;
    if held.is_some_and(|held| held != value.as_bytes()) {
        return Err(scene
            .failed(format!(
                "another writer set `{key}` between the service's look at it and its seed, and the seed replaced that value"
            ))
            .help("seed with `create`, which fails where there is a value by now, and read the key again then"));
    }
    Ok(())
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let key = &bench.key;
    let value = format!("{}\n\n", bench.template_text().trim_end());
    let setting = Setting {
        value: Some(value.as_bytes()),
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let mut running = scene.start_binary()?;
    let is_written = |seen: &Observed| about(&seen.recorded, key).any(is_done_write);
    let seen = running.until_ready(&control).await;
    if matches!(seen, Seen::Met) {
        running.linger(&control, is_written).await;
    }
    let is_kept = scene.value().await?.as_deref() == Some(value.as_bytes());
    let write = running
        .recorded()
        .into_iter()
        .find(|recorded| recorded.key.as_deref() == Some(key.as_str()) && is_done_write(recorded));
    if let (true, None) = (is_kept, &write) {
        if let Seen::Ended { words, .. } = seen {
            let why = format!(
                "`{key}` held the template with two empty lines more, and the program {words} before it was ready"
            );
            return Err(running.not_judged(why).await);
        }
        running.end().await;
        return Ok(());
    }
    let how = write.map_or("a write", |write| write.operation.name());
    Err(running
        .failed(format!("the value that `{key}` held was replaced by {how}"))
        .await
        .help("seed a key only if it holds nothing: `create`, not `put`"))
}
