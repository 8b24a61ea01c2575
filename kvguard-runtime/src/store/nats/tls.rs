//! TLS: with which files, and why a server is not trusted.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use async_nats::{ConnectError, ConnectOptions, ServerAddr, rustls};

use super::named_server;
use super::options::{NatsOptions, Tls};
use crate::capped_file;
use crate::store::tls_files::{self, Expected};

/// How TLS is used, where the files that it is used with can be.
pub(super) fn tls(
    options: &NatsOptions,
    mut connect: ConnectOptions,
) -> Result<ConnectOptions, String> {
    if let Some(path) = &options.certificate_authority {
        tls_files::authorities(path, &bytes(path)?)?;
        connect = connect.add_root_certificates(path.clone());
    }
    if let Some((certificate, key)) = &options.client_certificate {
        certified_key(certificate, key)?;
        connect = connect.add_client_certificate(certificate.clone(), key.clone());
    }
    if !options.certificate_names.is_empty() {
        connect = connect.tls_client_config(named_server::config(options)?);
    }
    Ok(match options.tls {
        Tls::AsTheServerSays => connect,
        Tls::Required => connect.require_tls(true),
        Tls::First => connect.tls_first(),
    })
}

/// A certificate and its key.
pub(super) fn certified_key(
    certificate: &Path,
    key: &Path,
) -> Result<rustls::sign::CertifiedKey, String> {
    tls_files::certified_key(
        (certificate, &bytes(certificate)?),
        (key, &bytes(key)?),
        &rustls::crypto::ring::default_provider(),
    )
}

/// The bytes of a file of certificates or of a key; an error that names the file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let read = capped_file::read(path, tls_files::FILE_BYTES);
    read.map_err(|fault| tls_files::unread(path, &fault))
}

/// What a server's certificate is checked against.
pub(super) fn expected(options: &NatsOptions, servers: &[ServerAddr]) -> Expected {
    Expected {
        authorities: match &options.certificate_authority {
            Some(path) => format!("`{}`", path.display()),
            None => "the system's list: name another file by `NatsOptions::certificate_authority`"
                .to_owned(),
        },
        name: match options.certificate_names.as_slice() {
            [] => servers.first().map_or_else(String::new, |server| server.host().to_owned()),
            names => names.join("`, `"),
        },
        name_origin: if options.certificate_names.is_empty() {
            "the host of the server's address: name the server by a host that its certificate is for"
        } else {
            "which is set by `NatsOptions::certificate_name`"
        }
        .to_owned(),
    }
}

/// The server is not the one that is expected.
#[derive(Debug)]
pub(super) struct Untrusted {
    pub(super) why: String,
    pub(super) error: ConnectError,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the server is not the expected NATS server: {}",
            self.why
        )
    }
}

impl Error for Untrusted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// The error of TLS that led to an error.
pub(super) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        // Such an error is not its own inner error's source.
        if let Some(inner) = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            let inner: &'a (dyn Error + 'static) = inner;
            if let Some(found) = tls_error(inner) {
                return Some(found);
            }
        }
        next = error.source();
    }
    None
}
