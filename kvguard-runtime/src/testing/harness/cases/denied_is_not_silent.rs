//! Permission denied gives an error, or a result marked degraded.

use super::outage_is_not_silent::judge;
use crate::testing::harness::bench::{Bench, Fault, Setting};
use crate::testing::harness::failed::Failed;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        fault: Fault::Denied,
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let ending = scene.load().await?;
    judge(bench, &scene, &ending, "the access table grants it nothing")
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let what = "the access table grants it nothing";
    super::outage_is_not_silent::binary_with(bench, Fault::Denied, what).await
}
