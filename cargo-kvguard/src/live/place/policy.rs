//! Where the policy says that the store is: `connect` in its `[[deployment.store]]`.

use std::path::{Path, PathBuf};

use kvguard::policy::Connection;
use kvguard::registry::Spanned;
use kvguard::resolve::Store;
use kvguard_runtime::environment::{Process, Variables, WORKLOAD_SOCKET};

use super::{Certificate, Datasvc, Failure, Login, Nats, Place, Security, spiffe_id};

/// The place; `None`: the policy names none.
pub(super) fn place(
    store: &Store,
    bucket: Option<&str>,
    root: &Path,
) -> Result<Option<Place>, Failure> {
    let policy = store.policy.as_ref();
    let Some((policy, connection)) =
        policy.and_then(|policy| Some((policy, policy.connect.as_ref()?)))
    else {
        return Ok(None);
    };
    let told = Told { connection, root };
    let Some(address) = text(connection.address.as_ref())? else {
        return Ok(None);
    };
    let is_nats = ["nats://", "tls://"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    if is_nats {
        let bucket = bucket.ok_or_else(|| {
            Failure::BadPlace("the policy says with `connect` where the NATS server is, and not which bucket is meant: write `bucket` into the same `[[deployment.store]]`".to_owned())
        })?;
        return Ok(Some(Place::Nats(Nats {
            bucket: bucket.to_owned(),
            domain: policy.domain.clone(),
            inbox_prefix: None,
            authorities: told.file(connection.authorities.as_ref())?,
            login: told.login()?,
            address,
            server_names: Vec::new(),
            found: None,
        })));
    }
    Ok(Some(Place::Datasvc(Datasvc {
        server_name: text(connection.server_name.as_ref())?,
        security: told.security()?,
        address,
        found: None,
    })))
}

/// The name that the policy says the store's certificate is for, where it says one.
pub fn server_name(store: &Store) -> Result<Option<String>, Failure> {
    let policy = store.policy.as_ref();
    let Some(connection) = policy.and_then(|policy| policy.connect.as_ref()) else {
        return Ok(None);
    };
    text(connection.server_name.as_ref())
}

/// What the policy says, with the variables that it names.
struct Told<'p> {
    connection: &'p Connection,
    root: &'p Path,
}

impl Told<'_> {
    /// A file, relative to the root.
    fn file(&self, stated: Option<&Spanned<String>>) -> Result<Option<PathBuf>, Failure> {
        Ok(text(stated)?.map(|path| self.root.join(path)))
    }

    fn certificate(&self) -> Result<Option<Certificate>, Failure> {
        let certificate = self.file(self.connection.certificate.as_ref())?;
        let private_key = self.file(self.connection.private_key.as_ref())?;
        match (certificate, private_key) {
            (Some(certificate), Some(private_key)) => Ok(Some(Certificate {
                certificate,
                private_key,
            })),
            (None, None) => Ok(None),
            _ => Err(Failure::BadPlace(
                "`connect` in the policy needs `certificate` and `private_key`, or none of them"
                    .to_owned(),
            )),
        }
    }

    fn login(&self) -> Result<Login, Failure> {
        let logins = [
            self.file(self.connection.credentials.as_ref())?
                .map(Login::Credentials),
            self.file(self.connection.nkey.as_ref())?.map(Login::Nkey),
            self.certificate()?.map(Login::Certificate),
        ];
        let mut stated = logins.into_iter().flatten();
        match (stated.next(), stated.next()) {
            (None, _) => Ok(Login::None),
            (Some(login), None) => Ok(login),
            (Some(_), Some(_)) => Err(Failure::BadPlace(
                "`connect` in the policy states more than one of `credentials`, `nkey` and `certificate`; keep one"
                    .to_owned(),
            )),
        }
    }

    fn security(&self) -> Result<Security, Failure> {
        if let Some(id) = text(self.connection.server_id.as_ref())? {
            let socket = text(self.connection.workload_socket.as_ref())?;
            return Ok(Security::Spiffe {
                socket: socket.unwrap_or_else(|| WORKLOAD_SOCKET.to_owned()),
                server_id: spiffe_id(&id)?,
            });
        }
        let authorities = self.file(self.connection.authorities.as_ref())?;
        match (self.certificate()?, authorities) {
            (Some(client), Some(authorities)) => Ok(Security::Mtls {
                client,
                authorities,
            }),
            _ => Err(Failure::BadPlace(
                "`connect` in the policy needs `certificate`, `private_key` and `authorities` for a data service, or `server_id` for one that is reached with SPIFFE"
                    .to_owned(),
            )),
        }
    }
}

/// A text, or the value of the variable that it names.
fn text(stated: Option<&Spanned<String>>) -> Result<Option<String>, Failure> {
    let Some(stated) = stated else {
        return Ok(None);
    };
    let Some(name) = stated.value.strip_prefix('$') else {
        return Ok(Some(stated.value.clone()));
    };
    let value = Process.variable(name).filter(|value| !value.is_empty());
    let value = value.ok_or_else(|| {
        Failure::BadPlace(format!(
            "the policy takes a part of `connect` from the environment variable `{name}`, which is not set here"
        ))
    })?;
    let value = value.into_string();
    value
        .map(Some)
        .map_err(|_| Failure::BadPlace(format!("the environment variable `{name}` is not UTF-8")))
}
