//! The keys of a bucket.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::answer::is_removal;
use super::bucket::Bucket;
use super::consumer::{Consumer, Sent, Wanted};
use super::signals::Subjects;
use super::wire::Task;
use crate::{Key, StoreError, StoreErrorKind};

/// How often the server says that it is still there while it sends keys.
const HEARTBEAT: Duration = Duration::from_millis(500);

impl Bucket {
    /// The keys that hold a value and begin with a text, sorted.
    pub(super) async fn keys(&self, task: &Task<'_>, prefix: &str) -> Result<Vec<Key>, StoreError> {
        let is_of_keys = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_=.".contains(&byte);
        if !prefix.bytes().all(is_of_keys) {
            return Ok(Vec::new());
        }
        // The server compares whole parts between dots.
        let parts = prefix.rfind('.').map_or("", |dot| &prefix[..=dot]);
        if parts.starts_with('.') || parts.contains("..") {
            return Ok(Vec::new());
        }
        let wanted = Wanted {
            filter: format!("{}>", self.subject(parts)),
            headers_only: true,
            heartbeat: HEARTBEAT,
            is_flow_controlled: true,
        };
        let beginning = self.subject("");
        loop {
            let denial = self
                .wire
                .signals
                .denial_of(Subjects::Beginning(vec![flow_control(&self.name)]));
            let mut link = self.wire.signals.link();
            let losses = link.borrow_and_update().losses;
            let consumer = self.consume(task, &wanted).await?;
            tokio::select! {
                biased;
                subject = denial => return Err(self.wire.denied(task, &subject)),
                keys = collect(consumer, &beginning) => {
                    if let Some(mut keys) = keys {
                        keys.retain(|key| key.as_str().starts_with(prefix));
                        keys.sort_unstable();
                        keys.dedup();
                        return Ok(keys);
                    }
                }
                // Without the connection nothing more comes: once it is back, all is sent anew.
                _ = link.wait_for(|link| link.losses != losses) => {}
                () = sleep_until(task.until) => {
                    return Err(task.error(StoreErrorKind::TimedOut(self.wire.deadline)));
                }
            }
        }
    }
}

/// Where the server asks whether a client has caught up.
fn flow_control(bucket: &str) -> String {
    format!("$JS.FC.KV_{bucket}.")
}

/// All keys that are sent, nothing if some did not come.
async fn collect(mut consumer: Consumer, beginning: &str) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    if consumer.pending == 0 {
        return Some(keys);
    }
    let mut silent = 0;
    loop {
        let wait = Instant::now() + HEARTBEAT * 3;
        let sent = tokio::select! {
            // What came counts before how long it took to look, or a busy machine begins anew without end.
            biased;
            sent = consumer.next() => sent,
            () = sleep_until(wait) => return None,
        };
        match sent {
            Sent::Value {
                message, pending, ..
            } => {
                silent = 0;
                let key = message.subject.strip_prefix(beginning);
                // What is no key was not written as one, and cannot be read as one.
                let key = key.and_then(|key| Key::new(key.to_owned()).ok());
                if let Some(key) = key
                    && !is_removal(message.headers.as_ref())
                {
                    keys.push(key);
                }
                if pending == 0 {
                    return Some(keys);
                }
            }
            // The server waits for an answer that does not reach it, or the rest was removed meanwhile.
            Sent::Heartbeat => {
                silent += 1;
                if silent > 3 {
                    return None;
                }
            }
            Sent::Gap | Sent::Closed => return None,
        }
    }
}
