//! Certificates that are made for a probe.

use std::path::Path;
use std::time::SystemTime;

use kvguard::access::identity::attributes;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use tempfile::TempDir;

use crate::live::failure::Failure;
use crate::live::place;

/// How many seconds a certificate is valid before and after now: long enough for clocks that differ.
const VALID: u64 = 30 * 60;

/// The most bytes of a file of the authority.
const MOST_BYTES: usize = 1024 * 1024;

/// An authority whose certificate and key are in files.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// Whom a certificate is for.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// The SPIFFE ID.
    pub spiffe_id: Option<String>,
    /// The subject as Go prints it.
    pub subject: Option<String>,
}

/// A certificate and its key in files, which are removed with it.
pub struct Issued {
    /// Where they are. Nobody else may look into it.
    directory: TempDir,
}

impl Authority {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or does not hold what it should. The message tells nothing of what it holds.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Failure> {
        let pem = text(certificate)?;
        let pair = KeyPair::from_pem(&text(key)?).map_err(|_| {
            bad(format!(
                "`{}`, which --probe-ca-key names, holds no private key in PEM that can sign",
                key.display()
            ))
        })?;
        let issuer = Issuer::from_ca_cert_pem(&pem, pair).map_err(|_| {
            bad(format!(
                "`{}`, which --probe-ca names, holds no certificate of an authority in PEM",
                certificate.display()
            ))
        })?;
        Ok(Self {
            issuer,
            certificate: pem,
        })
    }

    /// Issues a certificate for a client, valid for half an hour.
    ///
    /// # Errors
    ///
    /// A name cannot be in a certificate, or the files cannot be written.
    pub fn issue(&self, names: &Names) -> Result<Issued, Failure> {
        let not_made = |error: rcgen::Error| {
            Failure::Other(format!("no certificate for a probe can be made: {error}"))
        };
        let key = KeyPair::generate().map_err(not_made)?;
        let params = params(names)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(not_made)?;
        let not_written = |error: std::io::Error| {
            Failure::Other(format!(
                "the certificate for a probe cannot be written: {error}"
            ))
        };
        // A directory of `tempfile` is its owner's alone.
        let directory = tempfile::Builder::new()
            .prefix("kvguard-probe-")
            .tempdir()
            .map_err(not_written)?;
        let issued = Issued { directory };
        let place = issued.place();
        // The authority may itself be issued by one that the store trusts.
        let chain = format!("{}{}", certificate.pem(), self.certificate);
        std::fs::write(&place.certificate, chain).map_err(not_written)?;
        std::fs::write(&place.private_key, key.serialize_pem()).map_err(not_written)?;
        Ok(issued)
    }
}

impl Issued {
    /// Where the files are.
    pub fn place(&self) -> place::Certificate {
        place::Certificate {
            certificate: self.directory.path().join("probe.crt"),
            private_key: self.directory.path().join("probe.key"),
        }
    }
}

fn params(names: &Names) -> Result<CertificateParams, Failure> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(subject) = &names.subject {
        // Certificates have the widest part first.
        for (name, value) in attributes(subject).into_iter().rev() {
            params.distinguished_name.push(kind(name)?, value);
        }
    }
    if let Some(id) = &names.spiffe_id {
        let uri = id.as_str().try_into();
        let uri = uri.map_err(|_| bad(format!("`{id}` cannot be in a certificate")))?;
        params.subject_alt_names.push(SanType::URI(uri));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let now = SystemTime::now();
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let valid = std::time::Duration::from_secs(VALID);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(valid);
    params.not_after = epoch + (now + valid);
    Ok(params)
}

fn kind(name: &str) -> Result<DnType, Failure> {
    Ok(match name {
        "CN" => DnType::CommonName,
        "OU" => DnType::OrganizationalUnitName,
        "O" => DnType::OrganizationName,
        "L" => DnType::LocalityName,
        "ST" => DnType::StateOrProvinceName,
        "C" => DnType::CountryName,
        other => {
            return Err(bad(format!(
                "no certificate with the attribute `{other}` can be made; give one with --probe-reader-cert"
            )));
        }
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    use std::io::Read;
    let mut text = String::new();
    #[expect(
        clippy::disallowed_methods,
        reason = "these are the operator's files, which the check does not read"
    )]
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(MOST_BYTES as u64).read_to_string(&mut text));
    read.map_err(|error| bad(format!("`{}` cannot be read: {error}", path.display())))?;
    Ok(text)
}

fn bad(what: String) -> Failure {
    Failure::BadPlace(what)
}
