//! SPIFFE IDs, and the check of a server by its SPIFFE ID instead of its name.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};

use crate::x509::CertificateNames;

/// A SPIFFE ID: `spiffe://`, a trust domain, and a path.
///
/// ```
/// use kvguard_runtime::SpiffeId;
///
/// let id: SpiffeId = "spiffe://example.org/services/datasvc".parse()?;
/// assert_eq!(id.trust_domain(), "example.org");
/// # Ok::<(), kvguard_runtime::InvalidSpiffeId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId(String);

impl SpiffeId {
    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its trust domain.
    pub fn trust_domain(&self) -> &str {
        let rest = self.0.strip_prefix("spiffe://").unwrap_or_default();
        rest.split_once('/').map_or(rest, |(domain, _)| domain)
    }
}

impl FromStr for SpiffeId {
    type Err = InvalidSpiffeId;

    fn from_str(text: &str) -> Result<Self, InvalidSpiffeId> {
        if kvguard_contract::syntax::is_spiffe_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSpiffeId(()))
        }
    }
}

impl fmt::Debug for SpiffeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SpiffeId({})", self.0)
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is no SPIFFE ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSpiffeId(());

impl fmt::Display for InvalidSpiffeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "no SPIFFE ID: it is `spiffe://`, a trust domain of lower-case letters, digits, `.`, `-` and `_`, and a path without empty parts",
        )
    }
}

impl Error for InvalidSpiffeId {}

/// Takes a server whose certificate is of its trust domain's bundle and is for one SPIFFE ID.
#[derive(Debug)]
pub(super) struct SpiffeVerifier {
    server: SpiffeId,
    bundle: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl SpiffeVerifier {
    pub(super) fn new(
        server: SpiffeId,
        bundle: RootCertStore,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self {
            server,
            bundle,
            provider,
        }
    }
}

impl ServerCertVerifier for SpiffeVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.bundle,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        let names = CertificateNames::of(end_entity)
            .ok_or(TlsError::InvalidCertificate(CertificateError::BadEncoding))?;
        // An SVID has exactly one URI.
        if names.uris == [self.server.as_str()] {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName,
            ))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::SpiffeId;

    #[test]
    fn a_spiffe_id_has_a_trust_domain_and_may_have_a_path() {
        for (text, domain) in [
            ("spiffe://example.org", "example.org"),
            ("spiffe://a-b_c.d/ns/demo/sa/trapd", "a-b_c.d"),
        ] {
            let id: SpiffeId = text.parse().expect(text);
            assert_eq!((id.as_str(), id.trust_domain()), (text, domain));
        }
    }

    #[test]
    fn what_is_no_spiffe_id_is_refused() {
        for text in [
            "",
            "spiffe://",
            "spiffe:///a",
            "https://example.org/a",
            "spiffe://Example.org/a",
            "spiffe://example.org/",
            "spiffe://example.org//a",
            "spiffe://example.org/../a",
            "spiffe://example.org/a?b",
            "spiffe://example.org:80/a",
            "spiffe://example.org/{{a}}",
        ] {
            assert!(text.parse::<SpiffeId>().is_err(), "{text}");
        }
    }
}
