//! What the store does not set keeps the file's value.

use super::kv_value_wins::is_logged;
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::Ending;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let probed = bench.probe().await?;
    let path = document::path_of(&probed.pointer);
    let in_file = document::with(&bench.template, &probed.pointer, probed.changed.clone());
    let in_file = bench.text(&in_file.unwrap_or_default())?;
    let in_store = document::without(&bench.template, &probed.pointer);
    let in_store = bench.text(&in_store.unwrap_or_default())?;
    let setting = Setting {
        value: Some(in_store.as_bytes()),
        file: Some(&in_file),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let help = "lay what the store holds over what the file holds, field by field, instead of putting it in the file's place";
    let loaded = match scene.load().await? {
        Ending::Loaded(loaded) => loaded,
        ending => {
            return Err(scene
                .failed(format!(
                    "with `{path}` in the file alone, loading the configuration {}",
                    ending.words()
                ))
                .help(help));
        }
    };
    if loaded.configuration.pointer(&probed.pointer) == Some(&probed.changed) {
        return Ok(());
    }
    Err(scene
        .failed(format!(
            "the file's value of `{path}`, which the store does not set, is not in what was loaded"
        ))
        .help(help))
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let (pointer, changed) = bench.logged_probe()?;
    let in_file = document::with(&bench.template, &pointer, changed.clone());
    let in_file = bench.text(&in_file.unwrap_or_default())?;
    let in_store = document::without(&bench.template, &pointer);
    let in_store = bench.text(&in_store.unwrap_or_default())?;
    let setting = Setting {
        value: Some(in_store.as_bytes()),
        file: Some(&in_file),
        ..Setting::default()
    };
    let control = bench.control().await?;
    let scene = bench.scene(setting).await?;
    is_logged(&control, &scene, &pointer, &changed, "in the file alone").await
}
