//! Looks at what a store holds: the expected keys, how long values live, and the keys that nobody owns.

use std::collections::BTreeSet;

use kvguard::live::{Expected, Owned};
use kvguard::rules::RuleId;
use kvguard_runtime::{Key, KvStore, Limit, StoreError};

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
    let mut looked_for = vec![RuleId::ExpiringKey, RuleId::UnownedKey];
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
        let known = if has_answered {
            let step = format!("looking at {}", bucket.store);
            bucket.session.progress.step(&step, None);
            [bucket.lifetime().await?, bucket.unowned().await?]
        } else {
            bucket.not_checked(
                "whether its values expire and which keys nobody owns: none of the expected keys could be read",
            );
            [false; 2]
        };
        // What one of the stores does not tell is not known of the deployment.
        let mut known = known.into_iter();
        looked_for.retain(|_| known.next().unwrap_or(false));
    }
    session.looks_for(&looked_for);
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

impl Bucket<'_> {
    /// Looks whether values expire; whether that is known then.
    async fn lifetime(&mut self) -> Result<bool, Failure> {
        let facts = self
            .ask(async |store| store.describe_bucket().await)
            .await?;
        let age = match facts {
            Ok(facts) => facts.max_age,
            Err(error) => return Ok(self.failed(error)),
        };
        match age {
            None => return Ok(self.not_checked("whether its values expire: it does not tell")),
            Some(Limit::Unlimited) => {}
            Some(Limit::AtMost(age)) => {
                let shortest = self.session.seen.lives_for;
                let shortest = shortest.map_or(age, |known| known.min(age));
                self.session.seen.lives_for = Some(shortest);
            }
        }
        Ok(true)
    }

    /// Lists the keys that nobody owns; whether they are known then.
    async fn unowned(&mut self) -> Result<bool, Failure> {
        let target = &self.session.target;
        if !target.options.services.is_empty() {
            let why = "which keys nobody owns: only some services were asked for";
            return Ok(self.not_checked(why));
        }
        let owned = Owned::of(target.model(), target.deployment());
        let keys = match self.ask(async |store| list(store, &owned).await).await? {
            Ok(Some(keys)) => keys,
            Ok(None) => {
                return Ok(self.not_checked("which keys nobody owns: it cannot list its keys"));
            }
            // A service needs to list no keys, and so no table promises it.
            Err(error) if self.session.stores.as_themselves && error.is_permission_denied() => {
                return Ok(self.not_checked(
                    "which keys nobody owns: no service may list its keys; a login of your own may, with --nats",
                ));
            }
            Err(error) => return Ok(self.failed(error)),
        };
        let unowned = keys.iter().map(Key::as_str).filter(|key| !owned.has(key));
        let unowned = unowned.map(str::to_owned);
        self.session.seen.unowned.extend(unowned);
        Ok(true)
    }

    /// Asks by one login after the other, until one is let in and not denied.
    async fn ask<T>(
        &self,
        question: impl AsyncFn(&dyn KvStore) -> Result<T, StoreError>,
    ) -> Result<Result<T, StoreError>, Failure> {
        let mut last = None;
        for service in &self.services {
            let deadline = self.session.request_timeout;
            let store = match self.session.stores.of(service, deadline).await {
                Ok(store) => store,
                Err(Failure::Store { error, .. }) => {
                    last = Some(*error);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            match question(store.as_ref()).await {
                Err(error) if error.is_permission_denied() => last = Some(error),
                answer => return Ok(answer),
            }
        }
        // A store is one that some service calls.
        let unknown = || Failure::Other(format!("{}: nobody calls it", self.store));
        last.map(Err).ok_or_else(unknown)
    }

    /// Notes what is not known, and why. It is false, as what it says is not known.
    fn not_checked(&mut self, what: &str) -> bool {
        let sentence = format!("{}: {what}", self.store);
        self.session.seen.not_checked.push(sentence);
        false
    }

    /// Notes why something could not be looked at. It is false as well.
    fn failed(&mut self, error: StoreError) -> bool {
        let failure = Failure::of(&self.store, error);
        self.session.failures.push(failure);
        false
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
