//! Units of systemd, as the journal tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::log::{Line, Log};
use super::{Handle, Unit, Watched, ask, nothing_runs};
use crate::live::failure::Failure;

/// The journal.
#[derive(Debug)]
pub struct Journald {
    directory: Option<PathBuf>,
    since: SystemTime,
}

/// An entry of the journal, as `journalctl -o json` prints it.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    at: String,
    #[serde(rename = "MESSAGE")]
    message: Option<Message>,
    #[serde(rename = "_SYSTEMD_UNIT")]
    unit: Option<String>,
    #[serde(rename = "_SYSTEMD_INVOCATION_ID")]
    invocation: Option<String>,
}

/// A message; as bytes where it has some that are no text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Bytes(Vec<u8>),
    None(()),
}

impl Journald {
    pub(super) fn new(directory: Option<PathBuf>, since: SystemTime) -> Self {
        Self { directory, since }
    }

    pub(super) fn units(watched: &[Watched]) -> Vec<Unit> {
        let units = watched.iter().flat_map(|watched| {
            watched.workloads.iter().map(|workload| {
                // Of a template, all instances.
                let name = if workload.ends_with('@') {
                    format!("{workload}*.service")
                } else {
                    format!("{workload}.service")
                };
                let place = format!("unit {name}");
                Unit::new(&watched.service, place, Handle::Journal(name))
            })
        });
        units.collect()
    }

    pub(super) async fn log(&self, name: &str, unit: &mut Unit) -> Result<Log, Failure> {
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = format!("@{}", since.as_secs());
        let directory = self
            .directory
            .as_ref()
            .map(|path| path.display().to_string());
        let mut words = vec!["--no-pager", "--quiet", "--output=json", "--all"];
        words.push("--output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_INVOCATION_ID");
        words.extend(["--unit", name, "--since", &since]);
        if let Some(directory) = &directory {
            words.extend(["--directory", directory]);
        }
        let told = ask("journalctl", &words).await?;
        let (log, restarts) = read(&told.output)?;
        let Some(restarts) = restarts else {
            let looked_for = format!(
                "the journal has no line of `{name}` in the time that --since tells; name another journal with --logs journald:DIR"
            );
            return Err(nothing_runs(&unit.service, &looked_for));
        };
        unit.restarts = Some(restarts);
        Ok(log)
    }
}

/// The lines, and how often their units were started again among them; `None`: no line is of a unit.
fn read(output: &[u8]) -> Result<(Log, Option<u64>), Failure> {
    let mut log = Log::default();
    let mut invocations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let entry: Entry = serde_json::from_slice(line).map_err(|error| {
            Failure::Other(format!(
                "what `journalctl` printed is not understood: {error}"
            ))
        })?;
        let text = match entry.message {
            Some(Message::Text(text)) => text,
            Some(Message::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Some(Message::None(())) | None => String::new(),
        };
        let at = entry.at.parse().ok();
        log.lines.push(Line {
            at: at.map(|microseconds| UNIX_EPOCH + Duration::from_micros(microseconds)),
            text,
        });
        if let Some(unit) = entry.unit.filter(|unit| unit != "init.scope") {
            let own = invocations.entry(unit).or_default();
            own.extend(entry.invocation);
        }
    }
    let restarts = invocations
        .values()
        .map(|own| own.len().saturating_sub(1) as u64);
    let restarts = (!invocations.is_empty()).then(|| restarts.sum());
    Ok((log, restarts))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn restarts_are_counted_by_the_invocations_of_each_unit() {
        let entry = |unit: &str, invocation: &str, message: &str| {
            format!(
                "{{\"__REALTIME_TIMESTAMP\":\"1780272000000000\",\"MESSAGE\":{message},\"_SYSTEMD_UNIT\":\"{unit}\",\"_SYSTEMD_INVOCATION_ID\":\"{invocation}\"}}\n"
            )
        };
        let text = [
            entry("init.scope", "0", "\"Started a.\""),
            entry("a@1.service", "1", "\"one\""),
            entry("a@1.service", "2", "[116,119,111,255]"),
            entry("a@2.service", "3", "null"),
        ];
        let (log, restarts) = read(text.concat().as_bytes()).unwrap();
        assert_eq!(restarts, Some(1));
        let texts: Vec<&str> = log.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["Started a.", "one", "two\u{fffd}", ""]);
        assert_eq!(
            read(entry("init.scope", "0", "\"x\"").as_bytes())
                .unwrap()
                .1,
            None
        );
        assert!(read(b"-- No entries --\n").is_err());
    }
}
