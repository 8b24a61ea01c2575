//! What is read is what was written.

use super::expect::{KEY, OTHER, done, equal, holds, tells};
use super::{Capabilities, Failure, Subject};
use crate::{Key, Limit};

pub(super) async fn a_key_that_was_never_set_holds_nothing(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    holds(&*subject.store, &KEY, None).await
}

pub(super) async fn what_was_put_is_read_with_its_revision(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let first = done("a get", store.get(&KEY).await)?.ok_or("the key holds nothing")?;
    equal(
        "the first value is read",
        first.value.as_bytes() == b"a",
        true,
    )?;
    done("a put", store.put(&KEY, "b".into()).await)?;
    let second = done("a get", store.get(&KEY).await)?.ok_or("the key holds nothing")?;
    equal(
        "the second value is read",
        second.value.as_bytes() == b"b",
        true,
    )?;
    equal(
        "its revision is greater",
        second.revision > first.revision,
        true,
    )
}

pub(super) async fn an_entry_tells_when_it_was_written_if_the_store_states_it(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let mut last = None;
    for value in ["a", "b"] {
        done("a put", store.put(&KEY, value.into()).await)?;
        let entry = done("a get", store.get(&KEY).await)?.ok_or("the key holds nothing")?;
        equal(
            "whether it tells when the value was written",
            entry.created.is_some(),
            capabilities.tells_creation,
        )?;
        equal("the later value is not older", entry.created >= last, true)?;
        let many = done("a get of many", store.get_many(&[KEY]).await)?;
        equal(
            "a get of many tells the same",
            many == [Some(entry.clone())],
            true,
        )?;
        last = entry.created;
    }
    Ok(())
}

pub(super) async fn a_bucket_is_described_as_far_as_the_store_states(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let facts = done("a description", subject.store.describe_bucket().await)?;
    for (what, is_told) in [
        ("how long values live", facts.max_age.is_some()),
        ("how many bytes it may hold", facts.max_bytes.is_some()),
        (
            "how many bytes a value may have",
            facts.max_value_bytes.is_some(),
        ),
        (
            "whether a value may have a time to live",
            facts.allows_value_ttl.is_some(),
        ),
    ] {
        equal(
            &format!("whether it tells {what}"),
            is_told,
            capabilities.tells_limits,
        )?;
    }
    match (facts.max_value_bytes, capabilities.value_limit) {
        (Some(told), Some(limit)) => equal(
            "the most bytes of a value",
            told,
            Limit::AtMost(u64::try_from(limit).unwrap_or(u64::MAX)),
        ),
        _ => Ok(()),
    }
}

pub(super) async fn any_bytes_are_a_value(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let bytes: Vec<u8> = (0..=u8::MAX).rev().chain([b'\r', b'\n', 0, 0xff]).collect();
    done(
        "a put",
        subject.store.put(&KEY, bytes.as_slice().into()).await,
    )?;
    holds(&*subject.store, &KEY, Some(&bytes)).await
}

pub(super) async fn an_empty_value_is_a_value(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let mut watch = done("a watch", store.watch(&KEY).await)?;
    done("a put", store.put(&KEY, "".into()).await)?;
    holds(store, &KEY, Some(b"")).await?;
    tells(&mut watch, Some(b"")).await
}

pub(super) async fn keys_of_every_allowed_character_are_told_apart(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    const KEYS: [&str; 8] = [
        "azAZ09",
        "azaz09",
        "a-b",
        "a_b",
        "a=b",
        "a.b",
        "a/b",
        "a.b/c-d_e=f.json",
    ];
    let keys = KEYS.map(Key::from_static);
    for key in &keys {
        done("a put", subject.store.put(key, key.as_str().into()).await)?;
    }
    for key in &keys {
        holds(&*subject.store, key, Some(key.as_str().as_bytes())).await?;
    }
    Ok(())
}

