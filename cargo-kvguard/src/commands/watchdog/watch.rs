//! What the watchdog does, step by step.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use kvguard::live::{Done, Expected};
use kvguard::resolve::{Deployment, Model};
use kvguard_runtime::StoreErrorKind;

use super::arguments::Arguments;
use super::artifacts::{Artifacts, Run};
use super::listening::{Listening, Touched};
use super::mask::Mask;
use crate::live::failure::Failure;
use crate::live::look::look;
use crate::live::running::{self, Services, Source};
use crate::live::session::{Read, Session, key};
use crate::snapshot::difference::Difference;
use crate::snapshot::digest::Hasher;
use crate::snapshot::{self, Holds, Snapshot, VERSION};

/// How often is asked again for what is waited for.
const PAUSE: Duration = Duration::from_millis(500);

/// What the report says of a key that was written once more.
const TOUCHED: &str = "touched";

/// What is needed to watch.
pub struct Watch<'w> {
    pub arguments: &'w Arguments,
    pub artifacts: &'w Artifacts,
    pub hasher: &'w Hasher,
    pub began: SystemTime,
}

/// What was seen besides what the rules judge.
#[derive(Debug, Default)]
pub struct Watched {
    /// The snapshot of this run.
    pub snapshot: Snapshot,
    /// What is otherwise than in the last whole run; `None`: there is none.
    pub difference: Option<Difference>,
}

impl Watched {
    /// Nothing yet.
    pub fn new(began: SystemTime, hashed_with: String) -> Self {
        let snapshot = Snapshot {
            version: VERSION,
            began: humantime::format_rfc3339_millis(began).to_string(),
            hashed_with,
            ..Snapshot::default()
        };
        Self {
            snapshot,
            difference: None,
        }
    }
}

