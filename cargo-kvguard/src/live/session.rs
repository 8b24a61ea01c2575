//! A command at work: what it looks at, and what it has seen so far.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use kvguard::live::{Action, Attempt, Expected, Holds, Seen, SeenKey, Value, Who};
use kvguard::rules::RuleId;
use kvguard_runtime::{Key, KvStore, StoreError, StoreErrorKind};

use super::failure::Failure;
use super::progress::Progress;
use super::read::{Unread, read_many};
use super::stores::Stores;
use super::target::Target;

pub use super::read::Read;

/// How many stores are read at once; where each service calls its store by its own identity, each counts.
const STORES_AT_ONCE: usize = 16;

/// The rules that judge what expected keys hold.
pub const JUDGE_VALUES: [RuleId; 4] = [
    RuleId::MissingKey,
    RuleId::UnparsableValue,
    RuleId::MissingLiveField,
    RuleId::SecretInStore,
];

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
    /// The keys that must not stay in a store. They are removed at the end, however the command ends.
    pub leftovers: Vec<Leftover>,
}

/// Keys that must not stay in a store.
pub struct Leftover {
    /// The store, by a login that may remove them.
    pub store: Arc<dyn KvStore>,
    /// The store as messages name it.
    pub shown: String,
    /// The keys, in the order in which they are removed.
    pub keys: Vec<Key>,
}

impl Session {
    /// The name of the service that an expected key is of.
    pub fn service(&self, expected: &Expected) -> &str {
        self.target.model().service_name(expected.service)
    }

    /// Reads the expected keys. What could not be read is noted, as a failure for each reason with the keys that it concerns, and is not
    /// returned; what a service was denied by its own identity is returned, as [`note`](Self::note) tells that as an attempt.
    ///
    /// # Errors
    ///
    /// It is not known where the store of a service is.
    pub async fn read_expected(&mut self) -> Result<Vec<(Expected, Read)>, Failure> {
        let expected = self.target.expected.clone();
        self.progress
            .step("reading the expected keys", Some(expected.len()));
        let stores = self.by_store(expected);
        let reads = stores.into_iter().map(|own| self.read_store(own));
        let reads: Vec<_> = stream::iter(reads).buffered(STORES_AT_ONCE).collect().await;
        let mut read = Vec::new();
        for of_store in reads {
            let (shown, answers) = of_store?;
            let mut unread = Unread::default();
            for (expected, answer) in answers {
                match answer {
                    Err(error) if !self.is_attempt(&error) => {
                        self.note_unread(&expected);
                        unread.add(error, &expected.key);
                    }
                    answer => read.push((expected, answer)),
                }
            }
            self.failures.extend(unread.into_failures(&shown));
        }
        read.sort_by(|(one, _), (other, _)| {
            (one.service, &one.key).cmp(&(other.service, &other.key))
        });
        Ok(read)
    }

    /// Reads the keys of one store by one login; the store as messages name it, and each key with its answer.
    async fn read_store(
        &self,
        expected: Vec<Expected>,
    ) -> Result<(String, Vec<(Expected, Read)>), Failure> {
        let Some(first) = expected.first() else {
            return Ok(Default::default());
        };
        let service = self.service(first);
        let keys = expected.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let answers = match self.stores.of(service, self.request_timeout).await {
            Ok(store) => read_many(store.as_ref(), &keys, &self.progress).await,
            Err(Failure::Store { error, .. }) => vec![Err(*error); keys.len()],
            Err(failure) => return Err(failure),
        };
        let shown = self.stores.place(service)?.shown();
        Ok((shown, expected.into_iter().zip(answers).collect()))
    }

    /// Keys by the connection that they are read by.
    fn by_store(&self, expected: Vec<Expected>) -> Vec<Vec<Expected>> {
        let mut stores: BTreeMap<Option<usize>, Vec<Expected>> = BTreeMap::new();
        for expected in expected {
            let store = self.stores.position(self.service(&expected));
            stores.entry(store).or_default().push(expected);
        }
        stores.into_values().collect()
    }

    /// Whether a store's error is one that a rule judges: that a service is denied what it is promised, by its own identity.
    fn is_attempt(&self, error: &StoreError) -> bool {
        self.stores.as_themselves && error.is_permission_denied()
    }

    /// Notes that an expected key was not read.
    fn note_unread(&mut self, expected: &Expected) {
        let service = self.service(expected).to_owned();
        self.seen.keys.push(SeenKey {
            service,
            key: expected.key.clone(),
            holds: Holds::NotRead,
        });
    }

    /// Says that what these rules judge is looked at, so that they pass where they find nothing.
    pub fn looks_for(&mut self, rules: &[RuleId]) {
        for rule in rules {
            if !self.seen.looked_for.contains(rule) {
                self.seen.looked_for.push(*rule);
            }
        }
    }

    /// Notes what a key holds.
    pub fn note(&mut self, expected: &Expected, read: &Read) {
        self.looks_for(&JUDGE_VALUES);
        if self.stores.as_themselves {
            self.looks_for(&[RuleId::DeniedAccess]);
        }
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
                self.note_attempt(Attempt {
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

    /// Notes what somebody tried, once.
    pub fn note_attempt(&mut self, attempt: Attempt) {
        let known = self.seen.attempts.iter().any(|known| {
            (&known.by, known.action, &known.key) == (&attempt.by, attempt.action, &attempt.key)
        });
        if !known {
            self.seen.attempts.push(attempt);
        }
    }

    /// Removes the keys that must not stay, within a time. What could not be removed is noted as a failure.
    pub async fn remove_leftovers(&mut self, within: Duration) {
        let until = tokio::time::Instant::now() + within;
        for Leftover { store, shown, keys } in std::mem::take(&mut self.leftovers) {
            for key in keys {
                let removal = tokio::time::timeout_at(until, store.purge(&key)).await;
                let why = match removal {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => error.with_causes(),
                    Err(_) => "the store does not answer in time".to_owned(),
                };
                self.failures.push(Failure::Other(format!(
                    "{shown}: `{key}` could not be removed, and may be left there: {why}; the next run with the same arguments removes it"
                )));
                // Those behind it are what it is found by.
                break;
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
