//! Statuses that no gRPC server should answer with: none makes the client panic, and none is repeated.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Response};
use hyper::body::{Body, Bytes, Frame};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kvguard_runtime::testing::{Authority, CertificateRequest};
use kvguard_runtime::{
    DatasvcOptions, DatasvcStore, KvStore, MtlsFiles, SpiffeSource, StoreError, StoreErrorKind,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::support::{KEY, SERVER_ID, WRITER, connected, id};

/// What no error may repeat.
const CANARY: &str = "hunter2";

/// What a status is answered as.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Alone, in the headers.
    Headers,
    /// After an answer without a message.
    Trailers,
}

/// An answer without a message, and what follows it.
struct Answer(Option<HeaderMap>);

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

fn response(status: &HeaderMap, place: Place) -> Response<Answer> {
    let (headers, trailers) = match place {
        Place::Headers => (Some(status), None),
        Place::Trailers => (None, Some(status.clone())),
    };
    let mut response = Response::new(Answer(trailers));
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", content_type);
    response
        .headers_mut()
        .extend(headers.cloned().unwrap_or_default());
    response
}

/// Answers every call on a connection with one status.
async fn answer(
    connection: impl AsyncRead + AsyncWrite + Unpin + 'static,
    status: Arc<HeaderMap>,
    place: Place,
) {
    let service = service_fn(|_| {
        let response = response(&status, place);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = TokioIo::new(connection);
    // How it ends is the client's affair.
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(connection, service)
        .await;
}

/// A server with a certificate of an authority, which answers every call with one status.
async fn serve(authority: &Authority, status: HeaderMap, place: Place) -> SocketAddr {
    let request = CertificateRequest::subject("CN=datasvc").with_address([127, 0, 0, 1]);
    let issued = authority.issue(&request);
    let certificate = CertificateDer::from(issued.certificate_der().to_vec());
    let key = PrivatePkcs8KeyDer::from(issued.key_der().to_vec());
    let mut tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .expect("a certificate with its key");
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let status = Arc::new(status);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(tls) = acceptor.accept(tcp).await {
                tokio::spawn(answer(tls, Arc::clone(&status), place));
            }
        }
    });
    address
}

fn status(headers: &[(&'static str, &[u8])]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).expect("a header's value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

const DENIED: (&str, &[u8]) = ("grpc-status", b"7");

fn is_denial(error: &StoreError) -> bool {
    error.is_permission_denied()
}

fn is_outage(error: &StoreError) -> bool {
    error.is_outage()
}

type Expected = fn(&StoreError) -> bool;

/// Malformed statuses, and what each is still told as.
fn statuses() -> Vec<(&'static str, HeaderMap, Expected)> {
    let message = |text: &[u8]| status(&[DENIED, ("grpc-message", text)]);
    let details = |text: &[u8]| status(&[DENIED, ("grpc-status-details-bin", text)]);
    let code = |text: &[u8]| status(&[("grpc-status", text), ("grpc-message", b"hunter2")]);
    vec![
        (
            "details that are no base64",
            details(b"!hunter2!"),
            is_denial,
        ),
        ("details of bytes", details(b"\xff\xfe"), is_denial),
        ("long details", details(&[b'A'; 8_000]), is_denial),
        (
            "an escape of no UTF-8",
            message(b"hunter2%FF%FE"),
            is_denial,
        ),
        ("half an escape", message(b"hunter2%4"), is_denial),
        ("an escape of no number", message(b"hunter2%zz%"), is_denial),
        (
            "bytes that are no UTF-8",
            message(b"hunter2\xff"),
            is_denial,
        ),
        (
            "a long message",
            message(&b"hunter2 ".repeat(1_000)),
            is_denial,
        ),
        (
            "a longer message than is taken",
            message(&b"hunter2 ".repeat(10_000)),
            is_outage,
        ),
        ("a code that is no number", code(b"hunter2"), is_outage),
        ("a code that is none", code(b"4711"), is_outage),
        ("a code without end", code(&[b'9'; 4_000]), is_outage),
        ("an empty code", code(b""), is_outage),
        (
            "no code",
            status(&[("grpc-message", b"hunter2")]),
            is_outage,
        ),
        (
            "success without an answer",
            status(&[("grpc-status", b"0")]),
            is_outage,
        ),
    ]
}

#[tokio::test]
async fn a_malformed_status_is_an_error_of_each_operation_and_keeps_its_code() {
    let authority = Authority::new();
    let directory = tempfile::tempdir().expect("a directory");
    let certificate = authority.issue(&CertificateRequest::subject(WRITER));
    let files = certificate.write_to(&directory, &authority).expect("files");
    for (name, status, is_expected) in statuses() {
        for place in [Place::Headers, Place::Trailers] {
            let address = serve(&authority, status.clone(), place).await;
            let options = DatasvcOptions::new(address.to_string(), MtlsFiles::from(&files));
            let store = connected(options).await;
            for error in [
                store.get(&KEY).await.expect_err(name),
                store.get_many(&[KEY, KEY]).await.expect_err(name),
                store.put(&KEY, "a".into()).await.expect_err(name),
                store.watch(&KEY).await.expect_err(name),
            ] {
                assert!(is_expected(&error), "{name} in {place:?}: {error:?}");
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains(CANARY), "{name} in {place:?}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_malformed_status_of_the_workload_api_is_an_error() {
    for (name, status, _) in statuses() {
        for place in [Place::Headers, Place::Trailers] {
            let directory = tempfile::tempdir().expect("a directory");
            let socket = directory.path().join("api.sock");
            let listener = UnixListener::bind(&socket).expect("a socket");
            let status = Arc::new(status.clone());
            tokio::spawn(async move {
                while let Ok((connection, _)) = listener.accept().await {
                    tokio::spawn(answer(connection, Arc::clone(&status), place));
                }
            });
            let options =
                DatasvcOptions::new("127.0.0.1:1", SpiffeSource::new(&socket, id(SERVER_ID)));
            let error = DatasvcStore::connect(options).await.expect_err(name);
            let is_told = is_denial(&error) || is_outage(&error);
            let is_unusable = error.kind() == &StoreErrorKind::Malformed;
            assert!(is_told || is_unusable, "{name} in {place:?}: {error:?}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(CANARY), "{name} in {place:?}: {shown}");
        }
    }
}
