//! Writes do what they say, or leave everything as it is.

use std::sync::Arc;

use super::expect::{KEY, OTHER, conflict, done, equal, holds, refused};
use super::{Capabilities, Failure, Subject};
use crate::{Entry, Key, KvStore, Revision, StoreError, StoreErrorKind};

async fn entry(store: &dyn KvStore, key: &Key) -> Result<Entry, Failure> {
    done("a get", store.get(key).await)?.ok_or_else(|| format!("`{key}` holds nothing"))
}

pub(super) async fn each_put_has_a_greater_revision(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let mut last = None;
    // The same value again is a new revision, too.
    for value in ["a", "b", "b"] {
        done("a put", subject.store.put(&KEY, value.into()).await)?;
        let revision = entry(&*subject.store, &KEY).await?.revision;
        equal("the revision is greater", Some(revision) > last, true)?;
        last = Some(revision);
    }
    Ok(())
}

pub(super) async fn a_put_tells_the_revision_that_is_read(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let told = done("a put", subject.store.put(&KEY, "a".into()).await)?;
    let read = entry(&*subject.store, &KEY).await?.revision;
    equal("the revision that the put told", told, Some(read))
}

pub(super) async fn a_key_is_created_once(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a create", store.create(&KEY, "a".into()).await)?;
    let before = entry(store, &KEY).await?;
    conflict(
        "a second create",
        &KEY,
        store.create(&KEY, "b".into()).await,
    )?;
    let after = entry(store, &KEY).await?;
    equal("the key is as it was", before == after, true)
}

pub(super) async fn a_created_key_tells_the_revision_that_is_read(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let told = done("a create", subject.store.create(&KEY, "a".into()).await)?;
    let read = entry(&*subject.store, &KEY).await?.revision;
    equal("the revision that the create told", told, Some(read))
}

pub(super) async fn a_key_is_created_again_after_it_was_deleted(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a create", store.create(&KEY, "a".into()).await)?;
    done("a delete", store.delete(&KEY).await)?;
    done("a create after it", store.create(&KEY, "b".into()).await)?;
    holds(store, &KEY, Some(b"b")).await
}

/// That of two writes one is done, and the other a conflict; whether it is the first that is done.
fn one_of<T>(
    what: &str,
    first: Result<T, crate::StoreError>,
    second: Result<T, crate::StoreError>,
) -> Result<bool, Failure> {
    match (first, second) {
        (Ok(_), Ok(_)) => Err(format!("{what}: both were done")),
        (first, Ok(_)) => conflict(what, &KEY, first).map(|()| false),
        (Ok(_), second) => conflict(what, &KEY, second).map(|()| true),
        (first, _) => done(what, first).map(|_| true),
    }
}

pub(super) async fn of_two_that_create_at_once_one_wins(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let create = |value: &'static str| {
        let store = Arc::clone(&subject.store);
        async move { store.create(&KEY, value.into()).await }
    };
    let (first, second) = tokio::join!(create("first"), create("second"));
    let is_first = one_of("two creates at once", first, second)?;
    let expected: &[u8] = if is_first { b"first" } else { b"second" };
    holds(&*subject.store, &KEY, Some(expected)).await
}

pub(super) async fn an_update_at_the_revision_that_was_read_is_done(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let revision = entry(store, &KEY).await?.revision;
    let told = done("an update", store.update(&KEY, "b".into(), revision).await)?;
    let after = entry(store, &KEY).await?;
    equal(
        "the value is the new one",
        after.value.as_bytes() == b"b",
        true,
    )?;
    equal("the revision that the update told", told, after.revision)?;
    equal("it is greater", told > revision, true)
}

pub(super) async fn an_update_at_another_revision_is_a_conflict_and_changes_nothing(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let old = entry(store, &KEY).await?.revision;
    done("a put", store.put(&KEY, "b".into()).await)?;
    for revision in [old, Revision::new(old.get() + 1_000_000)] {
        let outcome = store.update(&KEY, "c".into(), revision).await;
        conflict("an update at another revision", &KEY, outcome)?;
    }
    holds(store, &KEY, Some(b"b")).await
}

pub(super) async fn an_update_of_a_key_that_holds_nothing_is_a_conflict(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let outcome = subject
        .store
        .update(&KEY, "a".into(), Revision::new(7))
        .await;
    conflict("an update", &KEY, outcome)?;
    holds(&*subject.store, &KEY, None).await
}

