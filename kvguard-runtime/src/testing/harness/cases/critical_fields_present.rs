//! After loading each critical field is there and not empty, those that the environment supplies being supplied.

use super::rejects_malformed_value::refuses;
use crate::testing::harness::bench::{Bench, Setting};
use crate::testing::harness::binary::Sign;
use crate::testing::harness::document;
use crate::testing::harness::failed::Failed;
use crate::testing::harness::note;
use crate::testing::harness::scene::Ending;

pub(super) async fn check(bench: &Bench) -> Result<(), Failed> {
    let (scene, configuration) = bench.loaded_as_deployed().await?;
    for field in bench.suite.descriptor.critical_fields {
        let pointer = document::pointer_of(field);
        if !document::is_empty(configuration.pointer(&pointer)) {
            continue;
        }
        let supplied = bench.trial.supplied.iter().find(|(name, _)| name == field);
        let failed = scene.failed(format!(
            "after loading, the critical field `{field}` is not there or is empty"
        ));
        return match supplied {
            // What supplies it is not here.
            Some((_, None)) => continue,
            Some((_, Some(variable))) => Err(failed.help(format!(
                "the policy says that the variable `{variable}` supplies it, which the process has: read it"
            ))),
            None => Err(failed
                .at(bench.trial.template.1, "the template")
                .help("the template may have it under a name that the configuration does not read, or not show; `#[kv_service]` compares the names")),
        };
    }
    for field in bench.suite.descriptor.critical_fields {
        refuses_empty(bench, field).await?;
    }
    Ok(())
}

/// Whether a critical field that the store holds empty is noticed.
async fn refuses_empty(bench: &Bench, field: &str) -> Result<(), Failed> {
    let pointer = document::pointer_of(field);
    let is_text = bench
        .template
        .pointer(&pointer)
        .is_some_and(serde_json::Value::is_string);
    let (true, Some(tree)) = (
        is_text,
        document::with(&bench.template, &pointer, "".into()),
    ) else {
        return Ok(());
    };
    let text = bench.text(&tree)?;
    let setting = Setting {
        value: Some(text.as_bytes()),
        ..Setting::default()
    };
    let mut scene = bench.scene(setting).await?;
    match scene.load().await? {
        Ending::Loaded(loaded) if document::is_empty(loaded.configuration.pointer(&pointer)) => Err(scene
            .failed(format!(
                "the store holds the critical field `{field}` empty, and it went on with that"
            ))
            .help("check the critical fields after the store's values are laid over the file's, and give an error that names the field")),
        _ => Ok(()),
    }
}

pub(super) async fn binary(bench: &Bench) -> Result<(), Failed> {
    let control = bench.control().await?;
    let mut judged = 0;
    for field in bench.suite.descriptor.critical_fields {
        // What supplies it goes over what the store holds.
        if bench.trial.supplied.iter().any(|(name, _)| name == field) {
            continue;
        }
        let pointer = document::pointer_of(field);
        let is_text = bench
            .template
            .pointer(&pointer)
            .is_some_and(serde_json::Value::is_string);
        let (true, Some(tree)) = (
            is_text,
            document::with(&bench.template, &pointer, "".into()),
        ) else {
            continue;
        };
        let text = bench.text(&tree)?;
        let setting = Setting {
            value: Some(text.as_bytes()),
            ..Setting::default()
        };
        let scene = bench.scene(setting).await?;
        let what = format!("the critical field `{field}` empty");
        let name = field.rsplit('.').next().unwrap_or(field);
        let time = refuses(&control, scene.start_binary()?, &what, name).await?;
        control
            .confirm(bench, Sign::Warning, time, Some(name))
            .await?;
        judged += 1;
    }
    if judged == 0 {
        note(
            "judged: it gets ready; it has no critical field that is a text and that nothing else supplies",
        );
    }
    Ok(())
}
