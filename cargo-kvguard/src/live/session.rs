//! A command at work: what it looks at, and what it has seen so far.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use kvguard::live::{Action, Attempt, Expected, Holds, Seen, SeenKey, Value, Who};
use kvguard_runtime::{Entry, Key, StoreError, StoreErrorKind};

use super::failure::Failure;
use super::progress::Progress;
use super::stores::Stores;
use super::target::Target;

/// How many services' stores are read at once where each is read by its own identity.
const AT_ONCE: usize = 16;

/// A command at work. What it has seen stays here where it is stopped.
pub struct Session {
    /// What it looks at.
    pub target: Target,
    /// The stores that it calls.
    pub stores: Stores,
    /// What it has seen.
    pub seen: Seen,
    /// What it could not do.
    pub failures: Vec<Failure>,
    /// How far it is.
    pub progress: Progress,
    /// How long each request may take.
    pub request_timeout: Duration,
}

/// A key as it was read: an entry, nothing, or why it was not read.
pub type Read = Result<Option<Entry>, StoreError>;

impl Session {
    /// The name of the service that an expected key is of.
    pub fn service(&self, expected: &Expected) -> &str {
        self.target.model().service_name(expected.service)
    }

    /// Reads the expected keys and notes what they hold. What cannot be read is noted as a failure, or, where the service was denied
    /// what it is promised, as an attempt.
    ///
    /// # Errors
    ///
    /// A store that cannot be reached at all: the others are not asked then.
    pub async fn read_expected(&mut self) -> Result<Vec<(Expected, Read)>, Failure> {
        let expected = self.target.expected.clone();
        self.progress
            .step("reading the expected keys", Some(expected.len()));
        if self.stores.as_themselves {
            self.read_each(expected).await
        } else {
            self.read_together(expected).await
        }
    }

    /// Reads each key by the identity of its service.
    async fn read_each(&self, expected: Vec<Expected>) -> Result<Vec<(Expected, Read)>, Failure> {
        let reads = expected.into_iter().map(|expected| async {
            let key = key(&expected)?;
            let store = self
                .stores
                .of(self.service(&expected), self.request_timeout)
                .await?;
            let read = store.get(&key).await;
            self.progress.advance();
            Ok((expected, read))
        });
        let reads: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
        reads.into_iter().collect()
    }

    /// Reads the keys of each store in few round trips; where the store refuses one of them, each by itself.
    async fn read_together(
        &self,
        expected: Vec<Expected>,
    ) -> Result<Vec<(Expected, Read)>, Failure> {
        let mut reads = Vec::with_capacity(expected.len());
        for services in self.stores.by_place().into_values() {
            let Some(first) = services.first() else {
                continue;
            };
            let store = self.stores.of(first, self.request_timeout).await?;
            let own: Vec<&Expected> = expected
                .iter()
                .filter(|expected| services.contains(&self.service(expected)))
                .collect();
            let keys: Vec<Key> = own
                .iter()
                .map(|expected| key(expected))
                .collect::<Result<_, _>>()?;
            match store.get_many(&keys).await {
                Ok(entries) => {
                    for (expected, entry) in own.into_iter().zip(entries) {
                        reads.push((expected.clone(), Ok(entry)));
                        self.progress.advance();
                    }
                }
                Err(error) if error.is_outage() => {
                    return Err(Failure::of(self.stores.place(first)?.shown(), error));
                }
                Err(_) => {
                    for (expected, key) in own.into_iter().zip(&keys) {
                        reads.push((expected.clone(), store.get(key).await));
                        self.progress.advance();
                    }
                }
            }
        }
        reads.sort_by(|(one, _), (other, _)| {
            (one.service, &one.key).cmp(&(other.service, &other.key))
        });
        Ok(reads)
    }

    /// Notes what a key holds.
    pub fn note(&mut self, expected: &Expected, read: &Read) {
        let service = self.service(expected).to_owned();
        let holds = match read {
            Ok(Some(entry)) => {
                let format = self.target.model().services[expected.service].format.value;
                Holds::Value(Value::read(entry.value.as_bytes(), format))
            }
            Ok(None) => Holds::Nothing,
            Err(error) => {
                self.note_refusal(&service, &expected.key, Action::Read, error);
                Holds::NotRead
            }
        };
        self.seen.keys.push(SeenKey {
            service,
            key: expected.key.clone(),
            holds,
        });
    }

    /// Notes that a store refused something: to a service by its own identity, what it is promised; to anybody else, and for any other
    /// reason than a denial, what could not be looked at.
    pub fn note_refusal(&mut self, service: &str, key: &str, action: Action, error: &StoreError) {
        match error.kind() {
            StoreErrorKind::PermissionDenied(denial) if self.stores.as_themselves => {
                self.seen.attempts.push(Attempt {
                    by: Who::Service {
                        service: service.to_owned(),
                        identity: denial.identity.clone(),
                    },
                    action,
                    key: key.to_owned(),
                    is_promised: true,
                    is_permitted: false,
                    missing: denial.missing.clone(),
                });
            }
            _ => {
                let store = self.stores.shown();
                self.failures.push(Failure::of(store, error.clone()));
            }
        }
    }
}

/// The key as the store takes it.
pub fn key(expected: &Expected) -> Result<Key, Failure> {
    // The engine expects only keys that a store takes.
    Key::new(expected.key.clone())
        .map_err(|error| Failure::Other(format!("`{}` is no key: {error}", expected.key)))
}
