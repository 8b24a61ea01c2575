//! Where the service watches its key: a change arrives, an invalid one does not.

use crate::testing::harness::binary::{Control, Observed, Running, Seen, shows};
use serde_json::Value;
use tokio::time::timeout;

use crate::testing::harness::bench::{Bench, Setting, about};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::note;
use crate::testing::harness::scene::{Ending, Loaded, Scene};
use crate::{Key, Operation};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let Some((scene, loaded)) = watching(bench).await? else {
        return Ok(());
    };
    let (path, changed) = change(bench).await?;
    let Loaded {
        configuration: initial,
        updates: Some(mut updates),
        ..
    } = loaded
    else {
        return Ok(());
    };
    let key = &bench.key;
    scene
        .stage()
        .set(key, b"\xff{ this is no configuration")
        .await?;
    let applied = "an update is neither what the key held nor what it was changed to: an invalid value was applied, by halves or as nothing";
    // The invalid value has its time alone, as changes that follow each other may come as the last of them.
    while let Ok(update) = timeout(bench.grace(), updates.next()).await {
        match update {
            Some(Ok(seen)) if seen == initial => {}
            Some(Ok(_)) => return Err(scene.failed(applied)),
            // An error is how an invalid update is told.
            Some(Err(_)) => break,
            None => return Err(ended(&scene, key)),
        }
    }
    scene.stage().set(key, changed.0.as_bytes()).await?;
    loop {
        let seen = match timeout(bench.timeout(), updates.next()).await {
            Ok(Some(Err(_))) => continue,
            Ok(Some(Ok(seen))) => seen,
            Ok(None) => return Err(ended(&scene, key)),
            Err(_) => {
                return Err(scene
                    .failed(format!("a change of `{path}` under `{key}` was not applied in time"))
                    .help("watch the key and apply each valid change; after an invalid one, go on watching"));
            }
        };
        if seen.pointer(&changed.1) == Some(&changed.2) {
            return Ok(());
        }
        if seen != initial {
            return Err(scene.failed(applied));
        }
    }
}

fn ended(scene: &Scene<'_>, key: &Key) -> Failed {
    scene
        .failed(format!(
            "the watch of `{key}` ended with an invalid update, or before it told of a change"
        ))
        .help("report what an update cannot be read as, and go on watching")
}

/// The template with a field changed: the text, the field and its value.
type Changed = (String, String, Value);

/// A change that the service takes, with the field's name.
pub(super) async fn change(bench: &Bench) -> Result<(String, Changed), Failed> {
    let probed = bench.probe().await?;
    let tree = document::with(&bench.template, &probed.pointer, probed.changed.clone());
    let text = bench.text(&tree.unwrap_or_default())?;
    let path = document::path_of(&probed.pointer);
    Ok((path, (text, probed.pointer, probed.changed)))
}

