//! Every write is to a key that the policy knows: the service's own, its template's, one that it carries.

use crate::Operation;
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::Scene;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    for value in [None, Some(bench.template_text().as_bytes())] {
        let setting = Setting {
            value,
            ..Setting::default()
        };
        let mut scene = bench.scene(setting).await?;
        scene.load().await?;
        judge(bench, &scene)?;
    }
    Ok(())
}

fn judge(bench: &Bench, scene: &Scene<'_>) -> Result<(), Failed> {
    let key = &bench.key;
    for write in scene.recorded() {
        if !write.operation.is_write() {
            continue;
        }
        let written = write.key.as_deref().unwrap_or_default();
        if !bench.suite.is_known(key, written) {
            let mut known: Vec<String> = vec![format!("`{key}`")];
            known.extend(
                bench
                    .suite
                    .other_keys
                    .iter()
                    .map(|other| format!("`{other}`")),
            );
            return Err(scene
                .failed(format!(
                    "it wants to {} `{written}`, which the policy does not know as its own; it knows {}",
                    write.operation,
                    known.join(", ")
                ))
                .at(bench.suite.key_location, "its key is declared here")
                .help("write to its own key alone; `template_key` in the policy's `[contract]` names where it may write its template"));
        }
        if write.operation == Operation::Delete && written == key.as_str() {
            return Err(scene.failed(format!("it deletes its own key `{key}` when it starts")));
        }
    }
    Ok(())
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    for value in [None, Some(bench.template_text().as_bytes())] {
        let setting = Setting {
            value,
            ..Setting::default()
        };
        let scene = bench.scene(setting).await?;
        let mut running = scene.start_binary()?;
        // How it ends with an empty store is judged elsewhere; what it wrote until then counts.
        running.until_ready(&control).await;
        running.linger(&control, |_| false).await;
        let log = running.end().await;
        judge(bench, &scene).map_err(|failed| failed.log(&log))?;
    }
    Ok(())
}
