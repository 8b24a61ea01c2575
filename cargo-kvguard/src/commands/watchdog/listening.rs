//! Listens to the logs of services, and counts how often they are started again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kvguard::live::{SeenLog, SeenRestarts};
use kvguard::policy::LogLines;
use kvguard::resolve::Model;

use super::artifacts::Run;
use super::mask::Mask;
use super::watch::ByService;
use crate::live::failure::Failure;
use crate::live::running::log::{Log, Mark};
use crate::live::running::{Services, Unit, Watched};
use crate::snapshot;

/// How often is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often keys of each service were written once more.
pub type Touched = ByService<u64>;

/// What is listened to.
pub struct Listening<'l> {
    services: &'l Services,
    watched: Vec<Watched>,
    wait: Duration,
    before: Before,
}

/// How things were when the watch began.
#[derive(Default)]
struct Before {
    restarts: BTreeMap<String, Option<u64>>,
    ends: Option<BTreeMap<String, Mark>>,
}

/// What was heard.
pub struct Heard {
    units: Vec<HeardUnit>,
}

struct HeardUnit {
    unit: Unit,
    log: Log,
    /// How many lines it has since its keys were written once more, if they were.
    since: Option<usize>,
    lacks: Vec<String>,
    has: Vec<(String, usize)>,
    /// How often it was started again since the watch began, and how often that was to be expected.
    restarts: Option<[u64; 2]>,
}

impl<'l> Listening<'l> {
    /// To the units of services; waiting this long at most for what is not there yet.
    pub fn new(services: &'l Services, watched: Vec<Watched>, wait: Duration) -> Self {
        Self {
            services,
            watched,
            wait,
            before: Before::default(),
        }
    }

    /// Waits until every service runs as it should, or for as long as is allowed: what does not run then is told in the end.
    pub async fn wait_until_ready(&self) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let units = self.services.units(&self.watched).await;
            let is_over = began.elapsed() >= self.wait;
            let is_ready = |units: &[Unit]| units.iter().all(|unit| unit.unready.is_none());
            match units {
                Ok(units) if is_over || is_ready(&units) => return Ok(()),
                Err(failure) if is_over => return Err(failure),
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Notes how often the services were started again until now; and, before a touch, where the logs end, so that only what follows shows
    /// that a service notices an update.
    pub async fn begin(&mut self, touches: bool) -> Result<(), Failure> {
        let mut ends = BTreeMap::new();
        for mut unit in self.services.units(&self.watched).await? {
            let log = self.services.log(&mut unit).await?;
            ends.insert(unit.place.clone(), log.end());
            self.before.restarts.insert(unit.place, unit.restarts);
        }
        self.before.ends = touches.then_some(ends);
        Ok(())
    }

    /// Listens until every service has logged what it should, or for as long as is allowed; and then for a while longer, for restarts.
    pub async fn listen(
        &self,
        model: &Model,
        touched: &Touched,
        settle: Duration,
    ) -> Result<Heard, Failure> {
        let began = Instant::now();
        loop {
            let heard = self.hear(model, touched).await?;
            let speaks = heard.units.iter().all(|unit| unit.lacks.is_empty());
            if speaks || began.elapsed() >= self.wait {
                if settle.is_zero() {
                    return Ok(heard);
                }
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep(settle).await;
        self.hear(model, touched).await
    }

    async fn hear(&self, model: &Model, touched: &Touched) -> Result<Heard, Failure> {
        let mut units = Vec::new();
        for mut unit in self.services.units(&self.watched).await? {
            let log = self.services.log(&mut unit).await?;
            let wanted = lines_of(model, &unit.service);
            let end = self.before.ends.as_ref();
            let end = end.and_then(|ends| ends.get(&unit.place)).copied();
            let (lacks, has) = judged(&log, end.unwrap_or_default(), wanted);
            let since = end.map(|end| log.since(end).count());
            let before = self.before.restarts.get(&unit.place).copied().flatten();
            let expected = touched.get(&unit.service).copied().unwrap_or_default();
            let restarts = unit.restarts.map(|now| {
                // A container that was made anew counts from nothing.
                let count = before.map_or(now, |before| now.checked_sub(before).unwrap_or(now));
                [count, expected]
            });
            units.push(HeardUnit {
                unit,
                log,
                since,
                lacks,
                has,
                restarts,
            });
        }
        Ok(Heard { units })
    }
}

/// The lines that a service's log must have, and must not have.
fn lines_of<'m>(model: &'m Model, service: &str) -> &'m LogLines {
    let position = model.service_position(service);
    let policy = position.and_then(|position| model.service_policy(position));
    let own = policy.and_then(|policy| policy.log.as_ref());
    own.unwrap_or(&model.policy.log)
}

/// The required texts that no line after a moment has, and the forbidden ones, with the number of lines that have them. The case of
/// letters does not matter.
fn judged(log: &Log, since: Mark, wanted: &LogLines) -> (Vec<String>, Vec<(String, usize)>) {
    let since: Vec<String> = log
        .since(since)
        .map(|line| line.text.to_lowercase())
        .collect();
    let lacks = wanted.required.iter().filter(|text| {
        let text = text.to_lowercase();
        !since.iter().any(|line| line.contains(&text))
    });
    let has = wanted.forbidden.iter().filter_map(|text| {
        let lower = text.to_lowercase();
        let lines = log.lines.iter();
        let count = lines
            .filter(|line| line.text.to_lowercase().contains(&lower))
            .count();
        (count > 0).then(|| (text.clone(), count))
    });
    (lacks.cloned().collect(), has.collect())
}

impl Heard {
    /// What does not run as it should, but what is started again and again, which a rule finds.
    pub fn unready(&self) -> Vec<Failure> {
        let is_found = |heard: &&HeardUnit| {
            heard
                .restarts
                .is_some_and(|[count, expected]| count > expected)
        };
        let others = self.units.iter().filter(|heard| !is_found(heard));
        let unready = others.filter_map(|heard| {
            let why = heard.unit.unready.as_ref()?;
            Some(Failure::Other(format!(
                "{} of service `{}` {why}; its log may tell why",
                heard.unit.place, heard.unit.service
            )))
        });
        unready.collect()
    }

