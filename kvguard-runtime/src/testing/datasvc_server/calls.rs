//! Connections, and the calls that come on them.

use std::convert::Infallible;
use std::future::ready;
use std::net::TcpListener;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prost::Message;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::faults::Fate;
use super::limits::{self, status};
use super::values::Conflict;
use super::{Shared, health};
use crate::store::datasvc::wire::{self, method};
use crate::testing::background::Background;
use crate::testing::grpc::{Handler, Messages};
use crate::testing::{Outcome, Recorded};
use crate::x509::CertificateNames;
use crate::{Operation, StoreErrorKind};

/// Takes connections until what it gives is dropped.
pub(super) fn serve(listener: TcpListener, shared: Arc<Shared>) -> Background {
    Background::run("datasvc-server", move || async move {
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| tokio::net::TcpListener::from_std(listener))
            .unwrap_or_else(|error| panic!("the port cannot be listened on: {error}"));
        loop {
            if let Ok((tcp, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let faults = &shared.faults;
                    faults
                        .unless_frozen(connection(tcp, Arc::clone(&shared)))
                        .await;
                });
            }
        }
    })
}

/// One client's connection.
struct Client {
    names: Option<CertificateNames>,
    broken: Notify,
}

async fn connection(tcp: TcpStream, shared: Arc<Shared>) {
    // Where either fails the client has gone, or its certificate was refused and it was told.
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    let Ok(tls) = TlsAcceptor::from(shared.tls()).accept(tcp).await else {
        return;
    };
    let certificates = tls.get_ref().1.peer_certificates();
    let client = Arc::new(Client {
        names: certificates
            .and_then(<[_]>::first)
            .and_then(CertificateNames::of),
        broken: Notify::new(),
    });
    let service = service_fn(|request| {
        let call = Call {
            shared: Arc::clone(&shared),
            client: Arc::clone(&client),
        };
        async move { Ok::<_, Infallible>(call.answer(request).await) }
    });
    let serving = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(tls), service);
    tokio::select! {
        // How a connection ended is the client's affair.
        _ = serving => {}
        () = client.broken.notified() => {}
    }
}

/// One call.
#[derive(Clone)]
struct Call {
    shared: Arc<Shared>,
    client: Arc<Client>,
}

