//! Certificates that are made on the spot.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};

/// An authority that issues certificates for tests. Clones are the same authority.
///
/// ```
/// use kvguard_runtime::testing::{Authority, CertificateRequest};
///
/// let authority = Authority::new();
/// let certificate = authority.issue(&CertificateRequest::spiffe("spiffe://example.org/services/trapd"));
/// assert!(certificate.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
#[derive(Clone)]
pub struct Authority(Arc<CertifiedIssuer<'static, KeyPair>>);

impl Authority {
    /// An authority with a key of its own.
    ///
    /// # Panics
    ///
    /// If the system gives no random bytes.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "kvguard test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = made(CertifiedIssuer::self_signed(
            params,
            made(KeyPair::generate()),
        ));
        Self(Arc::new(issuer))
    }

    /// The authority's own certificate in PEM.
    pub fn certificate_pem(&self) -> String {
        self.0.pem()
    }

    /// The authority's own certificate in DER.
    pub fn certificate_der(&self) -> &[u8] {
        self.0.der()
    }

    /// The authority's private key as PKCS #8 in PEM, for programs that issue certificates themselves.
    pub fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }

    /// Issues a certificate with a new key.
    ///
    /// # Panics
    ///
    /// If a name of the request has characters that no certificate can have.
    pub fn issue(&self, request: &CertificateRequest) -> IssuedCertificate {
        let key = made(KeyPair::generate());
        let certificate = made(request.params().signed_by(&key, &**self.0));
        IssuedCertificate {
            certificate_der: certificate.der().to_vec(),
            certificate_pem: certificate.pem(),
            key_der: key.serialize_der(),
            key_pem: key.serialize_pem(),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority")
    }
}

fn made<T>(outcome: Result<T, rcgen::Error>) -> T {
    outcome.unwrap_or_else(|error| panic!("no certificate can be made: {error}"))
}

/// Whom a certificate is to be for, and when. It is for clients and servers alike.
#[derive(Debug, Clone, Default)]
pub struct CertificateRequest {
    attributes: Vec<(DnType, String)>,
    uris: Vec<String>,
    names: Vec<SanName>,
    validity: Option<(SystemTime, SystemTime)>,
}

#[derive(Debug, Clone)]
enum SanName {
    Dns(String),
    Address(IpAddr),
}

impl CertificateRequest {
    /// A certificate for nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A certificate for a SPIFFE ID, which is not checked, and no subject.
    pub fn spiffe(id: impl Into<String>) -> Self {
        Self::new().with_uri(id)
    }

    /// A certificate for a subject such as `CN=trapd,OU=Edge,O=Example,L=Oslo,ST=Oslo,C=NO`: what is written is what Go prints of it,
    /// where it is in that order.
    ///
    /// # Panics
    ///
    /// If an attribute is not one of these, or has no value. A value may hold no comma.
    pub fn subject(subject: &str) -> Self {
        let mut request = Self::new();
        for attribute in subject.split(',') {
            let Some((name, value)) = attribute.split_once('=') else {
                panic!("`{attribute}` is no `NAME=VALUE`");
            };
            let kind = match name.trim() {
                "CN" => DnType::CommonName,
                "OU" => DnType::OrganizationalUnitName,
                "O" => DnType::OrganizationName,
                "L" => DnType::LocalityName,
                "ST" => DnType::StateOrProvinceName,
                "C" => DnType::CountryName,
                other => panic!("`{other}` is none of `CN`, `OU`, `O`, `L`, `ST` and `C`"),
            };
            request.attributes.push((kind, value.to_owned()));
        }
        request
    }

    /// With a URI as one more name.
    #[must_use]
    pub fn with_uri(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    /// With one more DNS name, as servers have.
    #[must_use]
    pub fn with_dns_name(mut self, name: impl Into<String>) -> Self {
        self.names.push(SanName::Dns(name.into()));
        self
    }

    /// With one more address, as servers have.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.names.push(SanName::Address(address.into()));
        self
    }

    /// Valid between two moments, instead of from an hour ago to a day from now.
    #[must_use]
    pub fn valid_between(mut self, from: SystemTime, until: SystemTime) -> Self {
        self.validity = Some((from, until));
        self
    }

    /// Valid until a minute ago.
    #[must_use]
    pub fn expired(self) -> Self {
        let now = SystemTime::now();
        self.valid_between(now - 60 * MINUTE, now - MINUTE)
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        // Certificates have the widest part first.
        for (kind, value) in self.attributes.iter().rev() {
            params.distinguished_name.push(kind.clone(), value);
        }
        let uris = self
            .uris
            .iter()
            .map(|uri| SanType::URI(made(uri.as_str().try_into())));
        let names = self.names.iter().map(|name| match name {
            SanName::Dns(name) => SanType::DnsName(made(name.as_str().try_into())),
            SanName::Address(address) => SanType::IpAddress(*address),
        });
        params.subject_alt_names = uris.chain(names).collect();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        let now = SystemTime::now();
        let (from, until) = self
            .validity
            .unwrap_or((now - 60 * MINUTE, now + 24 * 60 * MINUTE));
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let since_epoch = |moment: SystemTime| {
            moment
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
        };
        params.not_before = epoch + since_epoch(from);
        params.not_after = epoch + since_epoch(until);
        params
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// A certificate and its private key.
#[derive(Clone)]
pub struct IssuedCertificate {
    certificate_der: Vec<u8>,
    certificate_pem: String,
    key_der: Vec<u8>,
    key_pem: String,
}

impl IssuedCertificate {
    /// The certificate in DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The certificate in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key as PKCS #8 in DER.
    pub fn key_der(&self) -> &[u8] {
        &self.key_der
    }

    /// The private key as PKCS #8 in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// Writes the certificate, its key and an authority's certificate into a directory, over those of before.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn write_to(
        &self,
        directory: impl AsRef<Path>,
        authority: &Authority,
    ) -> io::Result<CertificateFiles> {
        let directory = directory.as_ref();
        let files = CertificateFiles {
            certificate: directory.join("tls.crt"),
            key: directory.join("tls.key"),
            authorities: directory.join("ca.crt"),
        };
        std::fs::write(&files.certificate, &self.certificate_pem)?;
        std::fs::write(&files.key, &self.key_pem)?;
        std::fs::write(&files.authorities, authority.certificate_pem())?;
        Ok(files)
    }
}

impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IssuedCertificate")
    }
}

/// Where a certificate was written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate in PEM.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
    /// The authority's certificate in PEM.
    pub authorities: PathBuf,
}

#[cfg(feature = "datasvc")]
impl From<&CertificateFiles> for crate::MtlsFiles {
    fn from(files: &CertificateFiles) -> Self {
        Self::new(&files.certificate, &files.key, &files.authorities)
    }
}
