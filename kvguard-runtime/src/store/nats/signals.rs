//! What the connection tells besides answers: that it is lost or back, and what the server does not allow.
//!
//! A server gives no answer to what it does not allow. It tells so in an error of the connection, which names the
//! subject; so each request says what it is waiting for.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_nats::{ClientError, ConnectErrorKind, Event, ServerError};
use tokio::sync::{oneshot, watch};

use super::login::Login;

/// How the connection is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// Whether it is there.
    pub is_up: bool,
    /// How often it was lost.
    pub losses: u64,
    /// Why the server does not let this client in any more.
    pub refusal: Option<Arc<str>>,
    /// The subject for answers, if the server does not let this client listen to it.
    pub deaf: Option<Arc<str>>,
}

/// What the connection tells besides answers.
pub(super) struct Signals {
    inbox_prefix: String,
    login: Arc<Login>,
    link: watch::Sender<Link>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    requests: Vec<(u64, Subjects, oneshot::Sender<String>)>,
}

/// The subjects that a request is not allowed without.
#[derive(Debug, Clone)]
pub(super) enum Subjects {
    /// This one.
    One(String),
    /// Those that begin with one of these.
    Beginning(Vec<String>),
}

impl Subjects {
    fn contain(&self, subject: &str) -> bool {
        match self {
            Self::One(one) => one == subject,
            Self::Beginning(beginnings) => beginnings
                .iter()
                .any(|beginning| subject.starts_with(beginning.as_str())),
        }
    }
}

impl Signals {
    /// Those of a connection that is there.
    pub(super) fn new(inbox_prefix: &str, login: Arc<Login>) -> Self {
        Self {
            inbox_prefix: format!("{inbox_prefix}."),
            login,
            link: watch::Sender::new(Link {
                is_up: true,
                ..Link::default()
            }),
            waiting: Mutex::default(),
        }
    }

    pub(super) fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    /// Listens for a denial of one of the subjects.
    pub(super) fn denial_of(self: &Arc<Self>, subjects: Subjects) -> Denied {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting();
        let id = waiting.next;
        waiting.next += 1;
        waiting.requests.push((id, subjects, sender));
        drop(waiting);
        Denied {
            signals: Arc::clone(self),
            id,
            receiver,
        }
    }

    /// Takes in what the connection tells.
    pub(super) fn take(&self, event: &Event) {
        match event {
            Event::Connected => {
                let is_back = self.link.borrow().losses > 0;
                if is_back {
                    tracing::info!("kv connection restored");
                }
                self.login.accepted();
                self.link.send_modify(|link| {
                    link.is_up = true;
                    link.refusal = None;
                });
            }
            Event::Disconnected | Event::Closed => {
                tracing::warn!("kv connection lost");
                self.link.send_modify(|link| {
                    link.is_up = false;
                    link.losses += 1;
                    // The next connection listens anew, and is told anew.
                    link.deaf = None;
                });
            }
            Event::ServerError(ServerError::Other(text)) => self.take_error(text),
            Event::ClientError(ClientError::Other(text)) if is_refusal(text) => self.refuse(text),
            _ => {}
        }
    }

    fn take_error(&self, text: &str) {
        match Violation::of(text) {
            Some(Violation::Publish(subject)) => self.deny(subject),
            Some(Violation::Subscribe(subject)) => {
                self.deny(subject);
                if subject.starts_with(&self.inbox_prefix) {
                    self.link
                        .send_modify(|link| link.deaf = Some(subject.into()));
                }
            }
            // The server ends the connection with that, and the next one decides: by then there may be something else to log in with.
            None if text.to_ascii_lowercase().contains("authentication") => self.login.ended(text),
            None => {}
        }
    }

    fn deny(&self, subject: &str) {
        tracing::warn!(subject, "kv permission denied");
        let mut waiting = self.waiting();
        let denied: Vec<_> = waiting
            .requests
            .extract_if(.., |(_, subjects, _)| subjects.contain(subject))
            .collect();
        drop(waiting);
        for (_, _, sender) in denied {
            // It may have stopped waiting.
            let _ = sender.send(subject.to_owned());
        }
    }

