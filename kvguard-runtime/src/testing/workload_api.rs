//! A SPIFFE Workload API in the test's own process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use super::background::Background;
use super::grpc::{Handler, Messages};
use super::{Authority, CertificateRequest, IssuedCertificate};
use crate::store::datasvc::wire::{self, method};

/// A SPIFFE Workload API on a socket in a directory of its own, which gives every caller one X.509 SVID.
///
/// It runs in a thread of its own, and is gone when this is dropped.
///
/// ```
/// use kvguard_runtime::testing::{Authority, WorkloadApi};
/// use kvguard_runtime::SpiffeSource;
///
/// let authority = Authority::new();
/// let api = WorkloadApi::start(&authority, "spiffe://example.org/services/trapd");
/// let source = SpiffeSource::new(api.socket(), "spiffe://example.org/services/datasvc".parse()?);
/// # Ok::<(), kvguard_runtime::InvalidSpiffeId>(())
/// ```
pub struct WorkloadApi {
    directory: TempDir,
    answers: Arc<Answers>,
    running: Mutex<Option<Background>>,
}

/// What is answered, as it changes: an SVID, or that there is none.
type Answers = watch::Sender<Result<wire::X509SvidResponse, Code>>;

impl WorkloadApi {
    /// Starts one that gives an SVID for a SPIFFE ID, which is not checked, of an authority; the authority is the trust domain's bundle.
    ///
    /// # Panics
    ///
    /// If the system gives no directory, no socket or no thread.
    pub fn start(authority: &Authority, id: &str) -> Self {
        let directory =
            tempfile::tempdir().unwrap_or_else(|error| panic!("no directory can be had: {error}"));
        let answers = Arc::new(watch::Sender::new(Ok(svid(authority, id))));
        let api = Self {
            directory,
            answers,
            running: Mutex::new(None),
        };
        api.restart();
        api
    }

    /// The socket's path.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("workload.sock")
    }

    /// The socket as `SPIFFE_ENDPOINT_SOCKET` has it, `unix://` and its path.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Gives another SVID from now on, with a key of its own, to those who wait for one, too.
    pub fn rotate(&self, authority: &Authority, id: &str) {
        self.answers.send_modify(|answer| {
            let federated = match answer {
                Ok(before) => std::mem::take(&mut before.federated_bundles),
                Err(_) => BTreeMap::new(),
            };
            let mut response = svid(authority, id);
            response.federated_bundles = federated;
            *answer = Ok(response);
        });
    }

    /// Gives this certificate from now on, such as one that expired.
    pub fn rotate_to(&self, authority: &Authority, id: &str, certificate: &IssuedCertificate) {
        let response = response(authority, id, certificate);
        drop(self.answers.send_replace(Ok(response)));
    }

    /// Gives the bundle of another trust domain, too.
    pub fn federate(&self, trust_domain: &str, authority: &Authority) {
        self.answers.send_modify(|answer| {
            if let Ok(response) = answer {
                response.federated_bundles.insert(
                    format!("spiffe://{trust_domain}"),
                    authority.certificate_der().to_vec(),
                );
            }
        });
    }

    /// Gives nobody an SVID from now on.
    pub fn deny(&self) {
        drop(self.answers.send_replace(Err(Code::PermissionDenied)));
    }

    /// How many wait for the next SVID now.
    pub fn followers(&self) -> usize {
        self.answers.receiver_count()
    }

    /// Ends it as if it were killed.
    pub fn stop(&self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Ends it if it runs, and starts it again on the same socket.
    ///
    /// # Panics
    ///
    /// If the system gives no socket or no thread.
    pub fn restart(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.take();
        *running = Some(serve(&self.socket(), Arc::clone(&self.answers)));
    }
}

impl fmt::Debug for WorkloadApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WorkloadApi")
            .field("socket", &self.socket())
            .finish_non_exhaustive()
    }
}

fn svid(authority: &Authority, id: &str) -> wire::X509SvidResponse {
    response(
        authority,
        id,
        &authority.issue(&CertificateRequest::spiffe(id)),
    )
}

fn response(
    authority: &Authority,
    id: &str,
    certificate: &IssuedCertificate,
) -> wire::X509SvidResponse {
    wire::X509SvidResponse {
        svids: vec![wire::X509Svid {
            spiffe_id: id.to_owned(),
            x509_svid: certificate.certificate_der().to_vec(),
            x509_svid_key: certificate.key_der().to_vec(),
            bundle: authority.certificate_der().to_vec(),
        }],
        federated_bundles: BTreeMap::new(),
    }
}

fn serve(socket: &Path, answers: Arc<Answers>) -> Background {
    // That of a server before, if there was one.
    drop(std::fs::remove_file(socket));
    let listener =
        UnixListener::bind(socket).unwrap_or_else(|error| panic!("no socket can be had: {error}"));
    Background::run("workload-api", move || async move {
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| tokio::net::UnixListener::from_std(listener))
            .unwrap_or_else(|error| panic!("the socket cannot be listened on: {error}"));
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, Arc::clone(&answers)));
            }
        }
    })
}

async fn connection(stream: UnixStream, answers: Arc<Answers>) {
    let service = service_fn(|request| {
        let answers = Arc::clone(&answers);
        async move { Ok::<_, Infallible>(answer(request, &answers).await) }
    });
    // How a connection ended is the client's affair.
    drop(
        http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(request: Request<Incoming>, answers: &Arc<Answers>) -> Response<Body> {
    if request.uri().path() != method::FETCH_X509_SVID {
        return Status::unimplemented("unknown method").into_http();
    }
    let is_marked = request
        .headers()
        .get(wire::WORKLOAD_HEADER)
        .is_some_and(|value| value == "true");
    if !is_marked {
        return Status::invalid_argument("the security header is missing").into_http();
    }
    let follow = |wire::Empty {}| std::future::ready(Ok(follow(answers.subscribe())));
    tonic::server::Grpc::new(ProstCodec::default())
        .server_streaming(Handler(follow), request)
        .await
}

/// Sends what is answered now, and whatever follows it.
fn follow(
    mut answers: watch::Receiver<Result<wire::X509SvidResponse, Code>>,
) -> Messages<wire::X509SvidResponse> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let answer = answers.borrow_and_update().clone();
            let is_last = answer.is_err();
            let answer = answer.map_err(|code| Status::new(code, "no identity issued"));
            if sender.send(answer).await.is_err() || is_last {
                return;
            }
            tokio::select! {
                () = sender.closed() => return,
                changed = answers.changed() => if changed.is_err() { return },
            }
        }
    });
    Messages(receiver)
}
