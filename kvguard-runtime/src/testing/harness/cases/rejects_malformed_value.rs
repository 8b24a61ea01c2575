//! Garbage, a value cut off, another format and wrong types are errors that name the key; nothing panics, nothing is applied by halves.

use std::time::Duration;

use crate::testing::harness::binary::{Control, Running, Seen, Sign};
use serde_json::{Value, json};

use crate::Format;
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::{Ending, Scene};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    for (what, value) in values(bench)? {
        let setting = Setting {
            value: Some(&value),
            ..Setting::default()
        };
        let mut scene = bench.scene(setting).await?;
        let ending = scene.load().await?;
        judge(bench, &scene, &ending, what)?;
    }
    Ok(())
}

fn judge(bench: &Bench, scene: &Scene<'_>, ending: &Ending, what: &str) -> Result<(), Failed> {
    let key = &bench.key;
    let error = match ending {
        Ending::Refused(error) => error,
        Ending::Panicked(message) if bench.suite.panics => message,
        Ending::Loaded(_) => {
            return Err(scene
                .failed(format!("`{key}` held {what}, and it went on as if it had loaded its configuration"))
                .help("give an error that names the key where what it holds cannot be read as the configuration"));
        }
        ending => {
            return Err(scene.failed(format!(
                "`{key}` held {what}, and loading the configuration {}",
                ending.words()
            )));
        }
    };
    if error.contains(key.as_str()) {
        return Ok(());
    }
    Err(scene
        .failed(format!(
            "`{key}` held {what}, and the error does not name the key: {}",
            crate::testing::harness::scene::brief(error)
        ))
        .help("say in the error, or in what led to it, which key could not be read"))
}

/// What no service may take, each with what it is.
pub(super) fn values(bench: &Bench) -> Result<Vec<(&'static str, Vec<u8>)>, Failed> {
    let format = bench.suite.descriptor.format;
    let text = bench.template_text();
    let foreign = match format {
        Format::Json | Format::Yaml => "[server]\nlisten = \"x\"\n",
        Format::Toml => "{\"server\": {\"listen\": \"x\"}}",
    };
    let mut values = vec![
        ("garbage", vec![0xff, 0xfe, 0x00, 0x9d, 0x7b, 0x22]),
        ("a value cut off", cut_off(format, text)),
        ("another format", foreign.as_bytes().to_vec()),
    ];
    if let Some(wrong) = wrongly_typed(&bench.template) {
        values.push((
            "values of the wrong types",
            bench.text(&wrong)?.into_bytes(),
        ));
    }
    Ok(values)
}

/// The beginning of a text, which is none of its format by itself.
fn cut_off(format: Format, text: &str) -> Vec<u8> {
    let half = text.len() / 2;
    match format {
        Format::Json => text.as_bytes()[..half.max(1)].to_vec(),
        // What comes before a value is no table yet.
        Format::Toml => {
            let mut end = text[..].match_indices('=').map(|(at, _)| at + 1);
            let end = end.clone().find(|at| *at >= half).or(end.next_back());
            match end {
                Some(end) => text.as_bytes()[..end].to_vec(),
                None => b"a =".to_vec(),
            }
        }
        Format::Yaml => {
            let lines = text.lines().count() / 2;
            let mut cut: String = text
                .lines()
                .take(lines)
                .map(|line| format!("{line}\n"))
                .collect();
            cut.push_str("\"cut");
            cut.into_bytes()
        }
    }
}

/// Each number a text and each text a table.
fn wrongly_typed(template: &Value) -> Option<Value> {
    let mut tree = template.clone();
    let leaves = document::leaves(template);
    if leaves.is_empty() {
        return None;
    }
    for (pointer, value) in leaves {
        let wrong = match value {
            Value::String(_) => json!({ "wrong": true }),
            _ => "wrong".into(),
        };
        tree = document::with(&tree, &pointer, wrong)?;
    }
    Some(tree)
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let mut longest = Duration::ZERO;
    for (what, value) in values(bench)? {
        let setting = Setting {
            value: Some(&value),
            ..Setting::default()
        };
        let scene = bench.scene(setting).await?;
        let time = refuses(&control, scene.start_binary()?, what, bench.key.as_str()).await?;
        longest = longest.max(time);
    }
    control
        .confirm(bench, Sign::Warning, longest, Some(bench.key.as_str()))
        .await
}

/// A program has to exit with a failure, or to log a warning, that names something, where the control run does not. Gives how long it
/// ran until then.
pub(super) async fn refuses(
    control: &Control,
    mut running: Running<'_, '_>,
    what: &str,
    name: &str,
) -> Result<Duration, Failed> {
    let key = running.scene.bench.key.clone();
    let is_told = |log: &str| control.is_told(log, &[name]);
    let mut seen = running
        .until(|seen| is_told(&seen.lines) || control.is_ready(seen))
        .await;
    let is_ready = matches!(seen, Seen::Met) && !is_told(&running.lines());
    if is_ready {
        seen = running.tells(control, |seen| is_told(&seen.lines)).await;
    }
    let log = running.log();
    if log.contains("panicked at") && !control.log.contains("panicked at") {
        return Err(running
            .failed(format!("`{key}` held {what}, and the program panics"))
            .await);
    }
    let help = "exit with an error that names the key where what it holds cannot be read as the configuration";
    match seen {
        Seen::Met => {
            let time = running.age();
            running.end().await;
            Ok(time)
        }
        Seen::Ended {
            is_failure: true,
            words,
        } if control.blames_fault(is_ready) => {
            if control.is_named(&log, name) {
                return Ok(running.age());
            }
            Err(running
                .failed(format!(
                    "`{key}` held {what}, and the program {words} without naming `{name}`"
                ))
                .await
                .help("log which key, and which field, could not be read"))
        }
        // It may exit for the same reason as in the control run, which has nothing to do with the value.
        Seen::Ended {
            is_failure: true,
            words,
        } if !is_ready => Err(running.not_judged(Control::not_comparable(&words)).await),
        Seen::Ended {
            is_failure: false,
            words,
        } => Err(running
            .failed(format!(
                "`{key}` held {what}, and the program {words}, as if all were well"
            ))
            .await
            .help(help)),
        _ => Err(running
            .failed(format!(
                "`{key}` held {what}, and the program {} and tells nothing of it",
                if is_ready { "gets ready" } else { "runs on" }
            ))
            .await
            .help(help)),
    }
}