    fn refuse(&self, said: &str) {
        let why = self.login.refusal(said);
        // It is tried again and again, and told once.
        if self.link.borrow().refusal.is_none() {
            tracing::warn!(why, "kv login refused");
        }
        self.link
            .send_modify(|link| link.refusal = Some(why.into()));
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a denial; stops listening when it is dropped.
pub(super) struct Denied {
    signals: Arc<Signals>,
    id: u64,
    receiver: oneshot::Receiver<String>,
}

impl Future for Denied {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<String> {
        match Pin::new(&mut self.receiver).poll(context) {
            Poll::Ready(Ok(subject)) => Poll::Ready(subject),
            // The sender is there until it has sent.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Denied {
    fn drop(&mut self) {
        let mut waiting = self.signals.waiting();
        waiting.requests.retain(|(id, _, _)| *id != self.id);
    }
}

/// What the server does not allow, as it words it.
#[derive(Debug, PartialEq, Eq)]
enum Violation<'a> {
    Publish(&'a str),
    Subscribe(&'a str),
}

impl<'a> Violation<'a> {
    fn of(text: &'a str) -> Option<Self> {
        const START: &str = "permissions violation for ";
        let start = text.get(..START.len())?;
        if !start.eq_ignore_ascii_case(START) {
            return None;
        }
        let (what, subject) = text.get(START.len()..)?.split_once('"')?;
        let (subject, _) = subject.split_once('"')?;
        let what = what.to_ascii_lowercase();
        if what.starts_with("publish") {
            Some(Self::Publish(subject))
        } else if what.starts_with("subscription") {
            Some(Self::Subscribe(subject))
        } else {
            None
        }
    }
}

/// Whether the library says by this text that the server did not let this client connect.
fn is_refusal(text: &str) -> bool {
    [
        ConnectErrorKind::AuthorizationViolation,
        ConnectErrorKind::Authentication,
    ]
    .iter()
    .any(|kind| text == kind.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::login::Login;
    use super::super::options;
    use super::{Signals, Subjects, Violation};
    use async_nats::{ClientError, ConnectErrorKind, Event, ServerError};
    use std::sync::Arc;

    fn signals() -> Signals {
        let login = Login::new(options::Login::None).expect("nothing to be read");
        Signals::new("_INBOX", Arc::new(login))
    }

    fn error(text: &str) -> Event {
        Event::ServerError(ServerError::Other(text.to_owned()))
    }

    #[test]
    fn what_the_server_does_not_allow_is_read_from_its_words() {
        for (text, expected) in [
            (
                r#"Permissions Violation for Publish to "$KV.config.a/b""#,
                Some(Violation::Publish("$KV.config.a/b")),
            ),
            (
                r#"Permissions Violation for Subscription to "_INBOX.x.*" using queue "q""#,
                Some(Violation::Subscribe("_INBOX.x.*")),
            ),
            (r#"permissions violation for publish to ""#, None),
            ("Permissions Violation for Publish", None),
            ("Stale Connection", None),
            ("", None),
        ] {
            assert_eq!(Violation::of(text), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn only_those_who_wait_for_a_subject_are_told_of_its_denial() {
        let signals = Arc::new(signals());
        let denied = signals.denial_of(Subjects::One("a".to_owned()));
        let other = signals.denial_of(Subjects::One("ab".to_owned()));
        let beginning = signals.denial_of(Subjects::Beginning(vec!["a".to_owned()]));
        signals.take(&error(r#"Permissions Violation for Publish to "a""#));
        assert_eq!(denied.await, "a");
        assert_eq!(beginning.await, "a");
        assert_eq!(signals.waiting().requests.len(), 1);
        drop(other);
        assert_eq!(signals.waiting().requests.len(), 0);
    }

    #[test]
    fn a_client_that_may_not_listen_is_told_so_until_it_connects_anew() {
        let signals = signals();
        signals.take(&error(
            r#"Permissions Violation for Subscription to "_INBOX.x.*""#,
        ));
        assert_eq!(signals.link().borrow().deaf.as_deref(), Some("_INBOX.x.*"));
        signals.take(&Event::Disconnected);
        signals.take(&Event::Connected);
        let link = signals.link().borrow().clone();
        assert_eq!((link.deaf, link.losses, link.is_up), (None, 1, true));
    }

    #[test]
    fn a_login_that_expires_is_refused_only_once_the_next_connection_is() {
        let signals = signals();
        signals.take(&error("Account Authentication Expired"));
        signals.take(&Event::Disconnected);
        assert_eq!(signals.link().borrow().refusal, None);
        let said = ConnectErrorKind::AuthorizationViolation.to_string();
        signals.take(&Event::ClientError(ClientError::Other(said)));
        let refusal = signals.link().borrow().refusal.clone();
        assert_eq!(refusal.as_deref(), Some("Account Authentication Expired"));
        signals.take(&Event::Connected);
        assert_eq!(signals.link().borrow().refusal, None);
    }
}
