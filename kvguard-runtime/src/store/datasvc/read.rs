//! Reading keys, as many in one message as the data service sends.

use std::collections::HashMap;

use super::client::Client;
use super::wire::{self, method};
use crate::{BucketFacts, Entry, Key, Operation, Revision, StoreError, StoreErrorKind};

/// The most keys that are asked for in one message.
const KEYS_AT_ONCE: usize = 1000;

/// What a key holds.
pub(super) async fn read(client: &Client, key: &Key) -> Result<Option<Entry>, StoreError> {
    let request = wire::KeyRequest {
        key: key.as_str().to_owned(),
    };
    let response: wire::GetResponse = client
        .read(Operation::Get, method::GET, Some(key), request)
        .await
        .map_err(|error| error.map_limit(wire::readable_limit))?;
    Ok(response.found.then(|| Entry {
        value: response.value.into(),
        revision: Revision::new(response.revision),
        created: None,
    }))
}

/// What many keys hold. Where the answer is longer than the data service sends in one message, it is asked for half of those keys at a
/// time, down to one.
pub(super) async fn read_many(
    client: &Client,
    keys: &[Key],
) -> Result<Vec<Option<Entry>>, StoreError> {
    let mut entries = Vec::with_capacity(keys.len());
    // What is still to be read; the last is the next.
    let mut batches: Vec<&[Key]> = keys.chunks(KEYS_AT_ONCE).rev().collect();
    while let Some(batch) = batches.pop() {
        if let [key] = batch {
            entries.push(read(client, key).await?);
            continue;
        }
        match read_batch(client, batch).await {
            Ok(read) => entries.extend(read),
            Err(error) if matches!(error.kind(), StoreErrorKind::TooLarge { .. }) => {
                let (first, second) = batch.split_at(batch.len() / 2);
                batches.extend([second, first]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// What the data service tells of its bucket.
pub(super) async fn describe_bucket(client: &Client) -> Result<BucketFacts, StoreError> {
    let response: wire::InfoResponse = client
        .read(
            Operation::DescribeBucket,
            method::INFO,
            None,
            wire::Empty {},
        )
        .await?;
    let told = |name: String| (!name.is_empty()).then_some(name);
    Ok(BucketFacts {
        name: told(response.bucket),
        domain: told(response.domain),
        ..BucketFacts::default()
    })
}

async fn read_batch(client: &Client, keys: &[Key]) -> Result<Vec<Option<Entry>>, StoreError> {
    let request = wire::BatchGetRequest {
        keys: keys.iter().map(|key| key.as_str().to_owned()).collect(),
    };
    let response: wire::BatchGetResponse = client
        .read(Operation::Get, method::BATCH_GET, None, request)
        .await?;
    let found: HashMap<String, Option<Entry>> = response
        .results
        .into_iter()
        .map(|result| {
            let entry = result.found.then(|| Entry {
                value: result.value.into(),
                revision: Revision::new(result.revision),
                created: None,
            });
            (result.key, entry)
        })
        .collect();
    let entry = |key: &Key| {
        let malformed = || StoreError::new(Operation::Get, StoreErrorKind::Malformed).with_key(key);
        found.get(key.as_str()).cloned().ok_or_else(malformed)
    };
    keys.iter().map(entry).collect()
}
