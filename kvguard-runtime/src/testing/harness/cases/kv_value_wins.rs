//! A value changed in the store is in the configuration that was loaded, over the file.

use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::binary::{Control, Seen, shows};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::{Ending, Scene};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let probed = bench.probe().await?;
    let path = document::path_of(&probed.pointer);
    let changed = document::with(&bench.template, &probed.pointer, probed.changed.clone());
    let text = bench.text(&changed.unwrap_or_default())?;
    let setting = Setting {
        value: Some(text.as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let loaded = match scene.load().await? {
        Ending::Loaded(loaded) => loaded,
        ending => {
            return Err(scene.failed(format!(
                "with `{path}` changed in the store alone, loading the configuration {}",
                ending.words()
            )));
        }
    };
    let seen = loaded.configuration.pointer(&probed.pointer);
    if seen == Some(&probed.changed) {
        return Ok(());
    }
    let instead = if seen == bench.template.pointer(&probed.pointer) {
        "the file's is"
    } else {
        "another is"
    };
    Err(scene
        .failed(format!(
            "the store's value of `{path}` is not in what was loaded, {instead}"
        ))
        .help("lay what the store holds over what the file holds, field by field, before the configuration is made of both"))
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let (pointer, changed) = bench.logged_probe()?;
    let tree = document::with(&bench.template, &pointer, changed.clone());
    let text = bench.text(&tree.unwrap_or_default())?;
    let setting = Setting {
        value: Some(text.as_bytes()),
        ..Setting::default()
    };
    let control = bench.control().await?;
    let scene = bench.scene(setting).await?;
    is_logged(&control, &scene, &pointer, &changed, "in the store alone").await
}

/// Whether a program logs a value that the control run did not log.
pub(super) async fn is_logged(
    control: &Control,
    scene: &Scene<'_>,
    pointer: &str,
    value: &serde_json::Value,
    place: &str,
) -> Result<(), Failed> {
    let path = document::path_of(pointer);
    let word = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    if shows(&control.log, &word) {
        return Err(scene
            .bench
            .not_judged(format!(
                "the program logs `{word}` also where `{path}` is not changed to it"
            ))
            .help("`probe` a value that is in no other line of its log"));
    }
    let mut running = scene.start_binary()?;
    match running.until(|seen| shows(&seen.log, &word)).await {
        Seen::Met => {
            running.end().await;
            Ok(())
        }
        Seen::Ended { words, .. } => Err(running
            .failed(format!(
                "`{path}` was changed {place}, and the program {words} before it logged the new value"
            ))
            .await
            .help("let the program take a valid value; or `probe` a field with a value that it takes")),
        Seen::TimedOut => Err(running
            .failed(format!("`{path}` was changed {place}, and the program does not log its new value"))
            .await
            .help("lay what the store holds over what the file holds, field by field; and `probe` a field that the program logs")),
    }
}
