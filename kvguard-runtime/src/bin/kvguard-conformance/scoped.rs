//! A store whose keys are under a prefix of a store that holds others besides.

use std::sync::Arc;

use kvguard_runtime::{
    BucketFacts, Entry, Key, KvStore, Operation, Pending, Remains, Revision, StoreError,
    StoreErrorKind, Value, Watch,
};

use crate::scope::Scope;

/// A store that looks as if it held nothing but the keys of a scope.
pub struct Scoped<S> {
    store: S,
    scope: Arc<Scope>,
}

impl<S: KvStore> Scoped<S> {
    pub fn new(store: S, scope: &Arc<Scope>) -> Self {
        Self {
            store,
            scope: Arc::clone(scope),
        }
    }

    fn key(&self, operation: Operation, key: &Key) -> Result<Key, StoreError> {
        self.scope.key(key).map_err(|error| {
            let kind = StoreErrorKind::InvalidKey(error.fault().clone());
            StoreError::new(operation, kind).with_key(key)
        })
    }

    fn key_to_write(&self, operation: Operation, key: &Key) -> Result<Key, StoreError> {
        let inner = self.key(operation, key)?;
        self.scope.note(&inner);
        Ok(inner)
    }
}

/// An error that names the check's key, if it names the data service's.
fn told(error: StoreError, inner: &Key, key: &Key) -> StoreError {
    if error.key() == Some(inner) {
        error.with_key(key)
    } else {
        error
    }
}

impl<S: KvStore> KvStore for Scoped<S> {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        Box::pin(async move {
            let inner = self.key(Operation::Get, key)?;
            let got = self.store.get(&inner).await;
            got.map_err(|error| told(error, &inner, key))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        Box::pin(async move {
            let inner = keys.iter().map(|key| self.key(Operation::Get, key));
            let inner = inner.collect::<Result<Vec<_>, _>>()?;
            self.store.get_many(&inner).await
        })
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let inner = self.key_to_write(Operation::Put, key)?;
            let put = self.store.put(&inner, value).await;
            put.map_err(|error| told(error, &inner, key))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let inner = self.key_to_write(Operation::Create, key)?;
            let created = self.store.create(&inner, value).await;
            created.map_err(|error| told(error, &inner, key))
        })
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        Box::pin(async move {
            let inner = self.key_to_write(Operation::Update, key)?;
            let updated = self.store.update(&inner, value, revision).await;
            updated.map_err(|error| told(error, &inner, key))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Box::pin(async move {
            let inner = self.key(Operation::Delete, key)?;
            let deleted = self.store.delete(&inner).await;
            deleted.map_err(|error| told(error, &inner, key))
        })
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        Box::pin(async move {
            let inner = self.key(Operation::Purge, key)?;
            let purged = self.store.purge(&inner).await;
            purged.map_err(|error| told(error, &inner, key))
        })
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        self.store.describe_bucket()
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        Box::pin(async move {
            let inner = self.key(Operation::Watch, key)?;
            let watch = self.store.watch(&inner).await;
            let watch = watch.map_err(|error| told(error, &inner, key))?;
            let state = (watch, inner, key.clone());
            Ok(Watch::unfold(state, |(mut watch, inner, key)| async move {
                let change = watch.next().await?;
                let change = change.map_err(|error| told(error, &inner, &key));
                Some((change, (watch, inner, key)))
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kvguard_runtime::testing::conformance::{CASES, Capabilities, Subject};
    use kvguard_runtime::testing::{AccessTable, MemoryStore};
    use kvguard_runtime::{Key, KvStore};

    use super::{Scope, Scoped};

    /// A store that other keys are in, too, and each case after the others: what holds of a fresh store holds of a scope.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_scope_of_a_store_does_what_a_store_does_and_leaves_nothing() {
        const FOREIGN: Key = Key::from_static("config/conformance.json");
        let table = AccessTable::new().grant("w", "writer").grant("r", "reader");
        let store = MemoryStore::new().with_access_table(table);
        let writer = store.handle_of("w");
        writer.put(&FOREIGN, "foreign".into()).await.expect("a put");
        let mut run = 0;
        for case in CASES {
            let scope = Scope::new(format!("scope/{}", case.name)).expect("a key");
            let scope = Arc::new(scope);
            let subject = Subject::new(Scoped::new(writer.clone(), &scope))
                .with_reader(Scoped::new(store.handle_of("r"), &scope))
                .with_nobody(Scoped::new(store.handle_of("n"), &scope));
            let capabilities = Capabilities::new()
                .put_tells_revision()
                .watch_tells_revision()
                .tells_creation()
                .tells_limits();
            let outcome = case.run(&subject, &capabilities).await;
            run += usize::from(outcome.unwrap_or_else(|why| panic!("{}: {why}", case.name)));
            assert_eq!(scope.clean(&writer).await, Vec::<String>::new());
        }
        assert!(run > 30, "{run}");
        let keys = writer.list_keys().expect("it lists keys").keys("").await;
        assert_eq!(keys.expect("a list"), [FOREIGN]);
    }

    #[test]
    fn a_prefix_that_is_no_part_of_a_key_is_refused() {
        for prefix in ["", "/", "a b", "a/"] {
            assert!(Scope::new(prefix.to_owned()).is_err(), "`{prefix}`");
        }
    }
}
