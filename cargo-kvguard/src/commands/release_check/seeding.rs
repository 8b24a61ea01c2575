//! Tries the templates of a deployment in a store of the command's own.

use std::time::Duration;

use kvguard::live::{Done, Expected, Holds, Seen, SeenKey, Value};
use kvguard_runtime::KvStore;

use super::store::OwnStore;
use crate::commands::seed::template::{self, NoSeed};
use crate::live::failure::Failure;
use crate::live::session::key;
use crate::live::target::Target;

/// How long a request may take to the store beside it.
const DEADLINE: Duration = Duration::from_secs(5);

/// Seeds every expected key and reads it back. What is refused is told by the findings of the check about it; the others go on.
///
/// # Errors
///
/// The store cannot be used.
pub async fn seed(
    target: &Target,
    store: &OwnStore,
    seen: &mut Seen,
    failures: &mut Vec<Failure>,
) -> Result<(), Failure> {
    let bucket = store.bucket(&bucket_of(target), DEADLINE).await?;
    for expected in &target.expected {
        let service = target.model().service_name(expected.service).to_owned();
        let outcome = one(target, expected, &*bucket, store).await;
        let (what, detail) = match outcome {
            Ok((what, holds)) => {
                seen.keys.push(SeenKey {
                    service: service.clone(),
                    key: expected.key.clone(),
                    holds,
                });
                (what, String::new())
            }
            Err(Trouble::Refused(codes)) => ("refused", codes),
            Err(Trouble::OfAnother) => {
                seen.not_checked.push(format!(
                    "the key of `{service}`: another service reads it on its behalf, and there is no template of it in `{}`",
                    seen.deployment
                ));
                continue;
            }
            Err(Trouble::Failed(failure)) => {
                failures.push(failure);
                ("failed", String::new())
            }
        };
        seen.done.push(Done {
            service,
            key: expected.key.clone(),
            what,
            detail,
        });
    }
    Ok(())
}

/// Why a key was not seeded.
enum Trouble {
    /// The findings of these codes are about it.
    Refused(String),
    /// The deployment needs no template for it, as no workload of it runs the service.
    OfAnother,
    /// Something else.
    Failed(Failure),
}

async fn one(
    target: &Target,
    expected: &Expected,
    bucket: &dyn KvStore,
    store: &OwnStore,
) -> Result<(&'static str, Holds), Trouble> {
    let of = || {
        format!(
            "`{}` of `{}`",
            target.model().service_name(expected.service),
            target.deployment().name()
        )
    };
    let seed = template::seed(target, expected).map_err(|why| match why {
        NoSeed::Refused(codes) => Trouble::Refused(codes),
        NoSeed::NoTemplate if target.is_carried(expected) => Trouble::OfAnother,
        NoSeed::NoTemplate => Trouble::Failed(Failure::Other(format!(
            "there is no template to seed the key of {} with",
            of()
        ))),
        NoSeed::NotSanitised(why) => Trouble::Failed(Failure::Other(why)),
    })?;
    let failed = |error| Trouble::Failed(Failure::of(store.shown(), error));
    let key = key(expected).map_err(Trouble::Failed)?;
    // Services that share a key seed it with one template; whichever is second finds it there.
    let what = match bucket.create(&key, seed.value.clone()).await {
        Ok(_) => "seeded",
        Err(error) if error.is_conflict() => "already there",
        Err(error) => return Err(failed(error)),
    };
    let entry = bucket.get(&key).await.map_err(failed)?;
    let is_as_written =
        |entry: &kvguard_runtime::Entry| what == "already there" || entry.value == seed.value;
    let Some(entry) = entry.filter(is_as_written) else {
        return Err(Trouble::Failed(Failure::Other(format!(
            "the key of {} does not hold what was written to it a moment before",
            of()
        ))));
    };
    let format = target.model().services[expected.service].format.value;
    let holds = Holds::Value(Value::read(entry.value.as_bytes(), format));
    Ok((what, holds))
}

/// A bucket for each deployment: what a bucket's name may have is kept of the deployment's.
fn bucket_of(target: &Target) -> String {
    let name = target.deployment().name().chars();
    let kept = name.map(|character| {
        if character.is_ascii_alphanumeric() || character == '-' {
            character
        } else {
            '_'
        }
    });
    let position = target.position();
    format!("release-{position}-{}", kept.collect::<String>())
}
