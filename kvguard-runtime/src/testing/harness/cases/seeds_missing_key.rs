//! An empty store is seeded from the template, sanitised, once; where the need is lower than that, nothing is written.

use crate::testing::harness::binary::{Observed, Seen};
use serde_json::Value;

use crate::testing::harness::bench::{Bench, CANARY, Setting, about, is_done_write};
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::{Ending, Scene};
use crate::testing::{Outcome, Recorded};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    if bench.trial.is_need_lowered {
        return writes_nothing(bench).await;
    }
    let (mut scene, is_loaded) = start(bench).await?;
    let recorded = scene.recorded();
    let key = &bench.key;
    denied(bench, &scene, &recorded)?;
    if let Some(ending) = is_loaded {
        return Err(scene
            .failed(format!("with an empty store, loading the configuration {ending}"))
            .help(format!("write the template, without its secrets, to `{key}` where that holds nothing, and go on")));
    }
    judge_seeded(bench, &scene).await?;
    let writes = |recorded: &[Recorded]| {
        about(recorded, key)
            .filter(|recorded| is_done_write(recorded))
            .count()
    };
    let first = writes(&recorded);
    if first > 1 {
        return Err(written_often(bench, &scene, first));
    }
    // Once more, now that the key is seeded.
    let ending = scene.load().await?;
    if !matches!(ending, Ending::Loaded(_)) {
        return Err(scene.failed(format!(
            "with what it has seeded itself, loading the configuration {}",
            ending.words()
        )));
    }
    if writes(&scene.recorded()) > first {
        return Err(written_again(bench, &scene));
    }
    Ok(())
}

/// Whether the store holds the template now, without its secrets.
async fn judge_seeded(bench: &Bench, scene: &Scene<'_>) -> Result<(), Failed> {
    let key = &bench.key;
    let Some(seed) = scene.value().await? else {
        return Err(scene
            .failed(format!("`{key}` held nothing, and was not seeded from the template"))
            .at(bench.trial.template.1, "the template")
            .help("write the template, without its secrets, with `create`; or, if the service is not to write, say so in the policy: `[[service.….need]] role = \"reader\"` with a reason"));
    };
    for (at, value) in scene.stage().contents(key).await? {
        if contains(&value, CANARY.as_bytes()) {
            return Err(scene
                .failed(format!("the value of a secret field was written to `{at}`"))
                .help("take the descriptor's secret fields, and those of the policy's `[secrets]`, out of what is seeded"));
        }
    }
    judge_seed(bench, scene, &seed)
}

fn written_often(bench: &Bench, scene: &Scene<'_>, times: usize) -> Failed {
    scene
        .failed(format!(
            "`{}` was written {times} times; a seed is written once",
            bench.key
        ))
        .help("seed a key only if it holds nothing: `create`, not `put`")
}

fn written_again(bench: &Bench, scene: &Scene<'_>) -> Failed {
    scene
        .failed(format!(
            "`{}` was written again when the service started a second time",
            bench.key
        ))
        .help("seed a key only if it holds nothing: `create`, not `put`")
}

/// Starts with an empty store, with canaries for secrets if the service takes them; how it ended, unless it loaded.
async fn start(bench: &Bench) -> Result<(Scene<'_>, Option<String>), Failed> {
    let plain = bench.template_text().to_owned();
    let marked = bench.text(&with_canaries(bench))?;
    let mut last = None;
    for file in [&marked, &plain] {
        let setting = Setting {
            file: Some(file),
            ..Setting::default()
        };
        let mut scene = bench.scene(setting).await?;
        match scene.load().await? {
            Ending::Loaded(_) => return Ok((scene, None)),
            ending => last = Some((scene, Some(ending.words()))),
        }
    }
    last.ok_or_else(|| Failed::new("nothing was started"))
}

/// The template with a canary in each secret field that is a text, or that may be added.
fn with_canaries(bench: &Bench) -> Value {
    let mut tree = bench.template.clone();
    for (pointer, value) in document::leaves(&bench.template) {
        if value.is_string() && bench.is_secret(&pointer) {
            tree = document::with(&tree, &pointer, CANARY.into()).unwrap_or(tree);
        }
    }
    for field in bench.suite.descriptor.secret_fields {
        let pointer = document::pointer_of(field);
        if !field.contains('*') && tree.pointer(&pointer).is_none_or(Value::is_null) {
            tree = document::with(&tree, &pointer, CANARY.into()).unwrap_or(tree);
        }
    }
    tree
}