impl Call {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        match path.as_str() {
            method::GET => self.unary(request, Self::get).await,
            method::BATCH_GET => self.unary(request, Self::batch_get).await,
            method::PUT => self.unary(request, Self::put).await,
            method::PUT_IF_ABSENT => self.unary(request, Self::put_if_absent).await,
            method::PUT_MANY => self.unary(request, Self::put_many).await,
            method::UPDATE => self.unary(request, Self::update).await,
            method::DELETE => self.unary(request, Self::delete).await,
            method::INFO => self.unary(request, Self::info).await,
            method::WATCH => self.streaming(request, Self::watch).await,
            method::HEALTH_CHECK => {
                let check = |_, asked: wire::HealthCheckRequest| ready(health::check(&asked));
                self.unary(request, check).await
            }
            method::HEALTH_WATCH => {
                let watch = |_, asked: wire::HealthCheckRequest| ready(Ok(health::watch(&asked)));
                self.streaming(request, watch).await
            }
            _ => Status::unimplemented("unknown method").into_http(),
        }
    }

    async fn unary<Asked, Answer, Answering>(
        self,
        request: Request<Incoming>,
        answer: impl Fn(Self, Asked) -> Answering + Send + Sync,
    ) -> Response<Body>
    where
        Asked: Message + Default + 'static,
        Answer: Message + 'static,
        Answering: Future<Output = Result<Answer, Status>> + Send + 'static,
    {
        let limit = self.shared.limits.message;
        let answer = |asked| {
            let answering = answer(self.clone(), asked);
            async move { limits::sent(limit, answering.await?) }
        };
        let answered = tonic::server::Grpc::new(ProstCodec::default())
            .max_decoding_message_size(limit)
            .unary(Handler(answer), request)
            .await;
        limits::received(limit, answered)
    }

    async fn streaming<Asked, Answer, Answering>(
        self,
        request: Request<Incoming>,
        answer: impl Fn(Self, Asked) -> Answering + Send + Sync,
    ) -> Response<Body>
    where
        Asked: Message + Default + 'static,
        Answer: Message + 'static,
        Answering: Future<Output = Result<Messages<Answer>, Status>> + Send + 'static,
    {
        tonic::server::Grpc::new(ProstCodec::default())
            .server_streaming(Handler(|asked| answer(self.clone(), asked)), request)
            .await
    }

    async fn get(self, asked: wire::KeyRequest) -> Result<wire::GetResponse, Status> {
        let key = asked.key.clone();
        self.perform(Operation::Get, &[&key], |shared| {
            let held = shared.values.get(&asked.key);
            let (value, revision) = held.clone().unwrap_or_default();
            Ok(wire::GetResponse {
                value: shared.faults.sent(value),
                found: held.is_some(),
                revision,
            })
        })
        .await
    }

    async fn batch_get(
        self,
        asked: wire::BatchGetRequest,
    ) -> Result<wire::BatchGetResponse, Status> {
        let keys: Vec<&str> = asked.keys.iter().map(String::as_str).collect();
        self.perform(Operation::Get, &keys, |shared| {
            let results = asked.keys.iter().map(|key| {
                let held = shared.values.get(key);
                let (value, revision) = held.clone().unwrap_or_default();
                wire::BatchGetResult {
                    key: key.clone(),
                    value: shared.faults.sent(value),
                    found: held.is_some(),
                    revision,
                }
            });
            Ok(wire::BatchGetResponse {
                results: results.collect(),
            })
        })
        .await
    }

    async fn put(self, asked: wire::PutRequest) -> Result<wire::Empty, Status> {
        let key = asked.key.clone();
        self.perform(Operation::Put, &[&key], |shared| {
            limits::check_room(shared, &asked.key, &asked.value)?;
            shared.values.put(&asked.key, asked.value);
            Ok(wire::Empty {})
        })
        .await
    }

    async fn put_if_absent(self, asked: wire::PutRequest) -> Result<wire::Empty, Status> {
        let key = asked.key.clone();
        self.perform(Operation::Create, &[&key], |shared| {
            limits::check_room(shared, &asked.key, &asked.value)?;
            match shared.values.create(&asked.key, asked.value) {
                Ok(_) => Ok(wire::Empty {}),
                Err(Conflict) => Err(status(Operation::Create, &StoreErrorKind::Conflict)),
            }
        })
        .await
    }

    async fn put_many(self, asked: wire::PutManyRequest) -> Result<wire::Empty, Status> {
        let keys: Vec<String> = asked
            .entries
            .iter()
            .map(|entry| entry.key.clone())
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.perform(Operation::Put, &keys, |shared| {
            for entry in asked.entries {
                limits::check_room(shared, &entry.key, &entry.value)?;
                shared.values.put(&entry.key, entry.value);
            }
            Ok(wire::Empty {})
        })
        .await
    }

    async fn update(self, asked: wire::UpdateRequest) -> Result<wire::UpdateResponse, Status> {
        let key = asked.key.clone();
        self.perform(Operation::Update, &[&key], |shared| {
            limits::check_room(shared, &asked.key, &asked.value)?;
            match shared
                .values
                .update(&asked.key, asked.value, asked.revision)
            {
                Ok(revision) => Ok(wire::UpdateResponse { revision }),
                Err(Conflict) => Err(status(Operation::Update, &StoreErrorKind::Conflict)),
            }
        })
        .await
    }

    async fn delete(self, asked: wire::KeyRequest) -> Result<wire::Empty, Status> {
        self.perform(Operation::Delete, &[&asked.key], |shared| {
            shared.values.delete(&asked.key);
            Ok(wire::Empty {})
        })
        .await
    }

    async fn info(self, _: wire::Empty) -> Result<wire::InfoResponse, Status> {
        self.perform(Operation::DescribeBucket, &[], |shared| {
            Ok(wire::InfoResponse {
                domain: String::new(),
                bucket: shared.bucket.clone(),
                object_bucket: format!("{}-objects", shared.bucket),
            })
        })
        .await
    }

    async fn watch(self, asked: wire::KeyRequest) -> Result<Messages<wire::WatchResponse>, Status> {
        let lost_watches = self.shared.faults.lost_watches();
        let limit = self.shared.limits.message;
        self.perform(Operation::Watch, &[&asked.key], |_| Ok(()))
            .await?;
        let mut watched = Watched {
            changes: self.shared.values.changes(),
            shared: self.shared,
            key: asked.key,
            revision: 0,
            lost_watches,
        };
        // The reference sends nothing, not even headers, before the first value.
        let mut next = watched.next().await;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(response) = next {
                if sender.send(limits::sent(limit, response)).await.is_err() {
                    return;
                }
                next = tokio::select! {
                    () = sender.closed() => None,
                    next = watched.next() => next,
                };
            }
        });
        Ok(Messages(receiver))
    }

    /// As whom the client is known, and that it may do this.
    fn authorise(&self, operation: Operation) -> Result<Option<String>, Status> {
        let access = self.shared.access().clone();
        let identity = self
            .client
            .names
            .as_ref()
            .and_then(|names| access.forms.identity(names, &access.table));
        if !access.is_enforced {
            return Ok(identity);
        }
        let Some(identity) = identity else {
            return Err(Status::unauthenticated("the certificate names nobody"));
        };
        match access.table.check(&identity, operation) {
            Ok(()) => Ok(Some(identity)),
            Err(_) => Err(Status::permission_denied("the identity may not do this")),
        }
    }

    /// Does an operation, if the client may and nothing goes wrong, and records it: for each of its keys, or once if it is about none.
    async fn perform<Answer>(
        &self,
        operation: Operation,
        keys: &[&str],
        work: impl FnOnce(&Shared) -> Result<Answer, Status>,
    ) -> Result<Answer, Status> {
        let shared = &self.shared;
        let latency = shared.faults.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let fate = shared.faults.next(operation);
        let answer = match (self.authorise(operation), &fate) {
            (Err(denied), _) => Err(denied),
            (_, Some(Fate::Fails(kind))) => Err(status(operation, kind)),
            (_, Some(Fate::ConnectionBreaks)) => Err(Status::unavailable("")),
            (Ok(_), None | Some(Fate::AnswerIsLost)) => {
                let own = keys.iter().try_for_each(|key| limits::own(operation, key));
                own.and_then(|()| work(shared))
            }
        };
        let outcome = match (&answer, &fate) {
            (Ok(_), None) => Outcome::Done,
            (Ok(_), Some(_)) => Outcome::Failed,
            (Err(status), _) => match status.code() {
                Code::PermissionDenied | Code::Unauthenticated => Outcome::Denied,
                Code::AlreadyExists | Code::Aborted => Outcome::Conflict,
                _ => Outcome::Failed,
            },
        };
        let mut recorded = Recorded::new(operation).with_outcome(outcome);
        recorded.identity = self.identity();
        for key in keys {
            let recorded = recorded.clone().with_key(*key);
            shared.recording.record(recorded);
        }
        if keys.is_empty() {
            shared.recording.record(recorded);
        }
        match fate {
            Some(Fate::ConnectionBreaks) => {
                self.client.broken.notify_one();
                std::future::pending().await
            }
            Some(Fate::AnswerIsLost) if answer.is_ok() => std::future::pending().await,
            _ => answer,
        }
    }

    /// As whom the client is known.
    fn identity(&self) -> Option<String> {
        let access = self.shared.access();
        access
            .forms
            .identity(self.client.names.as_ref()?, &access.table)
    }
}

/// A key as it is watched.
struct Watched {
    shared: Arc<Shared>,
    changes: tokio::sync::watch::Receiver<()>,
    key: String,
    /// That of the change that was sent last.
    revision: u64,
    lost_watches: u64,
}

impl Watched {
    /// The key's next value, empty for a deletion; nothing once the watches were lost.
    async fn next(&mut self) -> Option<wire::WatchResponse> {
        loop {
            self.changes.mark_unchanged();
            if self.shared.faults.lost_watches() != self.lost_watches {
                return None;
            }
            let slot = self.shared.values.slot(&self.key);
            if let Some(slot) = slot.filter(|slot| slot.revision > self.revision) {
                self.revision = slot.revision;
                let value = self.shared.faults.sent(slot.value.unwrap_or_default());
                return Some(wire::WatchResponse { value });
            }
            self.changes.changed().await.ok()?;
        }
    }
}