pub(super) async fn of_two_that_update_at_once_one_wins(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    done("a put", subject.store.put(&KEY, "a".into()).await)?;
    let revision = entry(&*subject.store, &KEY).await?.revision;
    let update = |value: &'static str| {
        let store = Arc::clone(&subject.store);
        async move { store.update(&KEY, value.into(), revision).await }
    };
    let (first, second) = tokio::join!(update("first"), update("second"));
    let is_first = one_of("two updates at once", first, second)?;
    let expected: &[u8] = if is_first { b"first" } else { b"second" };
    holds(&*subject.store, &KEY, Some(expected)).await
}

pub(super) async fn a_deleted_key_holds_nothing(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    for key in [&KEY, &OTHER] {
        done("a put", store.put(key, "a".into()).await)?;
    }
    done("a delete", store.delete(&KEY).await)?;
    holds(store, &KEY, None).await?;
    holds(store, &OTHER, Some(b"a")).await
}

pub(super) async fn to_delete_what_is_not_there_is_no_error(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    done("a delete", subject.store.delete(&KEY).await)?;
    done("a second delete", subject.store.delete(&KEY).await)?;
    holds(&*subject.store, &KEY, None).await
}

pub(super) async fn a_purged_key_holds_nothing_and_can_be_created_again(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    for value in ["a", "b"] {
        done("a put", store.put(&KEY, value.into()).await)?;
    }
    done("a put", store.put(&OTHER, "a".into()).await)?;
    let old = entry(store, &KEY).await?.revision;
    done("a purge", store.purge(&KEY).await)?;
    holds(store, &KEY, None).await?;
    holds(store, &OTHER, Some(b"a")).await?;
    let updated = store.update(&KEY, "c".into(), old).await;
    conflict("an update of what was purged", &KEY, updated)?;
    if let (Some(list), true) = (store.list_keys(), capabilities.lists_keys) {
        let keys = done("a list of keys", list.keys("").await)?;
        equal("the keys", keys, vec![OTHER])?;
    }
    done("a create after it", store.create(&KEY, "c".into()).await)?;
    holds(store, &KEY, Some(b"c")).await
}

pub(super) async fn to_purge_what_is_not_there_is_no_error(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    done("a purge", subject.store.purge(&KEY).await)?;
    done("a second purge", subject.store.purge(&KEY).await)?;
    holds(&*subject.store, &KEY, None).await
}

pub(super) async fn a_value_at_the_limit_is_taken(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let value = vec![b'x'; capabilities.value_limit.unwrap_or_default()];
    done("a put", subject.store.put(&KEY, value.clone().into()).await)?;
    holds(&*subject.store, &KEY, Some(&value)).await
}

pub(super) async fn a_value_over_the_limit_is_refused_and_changes_nothing(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let long = vec![b'x'; capabilities.value_limit.unwrap_or_default() + 1];
    let is_too_large = |kind: &StoreErrorKind| matches!(kind, StoreErrorKind::TooLarge { .. });
    let created = store.create(&OTHER, long.clone().into()).await;
    refused("a create", &OTHER, created, "too large", is_too_large)?;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let put = store.put(&KEY, long.clone().into()).await;
    refused("a put", &KEY, put, "too large", is_too_large)?;
    let revision = entry(store, &KEY).await?.revision;
    let updated = store.update(&KEY, long.into(), revision).await;
    refused("an update", &KEY, updated, "too large", is_too_large)?;
    holds(store, &OTHER, None).await?;
    holds(store, &KEY, Some(b"a")).await
}

const ELSEWHERE: Key = Key::from_static("domains/edge/conformance.json");

pub(super) async fn a_key_of_another_domain_is_refused_and_named(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let is_invalid = |kind: &StoreErrorKind| matches!(kind, StoreErrorKind::InvalidKey(_));
    let refused_for = |what: &str, outcome: Result<(), StoreError>| {
        refused(what, &ELSEWHERE, outcome, "an invalid key", is_invalid)
    };
    let value = || "a".into();
    refused_for("a get", store.get(&ELSEWHERE).await.map(drop))?;
    let many = store.get_many(&[KEY, ELSEWHERE]).await.map(drop);
    refused_for("a get of many", many)?;
    refused_for("a put", store.put(&ELSEWHERE, value()).await.map(drop))?;
    refused_for(
        "a create",
        store.create(&ELSEWHERE, value()).await.map(drop),
    )?;
    let update = store.update(&ELSEWHERE, value(), Revision::new(1)).await;
    refused_for("an update", update.map(drop))?;
    refused_for("a delete", store.delete(&ELSEWHERE).await)?;
    refused_for("a purge", store.purge(&ELSEWHERE).await.map(drop))?;
    refused_for("a watch", store.watch(&ELSEWHERE).await.map(drop))
}

pub(super) async fn a_key_below_domains_is_a_key_as_any_other(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&ELSEWHERE, "a".into()).await)?;
    holds(store, &ELSEWHERE, Some(b"a")).await
}