    /// Writes the logs into the run's directory.
    pub fn keep(&self, run: &Run<'_>, mask: &Mask) -> Result<(), Failure> {
        self.units.iter().try_for_each(|heard| {
            let text = mask.apply(&heard.log.text());
            run.write_log(&heard.unit.service, &heard.unit.place, &text)
        })
    }

    /// The logs, for the rules.
    pub fn logs(&self, used_to_speak: impl Fn(&str) -> bool) -> Vec<SeenLog> {
        let logs = self.units.iter().map(|heard| SeenLog {
            service: heard.unit.service.clone(),
            place: match heard.since {
                Some(_) => format!("{}, since its keys were touched", heard.unit.place),
                None => heard.unit.place.clone(),
            },
            lines: heard.since.unwrap_or(heard.log.lines.len()),
            lacks: heard.lacks.clone(),
            has: heard.has.clone(),
            used_to_speak: used_to_speak(&heard.unit.service),
        });
        logs.collect()
    }

    /// The restarts that were counted, for the rules.
    pub fn restarts(&self) -> Vec<SeenRestarts> {
        let counted = self.units.iter().filter_map(|heard| {
            let [count, expected] = heard.restarts?;
            Some(SeenRestarts {
                service: heard.unit.service.clone(),
                place: heard.unit.place.clone(),
                count,
                expected,
            })
        });
        counted.collect()
    }

    /// How many logs were read.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// The services, for the snapshot.
    pub fn services(&self) -> BTreeMap<String, snapshot::Service> {
        let mut services: BTreeMap<String, snapshot::Service> = BTreeMap::new();
        for heard in &self.units {
            let service = services.entry(heard.unit.service.clone()).or_default();
            service.speaks = Some(service.speaks != Some(false) && heard.lacks.is_empty());
            service.lines += heard.log.lines.len();
            service.images.extend(heard.unit.image.clone());
            let restarts = service.restarts.unwrap_or_default();
            service.restarts = heard.unit.restarts.map(|own| restarts + own);
        }
        services
    }
}

#[cfg(test)]
mod tests {
    use kvguard::policy::LogLines;

    use super::judged;
    use crate::live::running::log::{Log, Mark};

    #[test]
    fn required_lines_count_after_the_touch_and_forbidden_ones_always_in_any_case() {
        let wanted = LogLines::default();
        let early = "kv UPDATE detected\nKV Store Not Initialized\n";
        let mark = Log::plain(early.as_bytes()).end();
        let log = Log::plain(early.as_bytes());
        let has = vec![("KV store not initialized".to_owned(), 1)];
        assert_eq!(
            judged(&log, Mark::default(), &wanted),
            (Vec::new(), has.clone())
        );
        let lacks = vec!["KV update detected".to_owned()];
        assert_eq!(judged(&log, mark, &wanted), (lacks, has.clone()));
        let later = Log::plain(format!("{early}info: Kv update detected key=a\n").as_bytes());
        assert_eq!(judged(&later, mark, &wanted), (Vec::new(), has));
    }
}
