//! TLS with a server whose certificate is for another name than the host of the address by which it is reached.

use std::sync::Arc;

use async_nats::rustls;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::options::NatsOptions;
use super::tls::{bytes, certified_key};
use crate::store::tls_files;

/// What a client uses that knows its server by other names than its address's.
pub(super) fn config(options: &NatsOptions) -> Result<ClientConfig, String> {
    let Some(path) = &options.certificate_authority else {
        return Err(
            "`NatsOptions::certificate_name` is set without a certificate authority; set `NatsOptions::certificate_authority` too"
                .to_owned(),
        );
    };
    let roots = tls_files::authorities(path, &bytes(path)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| error.to_string())?;
    let names = options.certificate_names.iter().map(|name| {
        ServerName::try_from(name.clone())
            .map_err(|_| format!("`{name}` is no name that a certificate can be for"))
    });
    let verifier = NamedServer {
        names: names.collect::<Result<_, _>>()?,
        verifier,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(match &options.client_certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let own = Arc::new(certified_key(certificate, key)?);
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own)))
        }
    })
}

/// Verifies a server's certificate as usual, but for the name, which must be one of these.
#[derive(Debug)]
struct NamedServer {
    names: Vec<ServerName<'static>>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for NamedServer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut result = Err(Error::General("no name to verify".to_owned()));
        for name in &self.names {
            result = self.verifier.verify_server_cert(
                certificate,
                intermediates,
                name,
                ocsp_response,
                now,
            );
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
