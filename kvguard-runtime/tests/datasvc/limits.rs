//! How much a data service takes, and how many keys are read at once.

use kvguard_runtime::{Key, KvStore, Operation, StoreError, StoreErrorKind};

use crate::support::{Fleet, KEY, OTHER, WRITER, connected};

async fn put(store: &impl KvStore, bytes: usize) -> Result<(), StoreError> {
    store.put(&KEY, vec![b'x'; bytes].into()).await.map(drop)
}

#[tokio::test]
async fn a_value_over_the_limit_is_not_sent() {
    let fleet = Fleet::new();
    let store = connected(fleet.options(WRITER).with_value_limit(100)).await;
    put(&store, 100).await.expect("a put");
    let error = put(&store, 101).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::TooLarge { limit: Some(100) });
    assert_eq!(fleet.server.recording().writes().len(), 1);
}

#[tokio::test]
async fn a_message_over_the_servers_limit_is_too_large() {
    let fleet = Fleet::with(|builder| builder.with_message_limit(1000));
    let store = fleet.store(WRITER).await;
    let error = put(&store, 1001).await.unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::TooLarge { .. }),
        "{error}"
    );
    put(&store, 900).await.expect("a put");
}

#[tokio::test]
async fn a_value_of_the_default_limit_is_taken_with_the_longest_key() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    let key = Key::new("k".repeat(kvguard_runtime::MAX_KEY_BYTES)).expect("a key");
    let value = vec![b'x'; 4_192_256];
    store.put(&key, value.clone().into()).await.expect("a put");
    let entry = store.get(&key).await.expect("a get").expect("an entry");
    assert!(entry.value.as_bytes() == value);
}

#[tokio::test]
async fn a_bucket_without_room_is_full() {
    let fleet = Fleet::with(|builder| builder.with_room_for(100));
    let store = fleet.store(WRITER).await;
    put(&store, 60).await.expect("a put");
    let error = store
        .create(&OTHER, vec![b'x'; 60].into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Full);
    assert_eq!(fleet.server.value(&OTHER), None);
    put(&store, 100).await.expect("a put over the own value");
}

#[tokio::test]
async fn thousands_of_keys_are_read_in_their_order() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    let keys: Vec<Key> = (0..2500)
        .map(|number| Key::new(format!("many/{number}")).expect("a key"))
        .collect();
    for (number, key) in keys
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 3 == 0)
    {
        fleet.server.set(key, number.to_string());
    }
    let entries = store.get_many(&keys).await.expect("a read");
    assert_eq!(entries.len(), keys.len());
    for (number, entry) in entries.into_iter().enumerate() {
        let expected = (number % 3 == 0).then(|| number.to_string().into());
        assert_eq!(entry.map(|entry| entry.value), expected);
    }
    assert_eq!(
        fleet.server.recording().of(Operation::Get).len(),
        keys.len()
    );
}
