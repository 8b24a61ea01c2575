//! What a store in memory does as a store.

use super::watched::Watched;
use super::{MemoryStore, error};
use crate::{
    BucketFacts, Entry, Key, KvStore, ListKeys, Operation, Pending, Remains, Revision,
    StoreErrorKind, Value, Watch,
};

impl KvStore for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        Box::pin(async move {
            if let Err(kind) = self.delay().await {
                self.record::<()>(Operation::Get, Some(key.as_str()), &Err(kind.clone()));
                return Err(error(Operation::Get, Some(key), kind));
            }
            self.read(key)
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        Box::pin(async move {
            if let Err(kind) = self.delay().await {
                for key in keys {
                    self.record::<()>(Operation::Get, Some(key.as_str()), &Err(kind.clone()));
                }
                return Err(error(Operation::Get, None, kind));
            }
            keys.iter().map(|key| self.read(key)).collect()
        })
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let revision = self
                .about(Operation::Put, key, |data| {
                    data.is_taken(key, &value)?;
                    Ok(data.set(key, value))
                })
                .await?;
            Ok(self.told(revision))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let revision = self
                .about(Operation::Create, key, |data| {
                    data.is_taken(key, &value)?;
                    match data.entry(key) {
                        Some(_) => Err(StoreErrorKind::Conflict),
                        None => Ok(data.set(key, value)),
                    }
                })
                .await?;
            Ok(self.told(revision))
        })
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        Box::pin(self.about(Operation::Update, key, move |data| {
            data.is_taken(key, &value)?;
            match data.entry(key) {
                Some(entry) if entry.revision == revision => Ok(data.set(key, value)),
                _ => Err(StoreErrorKind::Conflict),
            }
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Box::pin(self.about(Operation::Delete, key, |data| {
            data.remove(key);
            Ok(())
        }))
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        Box::pin(self.about(Operation::Purge, key, |data| {
            data.remove(key);
            Ok(Remains::Nothing)
        }))
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        Box::pin(self.about_all(Operation::DescribeBucket, None, |data| Ok(data.facts())))
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        Box::pin(async move {
            let watched = self
                .about(Operation::Watch, key, |data| {
                    Ok(Watched::new(self, key, data.held(key)))
                })
                .await?;
            Ok(Watch::unfold(watched, Watched::next))
        })
    }

    fn list_keys(&self) -> Option<&dyn ListKeys> {
        Some(self)
    }
}

impl ListKeys for MemoryStore {
    fn keys<'a>(&'a self, prefix: &'a str) -> Pending<'a, Vec<Key>> {
        Box::pin(
            self.about_all(Operation::ListKeys, Some(prefix), move |data| {
                let keys = data.entries().map(|(key, _)| key.clone());
                Ok(keys
                    .filter(|key| key.as_str().starts_with(prefix))
                    .collect())
            }),
        )
    }
}
