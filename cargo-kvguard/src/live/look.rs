//! Looks at what a store holds: the expected keys, how long values live, and the keys that nobody owns.

use std::collections::BTreeSet;

use kvguard::live::{Expected, Owned};
use kvguard_runtime::{BucketFacts, Key, KvStore, Limit, StoreError};

use super::failure::Failure;
use super::session::{Read, Session};

/// Looks at a store, notes what it holds, and returns the expected keys as they were read.
///
/// # Errors
///
/// It is not known where the store of a service is.
pub async fn look(session: &mut Session) -> Result<Vec<(Expected, Read)>, Failure> {
    let reads = session.read_expected().await?;
    for (expected, read) in &reads {
        session.note(expected, read);
    }
    let answered: BTreeSet<usize> = reads
        .iter()
        .filter(|(_, read)| read.is_ok())
        .map(|(expected, _)| expected.service)
        .collect();
    for (store, services) in stores(session) {
        let model = session.target.model();
        let mut positions = services
            .iter()
            .filter_map(|name| model.service_position(name));
        let has_answered = positions.any(|position| answered.contains(&position));
        let mut bucket = Bucket {
            session,
            store,
            services,
        };
        if has_answered {
            bucket.look().await?;
        } else {
            bucket.not_checked(
                "whether its values expire and which keys nobody owns: none of the expected keys could be read",
            );
        }
    }
    Ok(reads)
}

/// Each store as messages name it, with the services that call it.
fn stores(session: &Session) -> Vec<(String, Vec<String>)> {
    let owned = |services: Vec<&str>| services.into_iter().map(str::to_owned).collect();
    let stores = session.stores.by_store().into_iter();
    stores
        .map(|(store, services)| (store, owned(services)))
        .collect()
}

/// A store, looked at as a whole.
struct Bucket<'s> {
    session: &'s mut Session,
    store: String,
    /// The services that call it. Where each does so by its own login, any login that may is good enough.
    services: Vec<String>,
}

/// The answer to a question about a store: what it says, why it does not, or nothing where it cannot be connected to, which the reading
/// of its keys has told.
type Answer<T> = Result<Option<T>, StoreError>;

impl Bucket<'_> {
    async fn look(&mut self) -> Result<(), Failure> {
        let step = format!("looking at {}", self.store);
        self.session.progress.step(&step, None);
        let facts = self
            .ask(async |store| store.describe_bucket().await)
            .await?;
        self.note_lifetime(facts);
        if self.session.target.options.services.is_empty() {
            let target = &self.session.target;
            let owned = Owned::of(target.model(), target.deployment());
            let keys = self.ask(async |store| list(store, &owned).await).await?;
            self.note_unowned(keys, &owned);
        } else {
            self.not_checked("which keys nobody owns: only some services were asked for");
        }
        Ok(())
    }

    /// Asks by one login after the other, until one is not denied.
    async fn ask<T>(
        &self,
        question: impl AsyncFn(&dyn KvStore) -> Result<T, StoreError>,
    ) -> Result<Answer<T>, Failure> {
        let mut answer = Ok(None);
        for service in &self.services {
            let deadline = self.session.request_timeout;
            let asked = match self.session.stores.of(service, deadline).await {
                Ok(store) => question(store.as_ref()).await,
                Err(Failure::Store { error, .. }) if error.is_permission_denied() => Err(*error),
                Err(Failure::Store { .. }) => return Ok(Ok(None)),
                Err(failure) => return Err(failure),
            };
            answer = asked.map(Some);
            if !matches!(&answer, Err(error) if error.is_permission_denied()) {
                break;
            }
        }
        Ok(answer)
    }

    fn note_lifetime(&mut self, facts: Answer<BucketFacts>) {
        let age = match facts {
            Ok(None) => return,
            Ok(Some(facts)) => facts.max_age,
            Err(error) => return self.failed(error),
        };
        match age {
            None => self.not_checked("whether its values expire: it does not tell"),
            Some(Limit::Unlimited) => {}
            Some(Limit::AtMost(age)) => {
                let shortest = self.session.seen.lives_for;
                let shortest = shortest.map_or(age, |known| known.min(age));
                self.session.seen.lives_for = Some(shortest);
            }
        }
    }

    fn note_unowned(&mut self, keys: Answer<Option<BTreeSet<Key>>>, owned: &Owned) {
        let keys = match keys {
            Ok(None) => return,
            Ok(Some(None)) => {
                return self.not_checked("which keys nobody owns: it cannot list its keys");
            }
            Ok(Some(Some(keys))) => keys,
            Err(error) => return self.failed(error),
        };
        let unowned = keys.iter().map(Key::as_str).filter(|key| !owned.has(key));
        let unowned = unowned.map(str::to_owned);
        self.session.seen.unowned.extend(unowned);
    }

    fn not_checked(&mut self, what: &str) {
        let sentence = format!("{}: {what}", self.store);
        self.session.seen.not_checked.push(sentence);
    }

    fn failed(&mut self, error: StoreError) {
        let failure = Failure::of(&self.store, error);
        self.session.failures.push(failure);
    }
}

/// The keys below the prefixes of the registry's keys; nothing where the store cannot list keys.
async fn list(store: &dyn KvStore, owned: &Owned) -> Result<Option<BTreeSet<Key>>, StoreError> {
    let Some(list) = store.list_keys() else {
        return Ok(None);
    };
    let mut found = BTreeSet::new();
    for prefix in owned.prefixes() {
        found.extend(list.keys(prefix).await?);
    }
    Ok(Some(found))
}
