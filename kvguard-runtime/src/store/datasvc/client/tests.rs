//! Calls that no store makes, and what the server does with them.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{AlertDescription, ClientConfig, Error as TlsError, RootCertStore};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use super::super::connect::Connector;
use super::super::credentials::CredentialSource;
use super::super::failure::Failure;
use super::super::options::{Address, DatasvcOptions, MtlsFiles};
use super::super::wire::{self, method};
use super::Client;
use crate::store::tls_files::Expected;
use crate::testing::{AccessTable, Authority, CertificateRequest, DatasvcServer};
use crate::{Key, Operation};

struct Fleet {
    client: Client,
    server: DatasvcServer,
    _directory: tempfile::TempDir,
}

async fn fleet(subject: &str) -> Fleet {
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority)
        .with_access_table(AccessTable::new().grant("CN=writer", "writer"))
        .start();
    let directory = tempfile::tempdir().unwrap();
    let certificate = authority.issue(&CertificateRequest::subject(subject));
    let files = MtlsFiles::from(&certificate.write_to(&directory, &authority).unwrap());
    let options = DatasvcOptions::new(server.address(), files.clone());
    let connector = Connector::new(
        Address::parse(&server.address()).unwrap(),
        ServerName::try_from("127.0.0.1").unwrap(),
        CredentialSource::Files {
            files,
            expected: Expected {
                authorities: String::new(),
                name: String::new(),
                name_origin: String::new(),
            },
            last: Mutex::new(None),
        },
        Duration::from_secs(3),
    );
    Fleet {
        client: Client::connect(connector, &options).await.unwrap(),
        server,
        _directory: directory,
    }
}

/// The status that a call is answered with, `Ok` if it is done.
fn code<T>(outcome: Result<T, Failure>) -> Code {
    match outcome {
        Ok(_) => Code::Ok,
        Err(Failure::Answered { code, .. }) => code,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_health_service_answers_whoever_has_a_certificate() {
    let fleet = fleet("CN=nobody").await;
    for (service, expected) in [
        ("", Code::Ok),
        ("proto.KVService", Code::Ok),
        ("other", Code::NotFound),
    ] {
        let request = wire::HealthCheckRequest {
            service: service.to_owned(),
        };
        let outcome: Result<wire::HealthCheckResponse, _> =
            fleet.client.call(method::HEALTH_CHECK, request).await;
        if let Ok(answer) = &outcome {
            assert_eq!(answer.status, 1);
        }
        assert_eq!(code(outcome), expected, "{service}");
    }
    let request = Request::new(wire::HealthCheckRequest::default());
    let path = PathAndQuery::from_static(method::HEALTH_WATCH);
    let mut grpc = fleet.client.open().await.unwrap().grpc();
    grpc.ready().await.unwrap();
    let codec = ProstCodec::default();
    let response = grpc.server_streaming(request, path, codec).await;
    let first: Option<wire::HealthCheckResponse> =
        response.unwrap().into_inner().message().await.unwrap();
    assert_eq!(first.map(|answer| answer.status), Some(1));
}

#[tokio::test]
async fn what_the_bucket_is_may_be_asked_by_readers() {
    for (subject, expected) in [
        ("CN=writer", Code::Ok),
        ("CN=nobody", Code::PermissionDenied),
    ] {
        let fleet = fleet(subject).await;
        let outcome: Result<wire::InfoResponse, _> =
            fleet.client.call(method::INFO, wire::Empty {}).await;
        if let Ok(info) = &outcome {
            let names = [&*info.domain, &*info.bucket, &*info.object_bucket];
            assert_eq!(names, ["", "kvguard-test", "kvguard-test-objects"]);
        }
        assert_eq!(code(outcome), expected, "{subject}");
    }
}

#[tokio::test]
async fn many_keys_are_put_at_once_by_writers_alone() {
    let key = Key::from_static("a");
    let entries = vec![wire::KeyValue {
        key: "a".to_owned(),
        value: b"1".to_vec(),
    }];
    for (subject, expected) in [
        ("CN=writer", Code::Ok),
        ("CN=nobody", Code::PermissionDenied),
    ] {
        let fleet = fleet(subject).await;
        let request = wire::PutManyRequest {
            entries: entries.clone(),
            ttl_seconds: 0,
        };
        let outcome: Result<wire::Empty, _> = fleet.client.call(method::PUT_MANY, request).await;
        assert_eq!(code(outcome), expected, "{subject}");
        assert_eq!(fleet.server.value(&key).is_some(), expected == Code::Ok);
        let recorded = fleet.server.recording().of(Operation::Put);
        assert_eq!(recorded[0].key.as_deref(), Some("a"));
    }
}

#[tokio::test]
async fn a_key_of_another_domain_is_an_internal_error_as_there_is_no_such_domain() {
    let fleet = fleet("CN=writer").await;
    let request = wire::PutRequest {
        key: "domains/edge/x.json".to_owned(),
        value: b"1".to_vec(),
        ttl_seconds: 0,
    };
    let outcome: Result<wire::Empty, _> = fleet.client.call(method::PUT, request).await;
    assert_eq!(code(outcome), Code::Internal);
    for method in [method::GET, method::DELETE] {
        let request = wire::KeyRequest {
            key: "domains/edge/x.json".to_owned(),
        };
        let outcome: Result<wire::GetResponse, _> = fleet.client.call(method, request).await;
        assert_eq!(code(outcome), Code::Internal, "{method}");
    }
    let key = Key::from_static("domains/edge/x.json");
    assert_eq!(fleet.server.value(&key), None);
}

#[tokio::test]
async fn a_message_over_the_servers_limit_exhausts_it() {
    let fleet = fleet("CN=writer").await;
    let request = wire::PutRequest {
        key: "a".to_owned(),
        value: vec![b'x'; 4 * 1024 * 1024],
        ttl_seconds: 0,
    };
    let outcome: Result<wire::Empty, _> = fleet.client.call(method::PUT, request).await;
    assert_eq!(code(outcome), Code::ResourceExhausted);
    let key = Key::from_static("a");
    fleet.server.set(&key, vec![b'x'; 4 * 1024 * 1024]);
    let request = wire::KeyRequest {
        key: "a".to_owned(),
    };
    let outcome: Result<wire::GetResponse, _> = fleet.client.call(method::GET, request).await;
    assert_eq!(code(outcome), Code::ResourceExhausted);
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let fleet = fleet("CN=writer").await;
    let outcome: Result<wire::Empty, _> = fleet
        .client
        .call("/proto.KVService/Purge", wire::Empty {})
        .await;
    assert_eq!(code(outcome), Code::Unimplemented);
}

#[tokio::test]
async fn without_a_certificate_there_is_no_connection() {
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority)
        .without_enforcement()
        .start();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.certificate_der()))
        .unwrap();
    let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(server.address()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connector = TlsConnector::from(Arc::new(tls));
    let error: io::Error = match connector.connect(name, tcp).await {
        Ok(mut connection) => connection.read_u8().await.unwrap_err(),
        Err(error) => error,
    };
    let alert = error.get_ref().and_then(|error| error.downcast_ref());
    assert_eq!(
        alert,
        Some(&TlsError::AlertReceived(
            AlertDescription::CertificateRequired
        ))
    );
}

