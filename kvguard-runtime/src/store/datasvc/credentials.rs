//! With what a connection is made: the client's certificate, and how the server is checked.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::connect_fault::ConnectFault;
use super::options::MtlsFiles;
use crate::capped_file;
use crate::store::tls_files::{self, Expected};
use crate::x509::CertificateNames;

#[cfg(feature = "spiffe")]
use tokio_rustls::rustls::RootCertStore;
#[cfg(feature = "spiffe")]
use tokio_rustls::rustls::pki_types::CertificateDer;

#[cfg(feature = "spiffe")]
use super::options::SpiffeSource;
#[cfg(feature = "spiffe")]
use super::spiffe::SpiffeVerifier;
#[cfg(feature = "spiffe")]
use super::workload_api::Svids;

/// With what one connection is made.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) tls: Arc<ClientConfig>,
    /// As whom the data service knows the client.
    pub(super) identity: Option<String>,
    /// What the server's certificate is checked against.
    pub(super) expected: Expected,
}

/// Where credentials come from.
pub(super) enum CredentialSource {
    Files {
        files: MtlsFiles,
        /// What the server's certificate is checked against.
        expected: Expected,
        last: Mutex<Option<Credentials>>,
    },
    #[cfg(feature = "spiffe")]
    Spiffe { source: SpiffeSource, svids: Svids },
}

impl CredentialSource {
    /// The credentials for a connection that is made now.
    pub(super) async fn credentials(&self) -> Result<Credentials, ConnectFault> {
        match self {
            Self::Files {
                files,
                expected,
                last,
            } => {
                let read = from_files(files, expected.clone()).await;
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                match (read, last.as_ref()) {
                    (Ok(credentials), _) => {
                        *last = Some(credentials.clone());
                        Ok(credentials)
                    }
                    (Err(fault), Some(credentials)) => {
                        tracing::warn!(
                            error = &fault as &dyn std::error::Error,
                            "data service certificates kept"
                        );
                        Ok(credentials.clone())
                    }
                    (Err(fault), None) => Err(fault),
                }
            }
            #[cfg(feature = "spiffe")]
            Self::Spiffe { source, svids } => from_svid(source, svids),
        }
    }
}

async fn from_files(files: &MtlsFiles, expected: Expected) -> Result<Credentials, ConnectFault> {
    let provider = Arc::new(ring::default_provider());
    let certificate = read(&files.certificate).await?;
    let key = read(&files.key).await?;
    let client = tls_files::certified_key(
        (&files.certificate, &certificate),
        (&files.key, &key),
        &provider,
    )
    .map_err(ConnectFault::Unusable)?;
    let authorities = read(&files.authorities).await?;
    let authorities =
        tls_files::authorities(&files.authorities, &authorities).map_err(ConnectFault::Unusable)?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider))
            .build()
            .map_err(|error| ConnectFault::unusable(error.to_string()))?;
    credentials(provider, verifier, client, expected)
}

#[cfg(feature = "spiffe")]
fn from_svid(source: &SpiffeSource, svids: &Svids) -> Result<Credentials, ConnectFault> {
    let svid = svids.current();
    if let Some(domain) = &source.trust_domain
        && svid.id.trust_domain() != domain
    {
        return Err(ConnectFault::unusable(format!(
            "the Workload API gives an identity of the trust domain `{}`, not of `{domain}`",
            svid.id.trust_domain()
        )));
    }
    let server = &source.server;
    let bundle = svid
        .bundle(server.trust_domain())
        .and_then(roots)
        .ok_or_else(|| {
            ConnectFault::unusable(format!(
                "the Workload API gives no bundle for the trust domain `{}`",
                server.trust_domain()
            ))
        })?;
    let provider = Arc::new(ring::default_provider());
    let client = CertifiedKey::from_der(svid.chain.clone(), svid.key.clone_key(), &provider)
        .map_err(|error| {
            ConnectFault::unusable(format!(
                "the SVID that the Workload API gives cannot be used: {error}"
            ))
        })?;
    let verifier = SpiffeVerifier::new(server.clone(), bundle, Arc::clone(&provider));
    let expected = Expected {
        authorities: format!(
            "the Workload API's bundle for the trust domain `{}`",
            server.trust_domain()
        ),
        name: server.to_string(),
        name_origin: "the SPIFFE ID to expect, which is set by `SpiffeSource::new`, in the environment by `KV_SERVER_SPIFFE_ID`".to_owned(),
    };
    credentials(provider, Arc::new(verifier), client, expected)
}

/// At least one authority.
#[cfg(feature = "spiffe")]
fn roots(certificates: &[CertificateDer<'static>]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone()).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

fn credentials(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    client: CertifiedKey,
    expected: Expected,
) -> Result<Credentials, ConnectFault> {
    let identity = client
        .cert
        .first()
        .and_then(CertificateNames::of)
        .map(|names| names.identity());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectFault::unusable(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client)));
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Credentials {
        tls: Arc::new(tls),
        identity,
        expected,
    })
}

async fn read(path: &Path) -> Result<Vec<u8>, ConnectFault> {
    let read = capped_file::read_async(path, tls_files::FILE_BYTES).await;
    read.map_err(|fault| ConnectFault::Unusable(tls_files::unread(path, &fault)))
}
