//! A value changed in the store is in the configuration that was loaded, over the file.

use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::Ending;

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
    Err(bench.failed("this cannot be judged of a binary yet"))
}
