//! The deployment's template is a configuration.

use crate::testing::harness::bench::{Bench, Setting};
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
    let control = bench
        .control()
        .await
        .map_err(|failed| failed.at(bench.trial.template.1, "the template"))?;
    if control.has_sign() {
        return Ok(());
    }
    Err(bench
        .not_judged(format!(
            "the program read `{}` and runs on, and nothing shows that it has loaded what it read",
            bench.key
        ))
        .help("say what it logs once it has loaded its configuration: `ready = \"…\"`; or let it open its listening socket after that, where the system is Linux")
        .log(&control.log))
}
