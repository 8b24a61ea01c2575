//! A store that cannot be reached gives an error, or a result marked degraded.

use crate::testing::harness::bench::{Bench, Fault, Setting};
use crate::testing::harness::binary::{Control, Seen, Sign};
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
    binary_with(bench, Fault::Outage, "the store cannot be reached").await
}

/// A program has to exit with a failure, or to log that it goes on with its file, where the control run does neither.
pub(super) async fn binary_with(bench: &Bench, fault: Fault, what: &str) -> Result<(), Failed> {
    let control = bench.control().await?;
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        fault,
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let address = scene.stage().address();
    let words = bench.words(address.as_deref())?;
    let must_exit = bench.suite.on_outage == Some("fail");
    let is_told = |log: &str| !must_exit && control.is_told(log, &words);
    let mut running = scene.start_binary()?;
    let mut seen = running
        .until(|seen| is_told(&seen.lines) || control.is_ready(seen))
        .await;
    let is_ready = matches!(seen, Seen::Met) && !is_told(&running.lines());
    if is_ready {
        // What it has to tell may come after it is ready.
        seen = running.tells(&control, |seen| is_told(&seen.lines)).await;
    }
    let help = format!(
        "exit with an error; or, if it is to go on with its file, log at `warn` that the store is not there, and name its address or `{}`; `words = [\"…\"]` says by which other words its log names the store. The program is killed after the case: it has to flush each line, and `timeout` says how long it may take",
        bench.key
    );
    match seen {
        Seen::Ended { is_failure: true, .. } if control.blames_fault(is_ready) => {
            if bench.suite.on_outage == Some("use_file") {
                let message = format!(
                    "{what}, and the program exits, where `on_outage = use_file` asks that it goes on"
                );
                return Err(running.failed(message).await);
            }
            let sign = if control.is_told(&running.log(), &words) {
                Sign::Warning
            } else {
                Sign::End
            };
            let time = running.age();
            running.end().await;
            control.confirm(bench, sign, time, None).await
        }
        Seen::Met => {
            let time = running.age();
            running.end().await;
            control.confirm(bench, Sign::Warning, time, None).await
        }
        // It may exit for the same reason as in the control run, which has nothing to do with the store.
        Seen::Ended { is_failure: true, words } if !is_ready => {
            Err(running.not_judged(Control::not_comparable(&words)).await)
        }
        Seen::Ended { is_failure: false, words } => Err(running
            .failed(format!("{what}, and the program {words}, as if all were well"))
            .await
            .help(help)),
        _ if must_exit => Err(running
            .failed(format!("{what}, and the program runs on, where `on_outage = fail` asks that it exits"))
            .await),
        _ if is_ready => Err(running
            .failed(format!(
                "{what}, and the program gets ready and tells nothing of it: a silent fallback to its file"
            ))
            .await
            .help(help)),
        _ => Err(running
            .failed(format!(
                "{what}, and the program runs on and tells nothing of it"
            ))
            .await
            .help(help)),
    }
}
