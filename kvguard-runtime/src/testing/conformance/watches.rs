//! Watches tell what a key holds, and what becomes of it.

use std::time::Duration;

use tokio::time::timeout;

use super::expect::{CHANGE_DEADLINE, KEY, OTHER, done, equal, next, tells};
use super::{Capabilities, Failure, Subject};
use crate::Change;

pub(super) async fn a_watch_begins_with_what_the_key_holds(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    for value in ["a", "b"] {
        done("a put", subject.store.put(&KEY, value.into()).await)?;
    }
    let mut watch = done("a watch", subject.store.watch(&KEY).await)?;
    tells(&mut watch, Some(b"b")).await
}

pub(super) async fn a_watch_of_a_key_that_holds_nothing_begins_with_its_first_value(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let mut never_set = done("a watch", store.watch(&KEY).await)?;
    done("a put", store.put(&KEY, "a".into()).await)?;
    tells(&mut never_set, Some(b"a")).await?;
    done("a delete", store.delete(&KEY).await)?;
    let mut deleted = done("a watch", store.watch(&KEY).await)?;
    done("a put", store.put(&KEY, "b".into()).await)?;
    tells(&mut deleted, Some(b"b")).await
}

pub(super) async fn a_watch_tells_each_value_that_is_waited_for(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let mut watch = done("a watch", subject.store.watch(&KEY).await)?;
    for value in ["a", "b", "c"] {
        done("a put", subject.store.put(&KEY, value.into()).await)?;
        tells(&mut watch, Some(value.as_bytes())).await?;
    }
    Ok(())
}

pub(super) async fn a_watch_ends_up_with_the_last_of_many_values(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let mut watch = done("a watch", subject.store.watch(&KEY).await)?;
    for number in 0..100 {
        done(
            "a put",
            subject.store.put(&KEY, number.to_string().into()).await,
        )?;
    }
    let mut last = -1;
    while last < 99 {
        let value = next(&mut watch).await?.ok_or("the watch told a deletion")?;
        let number = std::str::from_utf8(value.as_bytes())
            .ok()
            .and_then(|text| text.parse::<i32>().ok())
            .ok_or("the watch told what was never put")?;
        equal("the values come in their order", number > last, true)?;
        last = number;
    }
    Ok(())
}

pub(super) async fn a_watch_tells_a_deletion_and_the_value_after_it(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let mut watch = done("a watch", store.watch(&KEY).await)?;
    tells(&mut watch, Some(b"a")).await?;
    done("a delete", store.delete(&KEY).await)?;
    tells(&mut watch, None).await?;
    done("a create", store.create(&KEY, "b".into()).await)?;
    tells(&mut watch, Some(b"b")).await
}

pub(super) async fn a_watch_tells_nothing_of_other_keys(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let mut watch = done("a watch", store.watch(&KEY).await)?;
    done("a put", store.put(&OTHER, "other".into()).await)?;
    done("a put", store.put(&KEY, "own".into()).await)?;
    tells(&mut watch, Some(b"own")).await
}

pub(super) async fn each_watch_is_told_by_itself(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    let mut first = done("a watch", store.watch(&KEY).await)?;
    let mut second = done("a watch", store.watch(&KEY).await)?;
    done("a put", store.put(&KEY, "a".into()).await)?;
    tells(&mut first, Some(b"a")).await?;
    drop(first);
    tells(&mut second, Some(b"a")).await?;
    done("a put", store.put(&KEY, "b".into()).await)?;
    tells(&mut second, Some(b"b")).await
}

pub(super) async fn a_watch_tells_revisions_if_it_states_it(
    subject: &Subject,
    capabilities: &Capabilities,
) -> Result<(), Failure> {
    let store = &*subject.store;
    done("a put", store.put(&KEY, "a".into()).await)?;
    let entry = done("a get", store.get(&KEY).await)?.ok_or("the key holds nothing")?;
    let mut watch = done("a watch", store.watch(&KEY).await)?;
    let change = timeout(CHANGE_DEADLINE, watch.next())
        .await
        .map_err(|_| "the watch told nothing")?
        .ok_or("the watch ended")?;
    let (Change::Set { revision, .. } | Change::Deleted { revision }) = done("a watch", change)?;
    let expected = capabilities.watch_tells_revision.then_some(entry.revision);
    equal("the revision that the watch told", revision, expected)
}

pub(super) async fn to_stop_waiting_loses_no_change(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let mut watch = done("a watch", subject.store.watch(&KEY).await)?;
    for value in ["a", "b"] {
        // The wait is given up at various points of what goes on below.
        for micros in [0, 1, 50, 500] {
            if timeout(Duration::from_micros(micros), watch.next())
                .await
                .is_ok()
            {
                return Err("the watch told a change before there was one".to_owned());
            }
        }
        done("a put", subject.store.put(&KEY, value.into()).await)?;
        let mut waited = timeout(Duration::ZERO, watch.next()).await;
        while waited.is_err() {
            waited = timeout(CHANGE_DEADLINE, watch.next()).await;
            if waited.is_err() {
                return Err("the change never came".to_owned());
            }
        }
        let change = waited.ok().flatten().ok_or("the watch ended")?;
        let is_it = matches!(
            done("a watch", change)?,
            Change::Set { value: told, .. } if told.as_bytes() == value.as_bytes()
        );
        equal("the change is the one that was made", is_it, true)?;
    }
    Ok(())
}