#[test]
fn no_message_with_a_value_or_a_key_shows_it() {
    let value = b"hunter2".to_vec();
    let shown = [
        format!(
            "{:?}",
            wire::KeyValue {
                key: String::new(),
                value: value.clone()
            }
        ),
        format!(
            "{:?}",
            wire::WatchResponse {
                value: value.clone()
            }
        ),
        format!(
            "{:?}",
            wire::PutRequest {
                key: String::new(),
                value: value.clone(),
                ttl_seconds: 0
            }
        ),
        format!(
            "{:?}",
            wire::UpdateRequest {
                key: String::new(),
                value: value.clone(),
                revision: 1,
                ttl_seconds: 0,
            }
        ),
        format!(
            "{:?}",
            wire::GetResponse {
                value: value.clone(),
                found: true,
                revision: 1
            }
        ),
        format!(
            "{:?}",
            wire::BatchGetResponse {
                results: vec![wire::BatchGetResult {
                    value: value.clone(),
                    ..Default::default()
                }],
            }
        ),
    ]
    .concat();
    let bytes = format!("{value:?}");
    let bytes = bytes.trim_matches(['[', ']']);
    assert!(
        !shown.contains("hunter2") && !shown.contains(bytes),
        "{shown}"
    );
}

#[test]
fn a_message_is_encoded_as_the_interface_says() {
    let request = wire::UpdateRequest {
        key: "k".to_owned(),
        value: b"v".to_vec(),
        revision: 300,
        ttl_seconds: 0,
    };
    // Fields 1 and 2 with their lengths, field 3 as a number of two bytes; a zero is left out.
    assert_eq!(request.encode_to_vec(), b"\x0a\x01k\x12\x01v\x18\xac\x02");
}
