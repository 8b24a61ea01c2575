//! What is not granted is denied, as a denial, and changes nothing.

use super::expect::{KEY, OTHER, denied, done, equal, holds, tells};
use super::{Capabilities, Failure, Subject};
use crate::{Entry, KvStore};

/// A store that holds `a`, and the same as another reaches it.
async fn prepared<'a>(
    subject: &'a Subject,
    other: Option<&'a std::sync::Arc<dyn KvStore>>,
) -> Result<(&'a dyn KvStore, Entry), Failure> {
    let other = other.ok_or("there is no such store")?;
    done("a put", subject.store.put(&KEY, "a".into()).await)?;
    let entry = done("a get", subject.store.get(&KEY).await)?.ok_or("the key holds nothing")?;
    Ok((&**other, entry))
}

async fn each_write_is_denied(
    subject: &Subject,
    other: &dyn KvStore,
    entry: &Entry,
) -> Result<(), Failure> {
    denied("a put", &KEY, other.put(&KEY, "b".into()).await)?;
    denied("a create", &OTHER, other.create(&OTHER, "b".into()).await)?;
    let updated = other.update(&KEY, "b".into(), entry.revision).await;
    denied("an update", &KEY, updated)?;
    denied("a delete", &KEY, other.delete(&KEY).await)?;
    denied("a purge", &KEY, other.purge(&KEY).await)?;
    let after = done("a get", subject.store.get(&KEY).await)?;
    equal("the key is as it was", after.as_ref() == Some(entry), true)?;
    holds(&*subject.store, &OTHER, None).await
}

pub(super) async fn a_reader_reads_and_watches(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let (reader, _) = prepared(subject, subject.reader.as_ref()).await?;
    holds(reader, &KEY, Some(b"a")).await?;
    let entries = done("a get of many", reader.get_many(&[KEY, OTHER]).await)?;
    let found: Vec<_> = entries.iter().map(Option::is_some).collect();
    equal("which hold a value", found, vec![true, false])?;
    let mut watch = done("a watch", reader.watch(&KEY).await)?;
    tells(&mut watch, Some(b"a")).await
}

pub(super) async fn a_reader_is_told_of_the_bucket(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let reader = subject.reader.as_ref().ok_or("there is no such store")?;
    let told = done("a description", reader.describe_bucket().await)?;
    let expected = done("a description", subject.store.describe_bucket().await)?;
    equal("what a reader is told", told, expected)
}

pub(super) async fn a_reader_is_denied_each_write_and_nothing_changes(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let (reader, entry) = prepared(subject, subject.reader.as_ref()).await?;
    each_write_is_denied(subject, reader, &entry).await
}

pub(super) async fn nobody_is_denied_reads(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let (nobody, _) = prepared(subject, subject.nobody.as_ref()).await?;
    denied("a get", &KEY, nobody.get(&KEY).await)?;
    denied(
        "a get of a key that holds nothing",
        &OTHER,
        nobody.get(&OTHER).await,
    )?;
    match nobody.get_many(&[KEY, OTHER]).await {
        Err(error) if error.is_permission_denied() => Ok(()),
        Err(error) => Err(format!("a get of many failed with `{error}`")),
        Ok(_) => Err("a get of many was done".to_owned()),
    }
}

pub(super) async fn nobody_is_denied_writes_and_nothing_changes(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let (nobody, entry) = prepared(subject, subject.nobody.as_ref()).await?;
    each_write_is_denied(subject, nobody, &entry).await
}

pub(super) async fn nobody_is_denied_a_watch(
    subject: &Subject,
    _: &Capabilities,
) -> Result<(), Failure> {
    let (nobody, _) = prepared(subject, subject.nobody.as_ref()).await?;
    // A stream may tell of it at its beginning or as its first item.
    let outcome = match nobody.watch(&KEY).await {
        Err(error) => Err(error),
        Ok(mut watch) => watch.next().await.ok_or("the watch ended")?.map(|_| ()),
    };
    denied("a watch", &KEY, outcome)
}
