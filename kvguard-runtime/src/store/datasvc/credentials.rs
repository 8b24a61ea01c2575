//! With what a connection is made: the client's certificate, and how the server is checked.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::connect::ConnectFault;
use super::options::MtlsFiles;
use crate::x509::CertificateNames;

#[cfg(feature = "spiffe")]
use super::options::SpiffeSource;
#[cfg(feature = "spiffe")]
use super::spiffe::SpiffeVerifier;
#[cfg(feature = "spiffe")]
use super::workload_api::Svids;

/// The most bytes of a file.
const FILE_BYTES: u64 = 1024 * 1024;

/// With what one connection is made.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) tls: Arc<ClientConfig>,
    /// As whom the data service knows the client.
    pub(super) identity: Option<String>,
}

/// Where credentials come from.
pub(super) enum CredentialSource {
    Files {
        files: MtlsFiles,
        last: Mutex<Option<Credentials>>,
    },
    #[cfg(feature = "spiffe")]
    Spiffe { source: SpiffeSource, svids: Svids },
}

impl CredentialSource {
    /// The credentials for a connection that is made now.
    pub(super) async fn credentials(&self) -> Result<Credentials, ConnectFault> {
        match self {
            Self::Files { files, last } => {
                let read = from_files(files).await;
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

async fn from_files(files: &MtlsFiles) -> Result<Credentials, ConnectFault> {
    let chain = certificates(&files.certificate).await?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key).await?).map_err(|_| {
        ConnectFault::unusable(format!(
            "`{}` holds no private key in PEM",
            files.key.display()
        ))
    })?;
    let provider = Arc::new(ring::default_provider());
    let authorities = roots(certificates(&files.authorities).await?).ok_or_else(|| {
        ConnectFault::unusable(format!(
            "`{}` holds a certificate that is none of an authority",
            files.authorities.display()
        ))
    })?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider))
            .build()
            .map_err(|error| ConnectFault::unusable(error.to_string()))?;
    credentials(provider, verifier, chain, key)
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
        .and_then(|bundle| roots(bundle.to_vec()))
        .ok_or_else(|| {
            ConnectFault::unusable(format!(
                "the Workload API gives no bundle for the trust domain `{}`",
                server.trust_domain()
            ))
        })?;
    let provider = Arc::new(ring::default_provider());
    let verifier = SpiffeVerifier::new(server.clone(), bundle, Arc::clone(&provider));
    let chain = svid.chain.clone();
    credentials(provider, Arc::new(verifier), chain, svid.key.clone_key())
}

fn credentials(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Credentials, ConnectFault> {
    let identity = chain
        .first()
        .and_then(CertificateNames::of)
        .map(|names| names.identity());
    let unusable = |error: tokio_rustls::rustls::Error| {
        ConnectFault::unusable(format!(
            "the client's certificate and key cannot be used: {error}"
        ))
    };
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(chain, key)
        .map_err(unusable)?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Credentials {
        tls: Arc::new(tls),
        identity,
    })
}

/// At least one authority.
fn roots(certificates: Vec<CertificateDer<'static>>) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

async fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectFault> {
    let pem = read(path).await?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| {
            ConnectFault::unusable(format!("`{}` holds no certificate in PEM", path.display()))
        })
}

async fn read(path: &Path) -> Result<Vec<u8>, ConnectFault> {
    let unreadable = |error: std::io::Error| {
        ConnectFault::unusable(format!("`{}` cannot be read: {error}", path.display()))
    };
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(ConnectFault::unusable(format!(
            "`{}` is longer than {FILE_BYTES} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}
