//! Just the descriptor's key is read; loading without the store fails, and names the silent fallback.

use crate::testing::harness::bench::{Bench, Setting, about, is_read};
use crate::testing::harness::binary::{Running, Seen};
use crate::testing::harness::failed::Failed;
use crate::testing::harness::scene::{Ending, Scene};
use crate::testing::{Outcome, Recorded};

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let setting = Setting {
        value: Some(bench.template_text().as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    let ending = scene.load().await?;
    let is_loaded = matches!(ending, Ending::Loaded(_));
    judge(bench, &scene, is_loaded)?;
    match ending {
        Ending::Loaded(loaded) => match loaded.degraded {
            None => Ok(()),
            Some(reason) => Err(scene.failed(format!(
                "nothing is wrong with the store, and the result is marked degraded: {reason}"
            ))),
        },
        ending => Err(scene
            .failed(format!(
                "with its template in the store, loading the configuration {}",
                ending.words()
            ))
            .at(bench.trial.template.1, "the template")),
    }
}

/// Whether what the store was asked is what it has to be.
fn judge(bench: &Bench, scene: &Scene<'_>, is_loaded: bool) -> Result<(), Failed> {
    judge_recorded(bench, &scene.recorded(), is_loaded).map_err(|failed| failed.log(&scene.log))
}

fn judge_recorded(bench: &Bench, recorded: &[Recorded], is_loaded: bool) -> Result<(), Failed> {
    let key = &bench.key;
    let name = bench.suite.descriptor.name;
    let reads = about(recorded, key).filter(|recorded| is_read(recorded));
    let is_answered = reads
        .clone()
        .any(|recorded| matches!(recorded.outcome, Outcome::Done));
    if recorded.is_empty() && is_loaded {
        return Err(bench
            .failed("it is to load its configuration from the store, and loaded it without asking the store for anything: a silent fallback to its file")
            .help(format!("read `{key}` of the store, and give an error where that is not possible")));
    }
    let mut asked: Vec<String> = recorded
        .iter()
        .filter_map(|recorded| recorded.key.clone())
        .filter(|asked| asked != key.as_str())
        .map(|asked| format!("`{asked}`"))
        .collect();
    asked.sort();
    asked.dedup();
    if reads.clone().next().is_none() && is_loaded {
        let instead = match asked.as_slice() {
            [] => String::new(),
            asked => format!("; it asked for {}", asked.join(", ")),
        };
        return Err(bench
            .failed(format!("it never read its key `{key}`{instead}"))
            .at(bench.suite.key_location, "the key is declared here")
            .help(format!(
                "take the key from the registry: `kv_key!(\"{name}\")`"
            )));
    }
    if !is_answered && is_loaded {
        return Err(bench.about_grant(bench.failed(format!(
            "its read of `{key}` was refused, and it went on as if it had loaded its configuration: a silent fallback to its file"
        ))));
    }
    let foreign: Vec<String> = recorded
        .iter()
        .filter(|recorded| is_read(recorded))
        .filter_map(|recorded| recorded.key.as_deref())
        .filter(|asked| !bench.suite.is_known(key, asked))
        .map(|asked| format!("`{asked}`"))
        .collect();
    if let Some(first) = foreign.first() {
        return Err(bench
            .failed(format!("it reads {first}, which is not its key `{key}`"))
            .at(bench.suite.key_location, "its key is declared here")
            .help("read its own key alone; where it reads another service's on its behalf, say so in the policy: `carried_by`"));
    }
    Ok(())
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    judge_recorded(bench, &control.recorded, true).map_err(|failed| failed.log(&control.log))
}

/// Why a program that has not read its key fails.
pub(in crate::testing::harness) async fn never_read(
    bench: &Bench,
    running: Running<'_, '_>,
    seen: Seen,
) -> Failed {
    let key = &bench.key;
    let name = bench.suite.descriptor.name;
    let how = match seen {
        Seen::Ended { words, .. } => words,
        Seen::Met | Seen::TimedOut => "runs on".to_owned(),
    };
    let recorded = running.recorded();
    let asked: Vec<String> = recorded
        .iter()
        .filter_map(|recorded| Some(format!("`{}`", recorded.key.as_deref()?)))
        .collect();
    let is_own = about(&recorded, key).next().is_some();
    match asked.as_slice() {
        [] => running
            .failed(format!(
                "the program {how}, and never asked the store for anything: a silent fallback to its file"
            ))
            .await
            .help(format!(
                "connect to the store that the environment tells, and read `{key}`; where that is not possible, exit with an error"
            )),
        _ if is_own => {
            let failed = running
                .failed(format!("the program {how}, and its read of `{key}` was not answered"))
                .await;
            bench.about_grant(failed)
        }
        asked => running
            .failed(format!(
                "the program {how}, and never read its key `{key}`; it asked for {}",
                asked.join(", ")
            ))
            .await
            .at(bench.suite.key_location, "the key is declared here")
            .help(format!("take the key from the registry: `kv_key!(\"{name}\")`")),
    }
}
