//! The control run: the program with a store that is well, which shows what it does when nothing is wrong.
//!
//! A case compares its own run with this one. Where the program does not get ready here, it lacks something that has nothing to do
//! with the store (a database, a port, a server name), and no case can judge it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::level::is_warning;
use super::lines::{Known, names};
use super::sockets::{self, Listening};
use super::{Observed, Running, Seen};
use crate::Key;
use crate::testing::harness::bench::{Bench, Setting, about, is_read};
use crate::testing::harness::cases::reads_its_key::never_read;
use crate::testing::harness::failed::Failed;
use crate::testing::{Outcome, Recorded, Recording};

/// What a control run showed.
pub(in crate::testing::harness) struct Control {
    /// How the program shows that it is ready; nothing if it only runs on.
    sign: Option<ReadySign>,
    /// How long after its start it was ready, or was seen to run on.
    pub(in crate::testing::harness) ready_after: Duration,
    /// Whether it went on to run when it was ready.
    pub(in crate::testing::harness) lasts: bool,
    /// What it asked of the store.
    pub(in crate::testing::harness) recorded: Vec<Recorded>,
    /// What it logged.
    pub(in crate::testing::harness) log: String,
    known: Known,
}

/// How a program shows that it is ready.
enum ReadySign {
    /// It logs this.
    Text(&'static str),
    /// It listens on this port, which the test has chosen.
    Port(u16),
    /// It listens on this port, on which it did not before it had read its key, or on one more than the number before, since it may
    /// choose another one in each run.
    Socket { port: u16, before: usize },
}

impl Bench {
    /// Runs the program with a store that is well.
    pub(in crate::testing::harness) async fn control(&self) -> Result<Control, Failed> {
        let setting = Setting {
            value: Some(self.template_text().as_bytes()),
            ..Setting::default()
        };
        let scene = self.scene(setting).await?;
        let at_read = SocketsAtRead::of(scene.stage().recording(), &self.key);
        let mut running = scene.start_binary()?;
        at_read.is_about(running.process.group());
        match running
            .until(|seen| has_read(&seen.recorded, &self.key))
            .await
        {
            Seen::Met => {}
            Seen::Ended { words, .. } if running.recorded().is_empty() => {
                return Err(ended_unread(running, &words).await);
            }
            seen => return Err(never_read(self, running, seen).await),
        }
        let before = at_read.sockets();
        let text = self.binary()?.ready;
        let is_new = |inode: &u64| {
            before
                .as_ref()
                .is_some_and(|known| !known.contains_key(inode))
        };
        // What is listened on when it is ready may be closed again at once.
        let listening = RefCell::new(Listening::new());
        let seen = running
            .until(|seen| {
                if let Some(text) = text {
                    return seen.log.contains(text);
                }
                let mut listening = listening.borrow_mut();
                *listening = seen.listening();
                listening.keys().any(is_new)
            })
            .await;
        let sign = match (seen, text) {
            (Seen::Met, Some(text)) => Some(ReadySign::Text(text)),
            (Seen::Met, None) => {
                let listening = listening.borrow();
                let new = listening.iter().filter(|(inode, _)| is_new(inode));
                let mut ports = new.map(|(_, port)| *port);
                let chosen = ports
                    .clone()
                    .find(|port| self.setup.borrow().has_port(*port));
                chosen.map(ReadySign::Port).or_else(|| {
                    ports.next().map(|port| ReadySign::Socket {
                        port,
                        before: before.as_ref().map_or(0, Listening::len),
                    })
                })
            }
            (Seen::TimedOut, None) => None,
            (Seen::TimedOut, Some(text)) => {
                let why = format!(
                    "with a store that is well, the program read its key and did not log `{text}` in time"
                );
                return Err(running
                    .not_judged(why)
                    .await
                    .help("`ready` is what it logs once it has loaded its configuration; `timeout` is how long that may take"));
            }
            (Seen::Ended { words, .. }, _) => return Err(ended(running, &words).await),
        };
        let ready_after = running.started.elapsed();
        // Without a sign it was seen to run on already.
        let lasts = sign.is_none() || running.runs_on_for(ready_after).await;
        let recorded = running.recorded();
        let known = Known::of(&running.log());
        Ok(Control {
            sign,
            ready_after,
            lasts,
            recorded,
            log: running.end().await,
            known,
        })
    }
}

/// A control run that ended before it asked the store for anything.
async fn ended_unread(running: Running<'_, '_>, words: &str) -> Failed {
    running
        .not_judged(format!(
            "with a store that is well, the program {words} before it asked the store for anything"
        ))
        .await
        .help("give it what it lacks: the name that it expects the store's certificate to be for by `server_name`, another server by `needs` or `before`, a free port by `{port}`, a field of its configuration by `set`")
}

/// A control run that ended before it was ready.
async fn ended(running: Running<'_, '_>, words: &str) -> Failed {
    let watches = running
        .recorded()
        .iter()
        .any(|recorded| recorded.operation == crate::Operation::Watch);
    let failed = running
        .not_judged(format!(
            "with a store that is well, the program read its key and {words} before it was ready"
        ))
        .await
        .help("give it what it lacks: another server by `needs` or `before`, a free port by `{port}`, a field of its configuration by `set`; or mend its template");
    if watches {
        return failed.help(
            "it had begun to watch its key: it may take the first value for an update and restart",
        );
    }
    failed
}

fn has_read(recorded: &[Recorded], key: &Key) -> bool {
    about(recorded, key).any(|recorded| is_read(recorded) && recorded.outcome == Outcome::Done)
}

impl Control {
    /// Whether anything shows that the program is ready.
    pub(in crate::testing::harness) fn has_sign(&self) -> bool {
        self.sign.is_some()
    }