impl Watch<'_> {
    /// Looks at everything.
    ///
    /// # Errors
    ///
    /// What keeps it from going on. What was seen until then is kept.
    pub async fn look(
        &self,
        session: &mut Session,
        run: &Run<'_>,
        watched: &mut Watched,
    ) -> Result<(), Failure> {
        let deployment = session.target.deployment();
        watched.snapshot.deployment = deployment.name().to_owned();
        watched.snapshot.store = session.stores.shown();
        let source = self.arguments.logs.clone();
        let source = source.unwrap_or_else(|| Source::of_kind(deployment.policy.kind()));
        let since = self.began.checked_sub(self.arguments.since);
        let since = since.unwrap_or(SystemTime::UNIX_EPOCH);
        let services = Services::of(&source, deployment, session.target.root(), since)?;
        let own = watched_services(session);
        let before = self.artifacts.last_whole(deployment.name())?;
        session.seen.not_checked.extend(services.not_checked());

        self.wait_for_store(session).await?;
        let mut listening = Listening::new(&services, own, self.arguments.wait);
        session
            .progress
            .step("waiting until the services run", None);
        listening.wait_until_ready().await?;
        listening.begin(self.arguments.touch).await?;
        look(session).await?;
        let touched = self.touch(session).await?;
        session.progress.step("reading the logs", None);
        let heard = listening
            .listen(session.target.model(), &touched, self.settle())
            .await;
        // The state of the keys is kept also where the logs could not be read.
        let reads = session.read_expected().await?;
        let mask = self.take(session, &reads, watched);
        let heard = heard?;
        for unready in heard.unready() {
            session.failures.push(unready);
        }
        heard.keep(run, &mask)?;
        let speaks = |snapshot: &Snapshot, service: &str| {
            let service = snapshot.services.get(service);
            service.is_some_and(|service| service.speaks == Some(true))
        };
        session.seen.logs = heard.logs(|service| {
            before
                .as_ref()
                .is_some_and(|before| speaks(before, service))
        });
        session.seen.restarts = heard.restarts();
        watched.snapshot.services = heard.services();
        session.seen.looked_at = looked_at(session, heard.len());
        let mut keys = watched.snapshot.keys.values();
        let all_are_read = keys.all(|key| key.holds != Holds::NotRead);
        watched.snapshot.is_whole = all_are_read && session.failures.is_empty();
        let Some(before) = before else {
            session.seen.not_checked.push(
                "what changed, as there is no earlier whole run of this deployment in the artifact directory".to_owned(),
            );
            return Ok(());
        };
        let difference = Difference::between(&before, &watched.snapshot);
        session.seen.changes = difference.sentences();
        let not_compared = difference.not_compared.iter();
        session
            .seen
            .not_checked
            .extend(not_compared.map(|what| format!("what changed: {what}")));
        watched.difference = Some(difference);
        Ok(())
    }

    fn settle(&self) -> Duration {
        if self.arguments.touch {
            self.arguments.settle
        } else {
            Duration::ZERO
        }
    }

    /// Waits until the stores answer.
    async fn wait_for_store(&self, session: &Session) -> Result<(), Failure> {
        session.progress.step("waiting for the store", None);
        let began = Instant::now();
        for service in session.target.services() {
            loop {
                match session.stores.of(&service, session.request_timeout).await {
                    Ok(_) => break,
                    Err(Failure::Store { error, .. })
                        if error.is_outage() && began.elapsed() < self.arguments.wait =>
                    {
                        tokio::time::sleep(PAUSE).await;
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(())
    }

    /// Writes what each key holds once more, if the arguments say so; how often keys of each service were written.
    async fn touch(&self, session: &mut Session) -> Result<Touched, Failure> {
        let mut touched = Touched::default();
        if !self.arguments.touch {
            return Ok(touched);
        }
        let reads = session.read_expected().await?;
        session
            .progress
            .step("writing the keys once more", Some(reads.len()));
        for (expected, read) in reads {
            let Ok(Some(entry)) = read else {
                // `validate` told already why it has nothing that could be written once more.
                continue;
            };
            let service = session.service(&expected).to_owned();
            let store = session.stores.of(&service, session.request_timeout).await?;
            let key = key(&expected)?;
            let written = store.update(&key, entry.value, entry.revision).await;
            let (what, detail) = match written {
                Ok(revision) => (TOUCHED, format!("revision {revision}")),
                Err(error) if matches!(error.kind(), StoreErrorKind::Conflict) => (
                    "not touched",
                    "somebody else wrote it in the meantime".to_owned(),
                ),
                Err(error) => {
                    let shown = session.stores.place(&service)?.shown();
                    session.failures.push(Failure::of(shown, error));
                    continue;
                }
            };
            *touched.entry(service.clone()).or_default() += 1;
            session.seen.done.push(Done {
                service,
                key: expected.key,
                what,
                detail,
            });
            session.progress.advance();
        }
        Ok(touched)
    }

    /// Keeps of each key what the next run compares, and collects the values that no log may show.
    fn take(&self, session: &Session, reads: &[(Expected, Read)], watched: &mut Watched) -> Mask {
        let mut mask = Mask::default();
        let model = session.target.model();
        for (expected, read) in reads {
            let holds = match read {
                Err(_) => Holds::NotRead,
                Ok(None) => Holds::Nothing,
                Ok(Some(entry)) => {
                    let format = model.services[expected.service].format.value;
                    let bytes = entry.value.as_bytes();
                    let value = kvguard::live::Value::read(bytes, format);
                    mask.add(model.secrets_in(expected.service, &value));
                    match key(expected) {
                        Ok(key) => {
                            Holds::Value(snapshot::Value::of(&key, entry, &value, self.hasher))
                        }
                        Err(_) => Holds::NotRead,
                    }
                }
            };
            let own = snapshot::Key {
                service: session.service(expected).to_owned(),
                holds,
            };
            watched.snapshot.keys.insert(expected.key.clone(), own);
        }
        mask
    }
}

/// What was looked at, for the last line of the report.
fn looked_at(session: &Session, logs: usize) -> String {
    let seen = &session.seen;
    let touched = seen.done.iter().filter(|done| done.what == TOUCHED).count();
    let touched = match touched {
        0 => String::new(),
        count => format!(", {count} touched"),
    };
    format!(
        "deployment `{}`, {}: {} of {} expected keys looked at{touched}, {} services excused; logs read: {logs}",
        seen.deployment,
        seen.store,
        seen.keys.len(),
        session.target.expected.len(),
        seen.excused.len()
    )
}

/// The services whose logs are read, each with the workloads that use its key.
fn watched_services(session: &Session) -> Vec<running::Watched> {
    let (model, deployment) = (session.target.model(), session.target.deployment());
    let services = session.target.services().into_iter();
    services
        .map(|service| running::Watched {
            workloads: workloads(model, deployment, &service),
            service,
        })
        .collect()
}

/// The workloads that load a service's key from the store: its own, or those of the service that reads it on its behalf.
fn workloads(model: &Model, deployment: &Deployment, service: &str) -> Vec<String> {
    let of = |service: &str| -> Vec<String> {
        let position = model.service_position(service);
        let own = position.and_then(|position| deployment.services.get(position));
        let workloads = own.map_or(&[][..], |own| &own.workloads).iter();
        workloads
            .map(|position| &deployment.workloads[*position])
            .filter(|workload| workload.is_kv_sourced() && workload.workload.idle.is_none())
            .map(|workload| workload.workload.name.clone())
            .collect()
    };
    let own = of(service);
    if !own.is_empty() {
        return own;
    }
    let position = model.service_position(service);
    let policy = position.and_then(|position| model.service_policy(position));
    let carrier = policy.and_then(|policy| policy.carried_by.as_ref());
    carrier.map_or_else(Vec::new, |carrier| of(&carrier.value))
}

/// The services by their names, for what is counted of each.
pub type ByService<T> = BTreeMap<String, T>;
