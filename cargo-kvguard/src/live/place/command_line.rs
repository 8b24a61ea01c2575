//! Where the command line says that the store is.

use std::path::PathBuf;

use super::{Certificate, Datasvc, Failure, Login, Nats, Place, Security, spiffe_id};
use crate::live::arguments::{Mode, Store};

/// The place; `None`: the command line names none.
pub(super) fn place(arguments: &Store, bucket: Option<&str>) -> Result<Option<Place>, Failure> {
    if let Some(address) = &arguments.nats {
        return nats(arguments, address, bucket).map(Some);
    }
    if let Some(address) = &arguments.datasvc {
        return datasvc(arguments, address).map(Some);
    }
    if arguments.cert.is_some() || arguments.ca.is_some() {
        return Err(bad(
            "--cert, --key and --ca need --nats or --datasvc beside them",
        ));
    }
    Ok(None)
}

fn nats(arguments: &Store, address: &str, bucket: Option<&str>) -> Result<Place, Failure> {
    let bucket = arguments.bucket.as_deref().or(bucket);
    let bucket = bucket.ok_or_else(|| {
        bad("it is not known which bucket is meant: name it with --bucket, or write `bucket` into the `[[deployment.store]]` of the policy")
    })?;
    let login = if let Some(file) = &arguments.creds {
        Login::Credentials(file.clone())
    } else if let Some(file) = &arguments.nkey {
        Login::Nkey(file.clone())
    } else if let Some(certificate) = certificate(arguments) {
        Login::Certificate(certificate)
    } else {
        Login::None
    };
    Ok(Place::Nats(Nats {
        address: address.to_owned(),
        bucket: bucket.to_owned(),
        domain: None,
        inbox_prefix: None,
        authorities: arguments.ca.clone(),
        login,
        server_names: Vec::new(),
        found: None,
    }))
}

fn datasvc(arguments: &Store, address: &str) -> Result<Place, Failure> {
    let mode = arguments.mode.unwrap_or(if arguments.server_id.is_some() {
        Mode::Spiffe
    } else {
        Mode::Mtls
    });
    let security = match mode {
        Mode::Mtls => {
            let (Some(client), Some(authorities)) = (certificate(arguments), arguments.ca.clone())
            else {
                return Err(bad("the mode mtls needs --cert, --key and --ca"));
            };
            Security::Mtls {
                client,
                authorities,
            }
        }
        Mode::Spiffe => {
            let Some(id) = &arguments.server_id else {
                return Err(bad("the mode spiffe needs --server-id"));
            };
            Security::Spiffe {
                socket: socket(arguments.workload_socket.as_deref()),
                server_id: spiffe_id(id)?,
            }
        }
    };
    Ok(Place::Datasvc(Datasvc {
        address: address.to_owned(),
        server_name: arguments.server_name.clone(),
        security,
        found: None,
    }))
}

/// The socket of the Workload API that is meant where none is named.
fn socket(named: Option<&str>) -> String {
    named
        .unwrap_or(kvguard_runtime::environment::WORKLOAD_SOCKET)
        .to_owned()
}

fn certificate(arguments: &Store) -> Option<Certificate> {
    let file = |file: &Option<PathBuf>| file.clone();
    Some(Certificate {
        certificate: file(&arguments.cert)?,
        private_key: file(&arguments.key)?,
    })
}

fn bad(what: &str) -> Failure {
    Failure::BadPlace(what.to_owned())
}
