//! `cargo kvguard validate`

mod arguments;
mod certificate;
mod enforcement;
mod grants;
mod probe_key;
mod prober;

pub use arguments::Arguments;
use kvguard::rules::RuleId;

use super::Outcome;
use crate::live::look::look;
use crate::live::run::Work;
use crate::output::Colour;

/// Looks whether the running store holds what it should, and nothing else, and whether it enforces who may do what.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let work = Work {
        also: decides_what_is_expected,
        arguments: &arguments.live,
        colour,
    };
    work.run(async |session| {
        if arguments.probes.probe_grants {
            grants::prepare(session).await?;
        }
        look(session).await?;
        if arguments.probes.probe_grants {
            grants::probe(session).await?;
        }
        if arguments.probes.probe_enforcement {
            enforcement::probe(session, &arguments.probes).await?;
        }
        Ok(())
    })
}

/// Whether a rule finds what keeps a key from being expected that should be.
pub fn decides_what_is_expected(rule: RuleId) -> bool {
    rule.is_about_a_file() || rule == RuleId::InvalidKey
}
