//! A running bucket whose values expire.
//!
//! ## Why
//!
//! A key is seeded once. Where the bucket has a time to live, the key is gone after that time, and a service that restarts then starts
//! without its configuration.
//!
//! ## Example
//!
//! The bucket was made by hand, with `nats kv add config --ttl 24h`, and no file says so. (`expiring-bucket` finds it where a file does.)
//!
//! ## What to do
//!
//! Take the time to live away. The stream of a bucket is called `KV_` and its name: `nats stream edit KV_config --max-age=0s`.

use std::time::Duration;

use super::super::running::Running;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        let Some(lives_for) = running.seen.lives_for else {
            continue;
        };
        let bucket = running.seen.bucket.as_deref();
        let which = bucket.map_or_else(String::new, |bucket| format!(" `{bucket}`"));
        let message = format!(
            "a key that is written to {} is gone after {}: the bucket{which} has a time to live",
            running.store(),
            words(lives_for)
        );
        let edit = format!(
            "take the time to live away: `nats stream edit KV_{} --max-age=0s`",
            bucket.unwrap_or("BUCKET")
        );
        let help = match bucket {
            Some(_) => edit,
            None => format!("{edit}, where BUCKET is the store's bucket"),
        };
        findings.push(
            Finding::new(RuleId::ExpiringKey, message, running.store_label())
                .deployment(running.deployment.name())
                .help(help),
        );
    }
}

/// A duration as people write it: `24h`, `1h30m`.
fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(duration.subsec_millis()), "ms"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let words: String = parts
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if words.is_empty() {
        "less than 1ms".to_owned()
    } else {
        words
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::words;

    #[test]
    fn a_duration_is_told_in_hours_minutes_and_seconds_without_those_that_are_zero() {
        for (milliseconds, expected) in [
            (86_400_000, "24h"),
            (5_400_000, "1h30m"),
            (3_601_000, "1h1s"),
            (90_500, "1m30s500ms"),
            (250, "250ms"),
        ] {
            assert_eq!(words(Duration::from_millis(milliseconds)), expected);
        }
        assert_eq!(words(Duration::from_nanos(1)), "less than 1ms");
    }
}