/// The service as it watches; nothing if it does not, and need not.
pub(super) async fn watching(bench: &Bench) -> Result<Option<(Scene<'_>, Loaded)>, Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let loaded = match scene.load().await? {
        Ending::Loaded(loaded) => loaded,
        ending => {
            return Err(scene
                .failed(format!(
                    "with its template in the store, loading the configuration {}",
                    ending.words()
                ))
                .help("the case `template_loads` is about this alone; mend it first"));
        }
    };
    let key = &bench.key;
    let recorded = scene.recorded();
    let is_watched = about(&recorded, key).any(|recorded| recorded.operation == Operation::Watch);
    match (is_watched, bench.suite.watch) {
        (false, Some(true)) => Err(scene
            .failed(format!("it does not watch `{key}`, and `watch = true` says that it has to"))
            .help("begin the watch before the function gives its result")),
        (true, Some(false)) => Err(scene.failed(format!("it watches `{key}`, and `watch = false` says that it must not"))),
        (false, _) => {
            note(&format!("not judged: the service does not watch `{key}`; `watch = true` makes that a failure"));
            Ok(None)
        }
        (true, _) if loaded.updates.is_none() => Err(scene
            .failed(format!("it watches `{key}`, and its test does not show what that brings"))
            .help("give `Boot::new(&configuration).with_updates(…)` of the stream of configurations; or `skip` this case, with a reason")),
        (true, _) => Ok(Some((scene, loaded))),
    }
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let Some(mut running) = watching_binary(&control, &scene).await? else {
        return Ok(());
    };
    let key = &bench.key;
    scene
        .stage()
        .set(key, b"\xff{ this is no configuration")
        .await?;
    let seen = running.settle(&control, |_| false).await;
    if let (Seen::Ended { words, .. }, false) = (&seen, control.lasts) {
        let why = format!("the program {words}, and does so also where nothing is changed");
        return Err(running.not_judged(why).await.help(lacks()));
    }
    if let Seen::Ended { words, .. } = seen {
        return Err(running
            .failed(format!(
                "`{key}` was changed to what is no configuration, and the program {words}"
            ))
            .await
            .help(
                "report what an update cannot be read as, and go on with the configuration in use",
            ));
    }
    let reads = running.recorded().len();
    let messages = control.new_information(&running.lines());
    let (text, value) = bench.any_change()?;
    let is_value_logged = |log: &str| !shows(&control.log, &value) && shows(log, &value);
    scene.stage().set(key, text.as_bytes()).await?;
    // It logs the change, or reads its key again. A warning alone says that it did not take the change.
    match running
        .until(|seen| {
            seen.recorded.len() > reads
                || control.new_information(&seen.lines) > messages
                || is_value_logged(&seen.log)
        })
        .await
    {
        Seen::TimedOut => Err(running
            .failed(format!("a change under `{key}` came to nothing that can be seen: no line is logged, and the key is not read again"))
            .await
            .help("apply each valid change, and log it, as `Bootstrap` does with `KV update detected`")),
        // Some restart for a change.
        Seen::Met | Seen::Ended { .. } => {
            running.end().await;
            Ok(())
        }
    }
}

/// What to do where a program ends by itself.
pub(super) fn lacks() -> &'static str {
    "give it what it lacks: another server by `needs` or `before`, a field of its configuration by `set`"
}

/// A program that is ready and watches its key; nothing if it does not, and need not.
pub(super) async fn watching_binary<'s, 'b>(
    control: &Control,
    scene: &'s Scene<'b>,
) -> Result<Option<Running<'s, 'b>>, Failed> {
    let bench = scene.bench;
    let key = &bench.key;
    let mut running = scene.start_binary()?;
    let is_watched = |seen: &Observed| {
        about(&seen.recorded, key).any(|recorded| recorded.operation == Operation::Watch)
    };
    let mut seen = running.until_ready(control).await;
    if matches!(seen, Seen::Met) {
        seen = match bench.suite.watch {
            Some(true) => running.until(is_watched).await,
            _ => running.settle(control, is_watched).await,
        };
    }
    match (seen, bench.suite.watch) {
        (Seen::Met, Some(false)) => Err(running
            .failed(format!(
                "it watches `{key}`, and `watch = false` says that it must not"
            ))
            .await),
        (Seen::Met, _) => Ok(Some(running)),
        (Seen::Ended { words, .. }, _) => Err(running
            .not_judged(format!("the program {words} before it watched `{key}`"))
            .await
            .help(lacks())),
        (Seen::TimedOut, Some(true)) => Err(running
            .failed(format!(
                "it does not watch `{key}`, and `watch = true` says that it has to"
            ))
            .await),
        (Seen::TimedOut, watch) => {
            running.end().await;
            if watch.is_none() {
                note(&format!(
                    "judged: the program is ready and does not watch `{key}`; `watch = true` makes that a failure"
                ));
            }
            Ok(None)
        }
    }
}
