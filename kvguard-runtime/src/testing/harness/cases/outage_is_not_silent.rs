//! A store that cannot be reached gives an error, or a result marked degraded.

use crate::testing::harness::bench::{Bench, Fault, Setting};
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::{Ending, Scene};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        fault: Fault::Outage,
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let ending = scene.load().await?;
    judge(bench, &scene, &ending, "the store cannot be reached")
}

/// Whether the service tells that something is wrong.
pub(super) fn judge(
    bench: &Bench,
    scene: &Scene<'_>,
    ending: &Ending,
    what: &str,
) -> Result<(), Failed> {
    let help = "give the error; or, if it is to go on with its file, say so with the result: `Loaded` of `Bootstrap` tells why it is degraded, as does `Boot::degraded`";
    match (ending, bench.suite.on_outage) {
        (Ending::Loaded(loaded), on_outage) => match (&loaded.degraded, on_outage) {
            (None, _) => Err(scene
                .failed(format!(
                    "{what}, and it went on as if it had loaded its configuration: a silent fallback to its file"
                ))
                .help(help)),
            (Some(_), Some("fail")) => Err(scene.failed(format!(
                "{what}, and it went on with its file, where `on_outage = fail` asks for an error"
            ))),
            (Some(_), _) => Ok(()),
        },
        (Ending::Refused(_), Some("use_file")) => Err(scene.failed(format!(
            "{what}, and it gave an error, where `on_outage = use_file` asks for a result marked degraded"
        ))),
        (Ending::Refused(_), _) => Ok(()),
        (Ending::Panicked(_), _) if bench.suite.panics => Ok(()),
        (ending, _) => Err(scene
            .failed(format!("{what}, and loading the configuration {}", ending.words()))
            .help(help)),
    }
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    Err(bench.failed("this cannot be judged of a binary yet"))
}
