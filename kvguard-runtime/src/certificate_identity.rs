//! Whom the certificate in a file is for.

use std::path::Path;

use crate::capped_file;
use crate::store::tls_files;
use crate::x509::CertificateNames;

/// The names in a client's certificate that stores compare with their access tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateIdentity {
    /// Its first SPIFFE ID.
    pub spiffe_id: Option<String>,
    /// Its whole subject as Go prints it, `CN=…,OU=…,O=…,L=…,ST=…,C=…`; nothing where it is empty.
    pub subject: Option<String>,
}

impl CertificateIdentity {
    /// Reads the first certificate of a PEM file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds no certificate in PEM; the message names the file, and nothing of what it holds.
    pub async fn read(path: &Path) -> Result<Self, String> {
        let read = capped_file::read_async(path, tls_files::FILE_BYTES).await;
        let pem = read.map_err(|fault| tls_files::unread(path, &fault))?;
        let certificates = tls_files::certificates(path, &pem)?;
        let names = certificates.first().and_then(CertificateNames::of);
        let names = names.ok_or_else(|| {
            format!(
                "`{}` holds a certificate whose names cannot be read",
                path.display()
            )
        })?;
        let subject = names.subject.as_go_prints_it();
        Ok(Self {
            spiffe_id: names.spiffe_id().map(str::to_owned),
            subject: (!subject.is_empty()).then_some(subject),
        })
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::CertificateIdentity;
    use crate::testing::{Authority, CertificateRequest};

    #[tokio::test]
    async fn a_certificate_in_a_file_tells_its_spiffe_id_and_its_subject() {
        let directory = tempfile::tempdir().expect("a directory");
        let authority = Authority::new();
        for (request, spiffe_id, subject) in [
            (
                CertificateRequest::spiffe("spiffe://a/b"),
                Some("spiffe://a/b"),
                None,
            ),
            (
                CertificateRequest::subject("CN=trapd,OU=Edge,O=Example"),
                None,
                Some("CN=trapd,OU=Edge,O=Example"),
            ),
            (
                CertificateRequest::subject("CN=trapd").with_uri("spiffe://a/b"),
                Some("spiffe://a/b"),
                Some("CN=trapd"),
            ),
        ] {
            let issued = authority.issue(&request);
            let files = issued.write_to(directory.path(), &authority);
            let path = files.expect("files").certificate;
            let identity = CertificateIdentity::read(&path)
                .await
                .expect("a certificate");
            assert_eq!(identity.spiffe_id.as_deref(), spiffe_id);
            assert_eq!(identity.subject.as_deref(), subject);
        }
    }

    #[tokio::test]
    async fn a_file_without_a_certificate_is_named_and_not_shown() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tls.crt");
        std::fs::write(&path, "canary").expect("it is written");
        let error = CertificateIdentity::read(&path)
            .await
            .expect_err("no certificate");
        assert!(
            error.contains("tls.crt") && !error.contains("canary"),
            "{error}"
        );
        let missing = directory.path().join("missing.crt");
        let error = CertificateIdentity::read(&missing)
            .await
            .expect_err("no file");
        assert!(error.contains("missing.crt"), "{error}");
    }
}