pub(super) async fn many_keys_are_read_in_the_order_they_were_asked_for(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for number in 0..50 {
        let key = Key::new(format!("many/{number}.json")).map_err(|error| error.to_string())?;
        // Every seventh is not there.
        if number % 7 != 3 {
            done(
                "a put",
                subject.store.put(&key, number.to_string().into()).await,
            )?;
        }
        keys.push(key);
    }
    keys.reverse();
    let entries = done("a get of many", subject.store.get_many(&keys).await)?;
    equal("the number of answers", entries.len(), keys.len())?;
    for (position, (number, entry)) in (0..50).rev().zip(entries).enumerate() {
        let expected = (number % 7 != 3).then(|| number.to_string().into_bytes());
        let found = entry.map(|entry| entry.value.into_bytes());
        equal(
            &format!("answer {position} is that of its key"),
            found == expected,
            true,
        )?;
    }
    Ok(())
}

pub(super) async fn no_keys_are_read_as_nothing(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let entries = done("a get of no keys", subject.store.get_many(&[]).await)?;
    equal("the number of answers", entries.len(), 0)
}

pub(super) async fn a_key_that_is_asked_for_twice_is_told_twice(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    done("a put", subject.store.put(&KEY, "a".into()).await)?;
    let keys = [KEY, OTHER, KEY];
    let entries = done("a get of many", subject.store.get_many(&keys).await)?;
    let found: Vec<_> = entries.iter().map(Option::is_some).collect();
    equal("which hold a value", found, vec![true, false, true])
}

async fn listed(subject: &Subject, prefix: &str) -> Result<Vec<String>, Failure> {
    let list = subject
        .store
        .list_keys()
        .ok_or("the store lists no keys, and states that it does")?;
    let keys = done("a list of keys", list.keys(prefix).await)?;
    Ok(keys.iter().map(ToString::to_string).collect())
}

pub(super) async fn keys_are_listed_sorted_by_their_prefix(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    equal(
        "the keys of an empty store",
        listed(subject, "").await?,
        vec![],
    )?;
    for key in ["b/2.json", "a.b", "b/10.json", "b/1.json", "bb"] {
        done(
            "a put",
            subject.store.put(&Key::from_static(key), "x".into()).await,
        )?;
    }
    equal(
        "the keys that begin with `b/`",
        listed(subject, "b/").await?,
        ["b/1.json", "b/10.json", "b/2.json"]
            .map(str::to_owned)
            .to_vec(),
    )?;
    equal(
        "the number of all keys",
        listed(subject, "").await?.len(),
        5,
    )?;
    equal(
        "the keys that begin with `c`",
        listed(subject, "c").await?,
        vec![],
    )
}

pub(super) async fn a_deleted_key_is_not_listed(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    for key in [&KEY, &OTHER] {
        done("a put", subject.store.put(key, "x".into()).await)?;
    }
    done("a delete", subject.store.delete(&KEY).await)?;
    equal(
        "the keys",
        listed(subject, "").await?,
        vec![OTHER.to_string()],
    )
}

pub(super) async fn a_store_lists_keys_if_it_states_it(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    equal(
        "whether it lists keys",
        subject.store.list_keys().is_some(),
        capabilities.lists_keys,
    )
}

/// Together they are longer than 4 MiB, which is the most that gRPC sends in one message, unless a store's limit is low.
pub(super) async fn many_keys_with_long_values_are_read_at_once(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    const KEYS: usize = 90;
    let bytes = capabilities.value_limit.unwrap_or(50_000).min(50_000);
    let store = &*subject.store;
    let mut keys = Vec::new();
    for number in 0..KEYS {
        let key = Key::new(format!("many/{number}")).map_err(|error| error.to_string())?;
        let value = format!("{number:0bytes$}");
        done("a put", store.put(&key, value.into()).await)?;
        keys.push(key);
    }
    let entries = done("a get of many", store.get_many(&keys).await)?;
    for (number, entry) in entries.into_iter().enumerate() {
        let found = entry.map(|entry| entry.value);
        let is_it = found == Some(format!("{number:0bytes$}").into());
        equal("the key holds what was put", is_it, true)?;
    }
    Ok(())
}
