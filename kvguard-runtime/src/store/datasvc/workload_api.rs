//! The SPIFFE Workload API: the workload's own identity and the bundles of trust domains, as they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tonic::metadata::MetadataValue;
use tonic::transport::{Endpoint, Uri};
use tonic::{Code, Request, Status, Streaming};
use tower_service::Service;

use super::connect_fault::ConnectFault;
use super::retry::{Backoff, Task};
use super::spiffe::SpiffeId;
use super::status_guard::StatusGuard;
use super::wire;
use crate::x509::split_certificates;

/// The workload's identity and the bundles that it trusts.
pub(super) struct Svid {
    pub(super) id: SpiffeId,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    bundles: BTreeMap<String, Vec<CertificateDer<'static>>>,
}

impl Svid {
    /// The authorities of a trust domain.
    pub(super) fn bundle(&self, trust_domain: &str) -> Option<&[CertificateDer<'static>]> {
        self.bundles.get(trust_domain).map(Vec::as_slice)
    }

    /// The first of the identities, which is the default one.
    fn parse(response: wire::X509SvidResponse) -> Option<Self> {
        let svid = response.svids.into_iter().next()?;
        let id: SpiffeId = svid.spiffe_id.parse().ok()?;
        let mut bundles = BTreeMap::new();
        for (domain, bundle) in response.federated_bundles {
            let name = domain.strip_prefix("spiffe://").unwrap_or(&domain);
            bundles.insert(name.to_owned(), split_certificates(&bundle)?);
        }
        bundles.insert(
            id.trust_domain().to_owned(),
            split_certificates(&svid.bundle)?,
        );
        let chain = split_certificates(&svid.x509_svid)?;
        (!chain.is_empty()).then(|| Self {
            id,
            chain,
            key: PrivatePkcs8KeyDer::from(svid.x509_svid_key).into(),
            bundles,
        })
    }
}

/// The SVID as it is now. Dropped, it is not followed any more.
pub(super) struct Svids {
    current: watch::Receiver<Arc<Svid>>,
    _following: Task,
}

impl Svids {
    /// Waits for the first SVID, and follows it from then on.
    pub(super) async fn follow(
        socket: PathBuf,
        longest_backoff: Duration,
    ) -> Result<Self, ConnectFault> {
        let mut stream = open(&socket).await.map_err(|status| fault(&status))?;
        let first = next(&mut stream).await.map_err(|status| fault(&status))?;
        let (sender, current) = watch::channel(Arc::new(first));
        Ok(Self {
            current,
            _following: Task::spawn(keep_current(
                socket,
                stream,
                sender,
                Backoff::new(longest_backoff),
            )),
        })
    }

    /// The SVID as it is now.
    pub(super) fn current(&self) -> Arc<Svid> {
        Arc::clone(&self.current.borrow())
    }
}

async fn keep_current(
    socket: PathBuf,
    mut stream: Streaming<wire::X509SvidResponse>,
    sender: watch::Sender<Arc<Svid>>,
    mut backoff: Backoff,
) {
    let mut began = Instant::now();
    loop {
        let status = loop {
            match next(&mut stream).await {
                Ok(svid) => {
                    tracing::debug!(identity = svid.id.as_str(), "svid rotated");
                    backoff.reset();
                    sender.send_replace(Arc::new(svid));
                }
                Err(status) => break status,
            }
        };
        tracing::debug!(code = ?status.code(), "workload api lost");
        stream = loop {
            backoff.wait_since(began).await;
            began = Instant::now();
            if let Ok(stream) = open(&socket).await {
                break stream;
            }
        };
    }
}

async fn open(socket: &Path) -> Result<Streaming<wire::X509SvidResponse>, Status> {
    let channel = Endpoint::from_static("http://localhost")
        .connect_with_connector_lazy(SocketConnector(socket.to_owned()));
    let mut client = tonic::client::Grpc::new(StatusGuard::new(channel));
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    let mut request = Request::new(wire::Empty {});
    request
        .metadata_mut()
        .insert(wire::WORKLOAD_HEADER, MetadataValue::from_static("true"));
    let path = PathAndQuery::from_static(wire::method::FETCH_X509_SVID);
    let codec = tonic_prost::ProstCodec::default();
    let response = client.server_streaming(request, path, codec).await?;
    Ok(response.into_inner())
}

async fn next(stream: &mut Streaming<wire::X509SvidResponse>) -> Result<Svid, Status> {
    let response = stream.message().await?;
    let response = response.ok_or_else(|| Status::unavailable("the stream ended"))?;
    Svid::parse(response).ok_or_else(|| Status::data_loss("no usable SVID"))
}

fn fault(status: &Status) -> ConnectFault {
    match status.code() {
        Code::PermissionDenied => ConnectFault::NoIdentity,
        Code::DataLoss => ConnectFault::unusable("the Workload API gives no usable SVID"),
        code => ConnectFault::Unreachable(std::io::Error::other(format!(
            "the Workload API answers `{code:?}`"
        ))),
    }
}

/// Connects to a socket in the file system.
struct SocketConnector(PathBuf);

impl Service<Uri> for SocketConnector {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}
