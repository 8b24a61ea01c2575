//! Reads many keys of a store, so that one that is not answered keeps no other from being read.

use futures_util::StreamExt;
use futures_util::stream;
use kvguard_runtime::{Entry, Key, KvStore, StoreError, StoreErrorKind};

use super::failure::Failure;
use super::progress::Progress;

/// A key as it was read: an entry, nothing, or why it was not read.
pub type Read = Result<Option<Entry>, StoreError>;

/// How many keys are asked for in one go. Each go has the time of one request.
const IN_ONE_GO: usize = 1000;

/// How many keys are asked for at once where each is asked for by itself.
const AT_ONCE: usize = 64;

/// After how many keys in a row without an answer no more are asked for: the store does not answer at all.
const GIVEN_UP_AFTER: usize = AT_ONCE;

/// Reads keys, in their order.
pub async fn read_many(store: &dyn KvStore, keys: &[Key], progress: &Progress) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::with_capacity(keys.len());
    for part in keys.chunks(IN_ONE_GO) {
        match store.get_many(part).await {
            Ok(entries) => {
                progress.advance_by(entries.len());
                reads.extend(entries.into_iter().map(Ok));
            }
            Err(error) if is_gone(&error) => {
                reads.resize(keys.len(), Err(error));
                break;
            }
            // One of them is refused or not answered; which one, each shows by itself.
            Err(_) => {
                if let Some(last) = read_each(store, part, &mut reads, progress).await {
                    reads.resize(keys.len(), Err(last));
                    break;
                }
            }
        }
    }
    reads
}

/// Reads each key by itself. Where too many in a row are not answered it stops, and returns why the last one was not.
async fn read_each(
    store: &dyn KvStore,
    keys: &[Key],
    reads: &mut Vec<Read>,
    progress: &Progress,
) -> Option<StoreError> {
    let mut answers = stream::iter(keys.iter().map(|key| store.get(key))).buffered(AT_ONCE);
    let mut unanswered = 0;
    while let Some(answer) = answers.next().await {
        match &answer {
            Err(error) if error.is_outage() => unanswered += 1,
            _ => unanswered = 0,
        }
        let last = answer.as_ref().err().cloned();
        reads.push(answer);
        progress.advance();
        if unanswered == GIVEN_UP_AFTER {
            return last;
        }
    }
    None
}

/// Whether the store cannot be reached at all, so that it need not be asked for another key.
fn is_gone(error: &StoreError) -> bool {
    error.is_outage() && !matches!(error.kind(), StoreErrorKind::TimedOut(_))
}

/// Keys that were not read, by the reason.
#[derive(Default)]
pub struct Unread(Vec<(StoreError, Vec<String>)>);

impl Unread {
    /// Takes in why a key was not read.
    pub fn add(&mut self, error: StoreError, key: &str) {
        let kind = std::mem::discriminant(error.kind());
        let mut known = self.0.iter_mut();
        let same = known.find(|(known, _)| std::mem::discriminant(known.kind()) == kind);
        match same {
            // Services may have a key together.
            Some((_, keys)) if keys.iter().any(|known| known == key) => {}
            Some((_, keys)) => keys.push(key.to_owned()),
            None => self.0.push((error, vec![key.to_owned()])),
        }
    }

    /// A failure for each reason.
    pub fn into_failures(self, store: &str) -> impl Iterator<Item = Failure> {
        self.0
            .into_iter()
            .map(move |(error, keys)| Failure::Unread {
                store: store.to_owned(),
                error: Box::new(error),
                keys,
            })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kvguard_runtime::testing::MemoryStore;
    use kvguard_runtime::{Key, KvStore, Operation, StoreErrorKind};

    use super::{GIVEN_UP_AFTER, Progress, Unread, read_many};

    fn keys(number: usize) -> Vec<Key> {
        let key = |number| Key::new(format!("config/{number}.json")).expect("a key");
        (0..number).map(key).collect()
    }

    async fn store(keys: &[Key]) -> MemoryStore {
        let store = MemoryStore::new();
        for key in keys {
            store.put(key, key.as_str().into()).await.expect("a put");
        }
        store
    }

    #[tokio::test]
    async fn a_key_that_is_not_answered_keeps_no_other_from_being_read() {
        let keys = keys(5);
        let store = store(&keys).await;
        let late = StoreErrorKind::TimedOut(Duration::from_secs(1));
        store.fail_nth_of(Operation::Get, 1, late.clone());
        store.fail_nth_of(Operation::Get, 4, late.clone());
        let reads = read_many(&store, &keys, &Progress::new(true)).await;
        for (position, (key, read)) in keys.iter().zip(&reads).enumerate() {
            match read {
                Ok(Some(entry)) => assert_eq!(entry.value, key.as_str().into()),
                Ok(None) => panic!("`{key}` holds something"),
                Err(error) => assert_eq!((position, error.kind()), (2, &late)),
            }
        }
        assert_eq!(reads.iter().filter(|read| read.is_err()).count(), 1);
    }

    #[tokio::test]
    async fn a_store_that_answers_nothing_is_not_asked_for_every_key() {
        let keys = keys(GIVEN_UP_AFTER * 4);
        let store = store(&keys).await;
        let late = StoreErrorKind::TimedOut(Duration::from_secs(1));
        for nth in 1..=GIVEN_UP_AFTER * 2 {
            store.fail_nth_of(Operation::Get, nth, late.clone());
        }
        let reads = read_many(&store, &keys, &Progress::new(true)).await;
        assert_eq!(reads.len(), keys.len());
        assert!(reads.iter().all(Result::is_err));
    }

    #[test]
    fn keys_that_were_not_read_for_one_reason_are_one_failure() {
        let mut unread = Unread::default();
        let error = |kind| kvguard_runtime::StoreError::new(Operation::Get, kind);
        for number in 0..20 {
            unread.add(error(StoreErrorKind::Unavailable), &format!("k{number}"));
        }
        unread.add(error(StoreErrorKind::Malformed), "other");
        let told: Vec<String> = unread
            .into_failures("the store")
            .map(|failure| failure.to_string())
            .collect();
        assert_eq!(told.len(), 2);
        assert!(
            told[0].contains("20 keys were not read: `k0`, `k1`"),
            "{told:?}"
        );
        assert!(told[0].contains("and 10 more"), "{told:?}");
        assert!(told[1].contains("`other` was not read"), "{told:?}");
    }
}