/// Where the grant is lower than the need, that is the reason of whatever follows.
fn denied(bench: &Bench, scene: &Scene<'_>, recorded: &[Recorded]) -> Result<(), Failed> {
    let denied = recorded
        .iter()
        .find(|recorded| recorded.operation.is_write() && recorded.outcome == Outcome::Denied);
    let Some(denied) = denied else { return Ok(()) };
    let who = bench.trial.identity.unwrap_or("nobody");
    Err(bench
        .about_grant(scene.failed(format!(
            "`{who}` may not {} `{}`, and so cannot seed it",
            denied.operation, bench.key
        )))
        .help(format!("grant it the role `{}`; or, if the service is not to write, say so in the policy with a lower `need`", bench.trial.need)))
}

fn judge_seed(bench: &Bench, scene: &Scene<'_>, seed: &[u8]) -> Result<(), Failed> {
    let key = &bench.key;
    let format = bench.suite.descriptor.format;
    let tree = std::str::from_utf8(seed)
        .ok()
        .and_then(|text| document::parse(format, text).ok());
    let Some(tree) = tree else {
        return Err(scene.failed(format!("what was written to `{key}` is no {format}")));
    };
    let lacking: Vec<String> = document::leaves(&bench.template)
        .into_iter()
        .filter(|(pointer, value)| {
            !bench.is_secret(pointer)
                && !document::is_empty(Some(value))
                && tree.pointer(pointer) != Some(value)
        })
        .map(|(pointer, _)| format!("`{}`", document::path_of(&pointer)))
        .collect();
    match lacking.as_slice() {
        [] => Ok(()),
        lacking => Err(scene
            .failed(format!(
                "what was written to `{key}` does not hold what the template holds: {}",
                lacking.join(", ")
            ))
            .at(bench.trial.template.1, "the template")),
    }
}

async fn writes_nothing(bench: &Bench) -> Result<(), Failed> {
    let mut scene = bench.scene(Setting::default()).await?;
    let ending = scene.load().await?;
    if let Ending::Gone(_) | Ending::TimedOut = ending {
        return Err(scene.failed(format!(
            "with an empty store, loading the configuration {}",
            ending.words()
        )));
    }
    no_write(bench, &scene)
}

/// Whether nothing was written, where nothing is to be.
fn no_write(bench: &Bench, scene: &Scene<'_>) -> Result<(), Failed> {
    let recorded = scene.recorded();
    let Some(write) = recorded
        .iter()
        .find(|recorded| recorded.operation.is_write())
    else {
        return Ok(());
    };
    let key = write.key.as_deref().unwrap_or("a key");
    let failed = scene.failed(format!(
        "its need is `{}`, and it still wants to {} `{key}`",
        bench.trial.need, write.operation
    ));
    let failed = match bench.trial.need_location {
        Some(location) => failed.at(location, "the policy says so here"),
        None => failed,
    };
    Err(failed.help("take the write away, or the statement in the policy"))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let key = &bench.key;
    let marked = bench.text(&with_canaries(bench))?;
    let setting = Setting {
        file: Some(&marked),
        ..Setting::default()
    };
    let scene = bench.scene(setting).await?;
    let mut running = scene.start_binary()?;
    let seen = running.until_ready(&control).await;
    let is_written = |seen: &Observed| seen.recorded.iter().any(|one| one.operation.is_write());
    running.linger(&control, is_written).await;
    if bench.trial.is_need_lowered {
        let log = running.end().await;
        return no_write(bench, &scene).map_err(|failed| failed.log(&log));
    }
    let recorded = running.recorded();
    denied(bench, &scene, &recorded)?;
    if !about(&recorded, key).any(is_done_write) {
        let how = match seen {
            Seen::Met | Seen::TimedOut => "runs on".to_owned(),
            Seen::Ended { words, .. } => words,
        };
        return Err(running
            .failed(format!(
                "`{key}` held nothing, and the program {how} and did not seed it from the template"
            ))
            .await
            .at(bench.trial.template.1, "the template")
            .help("write the template, without its secrets, with `create`"));
    }
    let log = running.end().await;
    judge_seeded(bench, &scene)
        .await
        .map_err(|failed| failed.log(&log))?;
    let writes = |recorded: &[Recorded]| {
        about(recorded, key)
            .filter(|recorded| is_done_write(recorded))
            .count()
    };
    let first = writes(&scene.recorded());
    if first > 1 {
        return Err(written_often(bench, &scene, first));
    }
    // Once more, now that the key is seeded.
    let mut again = scene.start_binary()?;
    let seen = again.until_ready(&control).await;
    again.linger(&control, |_| false).await;
    if let Seen::Ended { words, .. } = seen {
        return Err(again
            .failed(format!(
                "with what it has seeded itself, the program {words}"
            ))
            .await);
    }
    again.end().await;
    if writes(&scene.recorded()) > first {
        return Err(written_again(bench, &scene));
    }
    Ok(())
}
