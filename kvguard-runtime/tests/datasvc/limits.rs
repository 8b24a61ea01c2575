//! How much a data service takes, and how many keys are read at once.

use kvguard_runtime::{Key, KeyFault, KvStore, Operation, Revision, StoreError, StoreErrorKind};

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
async fn a_message_over_the_servers_limit_is_too_large_and_tells_the_values_limit() {
    let fleet = Fleet::with(|builder| builder.with_message_limit(1000));
    let store = fleet.store(WRITER).await;
    let limit = told_limit(&put(&store, 1001).await.unwrap_err());
    assert_eq!(
        told_limit(&put(&store, limit + 1).await.unwrap_err()),
        limit
    );
    put(&store, limit).await.expect("a put");

    let value = |bytes: usize| vec![b'x'; bytes].into();
    let error = store.create(&OTHER, value(1001)).await.unwrap_err();
    let limit = told_limit(&error);
    let error = store.create(&OTHER, value(limit + 1)).await.unwrap_err();
    assert_eq!(error.key(), Some(&OTHER));
    store.create(&OTHER, value(limit)).await.expect("a create");

    let entry = store.get(&OTHER).await.expect("a get").expect("an entry");
    let update = async |bytes| store.update(&OTHER, value(bytes), entry.revision).await;
    let limit = told_limit(&update(1001).await.unwrap_err());
    assert_eq!(told_limit(&update(limit + 1).await.unwrap_err()), limit);
    update(limit).await.expect("an update");
}

/// The limit that an error tells which is one of a value that is too large.
fn told_limit(error: &StoreError) -> usize {
    match error.kind() {
        StoreErrorKind::TooLarge { limit: Some(limit) } => *limit,
        _ => panic!("not too large, or without a limit: {error}"),
    }
}

#[tokio::test]
async fn keys_whose_values_exceed_one_message_are_read_in_several() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    let keys: Vec<Key> = (0..1000)
        .map(|number| Key::new(format!("many/{number}")).expect("a key"))
        .collect();
    for (number, key) in keys.iter().enumerate() {
        fleet.server.set(key, format!("{number:05000}"));
    }
    let entries = store.get_many(&keys).await.expect("a read");
    for (number, entry) in entries.into_iter().enumerate() {
        let value = entry.expect("an entry").value;
        assert_eq!(value, format!("{number:05000}").into());
    }
}

#[tokio::test]
async fn a_value_that_is_longer_than_a_message_is_too_large_to_be_read_and_no_outage() {
    const LONG: Key = Key::from_static("config/long.json");
    let fleet = Fleet::with(|builder| builder.with_message_limit(10_000));
    let store = fleet.store(WRITER).await;
    for key in [&KEY, &OTHER] {
        fleet.server.set(key, vec![b'x'; 9000]);
    }
    fleet.server.set(&LONG, vec![b'x'; 10_001]);
    for error in [
        store.get(&LONG).await.unwrap_err(),
        store.get_many(&[KEY, LONG, OTHER]).await.unwrap_err(),
        store.get_many(&[LONG]).await.unwrap_err(),
        store.watch(&LONG).await.unwrap_err(),
    ] {
        assert!(!error.is_outage(), "{error}");
        assert_eq!(error.key(), Some(&LONG), "{error}");
        let is_too_large = matches!(error.kind(), StoreErrorKind::TooLarge { limit: Some(_) });
        assert!(is_too_large, "{error}");
    }
    let limit = told_limit(&store.get(&LONG).await.unwrap_err());
    fleet.server.set(&LONG, vec![b'x'; limit]);
    let entries = store.get_many(&[KEY, LONG, OTHER]).await.expect("a read");
    let lengths = entries.iter().flatten().map(|entry| entry.value.len());
    assert_eq!(lengths.collect::<Vec<_>>(), [9000, limit, 9000]);
}

#[tokio::test]
async fn a_key_of_another_domain_is_refused_by_each_operation_before_it_is_sent() {
    const KEY_ELSEWHERE: Key = Key::from_static("domains/edge/config/trapd.json");
    const NEAR: Key = Key::from_static("domains/edge");
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    for error in [
        store.get(&KEY_ELSEWHERE).await.unwrap_err(),
        store.get_many(&[KEY, KEY_ELSEWHERE]).await.unwrap_err(),
        store.put(&KEY_ELSEWHERE, "a".into()).await.unwrap_err(),
        store.create(&KEY_ELSEWHERE, "a".into()).await.unwrap_err(),
        store
            .update(&KEY_ELSEWHERE, "a".into(), Revision::new(1))
            .await
            .unwrap_err(),
        store.delete(&KEY_ELSEWHERE).await.unwrap_err(),
        store.watch(&KEY_ELSEWHERE).await.unwrap_err(),
    ] {
        let expected = StoreErrorKind::InvalidKey(KeyFault::OtherDomain);
        assert_eq!(error.kind(), &expected, "{error}");
        let text = error.to_string();
        assert!(text.contains("`domains/edge/config/trapd.json`"), "{text}");
        assert!(text.contains("another JetStream domain"), "{text}");
    }
    assert_eq!(fleet.server.recording().all(), []);
    store
        .put(&NEAR, "a".into())
        .await
        .expect("a key of its own");
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