    /// Whether another run of the program is ready.
    pub(in crate::testing::harness) fn is_ready(&self, seen: &Observed) -> bool {
        match &self.sign {
            None => false,
            Some(ReadySign::Text(text)) => seen.log.contains(text),
            Some(ReadySign::Port(port)) => seen.listening().values().any(|known| known == port),
            Some(ReadySign::Socket { port, before }) => {
                let listening = seen.listening();
                listening.values().any(|known| known == port) || listening.len() > *before
            }
        }
    }

    /// Whether another run that ended with a failure did so for its fault: this one did not end, or it was ready before, which the other
    /// would have shown in its log. A socket that is open for a moment may be missed.
    pub(in crate::testing::harness) fn blames_fault(&self, was_ready: bool) -> bool {
        self.lasts || !was_ready && matches!(self.sign, Some(ReadySign::Text(_)))
    }

    /// Why an end of another run cannot be judged.
    pub(in crate::testing::harness) fn not_comparable(words: &str) -> String {
        format!(
            "the program {words}, and does so also with a store that is well; say what it logs once it has loaded its configuration, `ready = \"…\"`, or give it what it lacks"
        )
    }

    /// Whether another run warns of one of these in a message that this one did not log.
    pub(in crate::testing::harness) fn is_told(&self, log: &str, about: &[&str]) -> bool {
        self.known
            .new_messages(log)
            .any(|message| is_warning(message) && about.iter().any(|name| names(message, name)))
    }

    /// Whether another run names this in a message that this one did not log.
    pub(in crate::testing::harness) fn is_named(&self, log: &str, name: &str) -> bool {
        self.known
            .new_messages(log)
            .any(|message| names(message, name))
    }

    /// How many messages of another run this one did not log, warnings left out.
    pub(in crate::testing::harness) fn new_information(&self, log: &str) -> usize {
        let new = self.known.new_messages(log);
        new.filter(|message| !is_warning(message)).count()
    }
}

/// What a program listens on when the store sees that it reads its key. The store is not to answer before that is known, so that what
/// is opened after the answer is not among it.
struct SocketsAtRead {
    group: Arc<OnceLock<Option<u32>>>,
    sockets: Arc<Mutex<Option<Listening>>>,
}

impl SocketsAtRead {
    fn of(recording: &Recording, key: &Key) -> Self {
        let group: Arc<OnceLock<Option<u32>>> = Arc::default();
        let sockets: Arc<Mutex<Option<Listening>>> = Arc::default();
        let (of_group, seen, key) = (Arc::clone(&group), Arc::clone(&sockets), key.clone());
        recording.observe(move |recorded| {
            if !has_read(std::slice::from_ref(recorded), &key) {
                return;
            }
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let (None, Some(group)) = (&*seen, of_group.wait()) {
                *seen = Some(sockets::listening(*group));
            }
        });
        Self { group, sockets }
    }

    /// Says which processes it is about. Until then the store waits with its answer.
    fn is_about(&self, group: Option<u32>) {
        // It is said once.
        let _ = self.group.set(group);
    }

    fn sockets(&self) -> Option<Listening> {
        let sockets = self.sockets.lock();
        sockets.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for SocketsAtRead {
    /// The store must not wait for a program that was never started.
    fn drop(&mut self) {
        let _ = self.group.set(None);
    }
}
