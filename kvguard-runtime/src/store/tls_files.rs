//! Certificates and keys in PEM files, and what is wrong with them: each fault names the file to look at.

use std::path::Path;

#[cfg(not(feature = "datasvc"))]
use async_nats::rustls;
#[cfg(feature = "datasvc")]
use tokio_rustls::rustls;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys, RootCertStore};

use crate::capped_file::Fault;

/// The most bytes of a file.
pub(crate) const FILE_BYTES: usize = 1024 * 1024;

/// That a file is not read, with its name.
pub(crate) fn unread(path: &Path, fault: &Fault) -> String {
    format!("`{}` {fault}", path.display())
}

/// The certificates in a file, at least one.
pub(crate) fn certificates(
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| format!("`{}` holds no certificate in PEM", path.display()))
}

/// The authorities in a file, at least one.
pub(super) fn authorities(path: &Path, pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        roots.add(certificate).map_err(|_| {
            format!(
                "`{}` holds a certificate that is none of an authority",
                path.display()
            )
        })?;
    }
    Ok(roots)
}

/// A certificate with its intermediates and its key, each from a file.
pub(super) fn certified_key(
    (certificate_path, certificate): (&Path, &[u8]),
    (key_path, key): (&Path, &[u8]),
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let chain = certificates(certificate_path, certificate)?;
    // What the key's file holds must not get into a message.
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| format!("`{}` holds no private key in PEM", key_path.display()))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
            "the private key in `{}` is not that of the certificate in `{}`",
            key_path.display(),
            certificate_path.display()
        ),
        Error::InvalidCertificate(_) => format!(
            "the certificate in `{}` cannot be used: {error}",
            certificate_path.display()
        ),
        error => format!(
            "the private key in `{}` cannot be used: {error}",
            key_path.display()
        ),
    })
}

/// What a server's certificate is checked against, in words for an error.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    /// Where the authorities come from.
    pub(super) authorities: String,
    /// The name that the certificate must be for.
    pub(super) name: String,
    /// Where that name is set.
    pub(super) name_origin: String,
}

impl Expected {
    /// Why a server is not the expected one, and where that is set; nothing where the error of TLS tells all that is known.
    pub(super) fn why_not(&self, error: &Error) -> Option<String> {
        let fault = match error {
            Error::InvalidCertificate(fault) => fault,
            Error::InvalidMessage(_) => {
                return Some(
                    "what it answers is not TLS: see that the address and its port are right, and that the server has TLS there"
                        .to_owned(),
                );
            }
            _ => return None,
        };
        match fault {
            // One of another authority with the same name shows as a bad signature.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Some(format!(
                "its certificate was not issued by an authority in {}",
                self.authorities
            )),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                let name = match fault {
                    CertificateError::NotValidForNameContext { expected, .. } => expected.to_str(),
                    _ => (&*self.name).into(),
                };
                Some(format!(
                    "its certificate is not for `{name}`, {}",
                    self.name_origin
                ))
            }
            _ => None,
        }
    }
}
